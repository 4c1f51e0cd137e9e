//! Ways out of a conflict: what is sent of them never depends on the book, and what is agreed settles the conflict.

use std::collections::BTreeMap;

use detente_node::port::{Entries as _, Write};
use detente_node::{Command, Density, Found, OwnShift, Suggestion};
use detente_space::ask::Raster;
use detente_space::resolve::Shift;
use detente_testkit::{MORNING, minutes, notice, notice_id};
use detente_types::statement::{AnswerIn, ChangeIn, Kind, StatementIn};
use detente_types::volume::PositionIn;
use detente_types::{ConflictId, NoticeIn, NoticeKind, Precision, Release, StatementRef, Volume, Window};
use detente_wire::{Body, codec};
use proptest::prelude::*;

use crate::pair::Pair;

const MINUTE_US: i64 = 60_000_000;
const LATER: Shift = Shift::in_time(66 * MINUTE_US);

/// An operation that begins so many minutes later.
fn operation(number: u64, later_min: i64) -> NoticeIn {
    let mut plan = notice(NoticeKind::Operation);
    plan.id = notice_id(number);
    plan.volumes.iter_mut().for_each(|volume| volume.shift(later_min * MINUTE_US));
    // Long enough for all of them; the same for each, so that the statement is.
    (plan.valid_from_us, plan.valid_until_us) = (minutes(-720).micros(), minutes(1_440).micros());
    plan
}

fn put(pair: &mut Pair, i: usize, notice: NoticeIn, release: Release) -> StatementRef {
    let command = Command::Notify { notice, release, reveal: Vec::new() };
    pair.command(i, command).expect("a good notice").stated.expect("stated at once")
}

fn keep(pair: &mut Pair, notice: NoticeIn) {
    let command = Command::Notify { notice, release: Release::Hold, reveal: Vec::new() };
    assert_eq!(pair.command(0, command).expect("a good notice").stated, None);
}

/// Our operation meets their exercise.
fn met(release: Release) -> (Pair, ConflictId) {
    let mut pair = Pair::new();
    pair.connect();
    put(&mut pair, 0, operation(1, 0), release);
    put(&mut pair, 1, notice(NoticeKind::Exercise), Release::Exact);
    let conflict = the_conflict(&pair);
    (pair, conflict)
}

fn the_conflict(pair: &Pair) -> ConflictId {
    pair.line(0).conflict_pairs().next().expect("they meet").0
}

fn found(pair: &Pair, i: usize, conflict: &ConflictId, ours: bool) -> Found<Suggestion> {
    let line = pair.line(i);
    let mut search = line.search(conflict, ours).expect("it is there");
    (0..100).find_map(|_| line.search_turn(pair.now, &mut search)).expect("it ends")
}

fn found_own(pair: &Pair, conflict: &ConflictId) -> Found<OwnShift> {
    let line = pair.line(0);
    let mut search = line.search_own(conflict).expect("it is there");
    (0..100).find_map(|_| line.search_turn_own(pair.now, &mut search)).expect("it ends")
}

fn offer(pair: &mut Pair, i: usize, conflict: ConflictId, ours: bool, change: ChangeIn) -> StatementRef {
    let command = Command::Offer { conflict, ours, change, lapses: None, text: None };
    pair.command(i, command).expect("a good offer").stated.expect("stated at once")
}

/// What an entry of side 0 says, field by field.
fn said(pair: &mut Pair, at: &StatementRef) -> BTreeMap<u8, Vec<u8>> {
    let line = pair.line;
    let rows = pair.seats[0].store.entries(&line, &at.author, at.generation, at.index, 1).expect("memory reads");
    let Some(Write::Entry { body, .. }) = rows.into_iter().next() else { panic!("it is there") };
    let said: StatementIn = codec::from_body(&Body::decode(&body).expect("our own")).expect("our own");
    codec::to_slots(&said)
}

fn shifts(found: &Found<Suggestion>) -> Vec<Shift> {
    found.shifts.iter().map(Suggestion::shift).collect()
}

