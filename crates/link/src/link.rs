//! [`Link`]: what it is told, and what it gives back.

use std::collections::VecDeque;

use detente_types::{Generation, Head, Index, Timestamp};
use detente_wire::frame::FEATURE_BLIND;
use rand_core::CryptoRng;

use crate::blind::Blind;
use crate::config::{BYE_CHARS_MAX, CERTIFICATE_BYTES_MAX, Config, NOTE_BYTES_MAX, REPEAT_GAP_US, UP_LASTED_US};
use crate::early::{EarlyIn, EarlyOut};
use crate::event::{Counters, DownReason, Event, Plan};
use crate::evidence::Evidence;
use crate::marks::Marks;
use crate::pulse::Pulse;
use crate::receive::Inbox;
use crate::send::Outbox;
use crate::session::{Peer, State, Streams, Told};
use crate::timers::{Alarm, Paced, Patience, Redial, Resend, earliest};

/// The session between the two nodes of one line.
///
/// **Calling order.** After any input, and after the caller has told something, take [`Self::poll_event`] and
/// [`Self::poll_transmit`] in turn until neither gives anything: what is sent makes room for what is needed next. The
/// caller may stop taking frames while its bearer is full. Call [`Self::handle_timeout`] at [`Self::poll_timeout`].
///
/// **Time** must not run backwards: the caller derives it from a clock that is never set back.
///
/// **Durability.** The link is told of nothing that is not durable, and sends nothing that it was not told of. It greets
/// once both heads have been told ([`Self::set_own`], [`Self::set_copy`]).
#[derive(Debug)]
pub struct Link {
    pub(crate) config: Config,
    pub(crate) state: State,
    pub(crate) told: Told,
    pub(crate) peer: Peer,
    pub(crate) pulse: Pulse,
    /// The peer's log.
    pub(crate) inbox: Inbox,
    /// Our own log, given back.
    pub(crate) back_inbox: Inbox,
    pub(crate) early_in: EarlyIn,
    pub(crate) early_out: EarlyOut,
    pub(crate) evidence: Evidence,
    pub(crate) blind: Blind,
    /// Our hello, in a meeting: an answer, or news of our head.
    pub(crate) reply: Paced,
    pub(crate) cosignature: Vec<u8>,
    pub(crate) cosign: Paced,
    /// Our cosignature may say less of our copy than there is: of its end, or of the generation that it has begun. Only a hello
    /// tells that.
    pub(crate) copy_is_ahead: bool,
    pub(crate) patience: Patience,
    pub(crate) counters: Counters,
    pub(crate) events: VecDeque<Event>,
    redial: Redial,
    /// When this bearer's first meeting was.
    pub(crate) up_since: Option<Timestamp>,
    /// The newest time that the caller has named.
    clock: Timestamp,
}

impl Link {
    /// A link without a bearer. Its first event is [`Event::Dial`].
    pub fn new(config: Config) -> Self {
        let window_bytes = config.window_bytes;
        Self {
            state: State::Down { dial: Alarm::default() },
            told: Told::default(),
            peer: Peer::default(),
            pulse: Pulse::new(&config),
            inbox: Inbox::new(Generation::FIRST, 0, window_bytes),
            back_inbox: Inbox::new(Generation::FIRST, 0, window_bytes),
            early_in: EarlyIn::default(),
            early_out: EarlyOut::default(),
            evidence: Evidence::default(),
            blind: Blind::default(),
            reply: Paced::default(),
            cosignature: Vec::new(),
            cosign: Paced::default(),
            copy_is_ahead: false,
            patience: Patience::default(),
            counters: Counters::default(),
            events: VecDeque::from([Event::Dial]),
            redial: Redial::default(),
            up_since: None,
            clock: Timestamp::from_micros(0),
            config,
        }
    }

    /// A bearer to the peer is there, or a new session begins on the old one.
    ///
    /// Call it only once whatever an earlier session delivered is durable and told, or dropped for good: the hello tells
    /// the peer how much of its log we hold, and by that it judges whether it was rolled back (PROTOCOL S4).
    pub fn handle_connected(&mut self, now: Timestamp) {
        self.clock = now;
        self.end(DownReason::Replaced);
        self.up_since = None;
        self.state = State::Greeting { hello: Resend::due(), again: false };
        self.pulse.listen(now);
    }

    /// The bearer is gone, or dialling failed: dial again after a while.
    pub fn handle_disconnected(&mut self, now: Timestamp, rng: &mut dyn CryptoRng) {
        self.clock = now;
        if self.up_since.is_some_and(|since| now.since(since) >= UP_LASTED_US) {
            self.redial.reset();
        }
        self.end(DownReason::Lost);
        self.up_since = None;
        let dial = Alarm::at(now.plus_micros(self.redial.next_us(rng)));
        self.state = State::Down { dial };
    }

