//! One run under way: what it says goes to the link, what it wants recorded goes into the log, and what it waits for comes from
//! both.

use std::collections::BTreeSet;

use detente_blind::message::{Message, encode};
use detente_blind::{
    Aborted, Cause, Digest, Done, Effect, Evidence, Found as Common, Heard, Job, Outcome, Reason, Record, Run, Step,
};
use detente_types::statement::{BlindCommitIn, BlindReason, BlindResultIn, BlindRunIn, Kind, StatementIn};
use detente_types::{StatementRef, Timestamp};
use detente_wire::hash::domain;

use super::begin::stream_of;
use super::book::BookBlindFault;
use super::found::{Found, Owners, count_of};
use super::{BlindNews, ended};
use crate::book::BookEntry;
use crate::line::{Cx, Line};

/// The other side, or our own threads, may be silent for this long, and for so much longer for each place of the class.
const SILENCE_US: i64 = 45_000_000;
const SILENCE_PER_PLACE_US: i64 = 100;
/// A run ends at the latest after so many silences, however a peer that drips spreads its messages, or when the time that it
/// looks at is over, if that is later: a slow bearer takes hours for a large class.
const SILENCES_MAX: i64 = 32;
/// A run that is over waits so long for its last words to arrive.
const FAREWELL_US: i64 = 30_000_000;

/// What a run is made of when it begins.
pub(super) struct Begun {
    pub(super) run: BlindRunIn,
    pub(super) core: Run,
    pub(super) context: Digest,
    /// Its seed, sealed to the auditor.
    pub(super) sealed: Option<Vec<u8>>,
    /// Whose the cells are that are matched.
    pub(super) owners: Owners,
    pub(super) size: usize,
    pub(super) now: Timestamp,
    /// The end of the time that it looks at.
    pub(super) until: Timestamp,
}

/// What a record waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waits {
    /// That our commitment is on both disks.
    OwnCommit(StatementRef),
    /// That theirs is in our copy of their log.
    PeerCommit(Digest),
    /// That our result is on our disk.
    Result(StatementRef),
}

pub(super) struct Live {
    begun: Begun,
    stream: u64,
    /// The book has it, durably.
    booked: bool,
    /// Our hello as it was sent, and theirs as it came.
    hellos: [Option<Vec<u8>>; 2],
    waits: Option<Waits>,
    /// When something last went on.
    alive: Timestamp,
    silence_us: i64,
    /// Since when the run is over.
    over: Option<Timestamp>,
    /// An officer stopped it: who.
    stopped: Option<(Option<String>, Option<String>)>,
    /// Their log says that they have left.
    gone: bool,
    /// Their result was taken from their log: what still comes of it is dropped.
    fed: bool,
}

impl Live {
    pub(super) fn new(begun: Begun) -> Self {
        let silence_us = SILENCE_US + SILENCE_PER_PLACE_US * begun.size as i64;
        Self {
            stream: stream_of(&begun.context),
            booked: false,
            hellos: [None, None],
            waits: None,
            alive: begun.now,
            silence_us,
            over: None,
            stopped: None,
            gone: false,
            fed: false,
            begun,
        }
    }

    pub(super) const fn stream(&self) -> u64 {
        self.stream
    }

    pub(super) const fn booked(&mut self) {
        self.booked = true;
    }

    pub(super) fn step(&self) -> Step {
        self.begun.core.step()
    }

    pub(super) const fn is_over(&self) -> bool {
        self.over.is_some()
    }

    pub(super) const fn since(&self) -> Timestamp {
        self.begun.now
    }

