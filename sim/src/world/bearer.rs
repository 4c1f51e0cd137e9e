//! Bearers: dialling, frames and what befalls them.

use detente_node::Input;
use detente_types::statement::CertificateIn;
use detente_types::{Generation, LineId};
use detente_wire::codec;

use super::{Event, World};
use crate::fault::Fault;
use crate::invariant::Check;
use crate::invariant::audible::Sent;
use crate::planted::Bug;
use crate::seat::Process;

const SECOND_US: i64 = 1_000_000;
/// Frames of earlier bearers that are kept for each end.
const STALE_MAX: usize = 8;

impl World {
    /// The line and the end that a seat calls by a name.
    pub(super) fn end_at(&self, seat: usize, line: &LineId) -> (usize, usize) {
        let wire = self.wires.iter().position(|wire| wire.line == *line).expect("nodes know their own lines only");
        (wire, self.wires[wire].end_of(seat).expect("nodes are at an end of their lines"))
    }

    pub(super) fn dial(&mut self, wire: usize, end: usize) -> Check {
        let other = self.wires[wire].ends[1 - end].seat;
        if self.now < self.wires[wire].cut_until || !self.seats[other].process.is_up() {
            let after_us = self.net.between(1_000, SECOND_US);
            self.schedule(after_us, Event::Missed { wire, end });
            return Ok(());
        }
        self.wires[wire].bearer += 1;
        let bearer = self.wires[wire].bearer;
        for end in 0..2 {
            let after_us = self.net.between(self.faults.delay_us.0, self.faults.delay_us.1);
            self.schedule(after_us, Event::Up { wire, end, bearer });
        }
        Ok(())
    }

    pub(super) fn missed(&mut self, wire: usize, end: usize) -> Check {
        if self.wires[wire].ends[end].up {
            return Ok(());
        }
        let (seat, line) = (self.wires[wire].ends[end].seat, self.wires[wire].line);
        self.input(seat, Input::Disconnected(line))
    }

    pub(super) fn bearer_up(&mut self, wire: usize, end: usize, bearer: u64) -> Check {
        let seat = self.wires[wire].ends[end].seat;
        if self.wires[wire].bearer != bearer || !self.seats[seat].process.is_up() {
            return Ok(());
        }
        self.wires[wire].ends[end].up = true;
        let line = self.wires[wire].line;
        self.input(seat, Input::Connected(line))
    }

    pub(super) fn bearer_down(&mut self, wire: usize, end: usize, bearer: u64) -> Check {
        if !self.wires[wire].ends[end].up || self.wires[wire].bearer != bearer {
            return Ok(());
        }
        self.wires[wire].ends[end].up = false;
        let (seat, line) = (self.wires[wire].ends[end].seat, self.wires[wire].line);
        self.input(seat, Input::Disconnected(line))
    }

    /// A node drops its bearer. It is told at once, the other end a little later.
    pub(super) fn hang_up(&mut self, seat: usize, line: &LineId) {
        let (wire, end) = self.end_at(seat, line);
        self.wires[wire].ends[end].up = false;
        let Self { seats, now, .. } = self;
        let machine = &mut seats[seat];
        machine.process.handle(machine.clock.shows(*now), &mut machine.dice, Input::Disconnected(*line));
        let bearer = self.wires[wire].bearer;
        let after_us = self.net.between(1_000, SECOND_US);
        self.schedule(after_us, Event::Down { wire, end: 1 - end, bearer });
    }

    /// A node sends a frame: it is looked at, and then given to chance.
    pub(super) fn send(&mut self, seat: usize, line: LineId, bytes: Vec<u8>) -> Check {
        let (wire, end) = self.end_at(seat, &line);
        self.overhear(wire, end, &bytes)?;
        if !self.wires[wire].ends[end].up {
            return Ok(());
        }
        if self.now < self.wires[wire].deaf_until[end] || self.net.chance(self.faults.loss) {
            self.count(Fault::Loss);
            return Ok(());
        }
        if self.net.chance(self.faults.duplicate) {
            self.count(Fault::Duplicate);
            self.carry(wire, end, bytes.clone());
        }
        self.carry(wire, end, bytes);
        Ok(())
    }

