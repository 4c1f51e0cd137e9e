//! All paths out of a node: what the peer gets of random days, in which one side makes plans that it does not show.
//!
//! Two things are held. The peer gets the same, whatever is planned: on the wire, in both logs, from its own API, in what
//! it is told as it happens, and in errors. And nothing by which a plan could be known is in any of that.

mod answers;
mod marks;
mod names;
mod said;
mod script;

use std::collections::BTreeSet;

use detente_node::Command;
use detente_node::blind::AuditVerdict;
use detente_node::port::Write;
use detente_types::{NoticeIn, NoticeKind, Release};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestCaseError, TestError, TestRunner};
use serde_json::Value;

pub(crate) use answers::{CONFLICTS, answers, events, masked};
use answers::{uncounted, unordered};
pub(crate) use names::Names;
use script::{Deed, Did, Setting, World, full_day, script, setting};

use crate::blind::{far, put, shape};
use crate::blind_audit::audited;

/// Plays a day on which everything comes about, and so many random ones; a thousand and more with `DETENTE_SOAK=1`.
fn days(few: u32, releases: bool, day: impl Fn(Setting, &[Deed]) -> Result<Did, TestCaseError>) {
    let cases = if std::env::var_os("DETENTE_SOAK").is_some() { few.max(1_200) } else { few };
    let config = ProptestConfig { cases, rng_seed: RngSeed::Fixed(7), failure_persistence: None, ..ProptestConfig::default() };
    let (setting_of_all, all) = full_day(releases);
    let did = day(setting_of_all, &all).unwrap_or_else(|why| panic!("{why}"));
    did.assert_all(&DONE);
    if releases {
        did.assert_all(&["asks to be shown", "shows"]);
    }
    let random = (setting(), script(releases));
    let played = TestRunner::new(config).run(&random, |(setting, script)| day(setting, &script).map(drop));
    if let Err(TestError::Fail(why, (setting, script))) = &played {
        panic!("{why}\n{setting:?}\n{script:#?}");
    }
    played.expect("enough days are played");
}

/// How the other side's errors read: of what it asks for beyond its budget, and of what there is not.
fn errors(world: &mut World) -> Vec<String> {
    let peer = 1 - world.side;
    let asked: Vec<_> = (0..3).map(|_| world.pair.command(peer, Command::RunBlind(None))).collect();
    let why = asked.into_iter().map(|asked| asked.map_or_else(|fault| fault.to_string(), |_| String::new()));
    let why: Vec<String> = why.collect();
    world.pair.pass(60);
    why
}

/// Everything of a world that the other side can see, but for the names that are hashes of what is not shown, and for what the runs found.
#[derive(Debug, PartialEq)]
struct Seen {
    frames: Vec<(usize, u8, usize)>,
    /// To the byte, but for hashes of what is not shown.
    said: Vec<String>,
    /// Lengths of all that is on the peer's disk, but for its own book: that has what the runs found.
    rows: Vec<usize>,
    book: usize,
    events: Vec<Value>,
    answers: Vec<(String, Value)>,
    errors: Vec<String>,
}

fn seen(world: &mut World) -> Seen {
    let (errors, peer) = (errors(world), 1 - world.side);
    let pair = &mut world.pair;
    let names = Names::of(pair);
    let (book, rows): (Vec<&Write>, Vec<&Write>) =
        pair.seats[peer].store.rows.values().partition(|row| matches!(row, Write::Book { .. }));
    let (book, rows) = (book.len(), rows.into_iter().map(Write::weight).collect());
    let plain = |value: &Value| uncounted(&masked(&names, value));
    let told = |event: &Value| event["kind"] != "blind-conflict" && event["kind"] != "blind-common";
    let answered = answers(pair, peer).into_iter().filter(|(asked, _)| asked != CONFLICTS);
    Seen {
        frames: shape(pair),
        said: said::said(pair, peer, &names),
        rows,
        book,
        events: events(pair, peer).iter().filter(|event| told(event)).map(plain).collect(),
        answers: unordered(answered.map(|(asked, answer)| (asked, plain(&answer))).collect()),
        errors,
    }
}

