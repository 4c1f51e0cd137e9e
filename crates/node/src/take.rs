//! Taking: from the link's events to entries of our copy of the peer's log, their checkpoints and cosignatures.

use detente_link::{DownReason, Event as LinkEvent};
use detente_record::{CosignedFault, SeenVerdict, Taken, check_seen};
use detente_types::statement::StatementIn;
use detente_types::{Generation, Index};
use detente_wire::checkpoint::{CheckpointFault, Cosignature, holder_name, open_checkpoint, open_cosignature};
use detente_wire::entry::unpack;
use detente_wire::meaning::{self, Standing};
use detente_wire::note::NoteFault;
use detente_wire::{Entry, Place, Verified, open_entry};

use crate::input::{Effect, What};
use crate::line::{Cx, Line, Phase};
use crate::out::Then;
use crate::port::{NoteRole, Write};
use crate::say::{Had, Overtook};
use crate::side::{Verdict, statement_of};

/// Rows that one fetch asks for.
const FETCH_ROWS: usize = 256;

impl Line {
    /// Works off what the link reports while the disk has failed: nothing leaves this node any more and nothing is kept, but
    /// whoever is on watch still hears of SAFETY.
    pub(crate) fn pump_safety(&mut self, cx: &mut Cx<'_>) {
        while let Some(event) = self.link.poll_event() {
            if let LinkEvent::Entry { generation, index, packed, early: true } = event
                && index > 0
            {
                self.take_early(cx, generation, index, &packed);
            }
        }
    }

    /// Works off what the link reports; says whether there was something.
    pub(crate) fn pump(&mut self, cx: &mut Cx<'_>) -> bool {
        let mut any = false;
        while let Some(event) = self.link.poll_event() {
            any = true;
            match event {
                LinkEvent::Up => self.event(cx, What::LineUp),
                LinkEvent::Down { reason } => self.take_down(cx, &reason),
                LinkEvent::Dial => cx.out.effect(Effect::Dial(self.id)),
                LinkEvent::Hello(hello) => self.take_hello(cx, &hello),
                LinkEvent::Entry { generation, index, packed, early: true } => self.take_early(cx, generation, index, &packed),
                LinkEvent::Entry { generation, index, packed, early: false } => self.take_entry(cx, generation, index, &packed),
                LinkEvent::GivenBack { generation, index, packed } => self.take_back(cx, generation, index, &packed),
                LinkEvent::Checkpoint(note) => self.take_checkpoint(cx, &note),
                LinkEvent::Cosignature(note) => self.take_cosignature(cx, &note),
                LinkEvent::Begun { generation, size } => {
                    self.peer_holds(generation, size);
                    self.carry_on(cx);
                }
                LinkEvent::Revocations(all) => self.take_revocations(cx, &all),
                LinkEvent::Evidence(bytes) => self.take_evidence(cx, &bytes),
                LinkEvent::Need { own, generation, from, max_bytes } => self.supply(cx, own, generation, from, max_bytes),
                LinkEvent::NeedCheckpoint { generation, size } => self.supply_checkpoint(cx, generation, size),
                LinkEvent::RoundTrip { .. } => {}
                LinkEvent::Blind { stream, bytes } => self.hear_blind(cx, stream, &bytes),
                LinkEvent::BlindKnock(stream) => self.hear_knock(cx, stream),
                LinkEvent::Silent => {
                    self.event(cx, What::LineDown("keep-alives are not answered".into()));
                    cx.out.effect(Effect::Hangup(self.id));
                }
                LinkEvent::Fault(fault) => self.peer_fault(cx, fault.to_string()),
            }
        }
        any
    }

    /// A session is over. Where its bearer is still there, a new one is wanted.
    fn take_down(&mut self, cx: &mut Cx<'_>, reason: &DownReason) {
        self.event(cx, What::LineDown(reason.to_string()));
        if matches!(reason, DownReason::PeerRestarted | DownReason::Bye { .. }) {
            cx.out.effect(Effect::Hangup(self.id));
        }
    }

    /// Where the next entry of the peer's log must stand.
    pub(crate) fn peer_place(&self, index: Option<Index>) -> Place {
        Place { line: self.id, author: self.them(), generation: self.peer.generation(), index, log_key: self.peer.log_key() }
    }

