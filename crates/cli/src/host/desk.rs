//! The node's desk: whoever has it takes messages one by one, and carries out the effects of each before the next. That is the
//! node's thread, which sleeps until something comes; and whoever brings a job while nobody has the desk does it there and
//! then, for to wake another thread and be woken by it takes longer than most questions.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::Context;
use detente_api::port::{Job, Kept, Seat, Waiters};
use detente_net::{FrameSender, Lane, TrySendError};
use detente_node::port::{Entries, StoreFault};
use detente_node::{Effect, Event, Input, Node, Token, What};
use detente_store::{Home, Outcome, Reader, Sqlite, Writer};
use detente_types::LineId;
use detente_wire::Ed25519;
use rand_core::Rng;
use tokio::sync::{broadcast, mpsc, oneshot};

use super::clock::{self, now};
use super::log::Log;
use super::{Message, OsRng};
use crate::keys;

/// What the node's thread works with.
pub struct DeskConfig {
    /// Keeps the keys of new generations.
    pub home: Arc<Home>,
    /// The entry of the book that says that this home was put back from a backup: once it is durable the home's own mark
    /// is taken off.
    pub restored: Option<u64>,
    /// Writes.
    pub writer: Sqlite,
    /// Reads beside the writer.
    pub reader: Reader,
    /// Lines to dial, as they come up.
    pub dials: mpsc::UnboundedSender<LineId>,
}

/// Longest sleep without a reason: a clock that was set, or a machine that slept, is noticed.
const SLEEP_MAX: Duration = Duration::from_secs(1);
/// Shortest sleep when nothing comes: a time that stays due however often it is looked at must not take a core.
const SLEEP_MIN: Duration = Duration::from_millis(1);
/// Messages that are taken before effects are looked at again, so that commands that come together share one batch.
const BURST_MAX: usize = 64;

pub(super) fn start(
    node: Node,
    config: DeskConfig,
    events: broadcast::Sender<Arc<Event>>,
) -> std::io::Result<(Way, JoinHandle<()>)> {
    let (to_node, inbox) = channel();
    let answers = to_node.clone();
    let writer = Writer::start(config.writer, move |outcome| {
        let _ = answers.send(Message::Disk(outcome));
    })?;
    let desk = Desk {
        node,
        home: config.home,
        restored: config.restored,
        writer,
        reader: config.reader,
        dials: config.dials,
        events,
        bearers: BTreeMap::new(),
        waiters: Waiters::new(),
        unsettled: true,
        overdue: Vec::new(),
        looked: Instant::now(),
        log: Log::default(),
    };
    let desk = Arc::new(Mutex::new(Some(desk)));
    let shared = Arc::clone(&desk);
    let thread = Builder::new().name("node".into()).spawn(move || run(&shared, &inbox))?;
    Ok((Way { to_node, desk }, thread))
}

/// The way to the node.
pub(super) struct Way {
    to_node: Sender<Message>,
    desk: Arc<Mutex<Option<Desk>>>,
}

impl Way {
    /// Sends to the node's thread; false when the node has stopped.
    pub(super) fn send(&self, message: Message) -> bool {
        self.to_node.send(message).is_ok()
    }

    /// For link tasks.
    pub(super) fn sender(&self) -> Sender<Message> {
        self.to_node.clone()
    }

    /// Does a job at the desk if nobody has it, else has the node's thread do it; false when the node has stopped.
    pub(super) fn seat(&self, job: Job) -> bool {
        match self.desk.try_lock() {
            Ok(mut desk) => match desk.as_mut() {
                Some(desk) => {
                    if desk.sit_down(job) {
                        let _ = self.to_node.send(Message::Wake);
                    }
                    true
                }
                None => false,
            },
            Err(TryLockError::WouldBlock) => self.send(Message::Job(job)),
            Err(TryLockError::Poisoned(_)) => false,
        }
    }
}

