//! One run over a socket: one thread decides, one reads, one writes, and as many as there are cores work.
//!
//! Invariants: what is held of the other side is bounded by the class of the run and by [`QUEUE`]; silence and length are
//! bounded in time; no thread outlives the call, but the one that waits for a person's answer.

use std::io::Write as _;
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use detente_blind::message::decode;
use detente_blind::{Breach, Cause, Digest, Done, Effect, Evidence, Heard, Job, Outcome, PeerFault, Reason, Role, Run, Step};

use super::Shown;
use super::wire::{Frame, frame, next_frame};
use crate::pairing::Code;

/// Messages that wait to be written or to be heard, at most.
const QUEUE: usize = 64;
/// How often a side that has nothing to say says that it is there.
const STILL: Duration = Duration::from_secs(1);
/// How often is looked whether something is due.
const TICK: Duration = Duration::from_millis(200);
/// How long is waited for the last words to go out, and for the other side to have read them.
const LINGER: Duration = Duration::from_secs(2);
/// How long a run may take, whatever its class, and more for every place of it; a slow core needs a tenth of that.
const LIMIT: Duration = Duration::from_secs(600);
const LIMIT_OF_A_PLACE: Duration = Duration::from_millis(1);

/// Asks a person whether the code is the same on both sides; runs on a thread of its own.
pub(crate) type Confirm = Box<dyn FnOnce() -> bool + Send>;

/// How a run is driven.
pub(crate) struct How<'a> {
    /// Which side this is.
    pub(crate) role: Role,
    /// How many threads work.
    pub(crate) threads: usize,
    /// How long the other side may be silent.
    pub(crate) patience: Duration,
    /// Asked before anything of the other side's is answered.
    pub(crate) confirm: Option<Confirm>,
    /// Is told how it goes.
    pub(crate) tell: &'a mut dyn FnMut(Told<'_>),
}

/// What is told while a run goes on.
pub(crate) enum Told<'a> {
    /// The code is known.
    Code(&'a Code),
    /// How far the run has come, now and then.
    Progress(Progress),
}

/// How far a run has come.
#[derive(Clone, Copy)]
pub(crate) struct Progress {
    pub(crate) step: Step,
    /// Pieces of the step that are done, and how many it has.
    pub(crate) done: usize,
    pub(crate) of: usize,
}

/// A run that reached its end.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) outcome: Outcome,
    pub(crate) run: Digest,
    pub(crate) code: Code,
}

/// Why a run ended before its time, and whose doing it was.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Left {
    #[error("the other side broke the rules at step {}: {}", .0.step, .0.breach)]
    Broke(Box<PeerFault>),
    #[error("the other side left at its step {}: {}", step_name(*.step), reason_name(*.reason))]
    Says { step: u8, reason: u8 },
    #[error("the other side was silent for {} s, at step {step}", patience.as_secs())]
    Silent { step: Step, patience: Duration },
    #[error("the match took longer than {} s, at step {step}; both sides' speed counts", limit.as_secs())]
    Late { step: Step, limit: Duration },
    #[error("the six words were not confirmed on this side: nothing was answered")]
    NotConfirmed,
    #[error("the other side closed the connection at step {step}")]
    Closed { step: Step },
    #[error("the connection was cut at step {step}")]
    Cut { step: Step, source: std::io::Error },
}

fn step_name(code: u8) -> String {
    let steps = [Step::Hello, Step::Commit, Step::FirstMessage, Step::Release { taken: 0 }, Step::Result, Step::Done].into_iter();
    let known = steps.map(|step| (step.code(), step)).find(|(of, _)| *of == code);
    known.map_or_else(|| code.to_string(), |(_, step)| step.to_string().split(',').next().unwrap_or_default().to_owned())
}

fn reason_name(code: u8) -> &'static str {
    let reasons = [
        (Reason::Fault, "it says that this side broke the rules"),
        (Reason::Timeout, "it says that this side was silent, or the match too long"),
        (Reason::Officer, "a person there said no"),
        (Reason::Machine, "its machine failed"),
    ];
    reasons.into_iter().find(|(of, _)| of.code() == code).map_or("for a reason that this version does not know", |(_, name)| name)
}

enum Event {
    Heard(Frame),
    Ended(std::io::Result<()>),
    Done(Box<Done>),
    Wrote(std::io::Result<()>),
    Confirmed(bool),
}

/// Carries a run to its end over a socket on which both have said what they want.
///
/// # Errors
/// [`Left`].
pub(crate) fn drive(stream: &TcpStream, run: Run, how: How<'_>) -> Result<Finished, Left> {
    let cut = |source| Left::Cut { step: Step::Hello, source };
    stream.set_read_timeout(None).and_then(|()| stream.set_write_timeout(None)).map_err(cut)?;
    let (tell_event, events) = sync_channel(QUEUE);
    let (jobs, waiting) = channel();
    let (out, to_write) = channel();
    let waiting = &Mutex::new(waiting);
    std::thread::scope(|scope| {
        for _ in 0..how.threads {
            let tell_event = tell_event.clone();
            scope.spawn(move || work(waiting, &tell_event));
        }
        let [reading, writing] = [tell_event.clone(), tell_event.clone()];
        scope.spawn(move || read(stream, &reading));
        scope.spawn(move || write(stream, &to_write, &writing));
        let end = Driver::new(run, how, jobs, out, tell_event).until_over(&events, stream);
        // Whoever still waits for something finds the end of it.
        let _ = stream.shutdown(Shutdown::Both);
        drop(events);
        end
    })
}