    /// The next entry of the peer's log. A bad envelope stops the copy there (PROTOCOL E4).
    fn take_entry(&mut self, cx: &mut Cx<'_>, generation: Generation, index: Index, packed: &[u8]) {
        let next = self.peer_reach();
        // While generations of ours come back, what they saw of us cannot be judged: it comes again in the next meeting. So
        // does what the link had handed on behind an entry that was not taken.
        let gap = index > next;
        #[cfg(feature = "plant")]
        let gap = gap && !self.has(crate::plant::Plant::BlameGaps);
        if generation != self.peer.generation() || index < next || gap || self.lives.later.is_some() {
            return;
        }
        let opened = unpack(packed).and_then(|(leaf, body)| open_entry(cx.scheme, &self.peer_place(Some(next)), leaf, body));
        let entry = match opened {
            Ok(entry) => entry,
            Err(fault) => {
                self.peer_fault(cx, format!("their entry {index} is refused: {fault}"));
                self.link.hold();
                cx.out.effect(Effect::Hangup(self.id));
                return;
            }
        };
        if !self.check_peer_seen(cx, &entry) || !self.check_early_same(cx, &entry) {
            return;
        }
        self.stage(cx, entry);
    }

    /// The meaning gate's verdict on an entry of the peer's log (PROTOCOL E4).
    pub(crate) fn judge_peer(&self, cx: &Cx<'_>, entry: &Verified<Entry>) -> Verdict {
        judge(self, cx.scheme, entry, true)
    }

    /// PROTOCOL S1 and S2. False when the entry must not be taken now.
    fn check_peer_seen(&mut self, cx: &mut Cx<'_>, entry: &Verified<Entry>) -> bool {
        #[cfg(feature = "plant")]
        if self.has(crate::plant::Plant::SeenUnchecked) {
            return true;
        }
        let fields = entry.fields();
        match check_seen(self.peer_seen().as_ref(), fields.index, &fields.seen, &self.own) {
            SeenVerdict::Fine => true,
            SeenVerdict::Ahead { newest } => {
                // Without a note of ours this is a claim; the hello is where a rollback is proved (PROTOCOL S2, S4).
                self.peer_fault(
                    cx,
                    format!(
                        "their entry {} claims {} of our entries, and we have {}",
                        fields.index, fields.seen.size, newest.size
                    ),
                );
                self.phase = Phase::Unproven;
                self.link.hold();
                cx.out.effect(Effect::Hangup(self.id));
                false
            }
            verdict => {
                // It is still an entry: kept and cosigned, so that the false claim itself is on record.
                self.peer_fault(cx, format!("their entry {} has a wrong `seen`: {verdict:?}", fields.index));
                true
            }
        }
    }

    pub(crate) fn take_checkpoint(&mut self, cx: &mut Cx<'_>, note: &[u8]) {
        let opened = open_checkpoint(cx.scheme, &self.peer.log_key(), &self.peer.log.origin(), note);
        let checkpoint = match opened {
            Ok(checkpoint) => checkpoint,
            // Of a generation that is over, or that our copy has not begun: it may overtake the hello that tells of it.
            Err(CheckpointFault::OtherLog { .. }) => return,
            Err(fault) => return self.peer_fault(cx, format!("their checkpoint is refused: {fault}")),
        };
        if self.is_contradicted(cx, &checkpoint) {
            return;
        }
        #[cfg(feature = "plant")]
        self.cosign_unread(cx, &checkpoint);
        if checkpoint.checkpoint().size() > self.copied_size() {
            self.checkpoints.keep(checkpoint);
            self.file_covered(cx);
        }
    }

