//! The life of one safety notice.

use detente_types::{StatementRef, Terms, Timestamp};

use super::SafetyEffect;

/// Whom a ring reaches. Each reach includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Any officer on watch: it waits for no named person.
    Watch,
    /// Every desk.
    AllDesks,
    /// The duty general.
    DutyGeneral,
    /// The principal.
    Principal,
    /// A third party that can relay.
    Relay,
}

impl Reach {
    const ALL: [Self; 5] = [Self::Watch, Self::AllDesks, Self::DutyGeneral, Self::Principal, Self::Relay];

    /// The reach after so many steps; the last one holds from there on.
    fn after(steps: usize) -> Self {
        Self::ALL[steps.min(Self::ALL.len() - 1)]
    }
}

/// How often it rings, and when it reaches further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    repeat_us: i64,
    /// Ascending.
    escalate_us: Vec<i64>,
}

impl Pace {
    /// As the terms say.
    pub fn of(terms: &Terms) -> Self {
        let clocks = &terms.input().clocks;
        let mut escalate_us: Vec<i64> = clocks.safety_escalate_s.iter().map(|s| i64::from(*s) * 1_000_000).collect();
        escalate_us.sort_unstable();
        Self { repeat_us: i64::from(clocks.safety_repeat_s) * 1_000_000, escalate_us }
    }

    fn steps_after(&self, elapsed_us: i64) -> usize {
        self.escalate_us.iter().take_while(|step| **step <= elapsed_us).count()
    }

    /// The first multiple of the interval that lies after `now`, counted from `since`.
    fn next_ring(&self, since: Timestamp, now: Timestamp) -> Timestamp {
        let rings = now.since(since).div_euclid(self.repeat_us) + 1;
        since.plus_micros(rings.max(0).saturating_mul(self.repeat_us))
    }
}

/// One safety notice, from its arrival until what was promised about it is due.
///
/// Call `handle_*` when something happens; call [`SafetyWatch::poll`] until it gives nothing, then, and again at
/// [`SafetyWatch::next_timeout`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SafetyWatch {
    /// No action is stated: it rings.
    Ringing(Ringing),
    /// An action is stated, and promised by a time that has not come.
    Promised(Promised),
    /// An action is stated, and no promise is open.
    Answered(Answered),
}

/// See [`SafetyWatch::Ringing`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ringing {
    notice: StatementRef,
    since: Timestamp,
    pace: Pace,
    /// Steps that it began with (PRACTICE T9).
    raised: usize,
    next_ring: Timestamp,
    /// Whom the last ring reached; `None` before the first.
    reached: Option<Reach>,
    read: Option<Timestamp>,
}

/// See [`SafetyWatch::Promised`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promised {
    /// The safety notice.
    pub notice: StatementRef,
    /// The statement that promises.
    pub action: StatementRef,
    /// When it was stated.
    pub at: Timestamp,
    /// By when it is to be done.
    pub due: Timestamp,
}

/// See [`SafetyWatch::Answered`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The safety notice.
    pub notice: StatementRef,
    /// The statement that says what is done.
    pub action: StatementRef,
    /// When it was stated.
    pub at: Timestamp,
}

impl SafetyWatch {
    /// Starts the watch on a notice that arrived at `since`, `raised` steps up.
    pub const fn new(notice: StatementRef, since: Timestamp, pace: Pace, raised: usize) -> Self {
        Self::Ringing(Ringing { notice, since, pace, raised, next_ring: since, reached: None, read: None })
    }

    /// An officer read it (L2). It goes on ringing: an assurance is not an action (PRACTICE T9).
    pub fn handle_read(&mut self, at: Timestamp) {
        if let Self::Ringing(ringing) = self {
            ringing.read.get_or_insert(at);
        }
    }

    /// An action was stated, perhaps promised by a time. The first action stops the ringing; a later one may move an
    /// open promise.
    pub fn handle_action(&mut self, at: Timestamp, action: StatementRef, due: Option<Timestamp>) {
        let notice = match self {
            Self::Ringing(Ringing { notice, .. }) | Self::Promised(Promised { notice, .. }) => *notice,
            Self::Answered(_) => return,
        };
        *self = match due {
            Some(due) => Self::Promised(Promised { notice, action, at, due }),
            None => Self::Answered(Answered { notice, action, at }),
        };
    }

    /// One thing to do now, if there is one. Polled late it rings once, and as far as it should have reached by now.
    pub fn poll(&mut self, now: Timestamp) -> Option<SafetyEffect> {
        match self {
            Self::Ringing(ringing) => ringing.poll(now),
            Self::Promised(Promised { notice, action, at, due }) if *due <= now => {
                let effect = SafetyEffect::PromiseDue { notice: *notice, action: *action, due: *due };
                *self = Self::Answered(Answered { notice: *notice, action: *action, at: *at });
                Some(effect)
            }
            Self::Promised(_) | Self::Answered(_) => None,
        }
    }

    /// When to poll next although nothing happened.
    pub fn next_timeout(&self) -> Option<Timestamp> {
        match self {
            Self::Ringing(ringing) => Some(ringing.next_timeout()),
            Self::Promised(promised) => Some(promised.due),
            Self::Answered(_) => None,
        }
    }
}

impl Ringing {
    /// Since when it is unanswered.
    pub const fn since(&self) -> Timestamp {
        self.since
    }

    /// When an officer read it.
    pub const fn read(&self) -> Option<Timestamp> {
        self.read
    }

    /// Whom it reaches at this time.
    pub fn reach(&self, now: Timestamp) -> Reach {
        Reach::after(self.raised + self.pace.steps_after(now.since(self.since)))
    }

    fn poll(&mut self, now: Timestamp) -> Option<SafetyEffect> {
        let reach = self.reach(now);
        let further = self.reached.is_some_and(|reached| reached < reach);
        if now < self.next_ring && !further {
            return None;
        }
        self.next_ring = self.pace.next_ring(self.since, now);
        self.reached = Some(reach);
        Some(SafetyEffect::Ring { notice: self.notice, reach, since: self.since, read: self.read.is_some() })
    }

    fn next_timeout(&self) -> Timestamp {
        let steps = self.pace.escalate_us.iter().map(|step| self.since.plus_micros(*step));
        let further = steps.into_iter().find(|at| self.reached.is_some_and(|reached| reached < self.reach(*at)));
        further.map_or(self.next_ring, |at| at.min(self.next_ring))
    }
}
