//! Machines: effects that processes ask for, batches on their way to disks, crashes and starts.

use detente_node::port::Batch;
use detente_node::{Effect, Input, Line, LineKeys, Node, Token};
use detente_types::LineId;
use detente_wire::KeyPair;
use rand_core::Rng;

use super::{Event, Fetch, World};
use crate::disk::InFlight;
use crate::fault::Fault;
use crate::invariant::manners::Debts;
use crate::invariant::{Check, kept, written};
use crate::planted::Bug;
use crate::seat::{Doom, Mark, Process, Seat};

const SECOND_US: i64 = 1_000_000;
/// Snapshots that are kept of a machine.
const SNAPSHOTS_MAX: usize = 4;

impl World {
    /// Does what a process asks for, until it asks for nothing.
    pub(super) fn work(&mut self, seat: usize) -> Check {
        while let Some(effect) = self.next_effect(seat) {
            match effect {
                Effect::Persist { token, batch } => self.persist(seat, token, batch)?,
                Effect::Send { line, frame, .. } => self.send(seat, line, frame)?,
                Effect::Dial(line) => {
                    let (wire, end) = self.end_at(seat, &line);
                    let after_us = self.net.between(100, 20_000);
                    self.schedule(after_us, Event::Dial { wire, end });
                }
                Effect::Hangup(line) => self.hang_up(seat, &line),
                Effect::Fetch { line, author, generation, from, limit } => {
                    let (life, rows) = (self.seats[seat].life, Fetch { line, author, generation, from, limit });
                    self.schedule(200, Event::Fetch { seat, life, rows });
                }
                Effect::Renew(line) => self.renew(seat, &line),
                Effect::Event(event) => self.heard(seat, event)?,
            }
        }
        self.set_timer(seat);
        self.look_at(seat)
    }

    /// The next effect. Heavy work of blind runs is done at once, as soon as nothing else is to be done.
    fn next_effect(&mut self, seat: usize) -> Option<Effect> {
        loop {
            let Seat { process, clock, dice, .. } = &mut self.seats[seat];
            if let Some(effect) = process.poll_effect() {
                return Some(effect);
            }
            let Process::Node(node) = process else { return None };
            let worked = node.poll_work()?.perform();
            node.handle_worked(clock.shows(self.now), dice.rng(), worked);
        }
    }

    /// A restored node gets the keys of its next generation, signed for by the party key.
    fn renew(&mut self, seat: usize, line: &LineId) {
        let now = self.now;
        let Seat { process, clock, dice, keys, parties, .. } = &mut self.seats[seat];
        let Process::Node(node) = process else { return };
        let renewal = node.line(line).and_then(Line::renewal).expect("it was asked for");
        let generation = renewal.generation(dice.rng().next_u32());
        let [log, holder] = core::array::from_fn(|_| KeyPair::generate(&*self.scheme, dice.rng()));
        let fresh = LineKeys { log, holder };
        let opening = renewal.sign(&*self.scheme, &parties[line], &fresh, generation).expect("keys differ");
        keys.insert((*line, generation), fresh.clone());
        node.open_generation(clock.shows(now), dice.rng(), opening, fresh).expect("it was asked for");
    }

    fn set_timer(&mut self, seat: usize) {
        let Seat { process, clock, tick_at, life, .. } = &mut self.seats[seat];
        let Some(due) = process.poll_timeout() else { return };
        let at = clock.when(due, self.now);
        if tick_at.is_none_or(|set| set > at) {
            *tick_at = Some(at);
            let life = *life;
            self.schedule(at.since(self.now), Event::Tick { seat, life });
        }
    }

    pub(super) fn tick(&mut self, seat: usize, life: u64) -> Check {
        if self.seats[seat].life != life || self.seats[seat].tick_at.is_some_and(|at| at > self.now) {
            return Ok(());
        }
        self.seats[seat].tick_at = None;
        self.input(seat, Input::Tick)
    }

    /// A batch goes to the disk.
    fn persist(&mut self, seat: usize, token: Token, batch: Batch) -> Check {
        for wire in &self.wires {
            if let Some(end) = wire.end_of(seat) {
                written::check(wire, end, &self.seats[seat].disk.rows, &batch.writes)?;
            }
        }
        let now = self.now;
        let (low, high) = self.faults.disk_us;
        let mut latency_us = self.disks.between(low, high);
        if now < self.seats[seat].slow_until {
            latency_us += self.disks.between(SECOND_US / 5, 4 * SECOND_US);
        }
        let life = self.seats[seat].life;
        let Seat { disk, doom, .. } = &mut self.seats[seat];
        debug_assert!(disk.in_flight.is_none(), "one batch is on its way at a time");
        let doom = doom.take();
        let fails = match doom {
            Some(Doom::Fail { saved }) => Some(saved),
            _ => None,
        };
        disk.in_flight = Some(InFlight { token, batch, fails });
        if let Some(Doom::Crash { saved }) = doom {
            let after_us = self.disks.between(0, latency_us - 1);
            self.schedule(after_us, Event::Crash { seat, life, saved });
        }
        self.schedule(latency_us, Event::Disk { seat, life, token: token.0 });
        if self.seats[seat].disk.bugs.ack_undurable {
            return self.input(seat, Input::Persisted(token));
        }
        Ok(())
    }

