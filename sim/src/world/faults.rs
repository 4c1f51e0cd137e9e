//! What befalls nodes and lines.

use detente_types::Timestamp;

use super::{Event, World};
use crate::fault::Fault;
use crate::invariant::Check;
use crate::seat::{Doom, Mark, Process, Seat};

const SECOND_US: i64 = 1_000_000;

impl World {
    /// A fault happens, and the next of its kind is laid out.
    pub(super) fn befall(&mut self, fault: Fault, at: usize) -> Check {
        if self.peace.is_some() {
            return Ok(());
        }
        let every_us = fault.every_us().expect("it came by itself");
        let after_us = self.fate.wait_us(every_us).max(SECOND_US);
        self.schedule(after_us, Event::Fault { fault, at });
        if fault.is_of_node() {
            return self.befall_node(fault, at);
        }
        self.count(fault);
        let length_us = self.fate.between(5 * SECOND_US, 60 * SECOND_US);
        let until = self.now.plus_micros(length_us);
        let wire = &mut self.wires[at];
        match fault {
            Fault::OneWay => wire.deaf_until[usize::from(self.fate.chance(500))] = until,
            Fault::Silence => wire.deaf_until = [until; 2],
            Fault::Partition => wire.cut_until = until,
            _ => {}
        }
        if matches!(fault, Fault::Partition | Fault::Reconnect) {
            self.break_bearer(at);
        }
        Ok(())
    }

    fn break_bearer(&mut self, wire: usize) {
        let bearer = self.wires[wire].bearer;
        for end in 0..2 {
            let after_us = self.fate.between(0, SECOND_US);
            self.schedule(after_us, Event::Down { wire, end, bearer });
        }
    }

    fn befall_node(&mut self, fault: Fault, seat: usize) -> Check {
        if matches!(self.seats[seat].process, Process::Liar(_)) {
            return Ok(());
        }
        match fault {
            Fault::CrashLost => self.seats[seat].doom = Some(Doom::Crash { saved: false }),
            Fault::CrashSaved => self.seats[seat].doom = Some(Doom::Crash { saved: true }),
            Fault::DiskFailed => self.seats[seat].doom = Some(Doom::Fail { saved: self.fate.chance(500) }),
            Fault::DiskSlow => {
                let length_us = self.fate.between(SECOND_US, 20 * SECOND_US);
                self.seats[seat].slow_until = self.now.plus_micros(length_us);
            }
            Fault::DiskFull => {
                let disk = &mut self.seats[seat].disk;
                disk.room_bytes = Some(disk.rows.bytes() + self.fate.below(4_000));
                let length_us = self.fate.between(5 * SECOND_US, 90 * SECOND_US);
                self.schedule(length_us, Event::Room { seat });
            }
            Fault::Jump => self.set_clock(seat),
            Fault::Restore => return self.restore(seat),
            _ => {}
        }
        self.count(fault);
        Ok(())
    }

    fn set_clock(&mut self, seat: usize) {
        let by_us = self.fate.between(-60 * SECOND_US, 300 * SECOND_US);
        let now = self.now;
        let Seat { clock, alarms, tick_at, life, .. } = &mut self.seats[seat];
        clock.jump(by_us);
        alarms.values_mut().for_each(|alarms| alarms.clock_set(now));
        // Its timers are due earlier now: the next tick sets them anew.
        *tick_at = Some(now);
        let life = *life;
        self.schedule(0, Event::Tick { seat, life });
    }

    /// A machine gets an older state of its disk, unless its peers could not give back what was acknowledged.
    fn restore(&mut self, seat: usize) -> Check {
        let Some(rows) = self.fate.pick(&self.seats[seat].snapshots).cloned() else { return Ok(()) };
        let ends: Vec<(usize, usize)> =
            (0..self.wires.len()).filter_map(|wire| Some((wire, self.wires[wire].end_of(seat)?))).collect();
        let peers_whole = ends.iter().all(|(wire, end)| !self.wires[*wire].ends[1 - end].behind);
        // What was restored once has said all that a liar may use.
        let used =
            ends.iter().any(|(wire, end)| self.wires[*wire].is_broken() && self.wires[*wire].ends[*end].restored.is_some());
        if used {
            return Ok(());
        }
        if !peers_whole || !self.seats[seat].process.is_up() {
            return Ok(());
        }
        self.count(Fault::Restore);
        self.crash(seat, false)?;
        let now: Timestamp = self.now;
        for (wire, end) in ends {
            let end = &mut self.wires[wire].ends[end];
            (end.restored, end.behind) = (Some(now), true);
            // Some of what it made before may never have been heard, and is now.
            end.cosigned.notes.extend(rows.cosignatures().map(<[u8]>::to_vec));
        }
        let marked = self.options.marks_restores();
        let Seat { disk, books, alarms, debts, looked, doom, snapshots, mark, ends, convicted, .. } = &mut self.seats[seat];
        *mark = marked.then_some(Mark::Unread);
        ends.clear();
        convicted.clear();
        disk.restore(rows);
        books.restore(&disk.rows);
        alarms.values_mut().for_each(|alarms| alarms.restore());
        debts.values_mut().for_each(|debts| debts.forget());
        (*doom, *looked) = (None, std::collections::BTreeMap::new());
        snapshots.clear();
        Ok(())
    }
}
