//! SAFETY that overtakes its log (PROTOCOL F1, F2): acted on by its own signature, filed when the log catches up.

use detente_record::Opening;
use detente_types::statement::{Kind, Level, Statement};
use detente_types::{EntryHash, Generation, Index, Notice, StatementRef, Timestamp};
use detente_wire::entry::unpack;
use detente_wire::{Entry, Place, PublicKey, Valid, Verified, open_entry};

use crate::input::What;
use crate::joint::Live;
use crate::line::{Cx, Line, Owed};
use crate::out::Then;
use crate::port::Write;
use crate::quota::bytes_of;
use crate::receipts::{Action, Receipt};
use crate::side::Verdict;
use crate::take::judge_early;

/// SAFETY entries ahead of their log that are kept. What comes beyond them is acted on without being stored: it has no receipt
/// before the log has caught up (PROTOCOL F1, F3). Four times as many as an honest author's link sends at a time.
const EARLY_KEPT_MAX: usize = 256;

/// How long the disk has for a SAFETY entry before it is acted on all the same (docs/decisions/0015).
const STORE_US: i64 = 250_000;

impl Line {
    /// A SAFETY entry ahead of its log. It is acted on once it is durable, or when the disk does not take it in time.
    pub(crate) fn take_early(&mut self, cx: &mut Cx<'_>, generation: Generation, index: Index, packed: &[u8]) {
        if index == 0 {
            return self.take_opening(cx, generation, packed);
        }
        let Some(log_key) = self.early_key(generation) else {
            return;
        };
        let place = Place { generation, log_key, ..self.peer_place(None) };
        let opened = unpack(packed).and_then(|(leaf, body)| open_entry(cx.scheme, &place, leaf, body));
        let entry = match opened {
            Ok(entry) if entry.fields().index == index && entry.fields().urgent => entry,
            Ok(_) => return self.peer_fault(cx, format!("entry {index} came early and is not an urgent one of that index")),
            Err(fault) => return self.peer_fault(cx, format!("their early entry {index} is refused: {fault}")),
        };
        let staged = self.staged_at(generation, index).map(|entry| entry.hash());
        match self.known_leaf(generation, index) {
            Some(known) if known == entry.hash() => {}
            Some(_) => self.take_second_leaf(cx, &entry),
            None if staged.is_some_and(|staged| staged != entry.hash()) => self.take_second_leaf(cx, &entry),
            None if generation >= self.peer.generation() => self.keep_early(cx, entry),
            None => {}
        }
    }

    /// Signs what comes early in a generation of theirs: also in one that our copy has not begun, once its opening is here.
    fn early_key(&self, generation: Generation) -> Option<PublicKey> {
        let filed = self.peer.log_of(generation).map(|(_, key)| key);
        filed.or_else(|| self.opening_ahead(generation).map(|opening| opening.own().keys().log))
    }

    /// Their opening of a generation that our copy has not begun.
    fn opening_ahead(&self, generation: Generation) -> Option<&Opening> {
        let known = [&self.lives.early_opening, &self.lives.next_opening, &self.lives.ahead_opening];
        known.into_iter().flatten().find(|opening| opening.own().generation() == generation)
    }

    /// The leaf that is known for a place of theirs, filed or early. What waits for its checkpoint was not acted on yet.
    fn known_leaf(&self, generation: Generation, index: Index) -> Option<EntryHash> {
        let filed = self.peer.life(generation).and_then(|log| log.leaf_hash(index));
        filed.or_else(|| self.early.get(&(generation, index)).copied())
    }

    fn keep_early(&mut self, cx: &mut Cx<'_>, entry: Verified<Entry>) {
        // It is no fault: what stops the copy may be our disk, or the quota.
        let bytes = bytes_of(&entry);
        let room = self.early.len() < EARLY_KEPT_MAX && cx.out.has_room_for_peer(bytes);
        if !room || !self.keep_opening(cx, entry.fields().generation) {
            return self.act_early(cx, &entry, false);
        }
        let of = entry.reference();
        self.early.insert((of.generation, of.index), of.hash);
        cx.out.write(Write::early(&entry));
        cx.out.reserve_for_peer(bytes);
        cx.out.then(Then::Early { line: self.id, of });
        self.early_entries.insert(of.hash, entry);
        self.early_unstored.insert(of.hash, cx.now.plus_micros(STORE_US));
    }