#[test]
fn whatever_is_planned_blind_the_peer_gets_the_same() {
    days(8, false, |setting, script| {
        let [mut open, mut secret] = [false, true].map(|secret| World::play(setting, script, secret));
        prop_assert_eq!(&open.open, &secret.open, "what is done in the open is done alike");
        let [first, second] = [&mut open, &mut secret].map(seen);
        prop_assert_eq!(first.frames, second.frames);
        if let Some((open, secret)) = first.said.iter().zip(&second.said).find(|(open, secret)| open != secret) {
            let same = open.bytes().zip(secret.bytes()).take_while(|(a, b)| a == b).count();
            let from = same.saturating_sub(200);
            prop_assert_eq!(&open[from..], &secret[from..], "{}", &open[..from.min(200)]);
        }
        prop_assert_eq!(first.said.len(), second.said.len());
        prop_assert_eq!(first.rows, second.rows);
        prop_assert_eq!(first.book, second.book);
        prop_assert_eq!(first.events, second.events);
        for (open, secret) in first.answers.iter().zip(&second.answers) {
            prop_assert_eq!(open, secret);
        }
        prop_assert_eq!(first.answers.len(), second.answers.len());
        prop_assert_eq!(first.errors, second.errors);
        for world in [&mut open, &mut secret] {
            assert_nothing_leaks(world)?;
        }
        Ok(secret.did)
    });
}

#[test]
fn no_byte_of_a_blind_plan_leaves_but_by_a_run_or_a_release() {
    days(12, true, |setting, script| {
        let mut world = World::play(setting, script, true);
        assert_nothing_leaks(&mut world)?;
        Ok(world.did)
    });
}

#[test]
fn no_honest_side_is_accused_by_an_audit_of_random_days() {
    days(12, true, |setting, script| {
        let world = World::play(Setting { audited: true, ..setting }, script, true);
        for side in 0..2 {
            let audits = audited(&world.pair, side);
            prop_assert!(audits.iter().any(|(_, verdict)| verdict.is_ok()), "{:?}", audits);
            let accused: Vec<_> = audits.iter().filter(|(_, verdict)| matches!(verdict, Ok(AuditVerdict::Mismatch(_)))).collect();
            prop_assert!(accused.is_empty(), "side {}: {:?}", side, accused);
        }
        Ok(world.did)
    });
}

/// What the full day has in it.
const DONE: [&str; 11] = [
    "plans",
    "changes a plan",
    "takes back what was told",
    "tells what was planned",
    "cancels",
    "ends a plan in the book",
    "asks",
    "offers",
    "accepts",
    "amends",
    "agrees",
];

fn assert_nothing_leaks(world: &mut World) -> Result<(), TestCaseError> {
    let World { pair, side, marks, .. } = world;
    let leaks = marks.leaks(pair, *side);
    prop_assert!(leaks.is_empty(), "{:#?}", leaks);
    Ok(())
}

/// A search that finds nothing has looked.
#[test]
fn marks_are_found_where_a_plan_is_told() {
    let setting = Setting { count: false, verified: false, audited: true, side: 0 };
    let mut world = World::play(setting, &[], true);
    let plan = script::some_plan();
    world.marks.plan(&plan, &[]);
    world.marks.name_all_but(&Default::default());
    assert_nothing_leaks(&mut world).expect("it is in the test only");
    let World { mut pair, marks, .. } = world;
    let told = Command::Notify { notice: plan, release: Release::Exact, reveal: Vec::new() };
    pair.command(0, told).expect("a good notice");
    let leaks = marks.leaks(&mut pair, 0);
    for place in ["a frame", "an entry", "a statement", "the answer to /v1/lines/-/notices"] {
        assert!(leaks.iter().any(|leak| leak.ends_with(place)), "{place}: {leaks:?}");
    }
}

/// So has one for the name of a blind conflict that was there in the day and is not any more.
#[test]
fn a_blind_conflict_that_came_and_went_is_a_mark() {
    let (setting, day) = full_day(false);
    let World { mut pair, side, marks, .. } = World::play(setting, &day, true);
    let there: BTreeSet<_> = pair.line(side).blind_conflict_ids().into_iter().collect();
    let gone = marks::conflicts_told(&pair, side).find(|id| !there.contains(id)).expect("it came and went");
    assert!(marks.leaks(&mut pair, side).is_empty());
    put(&mut pair, side, NoticeIn { title: Some(gone.to_string()), ..far(NoticeKind::Hazard, 90) }, Release::Exact);
    let leaks = marks.leaks(&mut pair, side);
    assert!(leaks.contains("a blind conflict in a statement"), "{leaks:?}");
}
