//! One side of a run.

use std::collections::VecDeque;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::cell::CellId;
use crate::chunks::{Cut, Giving, Taking};
use crate::dleq::{CONTEXT, Dleq};
use crate::fault::{Aborted, Breach, Cause, Evidence, PeerFault, Reason, Step};
use crate::hash::Digest;
use crate::job::{Done, Given, Job, Task, Twice};
use crate::lanes::{Backend, Lanes};
use crate::lists::Ours;
use crate::lists::Theirs;
use crate::message::{self, MESSAGE_BYTES_MAX, Mark, Message, commitment, decode, encode, run_of};
use crate::proofs::{Named, Proofs};
use crate::setup::{CallerFault, Class, Role, Setup};
use crate::states::{Committed, Conclusion, Exchange, Looked, Own, Preparing, Release};

/// What is to be made durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A commitment, of this side or the peer.
    Commit {
        /// Whether it is this side's.
        ours: bool,
        /// The commitment.
        commitment: Digest,
    },
    /// This side's result, sealed.
    Result {
        /// The seal, as in [`Outcome::seal`].
        seal: Digest,
        /// What was found. It is this side's from here on, whatever the peer does next.
        found: Found,
    },
    /// That the run ended before its time.
    Aborted(Aborted),
}

/// What a run wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// To be made durable; nothing more comes until [`Run::handle_persisted`].
    Persist(Record),
    /// To be carried to the peer, after everything that came before.
    Send(Vec<u8>),
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It was taken; a fault in it shows in [`Run::aborted`].
    Taken,
    /// It belongs to another run, and was left alone.
    OtherRun,
    /// The run is over.
    Over,
}

/// What a run found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The common cells, in ascending order.
    Cells(Vec<CellId>),
    /// How many cells are common.
    Count(u32),
}

/// How a run ended that reached its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What was found.
    pub found: Found,
    /// A seal over what was found, under a secret that the two sides share: says nothing to others.
    pub seal: Digest,
    /// Whether the peer's seal is the same: that it found the same, or lies about what it found. In an unverified run it may
    /// differ only because an answer was spoilt.
    pub agrees: bool,
}

/// One side of a run, sans-IO.
///
/// Inputs are [`handle`](Self::handle) (what the peer said), [`handle_persisted`](Self::handle_persisted),
/// [`handle_done`](Self::handle_done) and [`abort`](Self::abort). After each, take effects from
/// [`poll_effect`](Self::poll_effect) until there are none, and jobs from [`poll_job`](Self::poll_job) as threads are free.
/// Messages are carried in order, each once. The run is over when [`outcome`](Self::outcome) or [`aborted`](Self::aborted)
/// says so; effects may still be left then.
pub struct Run {
    own: Own,
    state: State,
    outbox: VecDeque<Effect>,
    /// Whether the record at the front of the outbox was handed out and is not durable yet.
    persisting: bool,
    evidence: Evidence,
    /// The run is left as soon as it is known what it found.
    leaving: Option<(Cause, Option<Reason>)>,
}

enum State {
    /// The peer's hello is awaited.
    Hello(Setup, Zeroizing<Vec<CellId>>),
    /// The first message is made; the peer's commitment may be here.
    Preparing(Box<Preparing>),
    /// Committed; the peer's commitment is awaited.
    Committed(Box<Committed>),
    /// The first messages go both ways, and the peer's is answered.
    Exchanging(Box<Exchange>),
    /// The answers go both ways in turns.
    Releasing(Box<Release>),
    /// What was found is found out, and told.
    Concluding(Box<Conclusion>),
    /// Over.
    Done(Outcome),
    /// Over before its time.
    Aborted(Aborted),
    /// Between two states, within one call.
    Moving,
}

impl Run {
    /// Begins a run: its hello is the first effect.
    ///
    /// # Errors
    /// [`CallerFault`].
    pub fn new(setup: Setup) -> Result<Self, CallerFault> {
        Self::of(setup, Lanes::best())
    }

    /// The same, its points multiplied by a backend that is named; by curve25519-dalek where the machine does not have it.
    ///
    /// # Errors
    /// [`CallerFault`].
    pub fn by(setup: Setup, backend: Backend) -> Result<Self, CallerFault> {
        Self::of(setup, Lanes::of(backend).unwrap_or(Lanes::Dalek))
    }

