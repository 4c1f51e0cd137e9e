//! The quota of a day (PROTOCOL F6): over it nothing more is copied until the day turns, and SAFETY and line checks go on.

use detente_node::{Command, What};
use detente_testkit::{notice, notice_id, terms};
use detente_types::text::TextIn;
use detente_types::{NoticeIn, NoticeKind, Release, StatementRef, Timestamp};

use crate::pair::Pair;

/// The least that terms may allow.
const QUOTA: u64 = 100;

/// A line that meets at this time of the first day; its first check is due at the next full hour.
fn pair(time: &str) -> Pair {
    let mut terms = terms();
    terms.quota.entries_per_day = QUOTA as u32;
    let mut pair = Pair::with_terms(terms);
    pair.now = Timestamp::parse(&format!("2026-11-24T{time}:00Z")).expect("a time");
    pair.connect();
    pair
}

/// A notice that is valid on both days.
fn lasting(kind: NoticeKind) -> NoticeIn {
    let until = Timestamp::parse("2026-11-26T00:00:00Z").expect("a time");
    NoticeIn { valid_until_us: until.micros(), ..notice(kind) }
}

fn state(pair: &mut Pair, i: usize, notice: NoticeIn) -> StatementRef {
    let command = Command::Notify { notice, release: Release::Exact, reveal: Vec::new() };
    pair.command(i, command).expect("a good notice").stated.expect("stated")
}

fn say(pair: &mut Pair, i: usize, ids: core::ops::Range<u64>) {
    for id in ids {
        state(pair, i, NoticeIn { id: notice_id(1_000 + id), ..lasting(NoticeKind::Text) });
    }
}

fn copied(pair: &Pair) -> u64 {
    pair.line(1).view().copy.size
}

fn pass_until(pair: &mut Pair, time: &str) {
    let until = Timestamp::parse(time).expect("a time");
    pair.pass(until.since(pair.now) / 1_000_000);
}

#[test]
fn over_the_quota_nothing_is_copied_until_the_day_turns_and_nothing_is_lost() {
    let mut pair = pair("23:50");
    say(&mut pair, 0, 0..150);
    assert_eq!(copied(&pair), QUOTA);
    let until = Timestamp::parse("2026-11-25T00:00:00Z").expect("midnight");
    let used = |w: &What| matches!(w, What::QuotaUsed { entries: QUOTA, until: at, .. } if *at == until);
    assert_eq!(pair.heard(1, used), 1, "it is said once");
    assert_eq!(pair.line(1).day().shut_until, Some(until));
    pass_until(&mut pair, "2026-11-24T23:59:59Z");
    assert_eq!(copied(&pair), QUOTA);
    assert_eq!(pair.heard(0, |w| matches!(w, What::LineDown(_))), 0, "the session goes on");
    pass_until(&mut pair, "2026-11-25T00:00:10Z");
    assert!(copied(&pair) > 150);
    pair.assert_converged();
    assert_eq!((pair.line(1).day().shut_until, pair.heard(1, |w| matches!(w, What::QuotaUsed { .. }))), (None, 1));
    pair.disconnect();
    pair.restart(1);
    assert_eq!(pair.line(1).day().entries, copied(&pair) - QUOTA, "yesterday's do not count today");
}

#[test]
fn a_start_does_not_set_the_count_back() {
    let mut pair = pair("06:05");
    say(&mut pair, 0, 0..60);
    let day = *pair.line(1).day();
    assert_eq!(day.entries, 61, "with the opening");
    for _ in 0..2 {
        pair.disconnect();
        pair.restart(1);
        assert_eq!(*pair.line(1).day(), day);
        pair.connect();
    }
    say(&mut pair, 0, 60..150);
    assert_eq!(copied(&pair), QUOTA);
    pair.disconnect();
    pair.restart(1);
    pair.connect();
    pair.pass(60);
    assert_eq!(copied(&pair), QUOTA);
    assert_eq!(pair.line(1).day().entries, QUOTA);
}

#[test]
fn safety_and_its_receipt_pass_a_used_up_quota_and_so_does_what_the_other_side_says() {
    let mut pair = pair("20:10");
    say(&mut pair, 0, 0..150);
    say(&mut pair, 1, 200..210);
    pair.pass(5);
    let view = pair.line(1).view();
    assert_eq!((view.acknowledged, copied(&pair)), (view.own.size, QUOTA), "their cosignatures come, although their log waits");
    let ours = state(&mut pair, 1, lasting(NoticeKind::Safety));
    pair.pass(5);
    assert!(pair.line(0).is_ringing(&ours));
    assert_eq!(pair.line(1).notice(&ours).expect("live").receipts.len(), 1, "their receipt was let through");
    // What was before it in their log came with it; more of theirs waits again.
    let came = copied(&pair);
    assert!(came > 150);
    say(&mut pair, 0, 300..320);
    assert_eq!(copied(&pair), came);
    let theirs = state(&mut pair, 0, lasting(NoticeKind::Safety));
    pair.pass(5);
    assert!(pair.line(1).is_ringing(&theirs), "it rings at once");
    assert_eq!(copied(&pair), came, "and is filed later: nothing is let through twice in half a turn of line checks");
    pair.pass(31 * 60);
    pair.assert_converged();
}