    fn carry(&mut self, wire: usize, end: usize, mut bytes: Vec<u8>) {
        let (low, high) = self.faults.delay_us;
        let mut after_us = self.net.between(low, high);
        if self.net.chance(self.faults.reorder) {
            self.count(Fault::Reorder);
            after_us += self.net.between(0, 3 * SECOND_US);
        }
        if self.net.chance(self.faults.corrupt) {
            self.count(Fault::Corrupt);
            self.damage(&mut bytes);
        }
        if self.options.plant == Some(Bug::CarrierMute) && bytes.len() > 2_000 {
            return;
        }
        let bearer = self.wires[wire].bearer;
        self.schedule(after_us, Event::Frame { wire, end: 1 - end, bearer, bytes });
    }

    fn damage(&mut self, bytes: &mut Vec<u8>) {
        if self.net.chance(200) {
            let kept = self.net.below(bytes.len() as u64) as usize;
            bytes.truncate(kept);
            return;
        }
        for _ in 0..self.net.between(1, 4).min(bytes.len() as i64) {
            let bit = self.net.below(bytes.len() as u64 * 8) as usize;
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }

    pub(super) fn frame(&mut self, wire: usize, end: usize, bearer: u64, bytes: Vec<u8>) -> Check {
        let here = &self.wires[wire].ends[end];
        let (seat, line, up) = (here.seat, self.wires[wire].line, here.up);
        if bearer != self.wires[wire].bearer {
            return self.stale(wire, end, bytes);
        }
        if !up || !self.seats[seat].process.is_up() {
            return Ok(());
        }
        self.input(seat, Input::Frame(line, bytes))?;
        match self.wires[wire].stale[end].pop() {
            Some(late) if self.net.chance(self.faults.late) => {
                self.count(Fault::Late);
                self.input(seat, Input::Frame(line, late))
            }
            _ => Ok(()),
        }
    }

    /// A frame of an earlier bearer is kept, to come late.
    fn stale(&mut self, wire: usize, end: usize, bytes: Vec<u8>) -> Check {
        let kept = &mut self.wires[wire].stale[end];
        if kept.len() == STALE_MAX {
            kept.remove(0);
        }
        kept.push(bytes);
        Ok(())
    }

    /// What an honest node sends is checked against its disk.
    fn overhear(&mut self, wire: usize, end: usize, bytes: &[u8]) -> Check {
        let (seat, other) = (self.wires[wire].ends[end].seat, self.wires[wire].ends[1 - end].seat);
        let Some(frame) = self.wires[wire].overhear(end, bytes) else { return Ok(()) };
        self.trace(|| format!("   wire {wire} end {end} says {}", told(&frame)));
        if matches!(self.seats[seat].process, Process::Liar(_)) {
            return Ok(());
        }
        let (disk, other) = (&self.seats[seat].disk.rows, &self.seats[other].disk.rows);
        let markers = &self.markers;
        Sent { now: self.now, wire: &mut self.wires[wire], end, disk, other, markers }.check(frame)
    }
}

/// The generation that a hello's certificate is for.
fn newest(certificate: &[u8]) -> Option<Generation> {
    codec::decode::<CertificateIn>(certificate, "certificate").ok().map(|certificate| certificate.generation)
}

/// A frame for a trace.
fn told(frame: &detente_wire::Frame) -> String {
    use detente_wire::Frame;
    match frame {
        Frame::Hello(hello) => format!(
            "hello session {:x} answers {:x} own {} of {} copy {} of {} early {} holds {} asks {} newest {}",
            hello.session,
            hello.answers,
            hello.own.size,
            hello.own.generation,
            hello.copy.size,
            hello.copy.generation,
            hello.early.len(),
            hello.holds,
            hello.asks,
            newest(&hello.newest).map_or_else(String::new, |newest| newest.to_string())
        ),
        Frame::Part(part) => {
            let (of, own, early) = (part.generation, part.own, part.early);
            format!("part {} of entry {} of {of} (own {own}, early {early})", part.part, part.index)
        }
        Frame::Checkpoint(note) => format!("checkpoint {:?}", crate::invariant::audible::read_note(note).map(|said| said.size())),
        Frame::Cosignature(note) => {
            format!("cosignature {:?}", crate::invariant::audible::read_note(note).map(|said| said.size()))
        }
        Frame::Ping(..) => "ping".into(),
        Frame::Pong(..) => "pong".into(),
        Frame::Evidence(_) => "evidence".into(),
        Frame::Bye(code, text) => format!("bye {code} {text}"),
        Frame::Blind(stream, place, bytes) => format!("message {place} of {} bytes of blind run {stream:x}", bytes.len()),
        Frame::BlindTaken(stream, place) => format!("blind run {stream:x} is taken below {place}"),
    }
}