/// The first of a pair makes the amendment that both agreed on, and the conflict is gone.
fn agree_and_amend(pair: &mut Pair, conflict: ConflictId, offer: StatementRef) {
    let accept = AnswerIn { kind: Kind::Accept.code(), offer, text: None, desk: None, officer: None };
    let by = usize::from(offer.author == pair.line(0).us());
    pair.command(by, Command::Answer(accept)).expect("a good answer");
    let amendment = pair.line(0).amendment(&conflict).expect("it is owed");
    pair.command(0, amendment).expect("a good version");
    pair.assert_converged();
    assert_eq!([0, 1].map(|i| pair.line(i).conflict_count()), [0, 0], "it is settled");
}

#[test]
fn each_suggestion_settles_the_conflict_when_it_is_agreed() {
    for release in [Release::Exact, Release::Km1, Release::Km10] {
        let (pair, conflict) = met(release);
        let ours = found(&pair, 0, &conflict, true);
        assert!(!ours.cut_short && !ours.clear && !ours.fixed && !ours.shifts.is_empty(), "{release:?}: {ours:?}");
        // The other side finds the same for our notice, from what was disclosed.
        assert_eq!(found(&pair, 1, &conflict, false).shifts, ours.shifts);
        for number in 0..ours.shifts.len() {
            let (mut pair, conflict) = met(release);
            let again = found(&pair, number % 2, &conflict, number % 2 == 0);
            assert_eq!(again.shifts, ours.shifts);
            let change = again.shifts[number].change();
            let offer = offer(&mut pair, number % 2, conflict, number % 2 == 0, change);
            agree_and_amend(&mut pair, conflict, offer);
        }
    }
}

#[test]
fn what_is_suggested_is_the_smallest_by_the_weights_of_the_terms() {
    let (pair, conflict) = met(Release::Exact);
    let ours = found(&pair, 0, &conflict, true);
    assert_eq!(shifts(&ours)[0], LATER, "an hour, five minutes between them, and then some");
    assert_eq!(ours.shifts[0].cost(), 66 * 2 * 20);
    assert!(shifts(&ours).iter().skip(1).all(|shift| shift.climb_cm == 0), "3,310 m are too many");
    // On the 1 km grid times are whole 5 minutes, and nothing moves aside.
    let (pair, conflict) = met(Release::Km1);
    let told = shifts(&found(&pair, 0, &conflict, true));
    assert_eq!(told[0], Shift::in_time(70 * MINUTE_US));
    assert!(told.iter().all(|shift| shift.aside.is_none()));
}

#[test]
fn what_the_other_side_plans_next_and_what_ours_does_is_not_moved_into() {
    let (mut pair, conflict) = met(Release::Exact);
    let mut next = notice(NoticeKind::Hazard);
    next.volumes.clone_from(&operation(1, 70).volumes);
    put(&mut pair, 1, next, Release::Exact);
    assert!(!shifts(&found(&pair, 0, &conflict, true)).contains(&LATER));
    let (mut pair, conflict) = met(Release::Exact);
    put(&mut pair, 0, operation(2, 70), Release::Exact);
    assert!(!shifts(&found(&pair, 0, &conflict, true)).contains(&LATER));
    // Of our own what is as near already is meant to be.
    let (mut pair, conflict) = met(Release::Exact);
    put(&mut pair, 0, operation(2, 30), Release::Exact);
    assert!(shifts(&found(&pair, 0, &conflict, true)).contains(&LATER));
}

#[test]
fn what_is_held_back_counts_for_our_own_eyes_only() {
    let (mut pair, conflict) = met(Release::Exact);
    let before = found(&pair, 0, &conflict, true);
    keep(&mut pair, operation(2, 70));
    assert_eq!(found(&pair, 0, &conflict, true), before);
    let own = found_own(&pair, &conflict);
    assert!(!own.shifts.is_empty() && own.shifts.iter().all(|own| own.shift() != LATER), "{own:?}");
    let plan: Vec<Volume> = operation(3, 0).volumes.iter().map(|v| Volume::try_from(v).unwrap()).collect();
    let line = pair.line(0);
    let mut search = line.search_plan(NoticeKind::Operation, &plan, Precision::Exact, None).expect("it can be told");
    let planned = (0..100).find_map(|_| line.search_turn_own(pair.now, &mut search)).expect("it ends");
    assert!(!planned.clear && planned.shifts.iter().all(|shift| shift.shift() != LATER));
}