/// The node's thread, until it is to stop or a job went wrong.
fn run(desk: &Mutex<Option<Desk>>, inbox: &Receiver<Message>) {
    let at_desk = |f: &mut dyn FnMut(&mut Desk)| -> Option<()> {
        let mut desk: MutexGuard<'_, Option<Desk>> = desk.lock().ok()?;
        desk.as_mut().map(f)
    };
    // A node that was loaded may have something to do at once.
    let begin = &mut |desk: &mut Desk| {
        desk.node.handle(now(), &mut OsRng, Input::Tick);
        desk.work();
    };
    let mut wait = Duration::ZERO;
    let mut stop = at_desk(begin).is_none();
    while !stop {
        let mut came = inbox.recv_timeout(wait);
        let sat = at_desk(&mut |desk| {
            stop = desk.take_all(core::mem::replace(&mut came, Err(RecvTimeoutError::Timeout)), inbox);
            wait = desk.wait();
        });
        stop |= sat.is_none();
    }
    if let Ok(mut desk) = desk.lock()
        && let Some(desk) = desk.take()
    {
        desk.close();
    }
}

struct Desk {
    node: Node,
    home: Arc<Home>,
    restored: Option<u64>,
    writer: Writer<Token>,
    reader: Reader,
    dials: mpsc::UnboundedSender<LineId>,
    events: broadcast::Sender<Arc<Event>>,
    bearers: BTreeMap<LineId, Bearer>,
    waiters: Waiters,
    /// Nothing has been done for speed alone since something came.
    unsettled: bool,
    /// Numbers of the book that waited when a full disk was last looked at.
    overdue: Vec<u64>,
    looked: Instant,
    log: Log,
}

/// The newest bearer of a line, and frames that its full lane did not take yet. A line has one: whatever drops it ends
/// its connection, both ways.
pub(crate) struct Bearer {
    /// The connection's number, counted up by the host.
    number: u64,
    sender: FrameSender,
    queued: VecDeque<(Lane, Vec<u8>)>,
    /// Carries nothing; the connection's reading end sees it close.
    _carried: oneshot::Sender<Infallible>,
}

impl Bearer {
    pub(super) const fn new(number: u64, sender: FrameSender, carried: oneshot::Sender<Infallible>) -> Self {
        Self { number, sender, queued: VecDeque::new(), _carried: carried }
    }
}

impl Desk {
    /// What came, and what else there is; whether the node is to stop.
    fn take_all(&mut self, came: Result<Message, RecvTimeoutError>, inbox: &Receiver<Message>) -> bool {
        match came {
            Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return true,
            Ok(message) => self.take(message),
            Err(RecvTimeoutError::Timeout) => self.rest(),
        }
        for _ in 0..BURST_MAX {
            match inbox.try_recv() {
                Ok(Message::Stop) => return true,
                Ok(message) => self.take(message),
                Err(_) => break,
            }
        }
        self.finish();
        false
    }

    /// Does a job and what follows from it; whether the node's thread must look when to wake.
    fn sit_down(&mut self, job: Job) -> bool {
        let due = self.node.poll_timeout();
        self.do_job(job);
        self.finish();
        self.node.poll_timeout() != due || self.node.is_behind() || self.has_queued()
    }

    fn do_job(&mut self, job: Job) {
        let (node, waiters) = (&mut self.node, &mut self.waiters);
        job(&mut Seat { node, now: now(), rng: &mut OsRng, waiters, store: &mut self.reader });
    }

    /// What follows from what was taken.
    fn finish(&mut self) {
        self.work();
        self.answer_overdue();
        self.tell_set_back();
        self.log.catch_up(Instant::now());
        if self.node.is_behind() {
            self.node.handle(now(), &mut OsRng, Input::Tick);
            self.work();
        }
    }

    /// Nothing came: what is due, and what makes the node faster.
    fn rest(&mut self) {
        let at = now();
        if !self.unsettled || self.node.poll_timeout().is_some_and(|due| due <= at) {
            self.node.handle(at, &mut OsRng, Input::Tick);
        }
        if self.unsettled {
            self.unsettled = self.node.settle();
        }
    }