fn work(waiting: &Mutex<Receiver<Job>>, tell: &SyncSender<Event>) {
    loop {
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        if tell.send(Event::Done(Box::new(job.run()))).is_err() {
            return;
        }
    }
}

fn read(mut stream: &TcpStream, tell: &SyncSender<Event>) {
    loop {
        let event = match next_frame(&mut stream) {
            Ok(frame) => Event::Heard(frame),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Event::Ended(Ok(())),
            Err(error) => Event::Ended(Err(error)),
        };
        let is_last = matches!(event, Event::Ended(_) | Event::Heard(Frame::TooLong(_)));
        if tell.send(event).is_err() || is_last {
            return;
        }
    }
}

fn write(mut stream: &TcpStream, out: &Receiver<Vec<u8>>, tell: &SyncSender<Event>) {
    for message in out {
        let wrote = stream.write_all(&frame(&message));
        let failed = wrote.is_err();
        if tell.send(Event::Wrote(wrote)).is_err() || failed {
            return;
        }
    }
}

struct Driver<'a> {
    run: Run,
    how: How<'a>,
    jobs: Sender<Job>,
    out: Sender<Vec<u8>>,
    tell_event: SyncSender<Event>,
    working: usize,
    writing: usize,
    /// Whether the socket takes nothing any more.
    is_mute: bool,
    /// Whether nothing more can be heard.
    is_deaf: bool,
    /// Whether a person is being asked, or will be once the other side has shown what it was committed to.
    is_held: bool,
    shown: Shown,
    code: Option<Code>,
    left: Option<Left>,
    began: Instant,
    heard: Instant,
    said: Instant,
    told: Instant,
    /// Pieces of the present step.
    step: u8,
    done: usize,
}

impl<'a> Driver<'a> {
    fn new(run: Run, how: How<'a>, jobs: Sender<Job>, out: Sender<Vec<u8>>, tell_event: SyncSender<Event>) -> Self {
        let now = Instant::now();
        Self {
            run,
            how,
            jobs,
            out,
            tell_event,
            working: 0,
            writing: 0,
            is_mute: false,
            is_deaf: false,
            is_held: false,
            shown: Shown::default(),
            code: None,
            left: None,
            began: now,
            heard: now,
            said: now,
            told: now,
            step: 0,
            done: 0,
        }
    }

    fn until_over(mut self, events: &Receiver<Event>, stream: &TcpStream) -> Result<Finished, Left> {
        loop {
            self.advance();
            if self.left.is_some() || self.is_over() && self.writing == 0 {
                break;
            }
            match events.recv_timeout(TICK) {
                Ok(event) => self.take(event),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => unreachable!("the driver itself can tell events"),
            }
            self.look_at_the_clock();
        }
        self.last_words(events, stream);
        self.end()
    }

    fn is_over(&self) -> bool {
        self.run.outcome().is_some() || self.run.aborted().is_some()
    }

    /// Hands out what there is to do and to say.
    fn advance(&mut self) {
        let mut is_busy = true;
        while std::mem::take(&mut is_busy) {
            while self.working < 2 * self.how.threads
                && let Some(job) = self.run.poll_job()
            {
                self.working += usize::from(self.jobs.send(job).is_ok());
                is_busy = true;
            }
            while (!self.is_held || self.is_over())
                && self.writing < QUEUE
                && let Some(effect) = self.run.poll_effect()
            {
                match effect {
                    // Nothing is kept: there is no record without a line.
                    Effect::Persist(_) => self.run.handle_persisted(),
                    Effect::Send(message) => self.say(message),
                }
                is_busy = true;
            }
        }
    }

    fn say(&mut self, message: Vec<u8>) {
        if self.code.is_none() {
            self.shown.keep(self.how.role, decode(&message));
            // Nothing follows what is shown before a person has spoken.
            self.is_held |= self.how.confirm.is_some() && self.shown.has(self.how.role);
        }
        if !self.is_mute {
            self.writing += usize::from(self.out.send(message).is_ok());
            self.said = Instant::now();
        }
        self.look_at_the_code();
    }

    fn take(&mut self, event: Event) {
        self.is_deaf |= matches!(event, Event::Ended(_) | Event::Heard(Frame::TooLong(_)));
        match event {
            Event::Heard(frame) => {
                self.heard = Instant::now();
                self.hear(frame);
            }
            Event::Done(done) => {
                self.working -= 1;
                self.count();
                self.run.handle_done(*done);
            }
            Event::Wrote(Ok(())) => self.writing = self.writing.saturating_sub(1),
            // Its last words may still be here to be read.
            Event::Wrote(Err(_)) => (self.is_mute, self.writing) = (true, 0),
            Event::Ended(_) if self.is_over() => (self.is_mute, self.writing) = (true, 0),
            Event::Ended(Ok(())) => self.left = Some(Left::Closed { step: self.run.step() }),
            Event::Ended(Err(source)) => self.left = Some(Left::Cut { step: self.run.step(), source }),
            Event::Confirmed(true) => self.is_held = false,
            Event::Confirmed(false) => {
                self.run.abort(Reason::Officer);
                self.flush_then(Left::NotConfirmed);
            }
        }
    }

