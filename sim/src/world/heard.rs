//! What processes tell, and what their disks gain: looked at as it comes. And what officers do in front of them.

use detente_node::blind::BlindNews;
use detente_node::{By, Line};
use detente_node::{Command, CommandFault, Event as NodeEvent, What};
use detente_types::statement::StatementIn;
use detente_types::{Generation, StatementRef};
use detente_wire::Body;
use detente_wire::codec::from_body;

use super::{Event, World};
use crate::invariant::{Check, agree, convicted, ensure, lives, manners};
use crate::liar::blame;
use crate::officer::Desk;
use crate::report::Figures;
use crate::rows::LogRows;
use crate::seat::{Mark, Process, Seat};

/// So many new entries are looked at together: comparing both sides goes through all conflicts.
const COMPARE_EVERY: u64 = 24;

impl World {
    /// A node tells something.
    pub(super) fn heard(&mut self, seat: usize, event: NodeEvent) -> Check {
        self.trace(|| format!("   seat {seat}: {:?}", event.what));
        let Some(line) = event.line else { return self.heard_of_node(seat, &event.what) };
        let (wire, end) = self.end_at(seat, &line);
        manners::honest_never_accused(&self.wires[wire], end, &event.what)?;
        if self.wires[wire].ends[1 - end].lies {
            name(&mut self.figures, &event.what);
            self.options.lie.map_or(Ok(()), |lie| blame::check(lie, &event.what))?;
        }
        match &event.what {
            What::Renewed(_) => self.figures.renewed += 1,
            What::Blind(BlindNews::Began(_)) => self.matched = self.now,
            What::SafetyEarly(_) => self.figures.early += 1,
            What::Cosigned(size) => self.told_cosigned(seat, wire, end, *size)?,
            _ => {}
        }
        self.seats[seat].debts.entry(wire).or_default().hear(&event.what)?;
        let now = self.now;
        let whole = line_of(&self.seats[seat], &line).is_some_and(|line| line.unsettled() == 0 && !line.is_recovering());
        let recovers = line_of(&self.seats[seat], &line).is_some_and(Line::is_recovering);
        self.seats[seat].alarms.entry(wire).or_default().take(now, &event.what, whole, recovers)
    }

    fn heard_of_node(&mut self, seat: usize, what: &What) -> Check {
        match what {
            What::Booked(number) => {
                let there = self.seats[seat].disk.rows.book_size() > *number;
                told_when_durable(there, || format!("input {number} is told to be in the book"))?;
                self.seats[seat].books.booked(*number);
                self.seats[seat].mark.take_if(|mark| *mark == Mark::Booked(*number));
            }
            What::DiskFailed(_) => {
                let life = self.seats[seat].life;
                self.schedule(1_000, Event::Crash { seat, life, saved: false });
            }
            _ => {}
        }
        Ok(())
    }

    fn told_cosigned(&self, seat: usize, wire: usize, end: usize, size: u64) -> Check {
        let (rows, author) = (&self.seats[seat].disk.rows, &self.wires[wire].ends[end]);
        let own = self.wires[wire].log_of(end, rows.newest(self.wires[wire].line, author.party));
        let noted = rows.noted(&own, detente_node::port::NoteRole::Cosignature);
        told_when_durable(noted >= size, || format!("{size} entries are told to be cosigned"))
    }

    /// Looks at a seat after it did something.
    pub(super) fn look_at(&mut self, seat: usize) -> Check {
        for wire in 0..self.wires.len() {
            let Some(end) = self.wires[wire].end_of(seat) else { continue };
            if let Some(alarms) = self.seats[seat].alarms.get_mut(&wire) {
                alarms.check_rung()?;
            }
            let Some(line) = line_of(&self.seats[seat], &self.wires[wire].line) else { continue };
            let (unsettled, held) = (line.unsettled(), line.held());
            let rows = &self.seats[seat].disk.rows;
            let own = self.wires[wire].log_of(end, rows.newest(self.wires[wire].line, self.wires[wire].ends[end].party));
            let size = rows.log(&own).map_or(0, LogRows::size) + unsettled;
            let acknowledged = rows.noted(&own, detente_node::port::NoteRole::Cosignature);
            manners::memory_is_bounded(&held, size.saturating_sub(acknowledged))?;
            self.compare(wire, end, COMPARE_EVERY)?;
        }
        Ok(())
    }

