//! Clocks on a line: alarms that ring until an action is stated, line checks in turns, and the terms that set their pace.

use detente_space::place::bearing_and_distance;
use detente_terms::line::{LineEffect, LineState, LineWatch};
use detente_terms::safety::{Pace, SafetyEffect, SafetyWatch};
use detente_terms::{Cut, Lead, Prefix, Standing};
use detente_types::statement::{CheckIn, Kind, StatementIn};
use detente_types::{Head, Metres, Notice, Position, StatementRef, Terms, Timestamp};

use crate::behind::Work;
use crate::book::{BookEntry, BookFlood};
use crate::command::not_found;
use crate::input::{Accepted, By, CommandFault, What};
use crate::line::{Cx, Line};
use crate::side::Side;

/// Two safety notices whose first positions are this close are about one place (PRACTICE T9).
const SAME_PLACE: Metres = Metres::new(1_000);

impl Line {
    /// The terms in force where a statement of `side` stands, or the founding terms before both logs are open.
    pub(crate) fn terms_at(&self, reference: StatementRef, seen: Head) -> &Terms {
        self.terms.in_force(&Standing { reference, seen }).unwrap_or(&self.founding_terms)
    }

    /// The terms in force for everything that counts.
    pub(crate) fn current_terms(&self) -> &Terms {
        self.terms.current(&self.cut()).unwrap_or(&self.founding_terms)
    }

    /// Proposals of the next version.
    pub fn proposed_terms(&self) -> Vec<(StatementRef, &Terms)> {
        self.terms.proposed(&self.cut()).unwrap_or_default()
    }

    fn cut(&self) -> Cut {
        let prefix = |side: &Side| Prefix { generation: side.generation(), size: side.settled };
        let (own, peer) = (prefix(&self.own), prefix(&self.peer));
        if self.us() < self.them() { [own, peer] } else { [peer, own] }
    }

    /// Terms changed: conflicts are derived anew and the clocks take the new pace.
    pub(crate) fn adopt_terms(&mut self, cx: &mut Cx<'_>) {
        let terms = self.current_terms().clone();
        // Of two crossed proposals one version has two contents, and the later accept may change which stands (T2).
        if terms == self.adopted {
            return;
        }
        self.adopted = terms.clone();
        self.forget_domain();
        self.safety.handle_terms(Pace::of(&terms));
        self.watch.handle_terms(&terms, cx.now);
        self.event(cx, What::TermsInForce(terms.version()));
        self.follow_up(cx, Work::Terms(Box::new(terms)));
    }

    /// A SAFETY notice of theirs rings until an action is stated (DESIGN D8).
    pub(crate) fn ring(&mut self, cx: &mut Cx<'_>, at: StatementRef, notice: &Notice, claimed: Timestamp) {
        #[cfg(feature = "plant")]
        if self.has(crate::plant::Plant::SilentSafety) {
            return;
        }
        // After a restore our own log comes back first: what is answered there does not ring again.
        if self.own.has_acted(&at) {
            return;
        }
        let since = if self.loading { claimed.min(cx.now) } else { cx.now };
        let here = first_position(notice);
        let live = self.joint.live();
        let same = |other: &StatementRef| {
            let there = live.get(other).or(self.early_notices.get(other)).and_then(|l| first_position(&l.notice));
            here.zip(there).is_some_and(|(a, b)| bearing_and_distance(a, b).distance <= SAME_PLACE)
        };
        self.safety.handle_safety(since, at, &same);
        // What is read from the store rings at the first tick after the start, as far as it should have reached by then.
        if !self.loading {
            self.poll_safety(cx);
        }
    }

    /// Takes what the clocks say is due.
    pub(crate) fn watch_clocks(&mut self, cx: &mut Cx<'_>) {
        self.act_on_unstored(cx);
        self.watch.handle_dispute(self.is_held());
        self.poll_safety(cx);
        while let Some(effect) = self.watch.poll(cx.now) {
            match effect {
                LineEffect::Ask { .. } => self.ask(cx),
                LineEffect::Checked { result, .. } => self.event(cx, What::Checked(result)),
                LineEffect::Changed { from, to } => self.event(cx, What::LineState(from, to)),
            }
        }
    }

