//! Opening a line, and loading a node from what its store kept.
//!
//! Rows read back are checked as a peer's are (STYLE 2): every entry passes the envelope gate again, every log must have
//! the root that its last checkpoint signed. What is derived is derived anew.

use std::collections::BTreeMap;

use detente_record::{Holder, Opening};
use detente_types::statement::GenerationOpenIn;
use detente_types::{Generation, Head, LineId, PartyId, Terms, Timestamp};
use detente_wire::certificate::open_opening;
use detente_wire::checkpoint::{SignedCheckpoint, open_checkpoint};
use detente_wire::{Entry, Place, open_entry};
use minicbor::bytes::ByteVec;
use rand_core::CryptoRng;

use crate::book::{BookEntry, BookFlood, LineOpened};
use crate::input::{OpenFault, What};
use crate::line::{Cx, Founding, Line, LineKeys};
use crate::node::Node;
use crate::out::Then;
use crate::plans::Plans;
use crate::port::{NoteRole, StoreFault, Write};
use crate::quota::{DayBook, bytes_of};
use crate::side::Verdict;
use crate::take::judge;

/// The secret keys of each line and generation of ours, as the home keeps them.
pub type KeyRing = BTreeMap<(LineId, Generation), LineKeys>;

impl Node {
    /// Opens a line that two parties have paired for. It is durable when the effect that follows is.
    ///
    /// `opening` is entry 0 of our log as `wire::certificate::sign_opening` makes it.
    ///
    /// # Errors
    /// [`OpenFault`]; nothing is then changed.
    pub fn open_line(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        opening: GenerationOpenIn,
        keys: LineKeys,
        name: &str,
    ) -> Result<LineId, OpenFault> {
        let mut line = self.found(now, rng, opening.clone(), keys, name)?;
        line.introduce();
        let (id, other) = (line.id, line.them());
        self.lines.insert(id, line);
        let entry = LineOpened {
            line: id,
            at_us: now.micros(),
            opening: ByteVec::from(detente_wire::codec::encode(&opening)),
            name: name.to_owned(),
            other,
        };
        let mut cx = Cx { now, rng: &mut *rng, scheme: &*self.scheme, out: &mut self.out, book_size: &mut self.book_size };
        let number = cx.book(&BookEntry::LineOpened(entry));
        cx.out.then(Then::Booked(number));
        self.run(now, rng);
        Ok(id)
    }

    fn found(
        &self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        opening: GenerationOpenIn,
        keys: LineKeys,
        name: &str,
    ) -> Result<Line, OpenFault> {
        let (own, peer) = open_opening(&*self.scheme, &opening)?;
        let id = own.line();
        if self.lines.contains_key(&id) {
            return Err(OpenFault::Exists(id));
        }
        keys.check(&own)?;
        let terms = Terms::try_new(opening.terms.clone()).map_err(OpenFault::Terms)?;
        let session = rng.next_u64().max(1);
        Ok(Line::new(Founding { id, name: name.to_owned(), opened: now, keys, opening, own: &own, peer: &peer, terms, session }))
    }

    /// Loads a node from its store's rows.
    ///
    /// # Errors
    /// [`StoreFault::Damaged`] names the first bad row and what is wrong with it.
    pub fn load(
        scheme: std::sync::Arc<dyn detente_wire::Scheme>,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        keys: &KeyRing,
        store: &mut dyn crate::port::Store,
    ) -> Result<Self, StoreFault> {
        let mut loader = Loader {
            node: Self::new(scheme),
            early: Vec::new(),
            plans: Plans::default(),
            days: BTreeMap::new(),
            floods: Vec::new(),
        };
        store.replay(&mut |row| loader.take(now, rng, keys, row))?;
        loader.finish(now, rng)
    }
}

/// What is gathered while rows are read.
struct Loader {
    node: Node,
    early: Vec<Write>,
    plans: Plans,
    /// From which the day's counts are derived.
    days: BTreeMap<LineId, DayBook>,
    /// Flood alarms that were taken.
    floods: Vec<BookFlood>,
}

impl Loader {
    fn take(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, keys: &KeyRing, row: Write) -> Result<(), StoreFault> {
        match row {
            Write::Book { number, bytes } => self.take_book(now, rng, keys, number, &bytes),
            Write::Entry { line, author, generation, index, leaf, body } => {
                self.take_entry(keys, (line, author, generation, index), &leaf, &body)
            }
            Write::Early { .. } => {
                self.early.push(row);
                Ok(())
            }
            Write::Note { line, author, generation, role, size, bytes } => {
                self.take_note(line, author, generation, role, size, &bytes)
            }
            Write::Evidence { line, bytes, .. } => {
                let Node { scheme, lines, .. } = &mut self.node;
                if let Some(line) = lines.get_mut(&line) {
                    line.load_evidence(&**scheme, bytes);
                }
                Ok(())
            }
        }
    }

