//! The watch on one line: our turns, their turns, misses in a row.

use std::collections::VecDeque;

use detente_types::{StatementRef, Terms, Timestamp};

use super::schedule::{Schedule, Slot};
use super::{CheckResult, LineEffect, LineState, Suspension};

/// Never fewer misses than this turn a line red, whatever the terms say: one miss is often weather (PRACTICE section 3).
pub const RED_AFTER_MIN: u32 = 2;
/// Most checks that wait at once. More say nothing new; the first ones are kept.
const WAITING_MAX: usize = 16;

/// One side's watch on a line.
///
/// Call [`LineWatch::poll`] until it gives nothing after every `handle_*`, and at [`LineWatch::next_timeout`]. On
/// [`LineEffect::Ask`] say a check and report it with [`LineWatch::handle_check_sent`]. Officers may ask in between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineWatch {
    side: usize,
    schedule: Schedule,
    answer_us: i64,
    red_after: u32,
    asking: Asking,
    /// Our next turn.
    turn: Slot,
    /// The other side's next turn.
    their_turn: Slot,
    /// Checks of ours that were counted as missed and may still be answered.
    missed: Vec<Asked>,
    misses: u32,
    /// Whether a check was ever answered.
    proved: bool,
    suspension: Option<Suspension>,
    disputed: bool,
    effects: VecDeque<LineEffect>,
}