    /// When a clock or the link is due next.
    pub(crate) fn timeout(&self) -> Option<Timestamp> {
        #[cfg(feature = "plant")]
        if self.has(crate::plant::Plant::TickAtOnce) {
            return Some(self.opened);
        }
        let due = [
            self.link.poll_timeout(),
            self.safety.next_timeout(),
            Some(self.watch.next_timeout()),
            self.turn_due(),
            self.renewal_due(),
            self.unstored_due(),
            self.quota_due(),
            self.matching.timeout(),
        ];
        due.into_iter().flatten().min()
    }

    /// By how many microseconds a notice was stated too late for its precedence; 0 when in time (PRACTICE T7).
    pub fn short_by_us(&self, notice: &Notice, stated: Timestamp) -> i64 {
        match detente_terms::lead(notice, stated, self.current_terms()) {
            Lead::Short { by_us, .. } => by_us,
            _ => 0,
        }
    }

    /// Whether a SAFETY notice of theirs still waits for an action.
    pub fn is_ringing(&self, at: &StatementRef) -> bool {
        matches!(self.safety.watch(at), Some(SafetyWatch::Ringing(_)))
    }

    /// The line's state as a person on watch sees it.
    pub fn state(&self) -> LineState {
        self.watch.state()
    }

    fn poll_safety(&mut self, cx: &mut Cx<'_>) {
        while let Some(effect) = self.safety.poll(cx.now) {
            let what = match effect {
                SafetyEffect::Ring { notice, reach, .. } => What::SafetyRings(notice, reach),
                SafetyEffect::RingFlood { count, .. } => What::SafetyFlood(count),
                SafetyEffect::PromiseDue { notice, due, .. } => What::PromiseDue(notice, due),
            };
            self.event(cx, what);
        }
    }

    /// An officer takes the alarm for a flood.
    pub(crate) fn take_flood(&mut self, cx: &mut Cx<'_>, by: &By) -> Result<Accepted, CommandFault> {
        let (count, latest) = self.safety.flood().ok_or_else(|| not_found("alarm that rings for a", &"flood"))?;
        self.safety.handle_flood_taken(cx.now);
        let (desk, officer) = (by.desk.clone(), by.officer.clone());
        self.event(cx, What::SafetyFloodTaken(count, officer.clone()));
        let taken = BookFlood { line: self.id, at_us: cx.now.micros(), desk, officer, count, latest };
        Ok(Accepted { book: cx.book(&BookEntry::FloodTaken(taken)), stated: None, note: None })
    }

    /// The alarm for a flood of their SAFETY notices that no officer has taken: how many, and the latest.
    pub const fn flood(&self) -> Option<(u64, StatementRef)> {
        self.safety.flood()
    }

    /// It is our turn to check the line.
    fn ask(&mut self, cx: &mut Cx<'_>) {
        if !self.may_state(true) || self.own.log.size() == 0 {
            return;
        }
        let mut challenge = [0; 32];
        cx.rng.fill_bytes(&mut challenge);
        let check = CheckIn { kind: Kind::Check.code(), challenge: challenge.into(), text: None, desk: None, officer: None };
        if let Err(fault) = self.say(cx, &StatementIn::Check(check)) {
            self.event(cx, What::Fault(format!("our own line check was not said: {fault}")));
        }
    }

    /// A fresh watch: what was missed while this node was down is not counted against the line.
    pub(crate) fn watch_anew(&mut self, now: Timestamp) {
        self.watch = LineWatch::new(self.current_terms(), usize::from(self.us() > self.them()), now);
        self.watch.handle_dispute(self.is_held());
    }
}

fn first_position(notice: &Notice) -> Option<Position> {
    notice.volumes().first()?.footprint.vertices().next()
}
