//! How a world begins: keys, machines and lines from the seed, and what is to happen.

use std::collections::BinaryHeap;
use std::sync::Arc;

use detente_node::{LineKeys, Node};
use detente_testkit::{MORNING, MockScheme, Parties, parties, terms};
use detente_types::statement::GenerationOpenIn;
use detente_types::terms::{BlindIn, LAW_1, MatchingIn};
use detente_types::{Generation, TermsIn};
use detente_wire::{Ed25519, Scheme};

use super::{Event, World};
use crate::clock::Clock;
use crate::dice::Dice;
use crate::disk::DiskBugs;
use crate::fault::{Fault, Faults};
use crate::invariant::Check;
use crate::invariant::markers::Markers;
use crate::liar::Liar;
use crate::options::Options;
use crate::planted::Bug;
use crate::report::Figures;
use crate::seat::{Process, Seat};
use crate::wire::{End, Wire};

const SECOND_US: i64 = 1_000_000;
const MINUTE_US: i64 = 60 * SECOND_US;
/// Mean time between two things that officers do on one line of one seat.
const OFFICER_EVERY_US: i64 = 7 * SECOND_US;
/// Nothing goes wrong before the first batches are durable: until then a line is not opened.
const CALM_US: i64 = 3 * SECOND_US;

/// Who sits at one end of a line.
struct Place {
    seat: usize,
    opening: GenerationOpenIn,
    side: detente_testkit::Side,
}

impl World {
    /// A world of a seed, before its first event.
    pub(crate) fn new(options: Options) -> Self {
        let scheme: Arc<dyn Scheme> = if options.signs_for_real() { Arc::new(Ed25519) } else { Arc::new(MockScheme) };
        let mut fate = Dice::new(options.seed, "fate", 0);
        let mut faults = Faults::draw(&mut fate);
        if options.wants_restore() {
            faults.add(Fault::Restore);
        } else if options.lie.is_some() {
            // Most lies are told to one who knows what it has said.
            faults.remove(Fault::Restore);
        }
        for fault in options.plant.map(Bug::wants).unwrap_or_default() {
            faults.add(*fault);
        }
        options.without.faults().for_each(|fault| faults.remove(fault));
        let mut world = Self {
            scheme,
            start: MORNING,
            now: MORNING,
            heap: BinaryHeap::new(),
            at_once: 0,
            scheduled: 0,
            seats: Vec::new(),
            wires: Vec::new(),
            faults,
            net: Dice::new(options.seed, "net", 0),
            disks: Dice::new(options.seed, "disk", 0),
            load: Dice::new(options.seed, "load", 0),
            blind: Dice::new(options.seed, "blind officer", 0),
            fate,
            markers: Markers::default(),
            inputs: 0,
            peace: None,
            matched: MORNING,
            done: false,
            figures: Figures::default(),
            options,
        };
        world.seat_everybody();
        world
    }

    fn seat_everybody(&mut self) {
        for seat in 0..self.options.node_count() {
            let clock =
                if self.faults.has(Fault::Skew) { Clock::skewed(self.now, &mut self.fate) } else { Clock::right(self.now) };
            self.seats.push(Seat::new(clock, Dice::new(self.options.seed, "node", seat), self.now));
        }
        if self.faults.has(Fault::Skew) {
            self.count(Fault::Skew);
        }
    }

    /// Opens all lines and lays out what is to happen.
    pub(crate) fn open(&mut self) -> Check {
        let mut terms = terms();
        if self.options.has_second_law() {
            terms.altitude.terrain_min_m = Some(0);
        } else {
            terms.law = LAW_1.into();
        }
        if self.options.has_blind() {
            // Cells so large that all of a day's fit a small class: what is looked at is the runs, not the cells.
            terms.blind = BlindIn { cell_m: 200_000, band_m: 200_000, slot_s: 86_400, every_min: 10, extra_per_day: 3 };
            terms.matching = Some(MatchingIn { class_log2: 6, chunks_log2: 2, ..MatchingIn::usual() });
        }
        terms.line_check.every_min = self.fate.between(2, 12) as u32;
        let last = self.seats.len() - 1;
        let mut places = Vec::new();
        for wire in 0..last {
            let parties = parties(&*self.scheme, self.options.seed.wrapping_mul(8) + wire as u64);
            places.extend(self.string(wire, &parties, &terms).map(|place| (wire, place)));
        }
        for seat in 0..=last {
            let at: Vec<_> = places.extract_if(.., |(_, place)| place.seat == seat).collect();
            self.open_seat(seat, at);
        }
        for seat in 0..=last {
            self.work(seat)?;
        }
        self.lay_out();
        Ok(())
    }