    /// The time of [`Self::poll_timeout`] has come. Nothing happens when it has not.
    pub fn handle_timeout(&mut self, now: Timestamp, rng: &mut dyn CryptoRng) {
        self.clock = now;
        match &mut self.state {
            State::Down { dial } => {
                if dial.expire(now) {
                    self.events.push_back(Event::Dial);
                }
                return;
            }
            State::Leaving { .. } => return,
            State::Greeting { hello, .. } => hello.expire(now),
            State::Met | State::Held => {}
            State::Open(streams) => {
                let lost = streams.both().filter_map(|outbox| outbox.expire(now).then_some(())).count();
                self.counters.resends += lost as u64;
            }
        }
        self.reply.expire(now);
        self.cosign.expire(now);
        self.early_out.expire(now);
        self.evidence.expire(now);
        self.blind.expire(now);
        if self.pulse.expire(now, rng) {
            self.events.push_back(Event::Silent);
            // On a bearer that is never down, another process may have taken the peer's place unheard.
            self.reply.now();
        }
    }

    /// Our log's durable head, and our checkpoint of it: entries below it may be sent from now on.
    pub fn set_own(&mut self, head: Head, checkpoint: Vec<u8>) {
        let before = self.told.own.as_ref().map(|(head, _)| *head);
        if before.is_some_and(|before| before.generation != head.generation) {
            self.told.acknowledged = 0;
            self.greet_anew();
        }
        if self.back_inbox.generation() != head.generation {
            self.back_inbox = Inbox::new(head.generation, head.size, self.config.window_bytes);
        }
        self.back_inbox.set_durable(head.size);
        if before.is_some_and(|before| before.size < self.peer.ahead_to(&head)) {
            // The peer gives back until it hears that we have it.
            self.reply.again(self.clock);
        }
        if let State::Open(streams) = &mut self.state
            && checkpoint.len() <= NOTE_BYTES_MAX
        {
            streams.log.grow(head.size, checkpoint.clone());
        }
        self.told.own = Some((head, checkpoint));
    }

    /// Our own log as far as it came back, durable: of a generation whose keys are lost no checkpoint can be made before it
    /// is whole. The peer hears of it, and goes on giving back; nothing of it is sent.
    pub fn set_back(&mut self, head: Head) {
        if self.back_inbox.generation() == head.generation {
            self.back_inbox.set_durable(head.size);
            self.told.back = Some(head);
            self.reply.again(self.clock);
        }
    }

    /// Our durable copy of the peer's log, and the peer's checkpoint that covers it.
    pub fn set_copy(&mut self, head: Head, checkpoint: Vec<u8>) {
        if self.inbox.generation() != head.generation {
            self.inbox = Inbox::new(head.generation, head.size, self.config.window_bytes);
            // What came early of that generation could not be kept.
            self.forget_early();
        }
        self.inbox.set_durable(head.size);
        self.told.copy = Some((head, checkpoint));
    }

    /// Our copy has grown without a new cosignature: the peer holds a later one of ours, from before we were restored. It
    /// hears of our progress by a hello, and again whenever it shows by sending entries again that the hello was lost, until
    /// there is a new cosignature.
    pub fn tell_copy(&mut self) {
        self.copy_is_ahead = true;
        self.reply.again(self.clock);
    }

    /// Revocations by our party key, the newest last. Those that fit go into the hello: the log may not be able to carry
    /// them.
    pub fn set_revocations(&mut self, revocations: Vec<Vec<u8>>) {
        if self.told.revocations != revocations {
            self.told.revocations = revocations;
            self.reply.again(self.clock);
        }
    }

    /// The peer's newest cosignature that we hold, for the hello.
    pub fn set_cosigned(&mut self, note: Vec<u8>) {
        self.told.cosigned = note;
    }

    /// The peer's certificate for the newest generation of its log that we durably hold anything of, for the hello; empty
    /// for the first.
    pub fn set_newest(&mut self, certificate: Vec<u8>) {
        if certificate.len() <= CERTIFICATE_BYTES_MAX {
            self.told.newest = certificate;
        }
    }

    /// Leaves of the peer's early entries that our copy does not reach yet, for the hello; the newest last.
    pub fn set_early_copies(&mut self, leaves: Vec<Vec<u8>>) {
        self.told.early = leaves;
    }

    /// Our newest holder cosignature of the peer's log. Sent at once, at each meeting, and when the peer shows by sending
    /// entries again that it was lost. One too large for a frame is not sent.
    pub fn cosign(&mut self, note: Vec<u8>) {
        if note.len() <= NOTE_BYTES_MAX {
            self.cosignature = note;
            self.copy_is_ahead = false;
            self.cosign.now();
        }
    }