    pub(super) fn disk_done(&mut self, seat: usize, life: u64, token: Token) -> Check {
        let Seat { disk, life: living, .. } = &mut self.seats[seat];
        if *living != life || disk.in_flight.as_ref().is_none_or(|batch| batch.token != token) {
            return Ok(());
        }
        let Some(answer) = disk.finish() else { return Ok(()) };
        self.look_at_rows(seat)?;
        self.input(seat, answer)
    }

    pub(super) fn fetched(&mut self, seat: usize, life: u64, rows: &Fetch) -> Check {
        if self.seats[seat].life != life {
            return Ok(());
        }
        let Fetch { line, author, generation, from, limit } = *rows;
        let disk = &mut self.seats[seat].disk.rows;
        let rows = detente_node::port::Entries::entries(disk, &line, &author, generation, from, limit).unwrap_or_default();
        self.input(seat, Input::Fetched { line, author, generation, rows })
    }

    /// A process is gone, and whatever it had in memory.
    pub(super) fn crash(&mut self, seat: usize, saved: bool) -> Check {
        let now = self.now;
        let again = self.faults.has(Fault::CrashAgain) && self.fate.chance(300);
        let Seat { process, disk, books, life, tick_at, doom, .. } = &mut self.seats[seat];
        if !process.is_up() || matches!(process, Process::Liar(_)) {
            return Ok(());
        }
        *process = Process::Down;
        *life += 1;
        *tick_at = None;
        disk.crash(saved);
        books.crash(&disk.rows)?;
        if again && doom.is_none() {
            *doom = Some(Doom::Crash { saved: !saved });
            self.count(Fault::CrashAgain);
        }
        self.look_at_rows(seat)?;
        for wire in 0..self.wires.len() {
            if let Some(end) = self.wires[wire].end_of(seat) {
                self.wires[wire].ends[end].up = false;
                self.part(wire, end);
                self.check_kept(wire)?;
            }
        }
        let after_us = if self.peace.is_some_and(|peace| peace <= now) { 0 } else { self.fate.between(50_000, 20 * SECOND_US) };
        self.schedule(after_us, Event::Start { seat });
        Ok(())
    }

    /// The other end of a bearer notices that its peer is gone, or does not.
    fn part(&mut self, wire: usize, end: usize) {
        if self.faults.has(Fault::HalfOpen) && self.fate.chance(500) {
            self.count(Fault::HalfOpen);
            return;
        }
        let after_us = self.net.between(1_000, 2 * SECOND_US);
        let bearer = self.wires[wire].bearer;
        self.schedule(after_us, Event::Down { wire, end: 1 - end, bearer });
    }

    pub(super) fn start_process(&mut self, seat: usize) -> Check {
        let now = self.now;
        let plant = self.options.plant.and_then(Bug::in_node);
        let Seat { process, disk, clock, dice, keys, life, alarms, debts, mark, .. } = &mut self.seats[seat];
        if process.is_up() {
            return Ok(());
        }
        clock.start();
        *life += 1;
        alarms.values_mut().for_each(|alarms| alarms.start(now));
        debts.values_mut().for_each(Debts::start);
        let loaded = Node::load(self.scheme.clone(), clock.shows(now), dice.rng(), keys, &mut disk.rows);
        let mut node = loaded.map_err(|fault| starts_again(&fault.to_string()))?;
        if let Some(plant) = plant {
            node.danger_plant(plant);
        }
        *mark = mark.map(|_| Mark::Booked(node.note_restored(clock.shows(now), dice.rng())));
        *process = Process::Node(node);
        self.input(seat, Input::Tick)
    }

    pub(super) fn snapshot(&mut self, seat: usize) -> Check {
        if self.peace.is_some() {
            return Ok(());
        }
        let snapshots = &mut self.seats[seat].snapshots;
        if snapshots.len() == SNAPSHOTS_MAX {
            snapshots.remove(0);
        }
        let rows = self.seats[seat].disk.rows.clone();
        self.seats[seat].snapshots.push(rows);
        let after_us = self.fate.between(30 * SECOND_US, 240 * SECOND_US);
        self.schedule(after_us, Event::Snapshot { seat });
        Ok(())
    }

    pub(super) fn check_kept(&mut self, wire: usize) -> Check {
        let wire = &mut self.wires[wire];
        let disks = [0, 1].map(|end: usize| &self.seats[wire.ends[end].seat].disk.rows);
        kept::check(wire, disks)
    }
}

/// A node starts from whatever a crash or a restore left on its disk.
fn starts_again(fault: &str) -> crate::invariant::Violation {
    crate::invariant::Violation { invariant: "starts_again", detail: fault.to_owned() }
}