    /// When it ends by silence, or is forgotten. A run that has found what it finds ends no more: it waits for our own disk,
    /// which may be full for as long as it likes.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        if let Some(over) = self.over {
            return Some(over.plus_micros(FAREWELL_US));
        }
        let silent = self.alive.plus_micros(self.silence_us);
        // What is here already, or stands in their log, is looked up within a silence, however late it is.
        if self.fed || self.begun.core.is_leaving() {
            return self.begun.core.outcome().is_none().then_some(silent);
        }
        let latest = self.begun.now.plus_micros(SILENCES_MAX * self.silence_us).max(self.begun.until);
        self.begun.core.outcome().is_none().then(|| silent.min(latest))
    }

    pub(super) fn poll_job(&mut self) -> Option<Job> {
        self.booked.then(|| self.begun.core.poll_job()).flatten()
    }

    pub(super) fn handle_done(&mut self, now: Timestamp, done: Done) {
        self.alive = now;
        self.begun.core.handle_done(done);
    }

    pub(super) fn hear(&mut self, now: Timestamp, bytes: &[u8]) {
        // What is no part of the run keeps nothing alive, or it would never end.
        if self.fed || self.begun.core.handle(bytes) != Heard::Taken {
            return;
        }
        self.alive = now;
        if self.hellos[1].is_none() {
            self.hellos[1] = Some(bytes.to_vec());
        }
    }

    /// Their log says that they have left: nothing more is to be waited for.
    pub(super) fn left(&mut self) {
        self.gone |= self.over.is_none();
        self.begun.core.abort(Reason::Line);
    }

    pub(super) fn stop(&mut self, desk: Option<String>, officer: Option<String>) -> bool {
        let stops = self.over.is_none() && self.begun.core.step() < Step::Result;
        if stops {
            self.stopped = Some((desk, officer));
            self.begun.core.abort(Reason::Officer);
        }
        stops
    }

    /// Goes as far as it can. True when it is over and nothing is left to be said.
    pub(super) fn drive(&mut self, line: &mut Line, cx: &mut Cx<'_>) -> bool {
        if self.over.is_none() {
            self.watch(line, cx);
        }
        while (self.booked || self.begun.core.aborted().is_some()) && self.proceed(line, cx) {}
        if let Some(over) = self.over
            && (line.link.blind_is_through(self.stream) || cx.now.since(over) >= FAREWELL_US)
        {
            line.link.close_blind(self.stream);
            return true;
        }
        false
    }

    /// A held line and a silent peer end it. A peer that is silent, but whose log has its result, said it before it fell silent.
    fn watch(&mut self, line: &Line, cx: &Cx<'_>) {
        if self.deadline().is_some_and(|due| cx.now >= due) {
            match self.logged_seal(line) {
                Some(seal) => {
                    (self.fed, self.alive) = (true, cx.now);
                    let mark = *self.begun.core.name().first_chunk().expect("a name is longer than a mark");
                    self.begun.core.handle(&encode(&Message::Result(mark, seal)));
                }
                None => {
                    // What is here already is looked up first, if there is time for it.
                    self.alive = cx.now;
                    self.begun.core.abort(Reason::Timeout);
                }
            }
        } else if line.is_held() {
            self.begun.core.abort(Reason::Line);
        }
    }

    /// What their log seals, when nothing but that is waited for.
    fn logged_seal(&self, line: &Line) -> Option<Digest> {
        let side = usize::from(line.them() > line.us());
        let ended = line.matching.runs.runs.get(&self.begun.run)?.ended[side].as_ref()?;
        let seal = ended.said.seal.as_ref().filter(|_| self.waits_for_a_seal())?;
        Some(**seal)
    }

    /// Whether their seal is all that is missing. One that came while we still look up what was found is not taken twice.
    fn waits_for_a_seal(&self) -> bool {
        !self.fed && self.begun.core.step() == Step::Result && !self.begun.core.has_peer_seal()
    }

    /// Takes one step; false when there is none to take now.
    fn proceed(&mut self, line: &mut Line, cx: &mut Cx<'_>) -> bool {
        if let Some(waits) = self.waits {
            // What is over waits for nothing any more: its end is stated whatever became of the rest.
            let through = self.is_through(line, cx, waits) || self.begun.core.aborted().is_some();
            if through {
                self.waits = None;
                self.alive = cx.now;
                self.begun.core.handle_persisted();
            }
            return through;
        }
        // The last words of a run that is over need no room, and what is recorded and told here needs none.
        let ends = self.begun.core.aborted().is_some() || self.begun.core.outcome().is_some() || self.begun.core.has_record();
        if !ends && !line.link.blind_has_room(self.stream) {
            return false;
        }
        match self.begun.core.poll_effect() {
            Some(Effect::Send(bytes)) => {
                if self.hellos[0].is_none() {
                    self.hellos[0] = Some(bytes.clone());
                }
                line.link.send_blind(self.stream, bytes);
                true
            }
            Some(Effect::Persist(record)) => {
                self.record(line, cx, record);
                true
            }
            None => {
                self.conclude(line, cx);
                false
            }
        }
    }

    fn is_through(&mut self, line: &mut Line, cx: &mut Cx<'_>, waits: Waits) -> bool {
        match waits {
            Waits::OwnCommit(at) => line.is_acknowledged(&at),
            Waits::Result(at) => line.is_settled(&at),
            Waits::PeerCommit(commitment) => {
                let side = usize::from(line.them() > line.us());
                let record = line.matching.runs.runs.get(&self.begun.run);
                let Some(said) = record.and_then(|record| record.committed[side].as_ref()) else { return false };
                let same = *said.said.commitment == commitment && self.hellos[1].as_deref() == Some(&said.said.hello[..]);
                if !same && self.begun.core.aborted().is_none() {
                    let says = "their log commits to another one than they say".to_owned();
                    let mark = self.begun.core.name().first_chunk().copied().unwrap_or_default();
                    let hello = self.hellos[1].clone().unwrap_or_default();
                    // What stands in their log is what counts, and they see it there: the other is kept, and not answered.
                    let commit = encode(&Message::Commit(mark, commitment));
                    self.accuse(line, cx, says, Evidence { hello, commit, ..Evidence::default() });
                    self.begun.core.abort(Reason::Fault);
                }
                same
            }
        }
    }

    fn record(&mut self, line: &mut Line, cx: &mut Cx<'_>, record: Record) {
        let said = match record {
            Record::Commit { ours: false, commitment } => {
                self.waits = Some(Waits::PeerCommit(commitment));
                return;
            }
            Record::Aborted(aborted) => {
                self.end(line, cx, &aborted);
                self.begun.core.handle_persisted();
                return;
            }
            Record::Commit { commitment, .. } => line.say_blind(cx, &StatementIn::BlindCommit(self.commitment(commitment))),
            Record::Result { seal, ref found } => {
                self.found(line, cx, found);
                #[cfg(feature = "plant")]
                let otherwise = line.has(crate::plant::Plant::SealOtherwise) && line.us() < line.them();
                #[cfg(feature = "plant")]
                let seal = if otherwise { seal.map(|byte| !byte) } else { seal };
                let end = BlindResultIn {
                    seal: Some(seal.into()),
                    step: None,
                    reason: None,
                    ..ended(self.begun.run, BlindReason::Fault)
                };
                line.say_blind(cx, &StatementIn::BlindResult(end))
            }
        };
        match (said, record) {
            (Some(at), Record::Commit { .. }) => self.waits = Some(Waits::OwnCommit(at)),
            (Some(at), _) => self.waits = Some(Waits::Result(at)),
            (None, _) => {
                // It waits for nothing: what is not recorded is not said either.
                self.begun.core.handle_persisted();
                self.begun.core.abort(Reason::Machine);
            }
        }
    }

    fn commitment(&self, commitment: Digest) -> BlindCommitIn {
        BlindCommitIn {
            kind: Kind::BlindCommit.code(),
            run: self.begun.run,
            hello: self.hellos[0].clone().unwrap_or_default().into(),
            commitment: commitment.into(),
            sealed: self.begun.sealed.as_ref().map(|sealed| sealed_digest(sealed).into()),
        }
    }

    /// It ended before its time: that is stated, unless a result is.
    fn end(&mut self, line: &mut Line, cx: &mut Cx<'_>, aborted: &Aborted) {
        let (reason, fault) = reason_of(&aborted.cause);
        let reason = if self.gone && fault.is_none() { BlindReason::Left } else { reason };
        let taken = if let Step::Release { taken } = aborted.step { Some(taken) } else { None };
        let (desk, officer) = self.stopped.take().unwrap_or_default();
        let step = aborted.step.code().min(Step::Result.code());
        let end = BlindResultIn { step: Some(step), taken, desk, officer, ..ended(self.begun.run, reason) };
        line.owe_end(self.begun.run, end);
        if let Some(fault) = fault {
            self.accuse(line, cx, fault.to_string(), fault.evidence.clone());
        }
        line.news(cx, BlindNews::Ended { run: self.begun.run, step, reason });
    }

    /// The other side broke a rule: that is told, and what it said is kept.
    fn accuse(&self, line: &mut Line, cx: &mut Cx<'_>, says: String, said: Evidence) {
        let (run, at_us) = (self.begun.run, cx.now.micros());
        line.peer_fault(cx, format!("in blind run {run}: {says}"));
        let evidence = [said.hello, said.commit, said.open, said.message].map(Into::into).to_vec();
        cx.book(&BookEntry::BlindFault(BookBlindFault { line: line.id, at_us, run, says, evidence }));
    }

    /// Nothing more comes of the run itself.
    fn conclude(&mut self, line: &mut Line, cx: &mut Cx<'_>) {
        if self.over.is_some() {
            return;
        }
        if let Some(Outcome { found, agrees, .. }) = self.begun.core.outcome() {
            self.over = Some(cx.now);
            line.news(cx, BlindNews::Done { run: self.begun.run, count: count_of(found), agrees: *agrees });
        } else if self.begun.core.aborted().is_some() {
            self.over = Some(cx.now);
        }
    }

    /// What was found is kept and told as soon as it is known, before anything of it is sealed: nothing that follows takes it away, no
    /// cut, no start, no full disk, and no peer that goes.
    fn found(&self, line: &mut Line, cx: &mut Cx<'_>, common: &Common) {
        let run = self.begun.run;
        let Some(beginning) = line.matching.begun.get(&run).copied() else { return };
        let mut found = Found::new(run, beginning, self.begun.core.name(), common, &self.begun.owners);
        let fresh = line.matching.name(&mut found);
        cx.book(&BookEntry::BlindFound(found.booked(line.id, cx.now)));
        line.matching.keep(found);
        // Where cells are told, they are news by plan.
        if let Common::Count(count @ 1..) = *common {
            line.news(cx, BlindNews::Common { run, count });
        }
        let listed: BTreeSet<_> = line.blind_conflict_ids().into_iter().collect();
        for id in fresh.into_iter().filter(|id| listed.contains(id)) {
            line.news(cx, BlindNews::Conflict(id));
        }
    }
}

