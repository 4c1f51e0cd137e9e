//! New generations (PROTOCOL S5; docs/decisions/0013, 0014): a node that was rolled back says nothing more in the old
//! one, and a holder begins its copy of the new one only when its copy of the old one is whole.
//!
//! Invariants: a generation ends at no less than what its author signed, as far as the author can know; one side's log
//! has at most one growing generation; the link carries the generations in order.

use detente_record::{Log, Opening};
use detente_types::statement::{GenerationCloseIn, GenerationOpenIn, Kind, StatementIn};
use detente_types::{Generation, Head, TermsIn, Timestamp};
use detente_wire::certificate::{Keys, open_opening, sign_opening};
use detente_wire::checkpoint::sign_checkpoint;
use detente_wire::entry::unpack;
use detente_wire::{Certificate, KeyPair, Scheme, Verified};
use rand_core::CryptoRng;

use crate::book::BookEntry;
use crate::copy::Checkpoints;
use crate::input::{Effect, OpenFault, What};
use crate::line::{Cx, Line, LineKeys, Phase, empty_head};
use crate::lost::open_either;
use crate::node::Node;

/// How long the caller is given before it is asked again for the keys of a new generation.
const ASK_AGAIN_US: i64 = 10_000_000;

/// What a new generation of our log must say (PROTOCOL S5). Its keys and the party's signature are the caller's.
#[derive(Clone, Debug)]
pub struct Renewal {
    /// Where the generation before ends.
    pub previous: Head,
    /// The newest generation of ours that is known of, also where nothing of it can be had any more.
    newest: Generation,
    own: Verified<Certificate>,
    other: Verified<Certificate>,
    terms: TermsIn,
}

impl Renewal {
    /// The number of the new generation, when its author drew `draw`, uniform over all of `u32` ([`Generation::after`]).
    pub const fn generation(&self, draw: u32) -> Generation {
        self.newest.after(draw)
    }

    /// Signs the opening with the party key. `keys` must be new; the link's key stays, for the peer knows no other.
    ///
    /// # Errors
    /// [`OpenFault::Certificate`] when two of the keys are the same.
    pub fn sign(
        &self,
        scheme: &dyn Scheme,
        party: &KeyPair,
        keys: &LineKeys,
        generation: Generation,
    ) -> Result<GenerationOpenIn, OpenFault> {
        let keys = Keys { log: keys.log.public(), holder: keys.holder.public(), ..self.own.keys() };
        let own = Certificate::sign(scheme, party, self.own.line(), generation, &keys)?;
        Ok(sign_opening(scheme, party, &own, &self.other, self.terms.clone(), Some(self.previous)))
    }
}

impl Node {
    /// Notes that this home was put back from a backup: every line opens a new generation before it says anything
    /// (docs/decisions/0013). It is durable when [`What::Booked`] names the number that is given back.
    pub fn note_restored(&mut self, now: Timestamp, rng: &mut dyn CryptoRng) -> u64 {
        for line in self.lines.values_mut() {
            line.lives.renews = true;
        }
        let mut cx = Cx { now, rng: &mut *rng, scheme: &*self.scheme, out: &mut self.out, book_size: &mut self.book_size };
        let number = cx.book(&BookEntry::Restored(now.micros()));
        cx.out.then(crate::out::Then::Booked(number));
        self.run(now, rng);
        number
    }

    /// Opens the next generation of our log, as [`Effect::Renew`] asked. `opening` is made by [`Renewal::sign`]; its
    /// secret keys are already safe on the disk.
    ///
    /// # Errors
    /// [`OpenFault`]; nothing is then changed.
    pub fn open_generation(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        opening: GenerationOpenIn,
        keys: LineKeys,
    ) -> Result<(), OpenFault> {
        let (own, _) = open_opening(&*self.scheme, &opening)?;
        let line = self.lines.get(&own.line()).ok_or(OpenFault::NotWanted(own.line()))?;
        let wanted = line.renewal().filter(|r| opening.previous == Some(r.previous) && own.party() == line.us());
        if wanted.is_none_or(|renewal| own.generation() <= renewal.newest) {
            return Err(OpenFault::NotWanted(own.line()));
        }
        keys.check(&own)?;
        self.on_line(now, rng, own.line(), |line, cx| line.renew(cx, own.clone(), opening, keys));
        self.run(now, rng);
        Ok(())
    }
}

