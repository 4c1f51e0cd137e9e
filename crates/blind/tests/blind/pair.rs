//! Two honest sides in one thread.

use detente_blind::message::decode;
use detente_blind::{Agreement, Backend, CellId, Class, Digest, Effect, Job, Mode, Record, Role, Run, Seed, Setup};

/// A cell of a number.
pub(crate) fn cell(number: u64) -> CellId {
    let mut name = [0; 16];
    name[8..].copy_from_slice(&number.to_be_bytes());
    CellId(name)
}

pub(crate) fn cells(numbers: impl IntoIterator<Item = u64>) -> Vec<CellId> {
    numbers.into_iter().map(cell).collect()
}

pub(crate) const fn agreement(mode: Mode, verified: bool) -> Agreement {
    Agreement { context: [7; 32], mode, verified, chunks_log2: 4 }
}

pub(crate) fn class(log2: u8) -> Class {
    Class::new(log2).expect("a class")
}

pub(crate) const fn plan_root(role: Role) -> Digest {
    match role {
        Role::First => [0xa1; 32],
        Role::Second => [0xb2; 32],
    }
}

/// A side with a seed of a number.
pub(crate) fn setup(agreement: Agreement, role: Role, log2: u8, seed: u8, cells: Vec<CellId>) -> Setup {
    let seed = Seed::new([seed; 32]);
    Setup { agreement, role, class: class(log2), classes: Class::MIN..=class(14), plan_root: plan_root(role), cells, seed }
}

/// A side and what it did.
pub(crate) struct Side {
    pub(crate) run: Run,
    pub(crate) sent: Vec<Vec<u8>>,
    pub(crate) records: Vec<Record>,
    /// Both in the order in which they were: messages by their kinds, records once they are durable.
    pub(crate) done: Vec<&'static str>,
}

impl Side {
    pub(crate) fn new(setup: Setup) -> Self {
        Self::of(Run::new(setup).expect("a good setup"))
    }

    /// Its points multiplied by a backend that is named.
    pub(crate) fn by(setup: Setup, backend: Backend) -> Self {
        Self::of(Run::by(setup, backend).expect("a good setup"))
    }

    const fn of(run: Run) -> Self {
        Self { run, sent: Vec::new(), records: Vec::new(), done: Vec::new() }
    }

    /// Does everything that can be done without the other side.
    pub(crate) fn drain(&mut self) {
        self.drain_by(Jobs::OneByOne);
    }

    fn drain_by(&mut self, jobs: Jobs) {
        loop {
            let mut is_idle = true;
            while let Some(job) = self.run.poll_job() {
                let mut done = vec![job.run()];
                if jobs == Jobs::LastFirst {
                    done.extend(core::iter::from_fn(|| self.run.poll_job()).map(Job::run));
                }
                done.into_iter().rev().for_each(|done| self.run.handle_done(done));
                is_idle = false;
            }
            is_idle &= !self.say();
            if is_idle {
                return;
            }
        }
    }

    /// Says and records what there is; whether there was anything.
    fn say(&mut self) -> bool {
        let mut is_idle = true;
        while let Some(effect) = self.run.poll_effect() {
            is_idle = false;
            match effect {
                Effect::Persist(record) => {
                    assert_eq!(self.run.poll_effect(), None, "nothing is said before what it depends on is durable");
                    self.run.handle_persisted();
                    self.done.push(durable(&record));
                    self.records.push(record);
                }
                Effect::Send(bytes) => {
                    self.done.push(decode(&bytes).expect("our own message").name());
                    self.sent.push(bytes);
                }
            }
        }
        !is_idle
    }
}

pub(crate) const OURS: &str = "this side's commitment is durable";
pub(crate) const THEIRS: &str = "the peer's commitment is durable";

/// What is durable, in the words of [`Side::done`].
const fn durable(record: &Record) -> &'static str {
    match record {
        Record::Commit { ours: true, .. } => OURS,
        Record::Commit { ours: false, .. } => THEIRS,
        Record::Result { .. } => "the result is durable",
        Record::Aborted(_) => "the end is durable",
    }
}

/// In which order jobs end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Jobs {
    OneByOne,
    /// Of all that there are the one that was handed out last ends first.
    LastFirst,
}

/// Carries everything to and fro until nothing moves.
pub(crate) fn drive(sides: &mut [Side; 2]) {
    drive_by(sides, Jobs::OneByOne);
}

pub(crate) fn drive_by(sides: &mut [Side; 2], jobs: Jobs) {
    let mut heard = [0, 0];
    loop {
        sides.iter_mut().for_each(|side| side.drain_by(jobs));
        let waiting = (0..2).find(|&to| heard[to] < sides[1 - to].sent.len());
        let Some(to) = waiting else { return };
        let bytes = sides[1 - to].sent[heard[to]].clone();
        heard[to] += 1;
        sides[to].run.handle(&bytes);
    }
}

/// The same with as little work as can be between two messages: a side does one job when nothing is to be said or heard, and the
/// side that `first` says does its own only when the other has none.
pub(crate) fn drive_lazily(sides: &mut [Side; 2], first: usize) {
    let mut heard = [0, 0];
    loop {
        for side in sides.iter_mut() {
            side.say();
        }
        if let Some(to) = (0..2).find(|&to| heard[to] < sides[1 - to].sent.len()) {
            let bytes = sides[1 - to].sent[heard[to]].clone();
            heard[to] += 1;
            sides[to].run.handle(&bytes);
            continue;
        }
        let Some((at, job)) = [first, 1 - first].into_iter().find_map(|at| Some((at, sides[at].run.poll_job()?))) else { return };
        sides[at].run.handle_done(job.run());
    }
}

/// A whole run of two sides of one class.
pub(crate) fn run(agreement: Agreement, log2: u8, sets: [Vec<CellId>; 2]) -> [Side; 2] {
    let [first, second] = sets;
    let mut sides =
        [Side::new(setup(agreement, Role::First, log2, 1, first)), Side::new(setup(agreement, Role::Second, log2, 2, second))];
    drive(&mut sides);
    sides
}
