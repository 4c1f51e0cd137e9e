//! The node: one party's side of all its lines.

use std::collections::BTreeMap;
use std::sync::Arc;

use detente_types::{LineId, Timestamp};
use detente_wire::Scheme;
use rand_core::CryptoRng;

use crate::book::BookEntry;
use crate::input::{Effect, Input, What};
use crate::line::{Cx, Line};
use crate::out::{Disk, Out, Then};
use crate::port::Write;

/// One side, deterministic: equal inputs at equal times with equal randomness give equal effects.
///
/// - [`Node::handle`] and [`Node::command`] take what happened; [`Node::poll_effect`] gives what to do, until `None`.
/// - [`Node::poll_work`] gives heavy work of blind runs, and [`Node::handle_worked`] takes what it gave.
/// - [`Node::poll_timeout`] says when `Input::Tick` is wanted next.
/// - The rest are getters.
pub struct Node {
    pub(crate) scheme: Arc<dyn Scheme>,
    pub(crate) lines: BTreeMap<LineId, Line>,
    pub(crate) book_size: u64,
    pub(crate) out: Out,
}

impl Node {
    /// A node with no lines and an empty book.
    pub fn new(scheme: Arc<dyn Scheme>) -> Self {
        Self { scheme, lines: BTreeMap::new(), book_size: 0, out: Out::new() }
    }

    /// Takes something that happened outside.
    pub fn handle(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, input: Input) {
        match input {
            Input::Persisted(token) => self.persisted(now, rng, token),
            Input::Refused(token, fault) => {
                if self.out.refused(now, token, &fault) {
                    let what =
                        if self.out.disk == Disk::Failed { What::DiskFailed(fault.to_string()) } else { What::Room(false) };
                    self.out.event(now, None, what);
                }
            }
            Input::Connected(line) => self.on_line(now, rng, line, Line::connect),
            Input::Disconnected(line) => self.on_line(now, rng, line, Line::disconnect),
            Input::Frame(line, bytes) => self.on_line(now, rng, line, |line, cx| line.link.handle_frame(cx.now, &bytes)),
            Input::Fetched { line, author, generation, rows } => {
                self.on_line(now, rng, line, |line, cx| line.take_fetched(cx, author, generation, &rows));
            }
            Input::Tick => self.tick(now, rng),
        }
        self.run(now, rng);
    }

    /// The next thing to do.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.out.poll()
    }

    /// Whether conflicts are still to be found: `Input::Tick` is wanted as soon as all effects are carried out, however
    /// many other inputs wait.
    pub fn is_behind(&self) -> bool {
        self.lines.values().any(Line::is_behind)
    }

    /// When `Input::Tick` is wanted next; `None` when nothing is due.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.lines.values().filter_map(Line::timeout).chain(self.out.timeout()).min()
    }

    pub(crate) fn on_line(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        line: LineId,
        act: impl FnOnce(&mut Line, &mut Cx<'_>),
    ) {
        if let Some(line) = self.lines.get_mut(&line) {
            let mut cx = Cx { now, rng, scheme: &*self.scheme, out: &mut self.out, book_size: &mut self.book_size };
            act(line, &mut cx);
        }
    }

    fn each_line(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, mut act: impl FnMut(&mut Line, &mut Cx<'_>)) {
        for line in self.lines.values_mut() {
            let mut cx = Cx { now, rng: &mut *rng, scheme: &*self.scheme, out: &mut self.out, book_size: &mut self.book_size };
            act(line, &mut cx);
        }
    }

    fn persisted(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, token: crate::input::Token) {
        let Some((thens, has_room)) = self.out.persisted(token) else {
            return;
        };
        if has_room {
            self.out.event(now, None, What::Room(true));
            self.each_line(now, rng, |line, cx| line.file_covered(cx));
        }
        for then in thens {
            match then.line() {
                Some(line) => self.on_line(now, rng, line, |line, cx| line.follow(cx, then)),
                None => {
                    if let Then::Booked(number) = then {
                        self.out.event(now, None, What::Booked(number));
                    }
                }
            }
        }
    }

    fn tick(&mut self, now: Timestamp, rng: &mut dyn CryptoRng) {
        self.each_line(now, rng, |line, cx| line.tick(cx));
    }

    /// Works until nothing more follows: link events, what waits and is owed, the next batch, frames to send.
    pub(crate) fn run(&mut self, now: Timestamp, rng: &mut dyn CryptoRng) {
        if self.out.disk == Disk::Failed {
            return self.each_line(now, rng, |line, cx| {
                line.matching.stop();
                line.pump_safety(cx);
            });
        }
        self.each_line(now, rng, |line, cx| {
            line.pump(cx);
            line.catch_up(cx);
            line.greet(cx);
            line.ask_renewal(cx);
            line.drive_blind(cx);
        });
        if self.out.may_persist(now) {
            self.each_line(now, rng, Line::seal);
            self.out.persist();
        } else if self.out.may_offer(now) {
            if self.out.is_reserved() {
                self.each_line(now, rng, Line::seal);
            }
            self.out.offer_again(now);
        }
        self.each_line(now, rng, |line, cx| line.transmit(cx));
    }
}

impl Line {
    fn tick(&mut self, cx: &mut Cx<'_>) {
        self.link.handle_timeout(cx.now, cx.rng);
        self.read_on(cx);
        self.watch_clocks(cx);
        self.take_turn(cx);
    }

    fn transmit(&mut self, cx: &mut Cx<'_>) {
        loop {
            while let Some(frame) = self.link.poll_transmit(cx.now) {
                cx.out.effect(Effect::Send { line: self.id, urgent: frame.urgent, frame: frame.bytes });
            }
            // Sending may make the link ask for more entries.
            if !self.pump(cx) {
                break;
            }
        }
    }
}

impl Cx<'_> {
    /// Adds an entry to the book and gives its number.
    pub(crate) fn book(&mut self, entry: &BookEntry) -> u64 {
        let number = *self.book_size;
        *self.book_size += 1;
        self.out.write(Write::Book { number, bytes: entry.encode() });
        number
    }
}