impl Line {
    /// What the next generation of our log must say, if one is wanted now: once everything of the old one that can be had
    /// is durable.
    pub fn renewal(&self) -> Option<Renewal> {
        let size = self.own.log.size();
        // Of a generation that was lost and of which nothing came back the next one cannot tell the end.
        let nothing = self.lives.keys_lost && size == 0;
        let whole = self.own.durable == size && self.covered == size && !nothing;
        #[cfg(feature = "plant")]
        let size = self.planted_end();
        (self.phase == Phase::Renewing && whole).then(|| Renewal {
            previous: self.own.head_at(size),
            newest: self.own.generation().max(self.lives.void),
            own: self.own.certificate.clone(),
            other: self.peer.certificate.clone(),
            terms: self.current_terms().input().clone(),
        })
    }

    /// Asks for a new generation as soon as one may be opened, and again while none is: the party key may be elsewhere.
    pub(crate) fn ask_renewal(&mut self, cx: &mut Cx<'_>) {
        #[cfg(feature = "plant")]
        self.renew_unasked();
        let asked = self.lives.asked_renewal.is_some_and(|at| cx.now < at.plus_micros(ASK_AGAIN_US) && cx.now >= at);
        if !asked && self.renewal().is_some() {
            self.lives.asked_renewal = Some(cx.now);
            cx.out.effect(Effect::Renew(self.id));
        }
    }

    /// When the caller is asked again.
    pub(crate) fn renewal_due(&self) -> Option<Timestamp> {
        self.lives.asked_renewal.filter(|_| self.phase == Phase::Renewing).map(|at| at.plus_micros(ASK_AGAIN_US))
    }

    fn renew(&mut self, cx: &mut Cx<'_>, own: Verified<Certificate>, opening: GenerationOpenIn, keys: LineKeys) {
        self.keep_lost_end(cx.scheme);
        self.keep_old_keys();
        self.keys = keys;
        self.opening = opening;
        self.own.begin(own);
        (self.checkpointed, self.covered) = (0, 0);
        self.cache = crate::line::Cache::default();
        (self.lives.renews, self.lives.asked_renewal, self.lives.keys_lost) = (false, None, false);
        self.phase = Phase::Open;
        cx.book(&BookEntry::LineRenewed(self.id, self.own.generation()));
        self.event(cx, What::Renewed(self.own.generation()));
    }

    /// The keys of a generation that ends: its checkpoints are still signed while the peer copies it.
    pub(crate) fn keep_old_keys(&mut self) {
        if !self.lives.keys_lost {
            self.lives.old_keys.insert(self.own.generation(), self.keys.clone());
        }
    }

    /// The generation of our log that goes out next, given what their copy has. Until the newest one is said the link stays.
    pub(crate) fn goes_out(&self, copy: &Head) -> Generation {
        let next = match self.own.closed.get(&copy.generation) {
            Some(ended) if copy.size < ended.log.size() => copy.generation,
            Some(_) => self.own.after(copy.generation),
            None => self.own.generation(),
        };
        if next == self.own.generation() && self.covered == 0 { self.lives.tells } else { next }
    }

    /// They have said in this session that they hold this much of a generation of ours: they may have begun it since their
    /// hello.
    pub(crate) fn peer_holds(&mut self, generation: Generation, size: u64) {
        let root = self.own.life(generation).and_then(|log| log.root_at(size));
        let more = (generation, size) > (self.lives.peer_copy.generation, self.lives.peer_copy.size);
        if let Some(root) = root.filter(|_| more) {
            self.lives.peer_copy = Head { generation, size, root };
        }
    }

    /// Makes the link carry the next generation of our log, once their copy of this one is whole and the next one is said.
    pub(crate) fn carry_on(&mut self, cx: &mut Cx<'_>) {
        let next = self.goes_out(&self.lives.peer_copy);
        if self.lives.tells != next {
            self.carry(cx, next);
        }
    }

    /// Makes the link carry another generation of our log. It greets anew.
    pub(crate) fn carry(&mut self, cx: &mut Cx<'_>, generation: Generation) {
        self.lives.tells = generation;
        let size = if generation == self.own.generation() { self.covered } else { self.told_log().size() };
        let head = self.told_log().head_at(size).expect("sizes up to the log's own are known");
        let checkpoint = self.checkpoint_of(cx, generation, size).unwrap_or_default();
        self.link.set_cosigned(self.lives.cosignatures.get(&generation).cloned().unwrap_or_default());
        self.link.set_own(head, checkpoint);
        self.link.acknowledged(self.cosigned.get(&generation).map_or(0, detente_record::Cosigned::acknowledged_size));
    }

