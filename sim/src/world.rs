//! The world: machines, lines, and one heap of events in true time. One thread; everything follows from the seed.
//!
//! [`World::run`] takes event after event: first the load and the faults for as long as the seed wants, then, with all
//! faults off, until both sides have everything. Invariants are checked after every event that can break them.

mod bearer;
mod build;
mod faults;
mod heard;
mod machine;
mod peace;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use detente_node::{Input, Token};
use detente_types::{LineId, Timestamp};
use detente_wire::Scheme;

use crate::dice::Dice;
use crate::fault::{Fault, Faults};
use crate::invariant::markers::Markers;
use crate::invariant::{Check, ensure};
use crate::options::Options;
use crate::report::Figures;
use crate::seat::Seat;
use crate::wire::Wire;

/// Something that will happen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Event {
    /// A node's timer.
    Tick { seat: usize, life: u64 },
    /// A disk comes to the batch on its way.
    Disk { seat: usize, life: u64, token: u64 },
    /// Rows are read.
    Fetch { seat: usize, life: u64, rows: Fetch },
    /// A process ends.
    Crash { seat: usize, life: u64, saved: bool },
    /// A process starts.
    Start { seat: usize },
    /// A node dials.
    Dial { wire: usize, end: usize },
    /// A dial failed.
    Missed { wire: usize, end: usize },
    /// A bearer is there.
    Up { wire: usize, end: usize, bearer: u64 },
    /// A bearer is gone.
    Down { wire: usize, end: usize, bearer: u64 },
    /// A frame arrives.
    Frame { wire: usize, end: usize, bearer: u64, bytes: Vec<u8> },
    /// An officer does something.
    Officer { seat: usize, wire: usize },
    /// A fault befalls a node or a line.
    Fault { fault: Fault, at: usize },
    /// A full disk has room again.
    Room { seat: usize },
    /// A snapshot of a disk is taken.
    Snapshot { seat: usize },
    /// All faults end.
    Peace,
    /// Whether both sides have everything is looked at.
    Look,
}

/// Rows that a node asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fetch {
    line: LineId,
    author: detente_types::PartyId,
    generation: detente_types::Generation,
    from: u64,
    limit: usize,
}

/// So many events are never needed: more say that something runs in circles.
const EVENTS_MAX: u64 = 3_000_000;
/// So many at one time neither.
const EVENTS_AT_ONCE_MAX: u64 = 20_000;

/// Everything that is simulated.
pub(crate) struct World {
    options: Options,
    scheme: Arc<dyn Scheme>,
    start: Timestamp,
    now: Timestamp,
    heap: BinaryHeap<Reverse<(Timestamp, u64, Event)>>,
    /// Events so far at this time.
    at_once: u64,
    /// Events so far scheduled: what is scheduled first happens first at one time.
    scheduled: u64,
    seats: Vec<Seat>,
    wires: Vec<Wire>,
    faults: Faults,
    /// For the net, the faults, the disks and the load.
    net: Dice,
    fate: Dice,
    disks: Dice,
    load: Dice,
    /// For what officers do about blind runs.
    blind: Dice,
    markers: Markers,
    /// Notices put in so far.
    inputs: u64,
    /// Since when all faults are off.
    peace: Option<Timestamp>,
    /// When a blind run began last.
    matched: Timestamp,
    done: bool,
    pub(crate) figures: Figures,
}

impl World {
    /// Runs to the end, or to the first thing that does not hold.
    pub(crate) fn run(&mut self) -> Check {
        while !self.done {
            let Some(Reverse((at, _, event))) = self.heap.pop() else { break };
            self.at_once = if at == self.now { self.at_once + 1 } else { 0 };
            self.now = at;
            self.figures.events += 1;
            comes_to_an_end(self.figures.events < EVENTS_MAX && self.at_once < EVENTS_AT_ONCE_MAX)?;
            self.figures.virtual_us = self.now.since(self.start);
            self.take(event)?;
        }
        Ok(())
    }

    fn take(&mut self, event: Event) -> Check {
        self.trace(|| match &event {
            Event::Frame { wire, end, bearer, bytes } => format!("frame of {} bytes for {wire}/{end} by {bearer}", bytes.len()),
            other => format!("{other:?}"),
        });
        match event {
            Event::Tick { seat, life } => self.tick(seat, life),
            Event::Disk { seat, life, token } => self.disk_done(seat, life, Token(token)),
            Event::Fetch { seat, life, rows } => self.fetched(seat, life, &rows),
            Event::Crash { seat, life, saved } if self.seats[seat].life == life => self.crash(seat, saved),
            Event::Crash { .. } => Ok(()),
            Event::Start { seat } => self.start_process(seat),
            Event::Dial { wire, end } => self.dial(wire, end),
            Event::Missed { wire, end } => self.missed(wire, end),
            Event::Up { wire, end, bearer } => self.bearer_up(wire, end, bearer),
            Event::Down { wire, end, bearer } => self.bearer_down(wire, end, bearer),
            Event::Frame { wire, end, bearer, bytes } => self.frame(wire, end, bearer, bytes),
            Event::Officer { seat, wire } => self.officer(seat, wire),
            Event::Fault { fault, at } => self.befall(fault, at),
            Event::Room { seat } => {
                self.seats[seat].disk.room_bytes = None;
                Ok(())
            }
            Event::Snapshot { seat } => self.snapshot(seat),
            Event::Peace => self.make_peace(),
            Event::Look => self.look(),
        }
    }

    fn schedule(&mut self, after_us: i64, event: Event) {
        self.scheduled += 1;
        self.heap.push(Reverse((self.now.plus_micros(after_us.max(0)), self.scheduled, event)));
    }

    fn count(&mut self, fault: Fault) {
        *self.figures.faults.entry(fault).or_default() += 1;
    }

    fn trace(&self, what: impl FnOnce() -> String) {
        if self.options.trace {
            let us = self.now.since(self.start);
            let text: String = what().chars().take(240).collect();
            eprintln!("{:>5}.{:06} {text}", us / 1_000_000, us % 1_000_000);
        }
    }

    /// Hands something to a process and does what it asks for.
    fn input(&mut self, seat: usize, input: Input) -> Check {
        let Seat { process, clock, dice, .. } = &mut self.seats[seat];
        process.handle(clock.shows(self.now), dice, input);
        self.work(seat)
    }
}

/// Nothing keeps a node busy for ever.
fn comes_to_an_end(ends: bool) -> Check {
    ensure(ends, "comes_to_an_end", || "events run in circles".into())
}