/// Names a sealed seed in the log.
pub(super) fn sealed_digest(sealed: &[u8]) -> Digest {
    domain("detente/blind-sealed/1", &[sealed])
}

fn reason_of(cause: &Cause) -> (BlindReason, Option<&detente_blind::PeerFault>) {
    match cause {
        Cause::Peer(fault) => (BlindReason::Fault, Some(fault)),
        Cause::PeerLeft { .. } => (BlindReason::Left, None),
        Cause::Ours(Reason::Fault) => (BlindReason::Fault, None),
        Cause::Ours(Reason::Timeout) => (BlindReason::Timeout, None),
        Cause::Ours(Reason::Officer) => (BlindReason::Officer, None),
        Cause::Ours(Reason::Line) => (BlindReason::Line, None),
        Cause::Ours(Reason::Machine) => (BlindReason::Machine, None),
    }
}

impl Line {
    /// Whether an entry of ours is on both disks: they have cosigned it.
    fn is_acknowledged(&self, at: &StatementRef) -> bool {
        let cosigned = self.cosigned.get(&at.generation).map_or(0, detente_record::Cosigned::acknowledged_size);
        at.index < cosigned
    }

    /// Whether an entry of ours is on our disk under a checkpoint.
    fn is_settled(&self, at: &StatementRef) -> bool {
        at.generation < self.own.generation() || at.index < self.own.settled
    }

    /// States something of a run, if our log may grow now.
    fn say_blind(&mut self, cx: &mut Cx<'_>, said: &StatementIn) -> Option<StatementRef> {
        if self.may_state(false) { self.say(cx, said).ok() } else { None }
    }
}