    /// Their holder cosignature of our log: the L1 receipt (PROTOCOL E5).
    pub(crate) fn take_cosignature(&mut self, cx: &mut Cx<'_>, note: &[u8]) {
        let (generation, opened) = self.open_their_cosignature(cx, note);
        let cosignature = match opened {
            Ok(cosignature) => cosignature,
            // Of another generation, ours or theirs.
            Err(CheckpointFault::OtherLog { .. } | CheckpointFault::Note(NoteFault::Unsigned)) => return,
            Err(fault) => return self.peer_fault(cx, format!("their cosignature is refused: {fault}")),
        };
        let size = cosignature.checkpoint().size();
        let note = cosignature.note().into_bytes();
        if self.is_signed_ahead(cx, &cosignature) {
            let known = self.ahead_cosignatures.entry(generation).or_default();
            *known = core::mem::take(known).max((size, note));
            return;
        }
        let log = self.own.life(generation).expect("it was opened for one of ours");
        match self.cosigned.entry(generation).or_default().take(log, &cosignature) {
            Ok(Taken::Newest) => {
                #[cfg(feature = "plant")]
                self.ack_undurable(cx, size, &note);
                cx.out.write(self.note(self.us(), generation, NoteRole::Cosignature, size, note.clone()));
                cx.out.reserve();
                cx.out.then(Then::Acknowledged { line: self.id, generation, size, cosignature: note });
            }
            #[cfg(feature = "plant")]
            Ok(Taken::Repeat) if self.has(crate::plant::Plant::DoubtRepeats) => {
                self.peer_fault(cx, "they repeat a cosignature".into());
            }
            // A peer that was restored cosigns anew what it had cosigned.
            Ok(Taken::Earlier | Taken::Repeat) => {
                if generation == self.lives.tells {
                    self.link.acknowledged_anew(size);
                }
                self.peer_holds(generation, size);
                self.carry_on(cx);
            }
            // A late one, made before their clock was set back: times are claims and prove nothing (PROTOCOL K1).
            Err(CosignedFault::Shrinks { .. }) => {}
            Err(CosignedFault::AheadOfMe { .. }) if matches!(self.phase, Phase::Recovering { .. }) => {
                self.early_cosignature = Some(note);
            }
            Err(CosignedFault::AheadOfMe { size, own }) => {
                self.peer_fault(cx, format!("they cosigned {size} entries of our log, which has {own} here"));
                self.phase = Phase::Unproven;
                self.link.hold();
                cx.out.effect(Effect::Hangup(self.id));
            }
            Err(fault) => {
                #[cfg(feature = "plant")]
                self.keep_refused(cx, generation, size, note);
                self.peer_fault(cx, format!("their cosignature is refused: {fault}"));
            }
        }
    }

    /// Whether it is made in a generation of theirs of which nothing is durable here: a start could not read it, so it counts
    /// once the opening is.
    fn is_signed_ahead(&self, cx: &Cx<'_>, said: &Cosignature) -> bool {
        if self.peer.durable > 0 || self.peer.closed.is_empty() {
            return false;
        }
        let name = holder_name(&self.id, &self.them(), self.peer.generation());
        let (origin, note) = (said.checkpoint().origin().to_owned(), said.note());
        open_cosignature(cx.scheme, &self.peer.holder_key(), &name, &origin, note.as_bytes()).is_ok()
    }

    /// Takes the cosignatures that came before the generation that they were made in.
    pub(crate) fn take_ahead_cosignatures(&mut self, cx: &mut Cx<'_>) {
        for (_, (_, note)) in core::mem::take(&mut self.ahead_cosignatures) {
            self.take_cosignature(cx, &note);
        }
    }

    /// Opens a cosignature of the generation that the link carries, or a late one of an earlier generation.
    fn open_their_cosignature(&self, cx: &Cx<'_>, note: &[u8]) -> (Generation, Result<Cosignature, CheckpointFault>) {
        let open = |generation| {
            let log = self.own.life(generation).expect("one of ours");
            self.open_cosignature_of(cx.scheme, false, log.origin(), note)
        };
        let mut earlier = self.own.closed.keys().rev().filter(|generation| **generation != self.lives.tells);
        match open(self.lives.tells) {
            Err(fault) => {
                earlier.find_map(|g| Some((*g, open(*g).ok()?))).map_or((self.lives.tells, Err(fault)), |(g, c)| (g, Ok(c)))
            }
            opened => (self.lives.tells, opened),
        }
    }