    /// The peer's cosignature of our log below `size` is durable: the window slides.
    pub fn acknowledged(&mut self, size: u64) {
        self.told.acknowledged = self.told.acknowledged.max(size);
        if let Some((head, _)) = &self.told.own {
            self.early_out.done_below(head.generation, size);
        }
        if let State::Open(streams) = &mut self.state {
            streams.log.acknowledge(self.clock, size, &mut self.patience);
        }
    }

    /// The peer cosigned this much anew: it was restored, and never cosigns less than it once did (PROTOCOL E6). No more than was
    /// acknowledged counts.
    pub fn acknowledged_anew(&mut self, size: u64) {
        let size = size.min(self.told.acknowledged);
        if let State::Open(streams) = &mut self.state {
            streams.log.acknowledge(self.clock, size, &mut self.patience);
        }
    }

    /// An entry that [`Event::Need`] asked for.
    pub fn supply(&mut self, own: bool, generation: Generation, index: Index, packed: Vec<u8>) {
        let State::Open(streams) = &mut self.state else { return };
        let outbox = if own { Some(&mut streams.log) } else { streams.back.as_mut() };
        if let Some(outbox) = outbox {
            outbox.supply(generation, index, packed);
        }
    }

    /// A checkpoint of our log that [`Event::NeedCheckpoint`] asked for.
    pub fn supply_checkpoint(&mut self, generation: Generation, size: u64, checkpoint: Vec<u8>) {
        if let State::Open(streams) = &mut self.state
            && streams.log.generation() == generation
            && checkpoint.len() <= NOTE_BYTES_MAX
        {
            streams.log.mark(size, checkpoint);
        }
    }

    /// A SAFETY entry of ours, durable: it overtakes the log (PROTOCOL F1), outside the window, again and again until
    /// [`Self::early_done`] or [`Self::acknowledged`].
    pub fn send_early(&mut self, generation: Generation, index: Index, packed: Vec<u8>) {
        self.early_out.push(generation, index, packed);
    }

    /// The peer has stored the early entry at `index` (PROTOCOL F2).
    pub fn early_done(&mut self, generation: Generation, index: Index) {
        self.early_out.done(generation, index);
    }

    /// Whether something of a generation of ours overtakes the log.
    pub fn overtakes(&self, generation: Generation) -> bool {
        self.early_out.holds(generation)
    }

    /// What came early could not be opened: it may come again.
    pub fn forget_early(&mut self) {
        self.early_in = EarlyIn::default();
    }

    /// Openings that were handed ahead (entry 0 of a generation) are not sent again.
    pub fn forget_openings(&mut self) {
        self.early_out.forget_openings();
    }

    /// Fork evidence to show to the peer. What does not fit a frame is not sent; it is exportable all the same.
    pub fn send_evidence(&mut self, bytes: Vec<u8>) {
        if bytes.len() <= NOTE_BYTES_MAX {
            self.evidence.push(bytes);
        }
    }

    /// Opens a stream of a blind run: what the peer sends on it is handed on from now on.
    pub fn open_blind(&mut self, stream: u64) {
        self.blind.open(stream);
    }

    /// Closes a stream: what was not acknowledged is not sent again, and what still comes is told to have arrived.
    pub fn close_blind(&mut self, stream: u64) {
        self.blind.close(stream);
    }

    /// Whether everything flows to a peer that takes blind runs.
    pub fn carries_blind(&self) -> bool {
        self.is_open() && self.peer.hello.as_ref().is_some_and(|hello| hello.features & FEATURE_BLIND != 0)
    }

    /// Whether an open stream takes another message.
    pub fn blind_has_room(&self, stream: u64) -> bool {
        self.blind.has_room(stream)
    }

    /// Whether all that was given to a stream has arrived at the peer; also when it is not open.
    pub fn blind_is_through(&self, stream: u64) -> bool {
        self.blind.is_through(stream)
    }

    /// A message for a stream that has room, after everything that was given to it before.
    pub fn send_blind(&mut self, stream: u64, bytes: Vec<u8>) {
        self.blind.send(stream, bytes);
    }

    /// Lets everything flow, after [`Event::Hello`]. Without a meeting it does nothing.
    pub fn open(&mut self, plan: Plan) {
        let (State::Met | State::Held | State::Open(_), Some((head, checkpoint))) = (&self.state, &self.told.own) else {
            return;
        };
        let window_bytes = self.peer.window_bytes(&self.config);
        let from = plan.send_from.min(head.size);
        let mut log = Outbox::of_log(head.generation, from..head.size, Marks::new(from), window_bytes);
        log.mark(head.size, checkpoint.clone());
        let back = plan.give_back.filter(|(_, range)| !range.is_empty());
        let back = back.map(|(generation, range)| Outbox::giving_back(generation, range, window_bytes));
        self.state = State::Open(Box::new(Streams { log, back }));
        self.hand_on();
    }

