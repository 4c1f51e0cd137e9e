//! What the link hears: foreign bytes, judged one frame at a time.

use detente_types::{Generation, Timestamp};
use detente_wire::Frame;
use detente_wire::frame::{FrameFault, Hello, Part, decode};

use crate::config::NOTE_BYTES_MAX;
use crate::early::EarlyIn;
use crate::event::{DownReason, Event, LinkFault};
use crate::link::{Link, cut_short};
use crate::parts::check_part;
use crate::receive::{Inbox, Taken};
use crate::session::{State, judge};
use crate::timers::Resend;

impl Link {
    /// A frame from the bearer. What is wrong with it comes out as a count or as [`Event::Fault`].
    pub fn handle_frame(&mut self, now: Timestamp, bytes: &[u8]) {
        self.tick(now);
        self.counters.frames_in += 1;
        self.counters.bytes_in += bytes.len() as u64;
        if matches!(self.state, State::Down { .. } | State::Leaving { .. }) {
            self.counters.dropped += 1;
            return;
        }
        let heard = match decode(bytes, self.peer.channel_in(&self.config)) {
            Ok(frame) => self.hear(now, frame),
            Err(FrameFault::Damaged | FrameFault::Length { .. }) => {
                self.counters.damaged += 1;
                Ok(())
            }
            Err(FrameFault::Unknown) => {
                Err(LinkFault::UnknownFrame { version: self.version().unwrap_or(self.config.version_max) })
            }
        };
        if let Err(fault) = heard {
            self.counters.faults += 1;
            self.events.push_back(Event::Fault(fault));
        }
    }

    fn hear(&mut self, now: Timestamp, frame: Frame) -> Result<(), LinkFault> {
        if let Frame::Hello(hello) = frame {
            return self.hear_hello(now, hello);
        }
        if matches!(self.state, State::Greeting { .. }) {
            self.counters.dropped += 1;
            return Ok(());
        }
        match frame {
            Frame::Hello(_) => {}
            Frame::Part(part) => return self.hear_part(now, part),
            Frame::Checkpoint(note) => self.events.push_back(Event::Checkpoint(note.into())),
            Frame::Cosignature(note) => self.events.push_back(Event::Cosignature(note.into())),
            Frame::Ping(number, clock_us) => self.pulse.asked(number, clock_us),
            Frame::Pong(number, echo_us, clock_us) => {
                self.events.extend(self.pulse.answered(now, number, echo_us, clock_us));
            }
            Frame::Evidence(bytes) if bytes.len() > NOTE_BYTES_MAX || !self.evidence.hear(&bytes) => {}
            Frame::Evidence(bytes) => self.events.push_back(Event::Evidence(bytes.into())),
            Frame::Blind(stream, place, bytes) => self.blind.hear(now, stream, place, bytes.into(), &mut self.events),
            Frame::BlindTaken(stream, place) => self.blind.acknowledged(now, stream, place, &mut self.patience),
            Frame::Bye(code, text) => self.end(DownReason::Bye { code, text: cut_short(&text) }),
        }
        Ok(())
    }

    fn hear_hello(&mut self, now: Timestamp, hello: Hello) -> Result<(), LinkFault> {
        let version = judge(&self.config, &hello)?;
        self.peer.hear(&hello);
        let greeting = matches!(self.state, State::Greeting { .. });
        if hello.answers != self.config.session || (greeting && !hello.holds) {
            self.answer_hello(now);
        } else if greeting || (self.peer.is_reborn(&hello) && !self.peer.is_another(&hello)) {
            self.meet(now, hello, version);
        } else if self.peer.is_another(&hello) {
            self.end(DownReason::PeerRestarted);
        } else {
            self.refresh(now, hello);
        }
        Ok(())
    }

    fn answer_hello(&mut self, now: Timestamp) {
        match &mut self.state {
            State::Greeting { hello, .. } => *hello = Resend::due(),
            _ => self.reply.again(now),
        }
    }

    /// Both ends have heard each other: the caller judges the peer's hello, and everything that was not sure to arrive
    /// starts anew.
    fn meet(&mut self, now: Timestamp, hello: Hello, version: u16) {
        self.peer.meet(hello.clone(), version, &self.told);
        self.state = State::Met;
        self.pulse.start(now);
        self.early_in = EarlyIn::default();
        self.early_out.restart();
        self.evidence.restart();
        self.blind.restart();
        self.cosign.now();
        if let (Some((own, _)), Some((copy, _))) = (self.told.whole_own(), &self.told.copy) {
            self.inbox = Inbox::new(copy.generation, copy.size, self.config.window_bytes);
            self.back_inbox = Inbox::new(own.generation, own.size, self.config.window_bytes);
        }
        if hello.asks {
            self.reply.now();
        }
        if self.up_since.is_none() {
            self.up_since = Some(now);
            self.events.push_back(Event::Up);
        }
        self.events.push_back(Event::Hello(hello));
    }