    fn of(mut setup: Setup, lanes: Lanes) -> Result<Self, CallerFault> {
        let cells = setup.check()?;
        let hello = setup.hello();
        let own = Own {
            role: setup.role,
            mode: setup.agreement.mode,
            verified: setup.agreement.verified,
            classes: setup.classes.clone(),
            plan_root: setup.plan_root,
            class: setup.class,
            run: Digest::default(),
            mark: Mark::default(),
            lanes,
            cut: Cut::new(setup.class, setup.agreement.chunks_log2, setup.agreement.verified),
            hello,
        };
        let outbox = VecDeque::from([Effect::Send(encode(&Message::Hello(own.hello.clone())))]);
        Ok(Self {
            own,
            state: State::Hello(setup, cells),
            outbox,
            persisting: false,
            evidence: Evidence::default(),
            leaving: None,
        })
    }

    /// How far the run has come.
    pub fn step(&self) -> Step {
        match &self.state {
            State::Hello(..) => Step::Hello,
            State::Preparing(_) | State::Committed(_) => Step::Commit,
            State::Exchanging(_) => Step::FirstMessage,
            State::Releasing(release) => Step::Release { taken: release.taking.taken },
            State::Concluding(_) => Step::Result,
            State::Done(_) => Step::Done,
            State::Aborted(aborted) => aborted.step,
            State::Moving => unreachable!("no call ends between two states"),
        }
    }

    /// What was found, once the run has reached its end.
    pub fn outcome(&self) -> Option<&Outcome> {
        if let State::Done(outcome) = &self.state { Some(outcome) } else { None }
    }

    /// How the run ended, if it did so before its time.
    pub fn aborted(&self) -> Option<&Aborted> {
        if let State::Aborted(aborted) = &self.state { Some(aborted) } else { None }
    }

    /// The class that both lists are padded to; this side's own until both hellos agree.
    pub fn class(&self) -> Class {
        self.own.class
    }

    /// Whether something is to be made durable next, which no message stands before.
    pub fn has_record(&self) -> bool {
        !self.persisting && matches!(self.outbox.front(), Some(Effect::Persist(_)))
    }

    /// Whether the run is left as soon as it is known what it found: nothing more is heard or said.
    pub fn is_leaving(&self) -> bool {
        self.leaving.is_some()
    }

    /// Whether the peer has said its seal.
    pub fn has_peer_seal(&self) -> bool {
        match &self.state {
            State::Releasing(release) => release.peer_seal.is_some(),
            State::Concluding(conclusion) => conclusion.peer_seal.is_some(),
            State::Done(_) => true,
            _ => false,
        }
    }

    /// In how many chunks an answer is released; by this side's own class until both hellos agree.
    pub fn chunks(&self) -> u16 {
        self.own.cut.chunks
    }

    /// The run's name, once both hellos agree; zeros before.
    pub fn name(&self) -> Digest {
        self.own.run
    }