    /// Compares both sides of a line, where both are up.
    pub(super) fn compare(&mut self, wire: usize, end: usize, step: u64) -> Check {
        let total = |end: usize| {
            let wire = &self.wires[wire];
            let rows = &self.seats[wire.ends[end].seat].disk.rows;
            rows.total(wire.line, wire.ends[end].party)
        };
        // The heads of nodes are roots that they hash anew: sizes come first.
        let (totals, compared) = ([total(0), total(1)], self.wires[wire].compared);
        if totals.iter().sum::<u64>().saturating_sub(compared) < step {
            return Ok(());
        }
        let wire = &mut self.wires[wire];
        let line = wire.line;
        let lines = [end, 1 - end].map(|end| line_of(&self.seats[wire.ends[end].seat], &line));
        match lines {
            [Some(a), Some(b)] if agree::are_equal([a, b]) => {
                wire.compared = totals.iter().sum();
                agree::equal_prefixes_agree(if end == 0 { [a, b] } else { [b, a] })
            }
            _ => Ok(()),
        }
    }

    /// Looks at what a disk has gained.
    pub(super) fn look_at_rows(&mut self, seat: usize) -> Check {
        let Seat { books, disk, .. } = &mut self.seats[seat];
        books.read(&disk.rows)?;
        for wire in 0..self.wires.len() {
            if let Some(end) = self.wires[wire].end_of(seat) {
                self.look_at_log(seat, wire, end)?;
                self.check_kept(wire)?;
                self.look_at_lives(seat, wire, end)?;
                self.look_at_evidence(seat, wire)?;
            }
        }
        Ok(())
    }

    fn look_at_log(&mut self, seat: usize, wire: usize, end: usize) -> Check {
        let (line, author) = (self.wires[wire].line, self.wires[wire].ends[end].party);
        let generations: Vec<_> = self.seats[seat].disk.rows.generations(line, author).collect();
        generations.into_iter().try_for_each(|generation| self.look_at_life(seat, (wire, end), generation))
    }

    fn look_at_lives(&mut self, seat: usize, wire: usize, end: usize) -> Check {
        let wire = &self.wires[wire];
        let mut ends = core::mem::take(&mut self.seats[seat].ends);
        let (disk, other) = (&self.seats[seat].disk.rows, &self.seats[wire.ends[1 - end].seat].disk.rows);
        let checked = lives::check(wire, end, disk, other, &mut ends);
        self.seats[seat].ends = ends;
        checked
    }

    fn look_at_evidence(&mut self, seat: usize, wire: usize) -> Check {
        let Seat { disk, convicted, .. } = &mut self.seats[seat];
        let looked = convicted.entry(wire).or_default();
        let wire = &self.wires[wire];
        for bytes in disk.rows.evidence(wire.line).skip(*looked).filter(|_| wire.is_broken()) {
            *looked += 1;
            convicted::check(&*self.scheme, wire, bytes)?;
        }
        Ok(())
    }

    fn look_at_life(&mut self, seat: usize, (wire, end): (usize, usize), generation: Generation) -> Check {
        let Seat { disk, debts, looked, alarms, books, keys, .. } = &mut self.seats[seat];
        let wires = &self.wires[wire];
        let looked = looked.entry((wire, generation)).or_default();
        let name = wires.log_of(end, generation);
        let Some(log) = disk.rows.log(&name) else { return Ok(()) };
        *looked = (*looked).min(log.size());
        while *looked < log.size() {
            let (hash, row) = (log.hash(*looked), log.row(*looked));
            if let (Some(hash), Some(detente_node::port::Write::Entry { body, leaf, .. })) = (hash, row) {
                if wires.ends[end].restored.is_some()
                    && let Some(keys) = keys.get(&(wires.line, generation))
                {
                    lives::own_entry(&*self.scheme, &keys.log.public(), leaf, *looked)?;
                }
                let said = Body::decode(body).ok().and_then(|body| from_body(&body).ok());
                if let Some(StatementIn::SafetyAction(action)) = &said {
                    alarms.entry(wire).or_default().acted(action.of);
                }
                if let Some(StatementIn::Notice(_)) = &said
                    && wires.ends[end].restored.is_none()
                {
                    let (_, author, generation) = name;
                    books.notice(&StatementRef { author, generation, index: *looked, hash })?;
                }
                if let Some(said) = said {
                    debts.entry(wire).or_default().take(hash, &said, wires, end, &disk.rows)?;
                }
            }
            *looked += 1;
        }
        Ok(())
    }