    fn close(mut self) {
        self.work();
        if let Err(fault) = self.writer.stop() {
            tracing::error!(%fault, "the store did not close in good order");
        }
    }

    /// Whether full lanes left frames to be sent.
    fn has_queued(&self) -> bool {
        self.bearers.values().any(|bearer| !bearer.queued.is_empty())
    }

    /// How long to sleep when nothing comes.
    fn wait(&self) -> Duration {
        if self.unsettled {
            return Duration::ZERO;
        }
        let least = if self.node.is_behind() { Duration::ZERO } else { SLEEP_MIN };
        let wait = match self.node.poll_timeout() {
            Some(due) => Duration::from_micros(u64::try_from(due.since(now())).unwrap_or(0)).clamp(least, SLEEP_MAX),
            None => SLEEP_MAX,
        };
        if self.has_queued() { wait.min(SLEEP_MIN) } else { wait }
    }

    fn take(&mut self, message: Message) {
        let at = now();
        self.unsettled = true;
        match message {
            Message::Job(job) => self.do_job(job),
            Message::Disk(Outcome::Persisted(token)) => self.node.handle(at, &mut OsRng, Input::Persisted(token)),
            Message::Disk(Outcome::Refused(token, fault)) => self.node.handle(at, &mut OsRng, Input::Refused(token, fault)),
            Message::Up(line, bearer) => {
                self.bearers.insert(line, bearer);
                self.node.handle(at, &mut OsRng, Input::Connected(line));
            }
            Message::Down(line, number) => {
                // An older bearer that ends does not take the newer one with it.
                if self.bearers.get(&line).is_none_or(|b| b.number == number) {
                    self.bearers.remove(&line);
                    self.node.handle(at, &mut OsRng, Input::Disconnected(line));
                }
            }
            // What an older bearer still brought is no part of the session that its successor began.
            Message::Frame(line, number, bytes, _room) => {
                if self.bearers.get(&line).is_some_and(|b| b.number == number) {
                    self.node.handle(at, &mut OsRng, Input::Frame(line, bytes));
                }
            }
            Message::Wake | Message::Stop => {}
        }
    }

    /// Carries out effects until there are none. What people and subscribers are told comes last: to wake them takes longer
    /// than to send a frame, and nothing that leaves this node may wait for it (PROTOCOL F7).
    fn work(&mut self) {
        let mut told = Vec::new();
        while let Some(effect) = self.node.poll_effect() {
            match effect {
                Effect::Persist { token, batch } => {
                    if self.writer.submit(token, batch).is_err() {
                        let fault = StoreFault::Failed { doing: "writing".into(), detail: "the writer stopped".into() };
                        self.node.handle(now(), &mut OsRng, Input::Refused(token, fault));
                    }
                }
                Effect::Send { line, urgent, frame } => self.send(line, if urgent { Lane::Urgent } else { Lane::Bulk }, frame),
                Effect::Dial(line) => {
                    let _ = self.dials.send(line);
                }
                Effect::Hangup(line) => {
                    self.bearers.remove(&line);
                    self.node.handle(now(), &mut OsRng, Input::Disconnected(line));
                }
                Effect::Fetch { line, author, generation, from, limit } => {
                    let rows = self.reader.entries(&line, &author, generation, from, limit).unwrap_or_else(|fault| {
                        tracing::error!(%fault, "entries could not be read");
                        Vec::new()
                    });
                    self.node.handle(now(), &mut OsRng, Input::Fetched { line, author, generation, rows });
                }
                Effect::Renew(line) => self.renew(&line),
                Effect::Event(event) => told.push(event),
            }
        }
        self.flush();
        told.into_iter().for_each(|event| self.tell(event));
    }