/// Where our asking stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Asking {
    /// Nothing is asked.
    Idle,
    /// The effect is out, and no check is reported yet.
    Turn {
        /// When it counts as unsaid.
        due: Timestamp,
    },
    /// Checks are out. One answer to any of them will do, and together they count as one miss.
    Waiting {
        /// At least one.
        checks: Vec<Asked>,
        /// When they count as missed.
        due: Timestamp,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Asked {
    check: StatementRef,
    at: Timestamp,
}

impl LineWatch {
    /// Begins at the next slot, so that nobody is blamed for a turn that was under way. `side` is 0 for the party with
    /// the lower ID.
    pub fn new(terms: &Terms, side: usize, now: Timestamp) -> Self {
        let check = &terms.input().line_check;
        let schedule = Schedule::of(terms);
        Self {
            side,
            schedule,
            answer_us: i64::from(check.answer_s) * 1_000_000,
            red_after: check.red_after.max(RED_AFTER_MIN),
            asking: Asking::Idle,
            turn: schedule.next(now, side),
            their_turn: schedule.next(now, 1 - side),
            missed: Vec::new(),
            misses: 0,
            proved: false,
            suspension: None,
            disputed: false,
            effects: VecDeque::new(),
        }
    }

    /// Other terms came into force. Misses so far are kept, turns are counted anew.
    pub fn handle_terms(&mut self, terms: &Terms, now: Timestamp) {
        let fresh = Self::new(terms, self.side, now);
        self.change(|watch| {
            watch.schedule = fresh.schedule;
            watch.answer_us = fresh.answer_us;
            watch.red_after = fresh.red_after;
            watch.turn = fresh.turn;
            watch.their_turn = fresh.their_turn;
        });
    }

    /// We said a check: in our turn, or because an officer wanted one.
    pub fn handle_check_sent(&mut self, now: Timestamp, check: StatementRef) {
        let asked = Asked { check, at: now };
        match &mut self.asking {
            Asking::Waiting { checks, .. } if checks.len() < WAITING_MAX => checks.push(asked),
            Asking::Waiting { .. } => {}
            Asking::Idle | Asking::Turn { .. } => {
                self.asking = Asking::Waiting { checks: vec![asked], due: now.plus_micros(self.answer_us) };
            }
        }
    }

    /// One of our checks was answered. An answer to no check of ours, or a second one, changes nothing.
    pub fn handle_answered(&mut self, now: Timestamp, check: &StatementRef) {
        if let Some(asked) = self.waiting(check) {
            self.asking = Asking::Idle;
            self.missed.clear();
            self.end(now, CheckResult::Answered { delay_us: now.since(asked.at) });
        } else if let Some(asked) = self.missed.iter().find(|asked| asked.check == *check).copied() {
            self.missed.clear();
            self.end(now, CheckResult::Late { delay_us: now.since(asked.at) });
        }
    }

    /// One of our checks was refused.
    pub fn handle_refused(&mut self, now: Timestamp, check: &StatementRef) {
        if self.waiting(check).is_some() {
            self.asking = Asking::Idle;
            self.end(now, CheckResult::Refused);
        }
    }

    /// The other side asked. That they reach us does not prove that we reach them: it only keeps their turn.
    pub fn handle_asked(&mut self, now: Timestamp) {
        // Their clock may be ahead by as much as an answer may take.
        let by_theirs = now.plus_micros(self.answer_us.min(self.schedule.every_us() / 2));
        if by_theirs >= self.schedule.start(self.their_turn) {
            self.their_turn = self.schedule.next(by_theirs, 1 - self.side);
        }
    }

    /// A side suspended the line, or (with `None`) the suspension ended.
    pub fn handle_suspension(&mut self, suspension: Option<Suspension>) {
        self.change(|watch| watch.suspension = suspension);
    }

    /// The record came into dispute, or two officers decided that it is out of it.
    pub fn handle_dispute(&mut self, disputed: bool) {
        self.change(|watch| watch.disputed = disputed);
    }

    /// One thing to do or to show, if there is one.
    pub fn poll(&mut self, now: Timestamp) -> Option<LineEffect> {
        self.expire(now);
        self.expire_their_turn(now);
        self.take_turn(now);
        self.effects.pop_front()
    }

    /// When to poll next although nothing happened.
    pub fn next_timeout(&self) -> Timestamp {
        let theirs = self.their_turn_due().plus_micros(1);
        let ours = match &self.asking {
            Asking::Idle => self.schedule.start(self.turn),
            Asking::Turn { due } | Asking::Waiting { due, .. } => due.plus_micros(1),
        };
        ours.min(theirs)
    }

    /// What a person sees. A suspension comes before a dispute, and both before what checks tell.
    pub fn state(&self) -> LineState {
        match (&self.suspension, self.disputed) {
            (Some(suspension), _) => LineState::Suspended(suspension.clone()),
            (None, true) => LineState::SafetyOnly,
            (None, false) => self.health(),
        }
    }

    /// What the checks tell, also while the line is suspended or in dispute: green, amber or red.
    pub const fn health(&self) -> LineState {
        match self.misses {
            0 if self.proved => LineState::Green,
            misses if misses >= self.red_after => LineState::Red,
            _ => LineState::Amber,
        }
    }

    /// When the next check is due, and whose turn it is (0 for the lower party).
    pub fn next_check(&self) -> (Timestamp, usize) {
        let slot = self.turn.min(self.their_turn);
        (self.schedule.start(slot), slot.side())
    }

    fn waiting(&self, check: &StatementRef) -> Option<Asked> {
        match &self.asking {
            Asking::Waiting { checks, .. } => checks.iter().find(|asked| asked.check == *check).copied(),
            Asking::Idle | Asking::Turn { .. } => None,
        }
    }

    fn expire(&mut self, now: Timestamp) {
        let result = match &self.asking {
            Asking::Turn { due } if *due < now => CheckResult::Unsaid,
            Asking::Waiting { due, .. } if *due < now => CheckResult::Unanswered,
            _ => return,
        };
        if let Asking::Waiting { checks, .. } = core::mem::replace(&mut self.asking, Asking::Idle) {
            self.missed = checks;
        }
        self.end(now, result);
    }

    /// Counts their turn as missed, unless nobody looked for a whole slot: a node that slept blames no one.
    fn expire_their_turn(&mut self, now: Timestamp) {
        let due = self.their_turn_due();
        if due >= now {
            return;
        }
        self.their_turn = self.schedule.next(now, 1 - self.side);
        if now.since(due) < self.schedule.every_us() {
            self.end(now, CheckResult::NotAsked);
        }
    }

    fn their_turn_due(&self) -> Timestamp {
        self.schedule.start(self.their_turn).plus_micros(self.answer_us)
    }

    /// Asks when our turn has come; turns that were slept through are let go, but for the one under way.
    fn take_turn(&mut self, now: Timestamp) {
        if self.asking != Asking::Idle || now < self.schedule.start(self.turn) {
            return;
        }
        let slot = self.schedule.slot_at(now);
        self.turn = self.schedule.next(now, self.side);
        if slot.side() == self.side {
            self.asking = Asking::Turn { due: now.plus_micros(self.answer_us) };
            self.effects.push_back(LineEffect::Ask { slot });
        }
    }

    /// Files how a check ended. Only an answer in time makes the line green; a late one leaves it amber.
    fn end(&mut self, at: Timestamp, result: CheckResult) {
        self.effects.push_back(LineEffect::Checked { at, result });
        self.change(|watch| match result {
            CheckResult::Answered { .. } => (watch.misses, watch.proved) = (0, true),
            CheckResult::Late { .. } => watch.misses = 1,
            _ => watch.misses = watch.misses.saturating_add(1),
        });
    }

    fn change(&mut self, make: impl FnOnce(&mut Self)) {
        let from = self.state();
        make(self);
        let to = self.state();
        if from != to {
            self.effects.push_back(LineEffect::Changed { from, to });
        }
    }
}