    /// With the first early entry of a generation of which nothing is filed goes its opening: whoever reads the rows at the
    /// next start knows by it under which key they are signed. False when a later one's is there already.
    fn keep_opening(&mut self, cx: &mut Cx<'_>, generation: Generation) -> bool {
        let kept = self.lives.early_opening.as_ref().map(|opening| opening.own().generation());
        let opening = if generation > self.peer.generation() {
            self.opening_ahead(generation).filter(|_| kept != Some(generation)).cloned()
        } else if self.peer.log.size() == 0 {
            self.lives.begun_opening.take()
        } else {
            None
        };
        let Some(opening) = opening else { return true };
        if kept > Some(generation) {
            return false;
        }
        cx.out.write(Write::early(opening.entry()));
        self.lives.early_opening = Some(opening);
        true
    }

    /// Another leaf for a place of theirs that has one (PROTOCOL S3). What it says may be what matters most: it rings.
    fn take_second_leaf(&mut self, cx: &mut Cx<'_>, second: &Verified<Entry>) {
        let fields = second.fields();
        match self.first_entry(fields.generation, fields.index).cloned() {
            Some(first) => self.accuse_two_leaves(cx, &first, second),
            None => self.accuse_left_out(cx, second),
        }
        // Whoever forges can make any number.
        if self.early_notices.len() < EARLY_KEPT_MAX {
            self.act_early(cx, second, false);
        }
    }

    /// The entry for a place of theirs while it is in memory, before it is cosigned.
    fn first_entry(&self, generation: Generation, index: Index) -> Option<&Verified<Entry>> {
        let early = self.early.get(&(generation, index)).and_then(|first| self.early_entries.get(first));
        let here = |entry: &&Verified<Entry>| (entry.fields().generation, entry.fields().index) == (generation, index);
        let filed = || self.peer.pending.iter().map(|pending| &pending.entry).find(here);
        early.or_else(|| self.staged_at(generation, index)).or_else(filed)
    }

    /// Tells the link which early entries our copy does not reach yet, and of which generation: their author must know after
    /// a restore.
    pub(crate) fn tell_early_copies(&mut self) {
        let durable = self.early.values().filter(|hash| self.early_durable.contains(*hash));
        let leaves = durable.filter_map(|hash| self.early_entries.get(hash)).map(|e| e.leaf().bytes().to_vec()).collect();
        self.link.set_early_copies(leaves);
        self.tell_newest();
    }

    /// An early entry is durable: act on it and owe the receipt.
    pub(crate) fn early_durable(&mut self, cx: &mut Cx<'_>, of: StatementRef) {
        self.early_durable.insert(of.hash);
        self.early_unstored.remove(&of.hash);
        self.tell_early_copies();
        if let Some(entry) = self.early_entries.get(&of.hash).cloned() {
            self.act_early(cx, &entry, true);
        }
    }

    /// An early entry that the disk has.
    pub(crate) fn know_early(&mut self, cx: &mut Cx<'_>, entry: Verified<Entry>) {
        let of = entry.reference();
        self.early.insert((of.generation, of.index), of.hash);
        self.early_entries.insert(of.hash, entry);
        self.early_durable(cx, of);
    }

    /// An early row that the disk has. Rows come by generation, and the opening of one of which nothing is filed comes first.
    pub(crate) fn load_early(&mut self, cx: &mut Cx<'_>, generation: Generation, index: Index, (leaf, body): (&[u8], &[u8])) {
        let filed = self.peer.log_of(generation).map(|(log, key)| (log.leaf_hash(index), key));
        if index == 0 && filed.is_none() {
            self.lives.early_opening = Opening::open(cx.scheme, self.id, self.them(), generation, leaf, body).ok();
            return;
        }
        let opening = self.lives.early_opening.as_ref().map(Opening::own).filter(|own| own.generation() == generation);
        let Some((filed, log_key)) = filed.or(opening.map(|own| (None, own.keys().log))) else {
            return;
        };
        let place = Place { generation, log_key, ..self.peer_place(None) };
        let Ok(entry) = open_entry(cx.scheme, &place, leaf, body) else {
            return;
        };
        self.loading = true;
        // Under a checkpoint that contradicts our copy entries are filed and not cosigned: nothing else acts on them.
        let counts = (generation, index) < (self.seen.generation, self.seen.size);
        if generation >= self.peer.generation() && (filed.is_none() || (filed == Some(entry.hash()) && !counts)) {
            self.know_early(cx, entry);
        } else if filed != Some(entry.hash()) {
            // It was acted on and can never be filed (docs/decisions/0011): it rings until an action is stated.
            self.early_durable.insert(entry.hash());
            self.act_early(cx, &entry, true);
        }
        self.loading = false;
    }