    /// Opens the next generation of our log on a line after a restore (PROTOCOL S5).
    fn renew(&mut self, line: &LineId) {
        if let Err(fault) = self.try_renew(line) {
            tracing::error!(line = %line.short(), fault = format!("{fault:#}"), "no new generation was opened: nothing is said on this line");
        }
    }

    fn try_renew(&mut self, line: &LineId) -> anyhow::Result<()> {
        let renewal = self.node.line(line).and_then(detente_node::Line::renewal).context("finding out what it must say")?;
        let party = keys::party(&self.home).context("signing a new generation after a restore")?;
        let generation = renewal.generation(OsRng.next_u32());
        let keys = keys::next_generation(&self.home, line, generation, &mut OsRng)?;
        let opening = renewal.sign(&Ed25519, &party, &keys, generation)?;
        Ok(self.node.open_generation(now(), &mut OsRng, opening, keys)?)
    }

    fn send(&mut self, line: LineId, lane: Lane, frame: Vec<u8>) {
        let Some(bearer) = self.bearers.get_mut(&line) else {
            return;
        };
        let behind = bearer.queued.iter().any(|(queued, _)| *queued == lane);
        if behind {
            bearer.queued.push_back((lane, frame));
            return;
        }
        match bearer.sender.try_send(lane, frame) {
            Ok(()) => {}
            Err(TrySendError::Full(frame)) => bearer.queued.push_back((lane, frame)),
            // The reading end of this bearer reports why it is gone.
            Err(TrySendError::Net(fault)) => tracing::debug!(%fault, "a frame was not sent"),
        }
    }

    /// Hands on what full lanes did not take, each lane in its order.
    fn flush(&mut self) {
        for bearer in self.bearers.values_mut() {
            let mut full = Vec::new();
            let mut kept = VecDeque::new();
            while let Some((lane, frame)) = bearer.queued.pop_front() {
                if full.contains(&lane) {
                    kept.push_back((lane, frame));
                    continue;
                }
                if let Err(TrySendError::Full(frame)) = bearer.sender.try_send(lane, frame) {
                    full.push(lane);
                    kept.push_back((lane, frame));
                }
            }
            bearer.queued = kept;
        }
    }

    /// Tells those who have waited for a full disk that they need not wait: the node keeps trying.
    fn answer_overdue(&mut self) {
        if self.looked.elapsed() < SLEEP_MAX {
            return;
        }
        self.looked = Instant::now();
        let full = self.node.has_room() == Some(false);
        for waiter in self.overdue.drain(..).filter(|_| full).filter_map(|number| self.waiters.remove(&number)).flatten() {
            let _ = waiter.send(Kept::Waits);
        }
        self.overdue = if full { self.waiters.keys().copied().collect() } else { Vec::new() };
    }

    /// Tells that the machine's clock was set back: what waits goes on by the node's own count, and so do the times that it claims.
    fn tell_set_back(&mut self) {
        if let Some(behind) = clock::set_back() {
            let what = format!(
                "this machine's clock was set back: it is {} s behind this node, which counts on from the time before. \
                 Alarms ring and the line works. If the clock is right now, restart the node: until then what it states carries its own time",
                behind.as_secs()
            );
            self.tell(Event { at: now(), line: None, what: What::Fault(what) });
        }
    }

    fn tell(&mut self, event: Event) {
        if let What::Booked(number) = event.what {
            if self.restored == Some(number)
                && let Err(fault) = self.home.clear_restored()
            {
                tracing::warn!(%fault, "the home stays marked as restored: the next start opens one more generation");
            }
            for waiter in self.waiters.remove(&number).unwrap_or_default() {
                let _ = waiter.send(Kept::Durable);
            }
        }
        if matches!(event.what, What::DiskFailed(_)) {
            for waiter in core::mem::take(&mut self.waiters).into_values().flatten() {
                let _ = waiter.send(Kept::Failed);
            }
        }
        self.log.event(&event, Instant::now());
        let _ = self.events.send(Arc::new(event));
    }
}
