//! Conflict work, behind everything that leaves this node (PROTOCOL F7).
//!
//! Which notices are live is known at once. Which of them meet is found afterwards, in turns, once what followed from their
//! being durable has been handed out: a cosignature, a receipt or an alarm never waits for it, an officer's command does
//! not, and a start does not. A turn is bounded by the pairs of volumes that it tests, whatever one notice covers.

use detente_types::{Notice, NoticeId, PartyId, StatementRef, Terms, Timestamp};
use detente_wire::Valid;

use crate::joint::Plan;
use crate::line::{Cx, Line};
use crate::node::Node;

/// Pairs of volumes that one turn tests: a few milliseconds for ordinary plans.
const TURN: usize = 1_024;

/// Something that the joint conflicts or the private warnings follow from.
#[derive(Debug)]
pub(crate) enum Work {
    /// A notice counts.
    Notice(StatementRef, Timestamp, Valid<Notice>),
    /// A notice is cancelled.
    Cancel(PartyId, NoticeId),
    /// An exact plan of ours, of which less is let out.
    Exact(Plan),
    /// All of the newest plan of ours is let out, or it is off.
    Plain(NoticeId),
    /// Other terms are in force.
    Terms(Box<Terms>),
}

impl Node {
    /// Finds all conflicts that are still to be found, and tells nothing of it: for those who load a node to compare what it
    /// derives. A node that runs finds them in turns.
    pub fn catch_up(&mut self) {
        self.lines.values_mut().for_each(|line| drop(line.joint.turn(usize::MAX)));
    }
}

/// Volumes that one step of settling moves: a fraction of a millisecond.
const SETTLED: usize = 4_096;

impl Node {
    /// Does a little of what only makes questions faster to answer; whether there is more. For whoever runs a node and has
    /// nothing else for it to do: what it tells and does depends on none of it.
    pub fn settle(&mut self) -> bool {
        self.lines.values_mut().any(|line| line.joint.settle(SETTLED))
    }
}

impl Line {
    /// Conflict work that follows from a statement.
    pub(crate) fn follow_up(&mut self, cx: &Cx<'_>, work: Work) {
        if !self.is_behind() {
            self.behind_since = cx.now;
        }
        match work {
            Work::Notice(at, claimed, notice) => self.joint.put(at, claimed, notice),
            Work::Cancel(author, id) => self.joint.remove(author, &id),
            #[cfg(feature = "plant")]
            Work::Exact(_) if self.has(crate::plant::Plant::WarnLate) => {}
            Work::Exact(plan) => self.joint.put_exact(plan),
            Work::Plain(id) => self.joint.forget_exact(&id),
            Work::Terms(terms) => self.joint.set_terms(&terms),
        }
    }

    /// Works off a turn's worth.
    pub(crate) fn take_turn(&mut self, cx: &mut Cx<'_>) {
        let changes = self.joint.turn(TURN);
        self.tell(cx, changes);
    }

    /// Whether conflicts of statements that count are still to be found.
    pub fn is_behind(&self) -> bool {
        self.joint.is_behind()
    }

    /// When the next turn is due: as soon as what is to be sent has been handed out.
    pub(crate) fn turn_due(&self) -> Option<Timestamp> {
        self.is_behind().then_some(self.behind_since)
    }
}