    /// The same peer again: its answer to us got lost, or its log has taken back what we gave.
    fn refresh(&mut self, now: Timestamp, hello: Hello) {
        if hello.asks {
            self.reply.again(now);
        }
        if let State::Open(streams) = &mut self.state
            && let Some(back) = &mut streams.back
            && back.generation() == hello.own.generation
        {
            back.acknowledge(now, hello.own.size, &mut self.patience);
            streams.back.take_if(|back| back.is_done());
        }
        if self.told.own.as_ref().is_some_and(|(own, _)| own.generation == hello.copy.generation) {
            self.acknowledged_anew(hello.copy.size);
        }
        if self.peer.hello.as_ref().is_some_and(|known| known.revocations != hello.revocations) {
            self.events.push_back(Event::Revocations(hello.revocations.clone()));
        }
        let copy = hello.copy;
        if self.told.own.as_ref().is_some_and(|(own, _)| own.generation < copy.generation) {
            self.events.push_back(Event::Begun { generation: copy.generation, size: copy.size });
        }
        self.peer.refresh(hello, self.told.own.as_ref().map(|(head, _)| head.generation));
    }

    fn hear_part(&mut self, now: Timestamp, part: Part) -> Result<(), LinkFault> {
        check_part(&part)?;
        if part.own && !part.early {
            self.compare_lives(now, part.generation);
        }
        let open = matches!(self.state, State::Open(_));
        let met = matches!(self.state, State::Met);
        let held = matches!(self.state, State::Held);
        let taken = match (part.early, part.own) {
            (true, _) => self.hear_early(now, part)?,
            (false, true) if open || met => self.hear_entry(now, part)?,
            (false, false) if open || held => self.hear_given_back(now, part)?,
            _ => Taken::Dropped,
        };
        match taken {
            Taken::Kept => {}
            Taken::Duplicate => self.counters.duplicates += 1,
            Taken::Dropped => self.counters.dropped += 1,
        }
        Ok(())
    }

    fn hear_early(&mut self, now: Timestamp, part: Part) -> Result<Taken, LinkFault> {
        let (generation, index) = (part.generation, part.index);
        if self.inbox.is_past(generation, index) {
            // Filed already, unless its author put two entries at one place: the caller compares.
            self.tell_progress_again(now);
        }
        let (taken, whole) = self.early_in.take(part)?;
        if let Some(packed) = whole {
            self.events.push_back(Event::Entry { generation, index, packed, early: true });
        }
        Ok(taken)
    }

    /// An entry of a life that is over for our copy shows that the news of this got lost; one of a later life than the peer's
    /// hello named, that its next hello did.
    fn compare_lives(&mut self, now: Timestamp, generation: Generation) {
        self.peer.carries(generation);
        if generation < self.inbox.generation() || self.peer.is_outdated() {
            self.reply.again(now);
        }
    }

    fn hear_entry(&mut self, now: Timestamp, part: Part) -> Result<Taken, LinkFault> {
        let taken = self.inbox.take(part)?;
        if taken == Taken::Duplicate {
            self.tell_progress_again(now);
        }
        if self.is_open() {
            self.hand_on();
        }
        Ok(taken)
    }

    /// An entry that comes again shows that what told of our copy got lost: our cosignature, and a hello where that goes less
    /// far.
    fn tell_progress_again(&mut self, now: Timestamp) {
        self.cosign.again(now);
        if self.copy_is_ahead {
            self.reply.again(now);
        }
    }

    /// Hands on what is next in the peer's log; what came before the caller has judged the hello waits for this.
    pub(crate) fn hand_on(&mut self) {
        let generation = self.inbox.generation();
        while let Some((index, packed)) = self.inbox.pop() {
            self.events.push_back(Event::Entry { generation, index, packed, early: false });
        }
    }

    /// Nothing is taken back beyond what the peer's hello claimed to hold.
    fn hear_given_back(&mut self, now: Timestamp, part: Part) -> Result<Taken, LinkFault> {
        let claimed = self.told.own.as_ref().map_or(0, |(own, _)| self.peer.ahead_to(own));
        if part.index >= claimed {
            return Ok(Taken::Dropped);
        }
        let taken = self.back_inbox.take(part)?;
        if taken == Taken::Duplicate {
            self.reply.again(now);
        }
        let generation = self.back_inbox.generation();
        while let Some((index, packed)) = self.back_inbox.pop() {
            self.events.push_back(Event::GivenBack { generation, index, packed });
        }
        Ok(taken)
    }
}