    /// Something of this generation is filed: early entries of those before are orphans for good. They were acted on, and are
    /// never filed (docs/decisions/0011). Until then their author may be put back to where it could say them again.
    pub(crate) fn forget_skipped(&mut self, filed: Generation) {
        self.early.retain(|(of, _), _| *of >= filed);
        self.early_entries.retain(|_, entry| entry.fields().generation >= filed);
        for opening in [&mut self.lives.early_opening, &mut self.lives.ahead_opening] {
            opening.take_if(|opening| opening.own().generation() <= filed);
        }
        self.tell_early_copies();
    }

    /// Acts on what the disk has not taken in time: a full or failed disk silences no alarm.
    pub(crate) fn act_on_unstored(&mut self, cx: &mut Cx<'_>) {
        let due: Vec<EntryHash> = self.early_unstored.iter().filter(|(_, due)| **due <= cx.now).map(|(hash, _)| *hash).collect();
        for hash in due {
            self.early_unstored.remove(&hash);
            if let Some(entry) = self.early_entries.get(&hash).cloned() {
                self.act_early(cx, &entry, false);
            }
        }
    }

    /// When the disk's time for an early entry is over.
    pub(crate) fn unstored_due(&self) -> Option<Timestamp> {
        self.early_unstored.values().copied().min()
    }

    /// Acts on a SAFETY entry by its own signature, once. Its receipt needs that it is stored.
    pub(crate) fn act_early(&mut self, cx: &mut Cx<'_>, entry: &Verified<Entry>, stored: bool) {
        let of = entry.reference();
        let statement = match judge_early(self, cx.scheme, entry) {
            Verdict::Valid(statement) => statement,
            Verdict::Unusable(kind, violations) if kind == Kind::Safety.code() => {
                return self.event(cx, What::Unusable(of, violations));
            }
            // The rest waits for the log: what it names may lie there.
            Verdict::Unusable(..) | Verdict::Unknown(_) => return,
        };
        let (at, claimed) = (of, entry.fields().claimed);
        match &*statement {
            Statement::Notice(notice) => {
                if stored && !self.own.has_said(&of, Level::StoredEarly) {
                    self.owed.insert(of, Owed::StoredEarly);
                }
                if self.acted_early.insert(of.hash) {
                    self.ring_early(cx, of, &statement, notice, claimed);
                    self.event(cx, if stored { What::SafetyEarly(of) } else { What::SafetyUnstored(of) });
                }
            }
            Statement::Receipt(input, level) if stored => {
                self.receipts.take(Receipt { at, claimed, level: *level, input: input.clone() });
                self.stored_early(&input.of);
            }
            Statement::SafetyAction(action) if stored => drop(self.receipts.act(Action { at, claimed, input: action.clone() })),
            // No clock of ours waits for the rest: it is acted on when the log has caught up.
            _ => {}
        }
    }

    fn ring_early(
        &mut self,
        cx: &mut Cx<'_>,
        of: StatementRef,
        statement: &Valid<Statement>,
        notice: &Notice,
        claimed: Timestamp,
    ) {
        if let Some(notice) = statement.notice() {
            self.early_notices.retain(|_, live| live.notice.id() != notice.id());
            self.early_notices.insert(of, Live { notice, claimed });
            self.forget_unstored(&of);
        }
        self.ring(cx, of, notice, claimed);
    }

    /// Of what is nowhere but in memory only so many stay visible, the latest among them (PROTOCOL F3).
    fn forget_unstored(&mut self, latest: &StatementRef) {
        if self.early_notices.len() <= 2 * EARLY_KEPT_MAX {
            return;
        }
        let unstored = |at: &&StatementRef| *at != latest && !self.early_durable.contains(&at.hash);
        if let Some(at) = self.early_notices.keys().find(unstored).copied() {
            self.early_notices.remove(&at);
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
        self.stop_copy(cx);
        false
    }
}