    /// Lets only keep-alives, early SAFETY, cosignatures and evidence flow, after [`Event::Hello`] or later.
    pub fn hold(&mut self) {
        if matches!(self.state, State::Met | State::Open(_)) {
            self.state = State::Held;
        }
    }

    /// Says goodbye and ends the session; the caller closes the bearer once the frame is out.
    pub fn bye(&mut self, code: u16, text: &str) {
        self.end(DownReason::Parted);
        if self.is_connected() {
            self.state = State::Leaving { bye: Some((code, cut_short(text))) };
        }
    }

    /// What the caller should act on next. A need is told last, so that it is never out of date.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front().or_else(|| match &mut self.state {
            State::Open(streams) => streams.current().ask(self.clock),
            _ => None,
        })
    }

    /// When [`Self::handle_timeout`] is due.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let own = match &self.state {
            State::Down { dial } => return dial.next_timeout(),
            State::Leaving { .. } => return None,
            State::Greeting { hello, .. } => hello.next_timeout(),
            State::Met | State::Held => None,
            State::Open(streams) => earliest([streams.log.next_timeout(), streams.back.as_ref().and_then(Outbox::next_timeout)]),
        };
        earliest([
            own,
            self.reply.next_timeout(),
            self.cosign.next_timeout(),
            self.early_out.next_timeout(),
            self.evidence.next_timeout(),
            self.blind.next_timeout(),
            self.pulse.next_timeout(),
        ])
    }

    /// Whether there is a bearer.
    pub const fn is_connected(&self) -> bool {
        !matches!(self.state, State::Down { .. })
    }

    /// Whether everything flows.
    pub const fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    /// Whether the peer has left our keep-alives, or our hello, unanswered for too long.
    pub const fn is_silent(&self) -> bool {
        self.pulse.is_silent()
    }

    /// The version spoken in the last meeting.
    pub const fn version(&self) -> Option<u16> {
        self.peer.version
    }

    /// Bytes of entries whose sending has begun and that are not acknowledged.
    pub fn in_flight_bytes(&self) -> usize {
        match &self.state {
            State::Open(streams) => streams.log.in_flight_bytes() + streams.back.as_ref().map_or(0, Outbox::in_flight_bytes),
            _ => 0,
        }
    }

    /// Entries of our log that have not been sent; while the link is not open, those not acknowledged (PROTOCOL F4).
    pub fn not_sent(&self) -> u64 {
        match &self.state {
            State::Open(streams) => streams.log.not_sent(),
            _ => self.told.own.as_ref().map_or(0, |(head, _)| head.size.saturating_sub(self.told.acknowledged)),
        }
    }

    /// Bytes that the peer makes us hold: parts, and entries handed on that are not durable yet.
    pub fn held_bytes(&self) -> usize {
        self.inbox.bytes() + self.back_inbox.bytes() + self.early_in.bytes() + self.blind.bytes()
    }

    /// The last round trip, µs.
    pub const fn round_trip_us(&self) -> Option<i64> {
        self.pulse.round_trip_us()
    }

    /// The peer's clock less ours as last measured, µs.
    pub const fn skew_us(&self) -> Option<i64> {
        self.pulse.skew_us()
    }

    /// What has been counted.
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// Notes the time that the caller names.
    pub(crate) fn tick(&mut self, now: Timestamp) {
        self.clock = now;
    }

    /// Ends the session, if there is one.
    pub(crate) fn end(&mut self, reason: DownReason) {
        if matches!(self.state, State::Down { .. } | State::Leaving { .. }) {
            return;
        }
        self.pulse.stop();
        self.state = State::Leaving { bye: None };
        self.events.push_back(Event::Down { reason });
    }

    /// The peer's hello could not be judged yet: it is asked for another, after a while.
    pub fn greet_again(&mut self) {
        if matches!(self.state, State::Met | State::Held | State::Open(_)) {
            self.state = State::Greeting { hello: Resend::at(self.clock.plus_micros(REPEAT_GAP_US)), again: true };
            self.pulse.listen(self.clock);
        }
    }

    /// Our log has begun another life: the peer must judge it anew.
    fn greet_anew(&mut self) {
        if matches!(self.state, State::Met | State::Held | State::Open(_)) {
            self.state = State::Greeting { hello: Resend::due(), again: true };
            self.pulse.listen(self.clock);
        }
    }
}

/// The first characters of a farewell.
pub(crate) fn cut_short(text: &str) -> String {
    text.chars().take(BYE_CHARS_MAX).collect()
}
