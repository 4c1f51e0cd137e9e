//! Random lives of a line: what two officers may say, in any order, with delivery as late as it likes.

use detente_settle::Pair;
use detente_types::{NoticeId, Statement, StatementIn, StatementRef};
use proptest::prelude::*;

use crate::fixture::*;

/// One step of a script. Numbers pick among what is there when the step comes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// States a notice, or its next version when it is live.
    Tell { side: usize, notice: u8 },
    /// Cancels a live notice.
    Cancel { side: usize, notice: u8 },
    /// Offers on a pair of the latest versions that the side has, or of earlier ones.
    Offer { side: usize, low: usize, high: usize, changes: u8 },
    /// Accepts an offer of the other side that this side has.
    Accept { side: usize, pick: usize },
    /// Rejects one.
    Reject { side: usize, pick: usize },
    /// Takes an own offer back.
    Withdraw { side: usize, pick: usize },
    /// Brings entries of the other log to a side.
    Deliver { side: usize, entries: usize },
}

/// A script of up to so many steps, after both sides have told one notice each.
pub(crate) fn scripts(steps: usize) -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(step(), 0..steps)
}

fn step() -> impl Strategy<Value = Step> {
    let side = 0usize..2;
    // Picks are small, so that most fall on the latest.
    let pick = 0usize..4;
    prop_oneof![
        2 => (side.clone(), 0u8..2).prop_map(|(side, notice)| Step::Tell { side, notice }),
        1 => (side.clone(), 0u8..2).prop_map(|(side, notice)| Step::Cancel { side, notice }),
        6 => (side.clone(), 0usize..2, 0usize..2, 0u8..2)
            .prop_map(|(side, low, high, changes)| Step::Offer { side, low, high, changes }),
        6 => (side.clone(), pick.clone()).prop_map(|(side, pick)| Step::Accept { side, pick }),
        1 => (side.clone(), pick.clone()).prop_map(|(side, pick)| Step::Reject { side, pick }),
        2 => (side.clone(), pick).prop_map(|(side, pick)| Step::Withdraw { side, pick }),
        8 => (side, 1usize..6).prop_map(|(side, entries)| Step::Deliver { side, entries }),
    ]
}

/// The line at the script's start: one notice each, known to both.
pub(crate) fn start() -> Line {
    let mut line = Line::default();
    for side in [0, 1] {
        play(&mut line, Step::Tell { side, notice: 0 });
    }
    line.deliver_all();
    line
}

/// Makes one step; a step that has nothing to pick from does nothing.
pub(crate) fn play(line: &mut Line, step: Step) {
    let said = match step {
        Step::Deliver { side, entries } => {
            line.deliver(side, entries);
            None
        }
        // The name of a cancelled notice is used up.
        Step::Tell { side, notice } if line.has_cancelled(side, notice_id(side, notice)) => None,
        Step::Tell { side, notice } => {
            let id = notice_id(side, notice);
            let next = line.latest(side, id, side).map(|last| version_after(last, id, HOUR_US / 60));
            Some((side, next.unwrap_or_else(|| StatementIn::Notice(operation(id, vec![flight()])))))
        }
        Step::Cancel { side, notice } => {
            let id = notice_id(side, notice);
            line.latest(side, id, side).map(|last| (side, cancel_after(last, id)))
        }
        Step::Offer { side, low, high, changes } => pair(line, side, [low, high]).map(|pair| (side, offer(pair, changes))),
        Step::Accept { side, pick } => pick_offer(line, side, 1 - side, pick).map(|o| (side, accept(o))),
        Step::Reject { side, pick } => pick_offer(line, side, 1 - side, pick).map(|o| (side, reject(o))),
        Step::Withdraw { side, pick } => pick_offer(line, side, side, pick).map(|o| (side, withdraw(o))),
    };
    if let Some((side, input)) = said {
        line.say(side, input).expect("the script keeps to the gate's rules");
    }
}

fn notice_id(side: usize, notice: u8) -> NoticeId {
    NoticeId::new([10 + side as u8 * 2 + notice; 16])
}

/// One version of each side, the so-manieth last that `reader` has.
fn pair(line: &Line, reader: usize, back: [usize; 2]) -> Option<Pair> {
    let version = |side: usize| {
        let told = known(line, reader, side).filter(|said| matches!(&*said.statement, Statement::Notice(_)));
        let told: Vec<StatementRef> = told.map(|said| said.at.reference).collect();
        told.iter().rev().nth(back[side].min(told.len().saturating_sub(1))).copied()
    };
    Some([version(0)?, version(1)?])
}

/// The so-manieth last offer of a side that `reader` has.
fn pick_offer(line: &Line, reader: usize, side: usize, back: usize) -> Option<StatementRef> {
    let offers = known(line, reader, side).filter(|said| matches!(&*said.statement, Statement::Offer(..)));
    let offers: Vec<StatementRef> = offers.map(|said| said.at.reference).collect();
    offers.iter().rev().nth(back.min(offers.len().saturating_sub(1))).copied()
}

fn known(line: &Line, reader: usize, side: usize) -> impl Iterator<Item = &Said> {
    let end = if reader == side { line.logs[side].len() } else { line.held[reader] };
    line.logs[side][..end].iter()
}