    /// The generation of our log that the link carries.
    pub(crate) fn told_log(&self) -> &Log {
        self.own.life(self.lives.tells).expect("the link carries a generation that is here")
    }

    /// Our checkpoint of one of our generations, if its key is here.
    pub(crate) fn checkpoint_of(&self, cx: &Cx<'_>, generation: Generation, size: u64) -> Option<Vec<u8>> {
        let newest = generation == self.own.generation() && !self.lives.keys_lost;
        let keys = if newest { Some(&self.keys) } else { self.lives.old_keys.get(&generation) };
        let log = self.own.life(generation)?;
        let root = log.root_at(size)?;
        let signed = keys.map(|keys| sign_checkpoint(cx.scheme, &keys.log, &log.origin(), size, root));
        let kept = || self.lives.ends.get(&generation).filter(|end| *end.checkpoint().root() == root).cloned();
        signed.or_else(kept).map(|signed| signed.note().into_bytes())
    }

    /// The newest generation of our log that the peer has begun, as far as its keys are here: until it has begun a new one
    /// it knows only the holder keys of those before. What it says in this session counts, for a peer that was restored has
    /// forgotten what it once acknowledged.
    pub(crate) fn known_keys(&self) -> Option<(&Log, &LineKeys)> {
        let own = self.own.generation();
        if !self.lives.keys_lost && (self.own.closed.is_empty() || self.lives.peer_copy.generation >= own) {
            return Some((&self.own.log, &self.keys));
        }
        let begun =
            self.lives.old_keys.range(..=self.lives.peer_copy.generation).next_back().or(self.lives.old_keys.first_key_value());
        let (generation, keys) = begun?;
        Some((self.own.life(*generation)?, keys))
    }

    /// Hands the peer the openings that it needs: of the generation that the link carries, and of the newest when something of
    /// it overtakes the log. Their copy of the one before may never be whole.
    pub(crate) fn send_openings(&mut self) {
        self.send_opening(self.lives.tells);
        if self.link.overtakes(self.own.generation()) {
            self.send_opening(self.own.generation());
        }
    }

    /// Hands the peer the opening of a generation, when their copy has not begun it.
    pub(crate) fn send_opening(&mut self, generation: Generation) {
        if self.lives.peer_copy.generation < generation
            && let Some(packed) = self.own.opening(generation)
        {
            self.link.send_early(generation, 0, packed.clone());
        }
    }

    /// Entry 0 of a generation, ahead of everything else: the peer begins a new one, or gives one of ours back.
    pub(crate) fn take_opening(&mut self, cx: &mut Cx<'_>, generation: Generation, packed: &[u8]) {
        if generation <= self.peer.generation() && generation <= self.own.generation() {
            return;
        }
        let opened = unpack(packed)
            .map_err(|e| e.to_string())
            .and_then(|rows| open_either(cx.scheme, self, generation, rows).map_err(|e| e.to_string()));
        match opened {
            Ok(opening) if opening.own().party() == self.us() => self.take_own_opening(cx, opening),
            Ok(opening) if self.opens_otherwise(&opening) => {
                self.peer_fault(cx, format!("they opened generation {generation} otherwise before"));
            }
            Ok(opening) if generation > self.peer.generation() => {
                self.know_opening(&opening);
                // Of those between nothing is here: they come first.
                if opening.previous().is_none_or(|named| named.generation <= self.peer.generation()) {
                    self.lives.next_opening = Some(opening);
                    self.begin_copy(cx);
                }
            }
            Ok(_) => {}
            Err(why) => self.peer_fault(cx, format!("the opening of generation {generation} that they sent is refused: {why}")),
        }
    }

    /// What is said in their generation can be opened from now on, whether or not our copy can begin it.
    fn know_opening(&mut self, opening: &Opening) {
        let hash = |opening: &Opening| opening.entry().hash();
        if self.lives.ahead_opening.as_ref().map(hash) != Some(hash(opening)) {
            self.lives.ahead_opening = Some(opening.clone());
            // What overtook the opening was dropped.
            self.link.forget_early();
        }
    }