    fn take_book(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        keys: &KeyRing,
        number: u64,
        bytes: &[u8],
    ) -> Result<(), StoreFault> {
        let damaged = |detail: String| StoreFault::Damaged { key: format!("book/{number}"), detail };
        if number != self.node.book_size {
            return Err(damaged(format!("number {} comes next", self.node.book_size)));
        }
        self.node.book_size += 1;
        let entry = BookEntry::decode(bytes).ok_or_else(|| damaged("not an entry of the book".into()))?;
        match entry {
            BookEntry::LineOpened(opened) => {
                let opening = certificate_opening(&opened.opening).ok_or_else(|| damaged("not an opening".into()))?;
                let keys = keys
                    .get(&(opened.line, Generation::FIRST))
                    .cloned()
                    .ok_or_else(|| damaged(format!("the keys of line {:?} are missing", opened.line)))?;
                let line = self.node.found(now, rng, opening, keys, &opened.name).map_err(|e| damaged(e.to_string()))?;
                self.node.lines.insert(opened.line, Line { opened: Timestamp::from_micros(opened.at_us), ..line });
            }
            BookEntry::Notice(notice) => {
                if let Some(line) = self.node.lines.get_mut(&notice.line) {
                    line.matching.note_put(&notice.notice.id);
                }
                self.plans.take_notice(number, notice);
            }
            BookEntry::Input(input) => {
                let slots = input.slots.into_iter().map(|(slot, value)| (slot, value.to_vec())).collect();
                match detente_wire::codec::from_slots(&slots) {
                    Ok(statement) => self.plans.take_statement(number, input.line, statement),
                    Err(broken) => {
                        let why = format!("it does not read back from the book: {broken}");
                        self.plans.take_unreadable(number, input.line, why);
                    }
                }
            }
            BookEntry::Restored(_) => self.node.lines.values_mut().for_each(|line| line.lives.renews = true),
            BookEntry::LineRolledBack(line, _) => self.set_renews(&line, true),
            BookEntry::LineRenewed(line, _) => self.set_renews(&line, false),
            BookEntry::ReopenProposed(entry) => {
                if let Some(line) = self.node.lines.get_mut(&entry.line) {
                    line.decisions.load_proposal(number, entry);
                }
            }
            BookEntry::ReopenAgreed(_, entry) => {
                if let Some(line) = self.node.lines.get_mut(&entry.line) {
                    line.decisions.load_agreement(&entry);
                }
            }
            BookEntry::FloodTaken(taken) => self.floods.push(taken),
            BookEntry::BlindBegun(_) | BookEntry::BlindFound(_) | BookEntry::BlindFault(_) | BookEntry::BlindDeed(_) => {
                if let Some(line) = entry.blind_line().and_then(|id| self.node.lines.get_mut(&id)) {
                    line.load_blind(entry);
                }
            }
            BookEntry::PlanEnded(ended) => self.plans.take_ended(&ended),
            BookEntry::Stated(done, _) | BookEntry::Dropped(done, _) => {
                self.plans.take_done(done);
            }
        }
        Ok(())
    }

    fn set_renews(&mut self, line: &LineId, renews: bool) {
        if let Some(line) = self.node.lines.get_mut(line) {
            line.lives.renews = renews;
        }
    }

    fn take_entry(
        &mut self,
        keys: &KeyRing,
        (id, author, generation, index): (LineId, PartyId, Generation, u64),
        leaf: &[u8],
        body: &[u8],
    ) -> Result<(), StoreFault> {
        let key = format!("entry/{}/{}/{generation}/{index}", id.short(), author.short());
        let damaged = |detail: String| StoreFault::Damaged { key: key.clone(), detail };
        let scheme = self.node.scheme.clone();
        let line = self.node.lines.get_mut(&id).ok_or_else(|| damaged("the book opens no such line".into()))?;
        if author != line.us() && author != line.them() {
            return Err(damaged("no party of this line".into()));
        }
        if generation != line.side(&author).generation() {
            let opening = Opening::open(&*scheme, id, author, generation, leaf, body).map_err(|e| damaged(e.to_string()))?;
            line.load_generation(&opening, keys).map_err(damaged)?;
        }
        let side = line.side(&author);
        let place = Place { line: id, author, generation, index: Some(side.log.size()), log_key: side.log_key() };
        let entry = open_entry(&*scheme, &place, leaf, body).map_err(|e| damaged(e.to_string()))?;
        if author == line.us() {
            line.claims(entry.fields().seen);
        } else {
            self.days.entry(id).or_default().take_entry(generation, bytes_of(&entry));
        }
        // The verdict needs what the author had, which may lie in rows that come later: it is made at the end.
        let side = if author == line.us() { &mut line.own } else { &mut line.peer };
        side.append_unjudged(entry);
        Ok(())
    }

