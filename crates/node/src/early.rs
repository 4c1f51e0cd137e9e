//! SAFETY that overtakes its log (PROTOCOL F1, F2): acted on by its own signature, filed when the log catches up.

use detente_types::statement::{Kind, Level, Statement};
use detente_types::{Generation, Index, StatementRef};
use detente_wire::entry::unpack;
use detente_wire::{Entry, Verified, open_entry};

use crate::input::What;
use crate::joint::Live;
use crate::line::{Cx, Line, Owed};
use crate::out::Then;
use crate::port::Write;
use crate::side::Verdict;
use crate::take::judge_early;

/// SAFETY entries ahead of their log that are kept. What comes beyond them is acted on when the log has caught up
/// (PROTOCOL F3). Four times as many as an honest author's link sends at a time.
const EARLY_KEPT_MAX: usize = 256;

impl Line {
    /// A SAFETY entry ahead of its log. It is acted on once it is durable.
    pub(crate) fn take_early(&mut self, cx: &mut Cx<'_>, generation: Generation, index: Index, packed: &[u8]) {
        if index == 0 {
            return self.take_opening(cx, generation, packed);
        }
        if generation != self.peer.generation() || index < self.peer.log.size() || self.early.contains_key(&(generation, index)) {
            return;
        }
        if self.early.len() >= EARLY_KEPT_MAX {
            // Said once: what a flood makes us say must not be a flood.
            if !core::mem::replace(&mut self.early_floods, true) {
                self.peer_fault(cx, format!("they sent more than {EARLY_KEPT_MAX} safety entries ahead of their log"));
            }
            return;
        }
        self.early_floods = false;
        let opened = unpack(packed).and_then(|(leaf, body)| open_entry(cx.scheme, &self.peer_place(None), leaf, body));
        let entry = match opened {
            Ok(entry) if entry.fields().index == index && entry.fields().urgent => entry,
            Ok(_) => return self.peer_fault(cx, format!("entry {index} came early and is not an urgent one of that index")),
            Err(fault) => return self.peer_fault(cx, format!("their early entry {index} is refused: {fault}")),
        };
        self.early.insert((generation, index), entry.hash());
        cx.out.write(Write::early(&entry));
        cx.out.reserve();
        cx.out.then(Then::Early { line: self.id, of: entry.reference(), index });
        self.early_entries.insert(entry.hash(), entry);
    }

    /// Tells the link which early entries our copy does not reach yet: their author must know after a restore.
    pub(crate) fn tell_early_copies(&mut self) {
        let durable = self.early.values().filter(|hash| self.early_durable.contains(*hash));
        let leaves = durable.filter_map(|hash| self.early_entries.get(hash)).map(|e| e.leaf().bytes().to_vec()).collect();
        self.link.set_early_copies(leaves);
    }

    /// An early entry is durable: act on it and owe the receipt.
    pub(crate) fn early_durable(&mut self, cx: &mut Cx<'_>, of: StatementRef) {
        self.early_durable.insert(of.hash);
        self.tell_early_copies();
        self.act_early(cx, of);
    }

    /// Acts on a SAFETY entry by its own signature.
    pub(crate) fn act_early(&mut self, cx: &mut Cx<'_>, of: StatementRef) {
        let Some(entry) = self.early_entries.get(&of.hash) else {
            return;
        };
        let statement = match judge_early(self, cx.scheme, entry) {
            Verdict::Valid(statement) => statement,
            Verdict::Unusable(kind, violations) if kind == Kind::Safety.code() => {
                return self.event(cx, What::Unusable(of, violations));
            }
            // The rest waits for the log: what it names may lie there.
            Verdict::Unusable(..) | Verdict::Unknown(_) => return,
        };
        match &*statement {
            Statement::Notice(notice) if self.acted_early.insert(of.hash) => {
                let at = entry.fields().claimed;
                if let Some(notice) = statement.notice() {
                    self.early_notices.retain(|_, live| live.notice.id() != notice.id());
                    self.early_notices.insert(of, Live { notice, claimed: at });
                }
                if !self.own.has_said(&of, Level::StoredEarly) {
                    self.owed.insert(of, Owed::StoredEarly);
                }
                self.event(cx, What::SafetyEarly(of));
                self.ring(cx, of, &notice.clone(), at);
            }
            // What they do about a notice of ours, and receipts, are acted on when the log has caught up: no clock of ours
            // waits for them.
            _ => {}
        }
    }

    /// The log caught up with an early entry: it must be the same (PROTOCOL S3). False when it is not.
    pub(crate) fn check_early_same(&mut self, cx: &mut Cx<'_>, entry: &Verified<Entry>) -> bool {
        let fields = entry.fields();
        let Some(early) = self.early.get(&(fields.generation, fields.index)) else {
            return true;
        };
        if *early == entry.hash() {
            return true;
        }
        let Some(other) = self.early_entries.get(early).cloned() else {
            return true;
        };
        self.accuse_two_leaves(cx, &other, entry);
        false
    }
}