    fn hear(&mut self, frame: Frame) {
        let message = match frame {
            Frame::Message(message) => message,
            Frame::Still => return,
            Frame::TooLong(bytes) => return self.broke(Breach::NotAMessage { bytes }),
        };
        if self.code.is_none() {
            self.shown.keep(self.how.role.other(), decode(&message));
        }
        if self.run.step() == Step::FirstMessage {
            self.count();
        }
        if self.run.handle(&message) == Heard::OtherRun {
            // On a socket of its own, a run has no messages of another.
            self.broke(Breach::Unexpected { expected: "a message of this run", found: "one of another" });
        }
        self.look_at_the_code();
    }

    fn broke(&mut self, breach: Breach) {
        let fault = PeerFault { step: self.run.step(), breach, evidence: Evidence::default() };
        self.left = Some(Left::Broke(Box::new(fault)));
    }

    /// Once both have shown what they were committed to: tells the code, and asks about it.
    fn look_at_the_code(&mut self) {
        if self.code.is_some() || self.is_over() {
            return;
        }
        self.code = self.shown.code(&self.run.name());
        let Some(code) = &self.code else { return };
        (self.how.tell)(Told::Code(code));
        if let Some(confirm) = self.how.confirm.take() {
            let tell = self.tell_event.clone();
            std::thread::spawn(move || drop(tell.send(Event::Confirmed(confirm()))));
        }
    }

    fn look_at_the_clock(&mut self) {
        if self.is_over() {
            return;
        }
        let (step, patience) = (self.run.step(), self.how.patience);
        let limit = LIMIT + LIMIT_OF_A_PLACE * self.run.class().size() as u32;
        let left = if self.heard.elapsed() > patience {
            Some(Left::Silent { step, patience })
        } else {
            (self.began.elapsed() > limit).then_some(Left::Late { step, limit })
        };
        if let Some(left) = left {
            self.run.abort(Reason::Timeout);
            return self.flush_then(left);
        }
        if self.said.elapsed() > STILL && self.writing == 0 && !self.is_mute {
            self.writing += usize::from(self.out.send(Vec::new()).is_ok());
            self.said = Instant::now();
        }
        if self.told.elapsed() > STILL * 2 {
            self.told = Instant::now();
            let places = self.run.class().size();
            let (done, of) = match step {
                Step::Release { taken } => (usize::from(taken), usize::from(self.run.chunks())),
                _ => (if self.step == step.code() { self.done } else { 0 }, places.div_ceil(256)),
            };
            (self.how.tell)(Told::Progress(Progress { step, done: done.min(of), of }));
        }
    }

    /// Hands the words of an abort to the writer before the run is left.
    fn flush_then(&mut self, left: Left) {
        self.advance();
        self.left = Some(left);
    }

    fn count(&mut self) {
        let step = self.run.step().code();
        self.done = if self.step == step { self.done + 1 } else { 1 };
        self.step = step;
    }

    /// Waits until everything is written and the other side has closed, but not for long: a socket that is closed too early
    /// takes back what was said.
    fn last_words(&mut self, events: &Receiver<Event>, stream: &TcpStream) {
        let until = Instant::now() + LINGER;
        let mut is_shut = false;
        while !self.is_deaf {
            if self.writing == 0 && !std::mem::replace(&mut is_shut, true) {
                let _ = stream.shutdown(Shutdown::Write);
                if matches!(self.left, Some(Left::Silent { .. } | Left::Late { .. })) {
                    // Who says nothing has left nothing unread here that would undo what was said.
                    return;
                }
            }
            match events.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(Event::Ended(_)) | Err(_) => return,
                Ok(Event::Wrote(Ok(()))) => self.writing = self.writing.saturating_sub(1),
                Ok(Event::Wrote(Err(_))) => return,
                Ok(Event::Heard(Frame::TooLong(_))) => return,
                Ok(_) => {}
            }
        }
    }

    fn end(mut self) -> Result<Finished, Left> {
        if let Some(left) = self.left.take() {
            return Err(left);
        }
        if let Some(outcome) = self.run.outcome().cloned() {
            let code = self.code.expect("a run that is done has shown both commitments");
            return Ok(Finished { outcome, run: self.run.name(), code });
        }
        let cause = self.run.aborted().map(|aborted| aborted.cause.clone());
        Err(match cause.expect("a run is left when it is done, aborted or cut") {
            Cause::Peer(fault) => Left::Broke(Box::new(fault)),
            Cause::PeerLeft { step, reason } => Left::Says { step, reason },
            Cause::Ours(_) => unreachable!("whoever leaves here says why"),
        })
    }
}