    fn take_note(
        &mut self,
        id: LineId,
        author: PartyId,
        generation: Generation,
        role: NoteRole,
        size: u64,
        bytes: &[u8],
    ) -> Result<(), StoreFault> {
        let key = format!("note/{}/{}/{generation}/{size}", id.short(), author.short());
        let damaged = |detail: String| StoreFault::Damaged { key: key.clone(), detail };
        let scheme = self.node.scheme.clone();
        let line = self.node.lines.get_mut(&id).ok_or_else(|| damaged("the book opens no such line".into()))?;
        let (own, newest) = (author == line.us(), generation == line.side(&author).generation());
        let (log, log_key) = line.side(&author).log_of(generation).ok_or_else(|| damaged("no such generation".into()))?;
        match role {
            NoteRole::Checkpoint => {
                let opened = open_checkpoint(&*scheme, &log_key, &log.origin(), bytes).map_err(|e| damaged(e.to_string()))?;
                if log.root_at(size) != Some(*opened.checkpoint().root()) {
                    return Err(damaged("the entries do not have the root that this checkpoint signed".into()));
                }
                match (own, newest) {
                    (true, true) => line.own_checkpoint = Some(opened),
                    (true, false) => drop(line.lives.ends.insert(generation, opened)),
                    (false, true) => line.kept = Some(opened),
                    (false, false) => drop(line.lives.peer_ends.insert(generation, opened)),
                }
            }
            NoteRole::Cosignature if own => {
                let (name, key) = (log.origin(), "cosignature");
                let opened =
                    line.open_cosignature_of(&*scheme, false, name, bytes).map_err(|e| damaged(format!("{key}: {e}")))?;
                let log = line.own.life(generation).expect("its keys are here");
                line.cosigned.entry(generation).or_default().take(log, &opened).map_err(|e| damaged(e.to_string()))?;
                line.lives.cosignatures.insert(generation, bytes.to_vec());
                if newest {
                    line.link.set_cosigned(bytes.to_vec());
                }
            }
            NoteRole::Cosignature if newest && size > log.size() => {
                return Err(damaged(format!("it covers more than the {} entries that are here", log.size())));
            }
            NoteRole::Cosignature => {
                self.days.entry(id).or_default().take_cosignature(generation, size, bytes);
                if newest {
                    line.holder = Holder::new(size);
                    line.own_cosignature = bytes.to_vec();
                }
            }
        }
        Ok(())
    }

    fn finish(mut self, now: Timestamp, rng: &mut dyn CryptoRng) -> Result<Node, StoreFault> {
        let mut all_lost = Vec::new();
        let Node { scheme, lines, book_size, out } = &mut self.node;
        for line in lines.values_mut() {
            line.day = line.load_day(&**scheme, now, &self.days.remove(&line.id).unwrap_or_default());
            let mut cx = Cx { now, rng: &mut *rng, scheme: &**scheme, out, book_size };
            line.loading = true;
            line.derive(&mut cx);
            let lost = line.load_plans(&mut cx, self.plans.of(line.id));
            line.load_revocations(&mut cx);
            line.end_after_start();
            all_lost.push((line.id, lost));
            line.loading = false;
            // What these meet is found in turns, once the node runs: no news, as all of long ago.
            line.joint.hush();
            line.behind_since = now;
            line.watch_anew(now);
        }
        for row in core::mem::take(&mut self.early) {
            self.take_early(now, rng, &row);
        }
        for taken in &self.floods {
            if let Some(line) = self.node.lines.get_mut(&taken.line) {
                line.safety.load_flood_taken(Timestamp::from_micros(taken.at_us), &taken.latest);
            }
        }
        self.node.lines.values_mut().for_each(|line| line.forget_skipped(line.peer.generation()));
        // Events of long ago are not news.
        self.node.out.forget_events();
        for (line, lost) in all_lost {
            self.node.on_line(now, rng, line, |line, cx| {
                lost.plans.into_iter().for_each(|why| line.event(cx, What::Fault(why)));
                lost.dropped.into_iter().for_each(|(number, why)| line.drop_input(cx, number, why));
            });
        }
        Ok(self.node)
    }

    fn take_early(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, row: &Write) {
        let Write::Early { line, generation, index, leaf, body, .. } = row else {
            return;
        };
        self.node.on_line(now, rng, *line, |line, cx| line.load_early(cx, *generation, *index, (leaf, body)));
    }
}