    /// Whether they have opened a generation of which we hold early entries in another way.
    fn opens_otherwise(&self, opening: &Opening) -> bool {
        let named = |opening: &Opening| (opening.own().generation(), opening.entry().hash());
        let ((generation, hash), kept) = (named(opening), self.lives.early_opening.as_ref().map(named));
        kept.is_some_and(|kept| kept.0 == generation && kept.1 != hash)
    }

    /// Begins our copy of their next generation, once the one before is whole, cosigned and durable.
    pub(crate) fn begin_copy(&mut self, cx: &mut Cx<'_>) {
        let Some(opening) = self.lives.next_opening.take() else {
            return;
        };
        let generation = opening.own().generation();
        // Of the generation that our copy has begun its author has lost all: it goes on from the one before.
        if opening.previous().is_some_and(|named| named.generation < self.peer.generation()) {
            self.forget_begun_copy();
        }
        let named = match opening.previous() {
            Some(named) if named.generation == self.peer.generation() && opening.other().party() == self.us() => *named,
            _ => return self.peer_fault(cx, format!("their generation {generation} does not name the one before")),
        };
        let here = self.peer.log.root_at(named.size);
        if here.is_some_and(|root| root != named.root) || named.size < self.peer.log.size() {
            return self.take_disowning(cx, &opening, &named);
        }
        let whole = self.seen == named || (named.size == 0 && self.peer.log.size() == 0);
        if !whole || self.peer.durable != named.size {
            self.lives.next_opening = Some(opening);
            return;
        }
        self.forget_copy_session();
        self.peer.begin(opening.own().clone());
        self.decisions.copy_stops = false;
        self.link.cosign(Vec::new());
        self.lives.tells_copy = generation;
        self.link.set_copy(Head { generation, ..empty_head() }, Vec::new());
        self.link.tell_copy();
        let cosigned = core::mem::take(&mut self.lives.hello_cosigned);
        self.take_own_cosignature(cx, &cosigned);
        self.event(cx, What::PeerRenewed(generation));
        let known = self.lives.early_opening.as_ref().is_some_and(|kept| kept.own().generation() == generation);
        self.lives.begun_opening = Some(opening).filter(|_| !known);
    }

    /// A new session: what an earlier one told of their next generation may be no more (docs/decisions/0010).
    pub(crate) fn forget_begun_copy(&mut self) {
        (self.lives.next_opening, self.lives.begun_opening) = (None, None);
        if !self.peer.forget_begun() {
            return;
        }
        self.staged.clear();
        self.checkpoints = Checkpoints::default();
        let (generation, size) = (self.peer.generation(), self.peer.log.size());
        self.kept = self.lives.peer_ends.remove(&generation);
        self.holder = detente_record::Holder::new(size);
        (self.sealed, self.copied, self.lives.tells_copy) = (size, size, generation);
        self.link.set_copy(self.seen, self.kept.as_ref().map(|kept| kept.note().into_bytes()).unwrap_or_default());
        self.link.cosign(self.own_cosignature.clone());
        // After a restore that may say less than is here.
        self.link.tell_copy();
    }

    /// What belonged to their generation before is done with.
    fn forget_copy_session(&mut self) {
        self.staged.clear();
        self.checkpoints = Checkpoints::default();
        if let Some(end) = self.kept.take() {
            self.lives.peer_ends.insert(self.peer.generation(), end);
        }
        self.holder = detente_record::Holder::new(0);
        (self.sealed, self.copied) = (0, 0);
    }

    /// Their new generation says that the one before ended where it did not (PROTOCOL S5). It may be an honest one: the author
    /// was restored, and asked who conceals what it holds. So this proves nothing to others, and is an end of this line only.
    fn take_disowning(&mut self, cx: &mut Cx<'_>, opening: &Opening, named: &Head) {
        // Their link repeats its opening: it is said once.
        if core::mem::replace(&mut self.decisions.unshown, true) {
            return;
        }
        let (generation, held) = (opening.own().generation(), self.peer.log.size());
        self.peer_fault(cx, format!("their generation {generation} names {} of the {held} entries that they signed", named.size));
        self.watch.handle_dispute(true);
        self.stop_copy(cx);
    }
}

/// Where their generation ended, as our log states it (PROTOCOL S5).
pub(crate) fn close_statement(head: Head) -> StatementIn {
    StatementIn::GenerationClose(GenerationCloseIn { kind: Kind::GenerationClose.code(), head })
}