#[test]
fn a_line_check_passes_a_used_up_quota() {
    let mut pair = pair("06:05");
    say(&mut pair, 0, 0..150);
    pair.command(1, Command::Check(None)).expect("a check");
    pair.pass(5);
    let answered = |w: &What| matches!(w, What::Checked(detente_terms::line::CheckResult::Answered { .. }));
    assert_eq!(pair.heard(1, answered), 1);
}

#[test]
fn what_waits_is_looked_at_again_at_a_time_that_lies_ahead() {
    let mut pair = pair("06:05");
    say(&mut pair, 0, 0..150);
    pair.command(1, Command::Check(None)).expect("a check");
    pair.pass(5);
    say(&mut pair, 0, 300..310);
    // The other side is silent from now on: nothing but this side's own clocks moves it.
    for _ in 0..90 {
        pair.now = pair.now.plus_seconds(60);
        let mut ticks = 0;
        while pair.seats[1].node.poll_timeout().is_some_and(|due| due <= pair.now) {
            ticks += 1;
            assert!(ticks < 10, "it is still due after {ticks} ticks");
            pair.handle(1, detente_node::Input::Tick);
            while pair.seats[1].node.poll_effect().is_some() {}
        }
    }
}

#[test]
fn a_line_check_behind_more_than_a_window_passes_a_used_up_quota_in_steps() {
    let mut pair = pair("06:05");
    for id in 0..700 {
        let text = TextIn { language: "en".into(), text: "word ".repeat(600) };
        state(&mut pair, 0, NoticeIn { id: notice_id(id), text: Some(text), ..lasting(NoticeKind::Text) });
    }
    assert_eq!(copied(&pair), QUOTA);
    let check = pair.command(0, Command::Check(None)).expect("a check").stated.expect("stated");
    pair.pass(60);
    assert_eq!(copied(&pair), QUOTA, "it is not among what is here: nobody knows of it");
    let mut copies = vec![copied(&pair)];
    while copied(&pair) <= check.index {
        assert!(copies.len() < 6, "it has not passed after {} half turns: {copies:?}", copies.len());
        pair.pass(31 * 60);
        copies.push(copied(&pair));
    }
    assert!(copies.len() > 2, "more than one window stood before it: {copies:?}");
    assert!(copies.windows(2).all(|pair| pair[0] < pair[1]), "{copies:?}");
}

#[test]
fn the_count_begins_anew_at_midnight_although_nothing_comes() {
    let mut pair = pair("23:50");
    say(&mut pair, 0, 0..10);
    assert!(pair.line(1).day().entries > 10);
    pair.disconnect();
    pass_until(&mut pair, "2026-11-25T00:01:00Z");
    assert_eq!((pair.line(1).day().entries, pair.line(1).day().bytes), (0, 0));
}

#[test]
fn a_full_disk_looks_again_for_a_check_that_came_too_soon_after_another() {
    let mut pair = pair("06:05");
    pair.seats[1].store.ordinary_full = true;
    let check = |pair: &mut Pair| {
        say(pair, 0, pair.line(0).view().own.size..pair.line(0).view().own.size + 1);
        pair.command(0, Command::Check(None)).expect("a check").stated.expect("stated").index
    };
    // What came before anyone knew that the disk is full is on its way to it: this one needs nothing let through.
    check(&mut pair);
    let first = check(&mut pair);
    pair.pass(10);
    assert!(copied(&pair) > first, "it was let through with what stands before it");
    let second = check(&mut pair);
    pair.pass(10);
    assert!(copied(&pair) <= second, "not twice in half a turn");
    pair.pass(31 * 60);
    assert!(copied(&pair) > second);
}

#[test]
fn a_checkpoint_beyond_the_quota_of_a_whole_day_does_not_stop_the_line_for_good() {
    let mut pair = pair("23:50");
    say(&mut pair, 0, 0..50);
    pair.disconnect();
    say(&mut pair, 0, 50..300);
    pair.connect();
    pair.pass(60);
    assert!(copied(&pair) <= QUOTA, "their one checkpoint lies far ahead");
    pass_until(&mut pair, "2026-11-25T00:00:10Z");
    pair.assert_converged();
}

#[test]
fn what_was_copied_before_a_restore_is_copied_again_beside_the_quota() {
    let mut pair = pair("06:05");
    let backup = pair.seats[1].store.clone();
    say(&mut pair, 0, 0..80);
    state(&mut pair, 1, lasting(NoticeKind::Operation));
    pair.seats[1].store = backup;
    pair.restart(1);
    pair.connect();
    pair.pass(30);
    assert_eq!(copied(&pair), 82, "with where our old log ended");
    say(&mut pair, 0, 80..150);
    assert!(copied(&pair) > QUOTA, "the second copy was not counted");
}