    /// Gives the link packed entries: from memory, or by a fetch.
    fn supply(&mut self, cx: &mut Cx<'_>, own: bool, generation: Generation, from: Index, max_bytes: usize) {
        let mut given = 0;
        let mut index = from;
        while own && generation == self.own.generation() && given < max_bytes {
            let Some(packed) = self.cache.get(index) else {
                break;
            };
            given += packed.len();
            self.link.supply(true, generation, index, packed.clone());
            index += 1;
        }
        if given == 0 && !self.fetching {
            self.fetching = true;
            let author = if own { self.us() } else { self.them() };
            cx.out.effect(Effect::Fetch { line: self.id, author, generation, from, limit: FETCH_ROWS });
        }
    }

    /// Signs our log at an earlier size: a backlog longer than the window is cosigned in steps.
    fn supply_checkpoint(&mut self, cx: &mut Cx<'_>, generation: Generation, size: u64) {
        if generation == self.own.generation() && size > self.own.durable {
            return;
        }
        if let Some(note) = self.checkpoint_of(cx, generation, size) {
            self.link.supply_checkpoint(generation, size, note);
        }
    }

    /// Rows that were fetched for the link.
    pub(crate) fn take_fetched(
        &mut self,
        cx: &mut Cx<'_>,
        author: detente_types::PartyId,
        generation: Generation,
        rows: &[Write],
    ) {
        self.fetching = false;
        let own = author == self.us();
        for row in rows {
            let Write::Entry { index, leaf, body, .. } = row else {
                continue;
            };
            match detente_wire::entry::pack_rows(leaf, body) {
                Some(packed) => self.link.supply(own, generation, *index, packed),
                None => self.event(
                    cx,
                    What::Fault(format!("row {index} of the journal does not read back as an entry: verify this home")),
                ),
            }
        }
    }
}

/// The verdict on an entry that overtook its log: the version that it follows may not be here yet (PROTOCOL F1), and neither may
/// the acceptance of the terms that it is stated under. Where their log has such a gap, what breaks no rule but those of the terms
/// that are known is taken: an alarm in doubt rings, and the log decides.
pub(crate) fn judge_early(line: &Line, scheme: &dyn detente_wire::Scheme, entry: &Verified<Entry>) -> Verdict {
    let fields = entry.fields();
    let early = |has_terms| judge_by(line, scheme, entry, Sent { of_peer: true, overtook: true, has_terms });
    match early(true) {
        Verdict::Unusable(..) if (fields.generation, fields.index) > line.peer.judged() => early(false),
        verdict => verdict,
    }
}

/// The verdict on an entry, of whichever side, given what its author had.
pub(crate) fn judge(line: &Line, scheme: &dyn detente_wire::Scheme, entry: &Verified<Entry>, of_peer: bool) -> Verdict {
    judge_by(line, scheme, entry, Sent { of_peer, overtook: false, has_terms: true })
}

/// How an entry comes to be judged.
#[derive(Clone, Copy)]
struct Sent {
    of_peer: bool,
    overtook: bool,
    /// Whether it is held against the terms that are known here.
    has_terms: bool,
}

fn judge_by(line: &Line, scheme: &dyn detente_wire::Scheme, entry: &Verified<Entry>, sent: Sent) -> Verdict {
    let Sent { of_peer, overtook, has_terms } = sent;
    let (author, other) = if of_peer { (&line.peer, &line.own) } else { (&line.own, &line.peer) };
    let fields = entry.fields();
    let input = match statement_of(entry) {
        Ok(input) => input,
        Err((kind, violation)) => return Verdict::Unusable(kind, vec![violation]),
    };
    let kind = input.kind();
    let overtook = match &input {
        StatementIn::Notice(notice) if overtook => Some(Overtook::of(notice, author)),
        _ => None,
    };
    let had = Had { author, other, generation: fields.generation, seen: fields.seen, overtook };
    let standing = Standing {
        line: line.id,
        author: author.author(),
        other: other.author(),
        index: fields.index,
        claimed: fields.claimed,
        urgent: fields.urgent,
        terms: (has_terms && fields.index > 0).then(|| line.terms_at(entry.reference(), fields.seen)),
        known: &had,
        scheme,
    };
    match meaning::check(input, &standing) {
        Ok(Some(valid)) => Verdict::Valid(valid),
        Ok(None) => Verdict::Unknown(kind),
        Err(violations) => Verdict::Unusable(kind, violations),
    }
}