    /// Strings a line between a seat and the next.
    fn string(&mut self, wire: usize, parties: &Parties, terms: &TermsIn) -> [Place; 2] {
        let openings = parties.openings(&*self.scheme, terms);
        let low = usize::from(self.fate.chance(500));
        let sides = parties.sides();
        let liar_at = self.options.lie.map(|_| self.seats.len() - 1);
        let place = |end: usize| {
            let of = if end == low { 0 } else { 1 };
            Place { seat: wire + end, opening: openings[of].clone(), side: sides[of].clone() }
        };
        let places = [place(0), place(1)];
        let ends = [0, 1].map(|end: usize| End::new(wire + end, places[end].side.id(), liar_at == Some(wire + end)));
        self.wires.push(Wire::new(parties.line, ends, self.now));
        places
    }

    fn open_seat(&mut self, seat: usize, places: Vec<(usize, Place)>) {
        let now = self.seats[seat].clock.shows(self.now);
        for (wire, place) in &places {
            let keys = LineKeys { log: place.side.log.clone(), holder: place.side.holder.clone() };
            let line = self.wires[*wire].line;
            self.seats[seat].keys.insert((line, Generation::FIRST), keys);
            self.seats[seat].parties.insert(line, place.side.party.clone());
        }
        let lies = self.options.lie.filter(|_| seat == self.seats.len() - 1);
        if let Some(lie) = lies {
            let (_, place) = places.into_iter().next().expect("the last seat has one line");
            let liar = Liar::new(Arc::clone(&self.scheme), lie, place.side, place.opening, self.options.seed);
            self.seats[seat].process = Process::Liar(liar);
            return;
        }
        let mut node = Node::new(Arc::clone(&self.scheme));
        let Seat { dice, keys, .. } = &mut self.seats[seat];
        for (_, place) in places {
            let line = place.side.certificate.line();
            node.open_line(now, dice.rng(), place.opening, keys[&(line, Generation::FIRST)].clone(), "the other side")
                .expect("a good opening");
        }
        if let Some(plant) = self.options.plant.and_then(Bug::in_node) {
            node.danger_plant(plant);
        }
        let seat = &mut self.seats[seat];
        (seat.disk.bugs, seat.disk.rows.forget_early) = self.options.plant.map(disk_bugs).unwrap_or_default();
        // The first input of each line is its opening.
        (0..keys_of(seat)).for_each(|number| seat.books.accepted(number, false));
        seat.process = Process::Node(node);
    }

    fn lay_out(&mut self) {
        let length_us = self.fate.between(31, 36) * MINUTE_US;
        self.schedule(length_us, Event::Peace);
        for wire in 0..self.wires.len() {
            for end in 0..2 {
                let seat = self.wires[wire].ends[end].seat;
                self.schedule(CALM_US + self.fate.clone().between(0, SECOND_US), Event::Officer { seat, wire });
            }
        }
        for seat in 0..self.seats.len() {
            self.schedule(CALM_US, Event::Snapshot { seat });
        }
        if self.options.wants_restore() {
            let after_us = self.fate.clone().between(8 * MINUTE_US, 20 * MINUTE_US);
            self.schedule(after_us, Event::Fault { fault: Fault::Restore, at: self.seats.len() - 2 });
        }
        let timed: Vec<(Fault, i64)> = self.faults.timed().collect();
        for (fault, every_us) in timed {
            let many = if fault.is_of_node() { self.seats.len() } else { self.wires.len() };
            for at in 0..many {
                let after_us = CALM_US + self.fate.wait_us(every_us);
                self.schedule(after_us, Event::Fault { fault, at });
            }
        }
    }

    /// When an officer of a line does the next thing: mostly at a steady pace, now and then many at once.
    pub(super) fn next_officer_us(&mut self) -> i64 {
        if self.load.chance(60) { self.load.between(1, 200_000) } else { self.load.wait_us(OFFICER_EVERY_US) }
    }
}

fn keys_of(seat: &Seat) -> u64 {
    seat.keys.len() as u64
}

fn disk_bugs(bug: Bug) -> (DiskBugs, bool) {
    let bugs = DiskBugs {
        ack_undurable: bug == Bug::DiskAcksEarly,
        lose_last: bug == Bug::DiskLosesLast,
        lose_book: bug == Bug::DiskLosesBook,
        torn: bug == Bug::DiskTears,
        swapped: bug == Bug::DiskSwaps,
    };
    (bugs, bug == Bug::DiskForgetsEarly)
}
