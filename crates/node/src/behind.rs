//! Conflict work, behind everything that leaves this node (PROTOCOL F7).
//!
//! What a statement means for the joint conflicts is worked off in the order of the statements, but only once what
//! followed from its being durable has been handed out: a cosignature, a receipt or an alarm never waits for it. The work
//! is bounded for each turn, and so is what waits.

use std::collections::VecDeque;

use detente_types::{Notice, NoticeId, PartyId, StatementRef, Terms, Timestamp};
use detente_wire::Valid;

use crate::line::{Cx, Line};

/// Statements that are worked off in one turn: a few milliseconds at most for ordinary plans.
const TURN: usize = 16;
/// Statements that may wait. Beyond them a statement is taken only as fast as one is worked off.
const WAITING_MAX: usize = 4_096;

/// Something that the joint conflicts or the private warnings follow from.
#[derive(Debug)]
pub(crate) enum Work {
    /// A notice counts.
    Notice(StatementRef, Timestamp, Valid<Notice>),
    /// A notice is cancelled.
    Cancel(PartyId, NoticeId),
    /// An exact plan of ours, of which less is let out.
    Exact(Valid<Notice>),
    /// Other terms are in force.
    Terms(Box<Terms>),
}

/// What waits, and since when.
#[derive(Debug, Default)]
pub(crate) struct Behind {
    waiting: VecDeque<Work>,
    since: Option<Timestamp>,
}

impl Line {
    /// Conflict work that follows from a statement.
    pub(crate) fn follow_up(&mut self, cx: &mut Cx<'_>, work: Work) {
        if self.loading {
            return self.work_on(cx, work);
        }
        if self.behind.waiting.len() >= WAITING_MAX {
            self.work_off(cx, 1);
        }
        self.behind.since.get_or_insert(cx.now);
        self.behind.waiting.push_back(work);
    }

    /// Works off a turn's worth.
    pub(crate) fn take_turn(&mut self, cx: &mut Cx<'_>) {
        self.work_off(cx, TURN);
    }

    /// Works off everything: an officer acts on what is known.
    pub(crate) fn catch_up_conflicts(&mut self, cx: &mut Cx<'_>) {
        self.work_off(cx, usize::MAX);
    }

    /// Whether conflicts of statements that count are still to be found.
    pub fn is_behind(&self) -> bool {
        !self.behind.waiting.is_empty()
    }

    /// When the next turn is due: as soon as what is to be sent has been handed out.
    pub(crate) fn turn_due(&self) -> Option<Timestamp> {
        self.behind.since
    }

    fn work_off(&mut self, cx: &mut Cx<'_>, most: usize) {
        for _ in 0..most {
            match self.behind.waiting.pop_front() {
                Some(work) => self.work_on(cx, work),
                None => break,
            }
        }
        if self.behind.waiting.is_empty() {
            self.behind.since = None;
        }
    }

    fn work_on(&mut self, cx: &mut Cx<'_>, work: Work) {
        let changes = match work {
            Work::Notice(at, claimed, notice) => self.joint.put(at, claimed, notice),
            Work::Cancel(author, id) => self.joint.remove(author, &id),
            Work::Exact(notice) => self.joint.put_exact(notice),
            Work::Terms(terms) => self.joint.rederive(&terms),
        };
        self.tell(cx, changes);
    }
}