    /// An officer of a line does something.
    pub(super) fn officer(&mut self, seat: usize, wire: usize) -> Check {
        if self.peace.is_some() {
            return Ok(());
        }
        let after_us = self.next_officer_us();
        self.schedule(after_us, Event::Officer { seat, wire });
        if matches!(self.seats[seat].process, Process::Liar(_)) {
            return Ok(());
        }
        if let Some(command) = self.think_of_blind(seat, wire) {
            self.trace(|| format!("   seat {seat} on wire {wire} asks: {command:?}"));
            self.command(seat, wire, command)?;
        }
        let Some(command) = self.think(seat, wire) else { return Ok(()) };
        self.trace(|| format!("   seat {seat} on wire {wire} asks: {command:?}"));
        self.command(seat, wire, command)
    }

    fn think(&mut self, seat: usize, wire: usize) -> Option<Command> {
        let Seat { process, officers, alarms, clock, .. } = &mut self.seats[seat];
        let line = process.node()?.line(&self.wires[wire].line)?;
        let ringing = alarms.get(&wire).map(|alarms| alarms.ringing()).unwrap_or_default();
        let now = clock.shows(self.now);
        let mut desk = Desk { now, seat, line, ringing, markers: &mut self.markers, inputs: &mut self.inputs };
        officers.entry(wire).or_default().act(&mut self.load, &mut desk)
    }

    /// What an officer does about blind runs, beside all else.
    fn think_of_blind(&mut self, seat: usize, wire: usize) -> Option<Command> {
        if !self.options.has_blind() || !self.blind.chance(40) {
            return None;
        }
        let line = self.seats[seat].process.node()?.line(&self.wires[wire].line)?;
        let conflicts: Vec<_> = line.blind_conflicts().iter().map(|conflict| conflict.id).collect();
        let now = self.seats[seat].clock.shows(self.now);
        match self.blind.below(6) {
            0 => self.blind.pick(&conflicts).map(|conflict| Command::AskBlind { conflict: *conflict, reason: None }),
            1 => line.blind(now, 1).under_way.first().map(|under| Command::StopBlind(under.run)),
            2 => self.blind.pick(&conflicts).map(|conflict| Command::ShowBlind(*conflict)),
            _ => Some(Command::RunBlind(None)),
        }
    }

    fn command(&mut self, seat: usize, wire: usize, command: Command) -> Check {
        let by = By { desk: Some("Watch".into()), officer: Some("Officer A".into()) };
        let line = self.wires[wire].line;
        let Seat { process, clock, dice, books, .. } = &mut self.seats[seat];
        let Process::Node(node) = process else { return Ok(()) };
        match node.command(clock.shows(self.now), dice.rng(), line, &by, command) {
            Ok(accepted) => {
                let stateable =
                    accepted.stated.is_some() || accepted.note.as_deref().is_some_and(|note| note.starts_with("waits"));
                books.accepted(accepted.book, stateable);
            }
            Err(fault) => *self.figures.refused.entry(reason(&fault)).or_default() += 1,
        }
        self.work(seat)
    }
}

/// A line of a seat, when a node runs there.
pub(super) fn line_of<'a>(seat: &'a Seat, line: &detente_types::LineId) -> Option<&'a Line> {
    seat.process.node()?.line(line)
}

/// Nobody is told that something is kept before it is (PROTOCOL E7).
fn told_when_durable(there: bool, detail: impl FnOnce() -> String) -> Check {
    ensure(there, "told_when_durable", || format!("{}, and it is not on the disk", detail()))
}

/// Why a command was not taken, for the figures.
fn reason(fault: &CommandFault) -> String {
    match fault {
        CommandFault::Violations(violations) => violations.iter().map(|v| v.rule.to_string()).collect::<Vec<_>>().join(" "),
        CommandFault::NotFound { what, .. } => format!("no such {what}"),
        CommandFault::Disclosure(_) => "cannot be disclosed so".into(),
        CommandFault::TooLarge(_) => "too large".into(),
        CommandFault::DiskBehind => "disk behind".into(),
        CommandFault::DiskFull => "disk full".into(),
        CommandFault::DiskFailed => "disk failed".into(),
        CommandFault::Held | CommandFault::HeldForGood | CommandFault::Reopen(_) => "held".into(),
        CommandFault::NoSuchLine(_) => "no such line".into(),
        CommandFault::Change(_) => "no such change".into(),
        CommandFault::OtherPlan(_) => "another plan".into(),
    }
}

/// Counts what an honest node says of a liar.
fn name(figures: &mut Figures, what: &What) {
    let kind = match what {
        What::PeerFault(_) => "peer fault",
        What::Fork(..) => "fork",
        What::Unusable(..) => "unusable",
        What::SafetyFlood(_) => "safety flood",
        What::LineDown(_) => "line down",
        What::Recovering(_) => "recovering",
        What::Cosigned(_) => "cosigned",
        _ => return,
    };
    *figures.named.entry(kind.into()).or_default() += 1;
}