impl Line {
    /// Derives everything from the two logs, each entry once what its author had is derived.
    fn derive(&mut self, cx: &mut Cx<'_>) {
        let acknowledged = self.acknowledged_size();
        // A head of theirs is written only with all of its entries.
        let kept = self.kept.as_ref().map_or(0, |c| c.checkpoint().size());
        let cosigned = self.holder.size().max(kept);
        self.sealed = cosigned;
        (self.lives.tells, self.lives.tells_copy) = (self.own.generation(), self.copied_head(cosigned).generation);
        self.seen = self.copied_head(cosigned);
        self.own.durable = self.own.log.size();
        self.peer.durable = self.peer.log.size();
        self.copied = self.peer.durable;
        self.checkpointed = self.own_checkpoint.as_ref().map_or(0, |c| c.checkpoint().size());
        let (mut own, mut peer) = (self.own.take_unjudged(), self.peer.take_unjudged());
        self.covered = self.checkpointed;
        let copied = (self.peer.generation(), self.peer.log.size());
        while let Some(of_peer) = next_side(&own, &peer, copied) {
            let entry = if of_peer { peer.pop_front() } else { own.pop_front() };
            let entry = entry.expect("the side was chosen because it has one");
            let (side, counted) = if of_peer { (&self.peer, cosigned) } else { (&self.own, self.checkpointed) };
            let ended = entry.fields().generation != side.generation();
            let counts = ended || entry.fields().index < counted;
            let verdict: Verdict = judge(self, cx.scheme, &entry, of_peer);
            self.learn_terms(&entry, &verdict);
            let index = entry.fields().index;
            if !of_peer && !ended && index >= acknowledged {
                self.cache.put(index, entry.packed());
            }
            let side = if of_peer { &mut self.peer } else { &mut self.own };
            side.learn(entry, verdict);
            if counts {
                for pending in side.settle(if ended { 0 } else { index + 1 }) {
                    if !of_peer {
                        self.overtake(&pending.entry);
                    }
                    self.act(cx, pending);
                }
            }
        }
        self.own.put_unjudged(own);
        self.own.forget_recalled();
        self.link.acknowledged(acknowledged);
        self.introduce();
    }

    /// What we hold of their log under their signature: while nothing of a new generation is, the whole one before.
    fn copied_head(&self, cosigned: u64) -> Head {
        match self.peer.closed.last_key_value() {
            Some((_, ended)) if cosigned == 0 => ended.log.head(),
            _ => self.peer.head_at(cosigned),
        }
    }

    /// A generation after the first, as the store has it.
    fn load_generation(&mut self, opening: &Opening, keys: &KeyRing) -> Result<(), String> {
        let (own, generation) = (opening.own().party() == self.us(), opening.own().generation());
        let ended = self.side(&opening.own().party());
        let whole = Some(ended.log.head());
        if generation <= ended.generation() || opening.previous().copied() != whole {
            return Err("the opening does not follow the generation before".into());
        }
        if own {
            self.keep_old_keys();
            if let Some(next) = keys.get(&(self.id, generation)).cloned() {
                next.check(opening.own()).map_err(|e| e.to_string())?;
                self.keys = next;
            }
            // Lost with a home that was put back to before they were made: nothing more is said in this generation.
            self.lives.keys_lost = !keys.contains_key(&(self.id, generation));
            self.lives.renews |= self.lives.keys_lost;
            self.own.begin(opening.own().clone());
        } else {
            self.peer.begin(opening.own().clone());
        }
        Ok(())
    }

    /// Tells the link both heads: from now on it may greet.
    fn introduce(&mut self) {
        let note = |signed: &Option<SignedCheckpoint>| signed.as_ref().map(|s| s.note().into_bytes()).unwrap_or_default();
        self.link.set_own(self.own.head_at(self.checkpointed), note(&self.own_checkpoint));
        if self.lives.keys_lost {
            self.lives.back = self.own.log.size();
            self.link.set_back(self.own.log.head());
        }
        self.tell_newest();
        self.link.set_copy(self.seen, note(&self.kept));
        self.link.cosign(self.own_cosignature.clone());
        self.evidence.iter().for_each(|piece| self.link.send_evidence(piece.bytes.clone()));
    }
}

/// Which log goes next: the one whose first entry saw no more of the other than is derived. True for the peer's.
///
/// Of our own, what saw more than the `copied` entries here was taken back after a restore, and waits.
fn next_side(own: &crate::side::Unjudged, peer: &crate::side::Unjudged, copied: (Generation, u64)) -> Option<bool> {
    let saw = |entry: &Entry| (entry.fields().seen.generation, entry.fields().seen.size);
    match (own.front(), peer.front()) {
        (None, None) => None,
        (Some(ours), None) => (saw(ours) <= copied).then_some(false),
        (None, Some(_)) => Some(true),
        // What our first saw lies below the peer's first: ours is ready.
        (Some(ours), Some(theirs)) => Some(saw(ours) > (theirs.fields().generation, theirs.fields().index)),
    }
}

fn certificate_opening(bytes: &[u8]) -> Option<GenerationOpenIn> {
    detente_wire::codec::decode(bytes, "opening").ok()
}
