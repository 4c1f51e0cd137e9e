//! What is let out by the border of the area, at a precision whose cells reach out of it.

use detente_node::{Command, CommandFault};
use detente_testkit::{circle, minutes, notice_id};
use detente_types::{Generation, NoticeIn, NoticeKind, Position, Release, Rule, Terms, TermsIn, Volume};

use crate::blind::{assert_one_record, matching, plan, put, small};
use crate::pair::Pair;

/// From the western border of the area on.
fn by_the_border(mut plan: NoticeIn) -> NoticeIn {
    let positions = || plan.volumes.iter().flat_map(|v| &v.rings).flatten();
    let east = 221_000_000 - positions().map(|at| at.lon_e7).min().unwrap_or_default();
    plan.volumes.iter_mut().flat_map(|v| &mut v.rings).flatten().for_each(|at| at.lon_e7 += east);
    plan
}

fn is_outside(terms: &TermsIn, volume: &Volume) -> bool {
    let terms = Terms::try_new(terms.clone()).unwrap();
    volume.footprint.vertices().any(|at| !terms.area().is_some_and(|area| area.contains(at)))
}

fn told(pair: &Pair) -> Vec<Vec<Volume>> {
    pair.line(1).notices().map(|view| view.notice.volumes().to_vec()).collect()
}

#[test]
fn a_part_by_the_border_is_shown_at_every_precision_and_settled() {
    for finest in ["1 km", "10 km"] {
        let mut terms = matching(true);
        terms.disclosure.finest = finest.into();
        let mut pair = Pair::connected(terms.clone());
        put(&mut pair, 0, by_the_border(plan(NoticeKind::Operation, 1)), Release::BlindOnly);
        put(&mut pair, 1, by_the_border(plan(NoticeKind::Exercise, 3)), Release::BlindOnly);
        pair.pass(15 * 60);
        for side in 0..2 {
            let conflict = pair.line(side).blind_conflicts()[0].id;
            pair.command(side, Command::ShowBlind(conflict)).expect("an officer may");
        }
        let shown = told(&pair);
        assert_eq!(shown.len(), 2);
        assert!(shown.iter().flatten().all(|volume| !is_outside(&terms, volume)), "{finest}");
        assert!(pair.line(1).notices().all(|view| view.notice.precision().name() == finest));
        assert_eq!(pair.line(0).conflicts().count(), 1, "what collides is in it");
        // A start reads the same form out of the book, and nothing is said anew.
        (0..2).for_each(|side| pair.restart(side));
        pair.connect();
        assert_eq!(told(&pair), shown);
        assert_one_record(&pair);
    }
}

#[test]
fn a_notice_by_the_border_is_told_coarsely_and_what_lies_outside_is_refused() {
    let terms = matching(true);
    let mut pair = Pair::connected(terms.clone());
    let by = |lon_e7: i32, number: u64| NoticeIn {
        id: notice_id(number),
        volumes: vec![circle(Position::try_new(600_000_000, lon_e7.into()).unwrap(), 800, minutes(30), minutes(60))],
        ..plan(NoticeKind::Operation, number)
    };
    let terms_of = Terms::try_new(terms.clone()).unwrap();
    let inside = |lon_e7: i32| terms_of.area().unwrap().contains(Position::try_new(600_000_000, lon_e7.into()).unwrap());
    let border = (200_000_000..260_000_000).step_by(1_000).find(|lon_e7| inside(*lon_e7)).expect("the area reaches here");
    for (number, release) in [(1, Release::Km1), (2, Release::Km10)] {
        put(&mut pair, 0, by(border, number), release);
    }
    let said = told(&pair);
    assert_eq!(said.len(), 2);
    assert!(said.iter().flatten().all(|volume| !is_outside(&terms, volume)));
    // The same cells look alike: a little further in is no news.
    let accepted = pair.command(0, Command::Notify { notice: by(border + 1_000, 2), release: Release::Km10, reveal: Vec::new() });
    let accepted = accepted.expect("a good notice");
    assert!(accepted.stated.is_none() && accepted.note.is_some_and(|note| note.contains("unchanged")));
    let outside = Command::Notify { notice: by(border - 100_000, 3), release: Release::Km10, reveal: Vec::new() };
    let refused = pair.command(0, outside).expect_err("it lies outside");
    assert!(matches!(&refused, CommandFault::Violations(broken) if broken[0].rule == Rule::InArea), "{refused}");
    assert_eq!(pair.line(0).view().own.generation, Generation::FIRST);
}

#[test]
fn a_part_that_a_bay_cuts_in_two_is_shown() {
    let mut terms = small();
    let bay = [[612, 254], [584, 253], [612, 252]];
    let corners = [[583, 220], [583, 305], [612, 305]].into_iter().chain(bay).chain([[612, 220]]);
    terms.area.corners_e7 = corners.map(|corner: [i64; 2]| corner.map(|at| at * 1_000_000)).collect();
    let mut pair = Pair::connected(terms.clone());
    let beside = |kind, number| NoticeIn {
        volumes: vec![circle(Position::try_new(599_000_000, 246_000_000).unwrap(), 2_000, minutes(30), minutes(60))],
        ..plan(kind, number)
    };
    put(&mut pair, 0, beside(NoticeKind::Operation, 1), Release::BlindOnly);
    put(&mut pair, 1, beside(NoticeKind::Exercise, 3), Release::BlindOnly);
    pair.pass(15 * 60);
    let conflicts = [0, 1].map(|side| pair.line(side).blind_conflicts()[0].clone());
    let spans = |volume: &Volume| {
        let ends = |is: fn(Position) -> bool| volume.footprint.vertices().any(is);
        ends(|at| at.lon_e7() < 252_000_000) && ends(|at| at.lon_e7() > 254_000_000) && !ends(|at| at.lat_e7() < 584_000_000)
    };
    assert!(conflicts[0].volumes.iter().any(spans), "its cells lie on both sides: {:?}", conflicts[0].volumes);
    for (side, conflict) in conflicts.iter().enumerate() {
        pair.command(side, Command::ShowBlind(conflict.id)).expect("an officer may");
    }
    assert!(told(&pair).iter().flatten().all(|volume| !is_outside(&terms, volume)));
    assert_eq!(pair.line(0).conflicts().count(), 1);
    assert_one_record(&pair);
}
