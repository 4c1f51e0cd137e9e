//! The end: all faults off, nobody puts anything in, and both sides must come to have everything.

use detente_node::Node;

use super::heard::line_of;
use super::{Event, World};
use crate::fault::Faults;
use crate::invariant::{Check, Violation, agree, blind, kept, lives};
use crate::report::{COUNTED_MINUTES, COUNTED_STATEMENTS};
use crate::seat::{Process, Seat};

const SECOND_US: i64 = 1_000_000;
/// Both sides have everything so long after the last fault, at the latest; and blind runs have ended so long after the last one
/// began, for where clocks differ one side begins it alone, by its own clock, and waits for the other.
const CONVERGED_US: i64 = 60 * SECOND_US;
/// A run is made longer, up to this, until there are statements enough.
const LENGTH_MAX_US: i64 = 3 * COUNTED_MINUTES * 60 * SECOND_US;

impl World {
    /// All faults end, unless too little was said yet.
    pub(super) fn make_peace(&mut self) -> Check {
        let length_us = self.now.since(self.start);
        let honest = self.options.lie.is_none();
        if honest && self.least() < COUNTED_STATEMENTS && length_us < LENGTH_MAX_US {
            self.schedule(120 * SECOND_US, Event::Peace);
            return Ok(());
        }
        self.faults = Faults::none();
        self.peace = Some(self.now);
        for wire in &mut self.wires {
            (wire.cut_until, wire.deaf_until) = (self.now, [self.now; 2]);
        }
        for seat in 0..self.seats.len() {
            let Seat { disk, doom, slow_until, .. } = &mut self.seats[seat];
            (disk.room_bytes, *doom, *slow_until) = (None, None, self.now);
            self.schedule(0, Event::Start { seat });
        }
        self.schedule(SECOND_US, Event::Look);
        Ok(())
    }

    /// Whether both sides have everything by now.
    pub(super) fn look(&mut self) -> Check {
        let since_us = self.peace.map_or(0, |peace| self.now.since(peace));
        let rest = (0..self.wires.len()).find_map(|wire| self.at_rest(wire).err());
        let Some(violation) = rest else {
            self.figures.converged_us = since_us;
            return self.finish();
        };
        let is_of_a_run = violation.invariant == blind::NAME;
        let waited_us = if is_of_a_run { since_us.min(self.now.since(self.matched)) } else { since_us };
        if waited_us >= CONVERGED_US {
            return Err(violation);
        }
        self.schedule(SECOND_US, Event::Look);
        Ok(())
    }

    fn at_rest(&self, wire: usize) -> Check {
        let wire = &self.wires[wire];
        if wire.is_broken() {
            // A liar never rests: its peer is watched for as long as an honest pair would take.
            let watched = self.peace.is_some_and(|peace| self.now.since(peace) >= CONVERGED_US / 2);
            return if watched { Ok(()) } else { Err(Violation { invariant: "converges", detail: "watched".into() }) };
        }
        if wire.ends.iter().any(|end| self.seats[end.seat].disk.in_flight.is_some()) {
            return Err(Violation { invariant: "converges", detail: "a disk writes".into() });
        }
        let lines = [0, 1].map(|end: usize| line_of(&self.seats[wire.ends[end].seat], &wire.line));
        match lines {
            [Some(a), Some(b)] => agree::converges(wire, [a, b]),
            _ => Err(Violation { invariant: "converges", detail: "a node is down".into() }),
        }
    }

    /// The last look at everything.
    fn finish(&mut self) -> Check {
        self.done = true;
        for wire in 0..self.wires.len() {
            self.compare(wire, 0, 0)?;
            let Self { wires, seats, .. } = &mut *self;
            let wire = &mut wires[wire];
            let disks = [0, 1].map(|end: usize| &seats[wire.ends[end].seat].disk.rows);
            kept::check_end(wire, disks)?;
            for end in 0..2 {
                match &seats[wire.ends[1 - end].seat].process {
                    Process::Liar(liar) => liar.copies().try_for_each(|head| kept::check_copy(wire, end, disks[end], &head))?,
                    _ if wire.is_broken() => {}
                    _ => lives::check_end(wire, end, disks[end])?,
                }
            }
        }
        let rebuilt = self.fate.below(self.seats.len() as u64) as usize;
        for seat in 0..self.seats.len() {
            self.finish_seat(seat, seat == rebuilt)?;
        }
        let lied = self.seats.iter().filter(|seat| matches!(&seat.process, Process::Liar(liar) if liar.has_lied()));
        self.figures.lied = lied.count() as u64;
        if let Some(lie) = self.options.lie.filter(|_| self.figures.lied > 0) {
            crate::liar::blame::is_named(lie, &self.figures.named)?;
        }
        self.count_up();
        Ok(())
    }

    /// One machine is started once more from its disk: to load all of them would cost more than the rest of the run.
    fn finish_seat(&mut self, seat: usize, rebuilt: bool) -> Check {
        let broken = self.wires.iter().any(|wire| wire.is_broken() && wire.end_of(seat).is_some());
        let Seat { process, disk, clock, dice, keys, books, .. } = &mut self.seats[seat];
        for why in &books.dropped {
            *self.figures.dropped.entry(why.clone()).or_default() += 1;
        }
        let Process::Node(running) = process else { return Ok(()) };
        if !broken {
            books.check_end()?;
        }
        if disk.in_flight.is_some() || !rebuilt {
            return Ok(());
        }
        let mut loaded = Node::load(self.scheme.clone(), clock.shows(self.now), dice.rng(), keys, &mut disk.rows)
            .map_err(|fault| Violation { invariant: "starts_again", detail: fault.to_string() })?;
        loaded.catch_up();
        for id in running.line_ids() {
            if let (Some(was), Some(is)) = (running.line(&id), loaded.line(&id))
                && !was.is_behind()
            {
                agree::rebuilt_is_equal(was, is)?;
            }
        }
        Ok(())
    }

    /// Entries of the shortest log of an honest line.
    fn least(&self) -> u64 {
        self.log_sizes().into_iter().min().unwrap_or(0)
    }

    fn log_sizes(&self) -> Vec<u64> {
        let logs = self.wires.iter().flat_map(|wire| {
            [0, 1].map(|end: usize| self.seats[wire.ends[end].seat].disk.rows.total(wire.line, wire.ends[end].party))
        });
        logs.collect()
    }

    fn count_up(&mut self) {
        let sizes = self.log_sizes();
        self.figures.statements = sizes.iter().sum();
        self.figures.statements_least = sizes.iter().copied().min().unwrap_or(0);
        for wire in &self.wires {
            let line = line_of(&self.seats[wire.ends[0].seat], &wire.line);
            self.figures.conflicts += line.map_or(0, |line| line.conflict_count() as u64);
        }
    }
}