    /// The next thing to do. After a `Persist` nothing comes until it is durable.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        if self.persisting {
            return None;
        }
        if let Some(Effect::Persist(record)) = self.outbox.front() {
            self.persisting = true;
            return Some(Effect::Persist(record.clone()));
        }
        if let Some(effect) = self.outbox.pop_front() {
            return Some(effect);
        }
        let message = match &mut self.state {
            _ if self.leaving.is_some() => None,
            State::Exchanging(exchange) => exchange.next_message(self.own.mark),
            State::Releasing(release) => release.next_message(&self.own),
            _ => None,
        };
        self.advance();
        message.map(|message| Effect::Send(encode(&message)))
    }

    /// The record that was handed out last is durable.
    pub fn handle_persisted(&mut self) {
        if self.persisting {
            self.persisting = false;
            self.outbox.pop_front();
        }
    }

    /// The next piece of heavy work. A run that waits for work to be done and gets none stands still.
    pub fn poll_job(&mut self) -> Option<Job> {
        let task = match &mut self.state {
            State::Preparing(preparing) => preparing.ours.next_task(),
            State::Exchanging(exchange) => exchange.theirs.next_task(exchange.ours.secrets()),
            State::Releasing(release) => release.next_task(),
            State::Concluding(conclusion) => conclusion.lists.take().map(|(ours, theirs)| Task::Match { ours, theirs }),
            _ => None,
        }?;
        Some(Job { mark: self.own.mark, task })
    }

    /// Takes what a job gave. Of another run's jobs, and of jobs that nobody waits for any more, nothing is taken.
    pub fn handle_done(&mut self, done: Done) {
        if done.mark != self.own.mark {
            return;
        }
        if let Err((breach, message)) = self.take(done.given) {
            let fault = self.fault(breach, message);
            self.leave_now(fault, Some(Reason::Fault));
        }
        self.advance();
    }

    /// Takes what the peer said. Never panics, whatever the bytes are.
    pub fn handle(&mut self, bytes: &[u8]) -> Heard {
        if matches!(self.state, State::Done(_) | State::Aborted(_)) || self.leaving.is_some() {
            return Heard::Over;
        }
        let Some(message) = decode(bytes) else {
            let kept = bytes[..bytes.len().min(MESSAGE_BYTES_MAX)].to_vec();
            let fault = self.fault(Breach::NotAMessage { bytes: bytes.len() }, kept);
            self.leave(fault, Some(Reason::Fault));
            self.advance();
            return Heard::Taken;
        };
        if message.mark().is_some_and(|mark| mark != self.own.mark) && !self.is_early_abort(&message) {
            return Heard::OtherRun;
        }
        if let Err(breach) = self.hear(message, bytes) {
            let fault = self.fault(breach, bytes.to_vec());
            self.leave(fault, Some(Reason::Fault));
        }
        self.advance();
        Heard::Taken
    }

    /// Leaves the run, for a reason that the peer is told.
    pub fn abort(&mut self, reason: Reason) {
        self.leave(Cause::Ours(reason), Some(reason));
        self.advance();
    }

    /// A peer that leaves before it heard our hello does not know the run's name.
    fn is_early_abort(&self, message: &Message) -> bool {
        matches!(message, Message::Abort(mark, ..) if *mark == Mark::default()) && self.step() <= Step::Commit
    }

    fn hear(&mut self, message: Message, bytes: &[u8]) -> Result<(), Breach> {
        let found = message.name();
        let unexpected = |expected| Err(Breach::Unexpected { expected, found });
        match (&mut self.state, message) {
            (_, Message::Abort(_, step, reason)) => {
                self.leave(Cause::PeerLeft { step, reason }, None);
                Ok(())
            }
            (State::Hello(..), Message::Hello(hello)) => {
                self.evidence.hello = bytes.to_vec();
                self.meet(&hello)
            }
            (State::Hello(..), _) => unexpected("hello"),
            (State::Preparing(preparing), Message::Commit(_, peer)) if preparing.peer.is_none() => {
                preparing.peer = Some(peer);
                self.keep_commitment(peer, bytes);
                Ok(())
            }
            (State::Committed(_), Message::Commit(_, peer)) => {
                self.keep_commitment(peer, bytes);
                self.exchange(peer);
                Ok(())
            }
            (State::Preparing(_) | State::Committed(_), _) => unexpected("commit"),
            (State::Exchanging(exchange), Message::Open(_, open)) if exchange.peer_open.is_none() => {
                self.evidence.open = bytes.to_vec();
                exchange.hear_open(open, &self.own)
            }
            (State::Exchanging(exchange), Message::Points(_, place, points)) if exchange.takes_points() => {
                exchange.theirs.hear(place, &points)
            }
            (State::Exchanging(exchange), _) => unexpected(exchange.expects()),
            (State::Releasing(release), message) => release.hear(message, &self.own),
            (State::Concluding(conclusion), Message::Result(_, seal)) if conclusion.peer_seal.is_none() => {
                conclusion.peer_seal = Some(seal);
                Ok(())
            }
            (State::Concluding(_), _) => unexpected("result"),
            (State::Done(_) | State::Aborted(_) | State::Moving, _) => Ok(()),
        }
    }

    fn keep_commitment(&mut self, commitment: Digest, bytes: &[u8]) {
        self.evidence.commit = bytes.to_vec();
        self.outbox.push_back(Effect::Persist(Record::Commit { ours: false, commitment }));
    }

    /// Both hellos are here: the run has a name, or the peer wants another run.
    fn meet(&mut self, peer: &message::Hello) -> Result<(), Breach> {
        let own = &mut self.own;
        own.compare(peer)?;
        own.class = own.class.max(peer.class);
        let [first, second] = if own.role == Role::First { [&own.hello, peer] } else { [peer, &own.hello] };
        own.run = run_of(first, second);
        own.mark.copy_from_slice(&own.run[..size_of::<Mark>()]);
        own.cut = Cut::new(own.class, own.hello.chunks_log2, own.verified);
        if let State::Hello(setup, cells) = &mut self.state {
            let secrets = Arc::new(setup.seed.secrets(&own.run, own.lanes));
            let ours = Ours::new(secrets, core::mem::take(cells), own.class, own.verified);
            self.state = State::Preparing(Box::new(Preparing { ours, peer: None }));
        }
        Ok(())
    }

    /// This side's first message is complete: now it commits.
    fn commit(&mut self) {
        let State::Preparing(preparing) = self.gone() else { return };
        let Preparing { ours, peer } = *preparing;
        let open = ours.open(self.own.plan_root);
        let commitment = commitment(&self.own.run, self.own.role, self.own.class, &open);
        self.outbox.push_back(Effect::Persist(Record::Commit { ours: true, commitment }));
        self.outbox.push_back(Effect::Send(encode(&Message::Commit(self.own.mark, commitment))));
        self.state = State::Committed(Box::new(Committed { ours, open }));
        if let Some(peer) = peer {
            self.exchange(peer);
        }
    }

    /// Both are committed. What follows is withheld until both commitments are durable, for they stand before it.
    fn exchange(&mut self, peer: Digest) {
        let State::Committed(committed) = self.gone() else { return };
        let Committed { ours, open } = *committed;
        let theirs = Theirs::new(self.own.run, self.own.role, self.own.cut.form, self.own.class);
        let exchange = Exchange { ours, open, peer, theirs, is_open: false, pieces_given: 0, peer_open: None };
        self.state = State::Exchanging(Box::new(exchange));
    }

    /// Both first messages are through.
    fn release(&mut self) {
        let State::Exchanging(exchange) = self.gone() else { return };
        let Exchange { mut ours, open, theirs, peer_open, .. } = *exchange;
        let (peer, key) = peer_open.expect("points are taken after it only");
        ours.forget_list();
        let own = &self.own;
        let named = |role, key, asked| Named { run: own.run, role, key, asked };
        let shared = Zeroizing::new((key * ours.secrets().key).compress().to_bytes());
        self.state = State::Releasing(Box::new(Release {
            proofs: own.verified.then(|| {
                let ours = named(own.role, open.key, peer.list);
                Proofs::new(own.cut, ours, named(own.role.other(), peer.key, open.list))
            }),
            giving: Giving::new(own.mark, own.cut),
            taking: Taking::new(own.cut),
            ours,
            theirs,
            looked: Looked::NotYet,
            is_shuffled: false,
            dleq: Arc::new(Dleq::new(CONTEXT, own.lanes)),
            shared,
            peer_seal: None,
        }));
    }

    /// Every answer is given and taken.
    fn conclude(&mut self) {
        let State::Releasing(release) = self.gone() else { return };
        let Release { ours, theirs, taking, shared, peer_seal, .. } = *release;
        let lists = Some((theirs.into_expected(), taking.into_found()));
        self.state = State::Concluding(Box::new(Conclusion { ours, lists, shared, found: None, peer_seal }));
    }

    fn gone(&mut self) -> State {
        core::mem::replace(&mut self.state, State::Moving)
    }

    /// Takes the steps that nothing stands before any more.
    fn advance(&mut self) {
        match &self.state {
            State::Preparing(preparing) if preparing.ours.is_done() => self.commit(),
            State::Exchanging(exchange) if exchange.is_other_list() => {
                let fault = self.fault(Breach::OtherList, Vec::new());
                self.leave_now(fault, Some(Reason::Fault));
            }
            State::Exchanging(exchange) if exchange.is_over() => self.release(),
            State::Releasing(release) if release.is_over() || (self.leaving.is_some() && release.knows_all(&self.own)) => {
                self.conclude()
            }
            State::Concluding(conclusion) => {
                if let (Some((found, seal)), Some(peer_seal)) = (&conclusion.found, conclusion.peer_seal) {
                    let outcome = Outcome { found: found.clone(), seal: *seal, agrees: *seal == peer_seal };
                    self.state = State::Done(outcome);
                }
            }
            _ => {}
        }
    }

    /// Takes what a job gave; a fault comes with the message that it lies in.
    fn take(&mut self, given: Given) -> Result<(), (Breach, Vec<u8>)> {
        let mark = self.own.mark;
        match (&mut self.state, given) {
            (State::Preparing(preparing), Given::Masked { piece, points, hash, halves }) => {
                preparing.ours.take(piece, &points, hash, halves);
            }
            (State::Exchanging(exchange), Given::Answered { piece, answers, expected, asked }) => {
                exchange.theirs.take(piece, &answers, &expected, asked);
            }
            (State::Exchanging(_) | State::Releasing(_), Given::BadPoint { piece, points, breach }) => {
                let place = (piece * crate::lists::PIECE) as u32;
                return Err((breach, encode(&Message::Points(mark, place, points.into()))));
            }
            (State::Releasing(release), given) => return release.take(given, &self.own),
            (State::Concluding(conclusion), Given::Matched(hits)) => {
                let hits = hits.map_err(|Twice { place, again, theirs }| {
                    let message = self.own.cut.message_at(mark, again, &theirs);
                    (Breach::RepeatedAnswer { place, again }, message.as_ref().map(encode).unwrap_or_default())
                })?;
                let (found, seal) = conclusion.take(&hits, &self.own);
                self.outbox.push_back(Effect::Persist(Record::Result { seal, found }));
                self.outbox.push_back(Effect::Send(encode(&Message::Result(mark, seal))));
                if let Some((cause, said)) = self.leaving.take() {
                    self.leave_now(cause, said);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn fault(&mut self, breach: Breach, message: Vec<u8>) -> Cause {
        let evidence = Evidence { message, ..self.evidence.clone() };
        Cause::Peer(PeerFault { step: self.step(), breach, evidence })
    }

    /// Leaves the run; where every answer is here already, once what they tell is known: a peer that goes or falls silent then does not
    /// take our hits with it. Only this side's own officer, its machine, or a second silence ends it at once.
    fn leave(&mut self, cause: Cause, said: Option<Reason>) {
        let knows_soon = match &self.state {
            State::Releasing(release) => release.taking.is_heard(),
            State::Concluding(conclusion) => conclusion.found.is_none(),
            _ => false,
        };
        match cause {
            Cause::Ours(Reason::Line) if self.leaving.is_some() => {}
            Cause::Peer(_) | Cause::PeerLeft { .. } | Cause::Ours(Reason::Line | Reason::Timeout)
                if knows_soon && self.leaving.is_none() =>
            {
                self.leaving = Some((cause, said));
            }
            _ => self.leave_now(cause, said),
        }
    }

    /// Leaves the run. What was to be said is not said any more; what was to be recorded still is.
    fn leave_now(&mut self, cause: Cause, said: Option<Reason>) {
        if matches!(self.state, State::Done(_) | State::Aborted(_)) {
            return;
        }
        // Whoever broke a rule first is named for it, whatever came between.
        let (cause, said) = match self.leaving.take() {
            Some(first @ (Cause::Peer(_), _)) => first,
            _ => (cause, said),
        };
        let step = self.step();
        let aborted = Aborted { step, cause };
        self.outbox.retain(|effect| matches!(effect, Effect::Persist(_)));
        self.outbox.push_back(Effect::Persist(Record::Aborted(aborted.clone())));
        if let Some(reason) = said {
            self.outbox.push_back(Effect::Send(encode(&Message::Abort(self.own.mark, step.code(), reason.code()))));
        }
        self.state = State::Aborted(aborted);
    }
}

#[cfg(test)]
mod liars;
