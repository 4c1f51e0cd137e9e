//! Agreement: what both sides derive from equal prefixes, what a node derives again after a start, and that both have
//! everything when faults are off.

use detente_node::{Line, NoticeView, Phase};
use detente_types::StatementRef;

use super::{Check, blind, ensure};
use crate::wire::Wire;

/// Whether both sides hold equal prefixes of the two logs.
pub(crate) fn are_equal(lines: [&Line; 2]) -> bool {
    let [a, b] = lines.map(Line::progress);
    a.own == b.copy && b.own == a.copy && !lines.iter().any(|line| line.is_behind())
}

/// Equal prefixes of the two logs give equal joint conflicts, bit for bit, and equal settlements (PROTOCOL C1).
pub(crate) fn equal_prefixes_agree(lines: [&Line; 2]) -> Check {
    const NAME: &str = "equal_prefixes_agree";
    let joint = lines.map(|line| line.view().joint);
    ensure(joint[0] == joint[1], NAME, || {
        let only = [0, 1]
            .map(|side: usize| lines[side].conflicts().filter(|c| lines[1 - side].conflict(&c.id).as_ref() != Some(c)).count());
        let terms = lines.map(|line| line.terms().version());
        format!("other conflicts from equal prefixes: {only:?} are on one side only, under terms {terms:?}")
    })?;
    same_conflicts(lines, NAME)?;
    ensure(lines[0].table() == lines[1].table(), NAME, || "the two sides filed other offers from equal prefixes".into())?;
    ensure(lines[0].terms() == lines[1].terms(), NAME, || "other terms are in force from equal prefixes".into())?;
    blind::equal_prefixes_agree(lines)?;
    for (id, statements) in lines[0].conflict_pairs() {
        let states = lines.map(|line| line.settlement(&statements));
        ensure(states[0] == states[1], NAME, || format!("conflict {id} stands otherwise on the two sides"))?;
    }
    Ok(())
}

/// The lists are equal, not only their digest: what is shown is not less than what is hashed.
fn same_conflicts(lines: [&Line; 2], name: &'static str) -> Check {
    let counts = lines.map(Line::conflict_count);
    ensure(counts[0] == counts[1], name, || format!("{counts:?} conflicts are counted"))?;
    let lists = lines.map(|line| line.conflicts().collect::<Vec<_>>());
    ensure(lists.iter().all(|list| list.len() == counts[0]), name, || format!("{counts:?} counted, others listed"))?;
    ensure(lists[0] == lists[1], name, || format!("{counts:?} conflicts, not the same ones"))
}

/// What a node derives when it is started again is what it had before: everything but the logs and the book is derived
/// (DESIGN D4).
pub(crate) fn rebuilt_is_equal(running: &Line, loaded: &Line) -> Check {
    const NAME: &str = "rebuilt_is_equal";
    let (was, is) = (running.progress(), loaded.progress());
    ensure(was.own == is.own && was.copy == is.copy, NAME, || format!("{was:?} was loaded as {is:?}"))?;
    ensure(was.acknowledged == is.acknowledged, NAME, || "another part is acknowledged".into())?;
    ensure(was.waiting == is.waiting, NAME, || format!("{} inputs waited, and {} do", was.waiting, is.waiting))?;
    ensure(running.view().joint == loaded.view().joint, NAME, || "other conflicts".into())?;
    same_conflicts([running, loaded], NAME)?;
    ensure(running.table() == loaded.table(), NAME, || "other offers".into())?;
    ensure(running.terms() == loaded.terms(), NAME, || "other terms".into())?;
    ensure(running.blind_record().eq(loaded.blind_record()), NAME, || "other blind runs".into())?;
    ensure(running.blind_conflicts() == loaded.blind_conflicts(), NAME, || "other blind conflicts".into())?;
    same_levels(levels(running), levels(loaded))?;
    let warnings = |line: &Line| line.warnings().map(|w| (w.notice, w.with)).collect::<Vec<_>>();
    ensure(warnings(running) == warnings(loaded), NAME, || {
        format!("{} warnings were there, and {} are", warnings(running).len(), warnings(loaded).len())
    })
}

/// Receipts and actions are the same.
fn same_levels(running: Vec<Standing>, loaded: Vec<Standing>) -> Check {
    let other = running.iter().zip(&loaded).find(|(was, is)| was != is);
    ensure(running == loaded, "rebuilt_is_equal", || format!("of a notice there were other receipts or actions: {other:?}"))
}

/// A live notice, its receipts and the last action.
type Standing = (StatementRef, Vec<StatementRef>, Option<StatementRef>);

/// What became of each live notice: its receipts and the last action, by place.
fn levels(line: &Line) -> Vec<Standing> {
    let of = |notice: NoticeView<'_>| {
        let mut receipts: Vec<_> = notice.receipts.iter().map(|receipt| receipt.at).collect();
        // Those of two logs come in any order.
        receipts.sort_unstable();
        (notice.at, receipts, notice.action.map(|action| action.at))
    };
    // What the disk did not take, or beyond what is kept ahead of a log, is shown and not kept.
    line.notices().filter(|notice| notice.at.author == line.us() || notice.stored.is_some()).map(of).collect()
}

/// Faults off, both sides have everything within sixty seconds, and admit it: both copies are the other's log, all is
/// cosigned, and nothing waits.
pub(crate) fn converges(wire: &Wire, lines: [&Line; 2]) -> Check {
    const NAME: &str = "converges";
    let progress = lines.map(Line::progress);
    if wire.is_broken() {
        return Ok(());
    }
    for (us, them) in [(0, 1), (1, 0)] {
        let (ours, theirs) = (&progress[us], &progress[them]);
        ensure(ours.phase == Phase::Open, NAME, || format!("side {us} is {:?}", ours.phase))?;
        ensure(ours.own == theirs.copy, NAME, || format!("side {us} said {:?} and they have {:?}", ours.own, theirs.copy))?;
        ensure(ours.acknowledged == ours.own.size, NAME, || {
            format!("of {} entries of side {us} only {} are acknowledged", ours.own.size, ours.acknowledged)
        })?;
        ensure(ours.waiting == 0, NAME, || format!("{} inputs of side {us} still wait", ours.waiting))?;
    }
    blind::all_ended(lines)
}
