//! What the link says next: urgent frames before bulk ones, at every frame (PROTOCOL F3, F5).

use detente_types::Timestamp;
use detente_wire::Frame;
use detente_wire::frame::encode;

use crate::event::Transmit;
use crate::link::Link;
use crate::session::State;

impl Link {
    /// The next frame for the bearer. Call until it gives none; stop sooner while the bearer is full.
    pub fn poll_transmit(&mut self, now: Timestamp) -> Option<Transmit> {
        self.tick(now);
        let urgent = self.urgent_frame(now);
        let (urgent, frame) = match urgent {
            Some(frame) => (true, frame),
            None => (false, self.bulk_frame(now)?),
        };
        let bytes = encode(&frame, self.peer.channel_out(&self.config));
        self.counters.frames_out += 1;
        self.counters.bytes_out += bytes.len() as u64;
        Some(Transmit { urgent, bytes })
    }

    fn urgent_frame(&mut self, now: Timestamp) -> Option<Frame> {
        match &mut self.state {
            State::Down { .. } => None,
            State::Leaving { bye } => bye.take().map(|(code, text)| Frame::Bye(code, text)),
            State::Greeting { hello, again } if !hello.is_due() => {
                let opening = again.then(|| self.early_out.next_opening(now, self.patience.first_us())).flatten();
                opening.map(Frame::Part)
            }
            State::Greeting { hello, .. } => {
                let frame = self.told.hello(now, &self.config, &self.peer, true, true)?;
                hello.sent(now, self.patience.first_us());
                Some(Frame::Hello(frame))
            }
            State::Met => self.reply_frame(now).or_else(|| self.pulse.next_frame(now)),
            State::Held | State::Open(_) => self
                .reply_frame(now)
                .or_else(|| self.early_out.next_part(now, self.patience.first_us()).map(Frame::Part))
                .or_else(|| self.cosign_frame(now))
                .or_else(|| self.pulse.next_frame(now)),
        }
    }

    fn bulk_frame(&mut self, now: Timestamp) -> Option<Frame> {
        if !matches!(self.state, State::Held | State::Open(_)) {
            return None;
        }
        let first_us = self.patience.first_us();
        let small = self.blind.next_acknowledgement(now).or_else(|| self.evidence.next_frame(now, first_us));
        small.or_else(|| match &mut self.state {
            State::Open(streams) => {
                let entries = streams.current().next_frame(now, &self.patience);
                // Who lets nothing be given to a peer that takes none says so by opening no stream.
                entries.or_else(|| self.blind.next_message(now, &self.patience))
            }
            _ => None,
        })
    }

    /// A hello within a meeting. While it is not sure that the other end is the one we met, it asks for an answer, again
    /// and again.
    fn reply_frame(&mut self, now: Timestamp) -> Option<Frame> {
        if !self.reply.is_due() {
            return None;
        }
        let holds = self.peer.is_sure();
        let asks = !holds || self.is_silent() || self.peer.is_outdated();
        self.reply.sent(now, asks.then(|| self.patience.first_us()));
        self.told.hello(now, &self.config, &self.peer, holds, asks).map(Frame::Hello)
    }

    fn cosign_frame(&mut self, now: Timestamp) -> Option<Frame> {
        if !self.cosign.is_due() || self.peer.is_recovering() {
            return None;
        }
        self.cosign.sent(now, None);
        (!self.cosignature.is_empty()).then(|| Frame::Cosignature(self.cosignature.clone().into()))
    }
}