#[test]
fn a_site_stays_where_it_is() {
    let mut pair = Pair::new();
    pair.connect();
    let mut site = notice(NoticeKind::Site);
    site.volumes.clone_from(&operation(1, 0).volumes);
    put(&mut pair, 0, site, Release::Exact);
    put(&mut pair, 1, notice(NoticeKind::Exercise), Release::Exact);
    let conflict = the_conflict(&pair);
    let ours = found(&pair, 0, &conflict, true);
    assert!(ours.fixed && !ours.clear && ours.shifts.is_empty(), "{ours:?}");
    assert!(!found(&pair, 0, &conflict, false).shifts.is_empty(), "theirs can move");
}

#[test]
fn a_plan_is_told_what_is_near_and_what_is_free() {
    let (mut pair, _) = met(Release::Exact);
    keep(&mut pair, operation(2, 200));
    let line = pair.line(0);
    let plan: Vec<Volume> = operation(1, 0).volumes.iter().map(|v| Volume::try_from(v).unwrap()).collect();
    let id = notice_id(1);
    let near = line.nearest(NoticeKind::Operation, &plan, Some(&id)).expect("there are few");
    assert_eq!(near.theirs.expect("their exercise").margin.as_f64(), -9_260.0);
    assert_eq!(near.ours, None, "but for the notice itself there is none");
    let day = Window::try_new(MORNING, minutes(24 * 60)).unwrap();
    let free = line.free_window(NoticeKind::Operation, &plan, Some(id), day).expect("there are few").expect("and gaps");
    // What is held back until 320 minutes on takes five minutes more.
    assert_eq!(free.start().since(MORNING).div_euclid(MINUTE_US), 200 + 120 + 5);
    let moved: Vec<Volume> = operation(1, 70).volumes.iter().map(|v| Volume::try_from(v).unwrap()).collect();
    let changed = line.changes(&id, &moved).expect("there are few").expect("it is live");
    assert!(changed.len() == 1 && changed[0].is_gone());
    assert_eq!(line.changes(&notice_id(2), &moved), Ok(None), "nothing of it was stated");
    let corner = PositionIn { lat_e7: 590_000_000, lon_e7: 250_000_000 };
    let raster = Raster::try_new(corner, (2_000_000, 4_000_000), (10, 10)).unwrap();
    let mut picture = Density::new(raster, day);
    assert!((0..100).any(|_| line.draw(&mut picture)), "it ends");
    let cells: Vec<_> = picture.cells().collect();
    assert!(cells.iter().any(|(ours, theirs)| (ours.volumes, theirs.volumes) == (1, 1)), "what is held back is not drawn");
    assert!(cells.iter().all(|(ours, _)| ours.volumes < 2));
}

/// What lies in the book only: how much shorter and lower the exact plan is than what was let out, and plans that are held back.
fn any_book() -> impl Strategy<Value = (i64, i64, Vec<i64>)> {
    (0..5_i64, 0..100_i64, prop::collection::vec(-240..240_i64, 0..4))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_bytes_of_an_offer_do_not_depend_on_the_book(books in [any_book(), any_book()], which in 0..5_usize) {
        let offers = books.map(|(shorter_min, lower_m, held_back)| {
            let mut pair = Pair::new();
            pair.connect();
            let mut plan = operation(1, 0);
            for volume in &mut plan.volumes {
                volume.end_us -= shorter_min * MINUTE_US;
                volume.upper_cm -= lower_m * 100;
            }
            put(&mut pair, 0, plan, Release::Km1);
            for (number, later) in (2..).zip(&held_back) {
                keep(&mut pair, operation(number, *later));
            }
            put(&mut pair, 1, notice(NoticeKind::Exercise), Release::Exact);
            let conflict = the_conflict(&pair);
            let found = found(&pair, 0, &conflict, true);
            let change = found.shifts[which % found.shifts.len()].change();
            let offer = offer(&mut pair, 0, conflict, true, change);
            (shifts(&found), said(&mut pair, &offer), conflict)
        });
        prop_assert_eq!(&offers[0].0, &offers[1].0);
        prop_assert_eq!(&offers[0].1, &offers[1].1);
        prop_assert_eq!(offers[0].2, offers[1].2);
    }
}
