//! Runs of honest sides against plain set intersection.

use std::collections::BTreeSet;

use detente_blind::{Agreement, CellId, Effect, Found, Mode, Outcome, Record, Role};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};

use crate::pair::{Jobs, OURS, Side, THEIRS, cells, class, drive, drive_by, drive_lazily, run, setup};

/// Cases of each class, from 2^4 on: a thousand in all, fewer of what takes longer.
const CASES: [u64; 9] = [400, 250, 150, 90, 50, 30, 15, 10, 5];

fn below(rng: &mut ChaCha8Rng, bound: u64) -> u64 {
    rng.next_u64() % bound
}

/// A set of at most `most` cells out of so many names.
fn set(rng: &mut ChaCha8Rng, most: u64, names: u64) -> Vec<CellId> {
    let count = match below(rng, 4) {
        0 => most,
        1 => below(rng, 2),
        _ => below(rng, most + 1),
    };
    let numbers: BTreeSet<u64> = (0..count).map(|_| below(rng, names)).collect();
    cells(numbers)
}

fn expected(mode: Mode, [a, b]: &[Vec<CellId>; 2]) -> Found {
    let [a, b] = [a, b].map(|set| set.iter().copied().collect::<BTreeSet<_>>());
    let common: Vec<CellId> = a.intersection(&b).copied().collect();
    match mode {
        Mode::Cells => Found::Cells(common),
        Mode::Count => Found::Count(common.len() as u32),
    }
}

fn check_case(case: u64, log2: u8) {
    let mut rng = ChaCha8Rng::seed_from_u64(case);
    let most = 1 << log2;
    let names = most * [1, 2, 1000][below(&mut rng, 3) as usize];
    let sets = [set(&mut rng, most, names), set(&mut rng, most, names)];
    let (mode, verified) = [(Mode::Cells, false), (Mode::Cells, true), (Mode::Count, false)][below(&mut rng, 3) as usize];
    let mut context = [0; 32];
    rng.fill_bytes(&mut context);
    let agreement = Agreement { context, mode, verified, chunks_log2: below(&mut rng, 9) as u8 };
    // One side may pad to less at first; both use the greater class.
    let least = detente_blind::Class::of(sets[0].len()).unwrap().log2();
    let small = if below(&mut rng, 2) == 0 { log2 } else { least };
    let expected = expected(mode, &sets);
    let seed = rng.next_u32() as u8;
    let [first, second] = sets;
    let mut sides = [
        Side::new(setup(agreement, Role::First, small, seed, first)),
        Side::new(setup(agreement, Role::Second, log2, !seed, second)),
    ];
    drive(&mut sides);
    for side in &sides {
        let outcome = side.run.outcome().unwrap_or_else(|| panic!("case {case}: {:?}", side.run.aborted()));
        assert_eq!(outcome.found, expected, "case {case}: class {log2}, {mode:?}, verified {verified}");
        assert!(outcome.agrees, "case {case}");
    }
}

/// Of the thousand cases those whose number leaves `rest` by four: the four tests run beside each other.
fn check_share(rest: u64) {
    let all = (4..).zip(CASES).flat_map(|(log2, count)| (0..count).map(move |_| log2));
    (0..).zip(all).filter(|(case, _)| case % 4 == rest).for_each(|(case, log2)| check_case(case, log2));
}

#[test]
fn a_thousand_runs_find_what_plain_intersection_finds_0() {
    check_share(0);
}

#[test]
fn a_thousand_runs_find_what_plain_intersection_finds_1() {
    check_share(1);
}

#[test]
fn a_thousand_runs_find_what_plain_intersection_finds_2() {
    check_share(2);
}

#[test]
fn a_thousand_runs_find_what_plain_intersection_finds_3() {
    check_share(3);
}

/// Messages come while jobs are under way, the check of a proof among them: what each side says, and in which order, stays the same.
#[test]
fn messages_may_come_before_jobs_end() {
    for (log2, chunks_log2) in [(9, 4), (10, 4), (11, 1)] {
        for (mode, verified) in [(Mode::Cells, true), (Mode::Cells, false), (Mode::Count, false)] {
            let agreement = Agreement { chunks_log2, ..crate::pair::agreement(mode, verified) };
            let most = 1 << log2;
            let sets = [cells(0..most * 3 / 4), cells(most / 2..most)];
            let eager = run(agreement, log2, sets.clone());
            for first in [0, 1] {
                let [one, two] = sets.clone();
                let mut sides = [(Role::First, 1, one), (Role::Second, 2, two)]
                    .map(|(role, seed, set)| Side::new(setup(agreement, role, log2, seed, set)));
                drive_lazily(&mut sides, first);
                for (side, eager) in sides.iter().zip(&eager) {
                    assert_eq!(side.run.outcome(), eager.run.outcome(), "{log2} {chunks_log2} {mode:?}");
                    assert!(side.run.outcome().is_some_and(|outcome| outcome.agrees));
                    assert_eq!(side.sent, eager.sent, "{log2} {chunks_log2} {mode:?}");
                }
            }
        }
    }
}

/// Chunks of several shares, of one, and many that are proved together.
#[test]
fn jobs_may_end_in_any_order() {
    for (log2, chunks_log2) in [(12, 0), (12, 1), (11, 8), (10, 4), (8, 8)] {
        for verified in [true, false] {
            let agreement = Agreement { chunks_log2, ..crate::pair::agreement(Mode::Cells, verified) };
            let most = 1 << log2;
            let sets = [cells(0..most * 3 / 4), cells(most / 2..most)];
            let expected = expected(Mode::Cells, &sets);
            let [first, second] = sets;
            let mut sides = [
                Side::new(setup(agreement, Role::First, log2, 1, first)),
                Side::new(setup(agreement, Role::Second, log2, 2, second)),
            ];
            drive_by(&mut sides, Jobs::LastFirst);
            for side in &sides {
                let outcome = side.run.outcome().unwrap_or_else(|| panic!("{log2} {chunks_log2}: {:?}", side.run.aborted()));
                assert!(outcome.found == expected && outcome.agrees, "{log2} {chunks_log2}");
            }
        }
    }
}

#[test]
fn more_and_larger_runs_in_a_soak() {
    if std::env::var_os("DETENTE_SOAK").is_none() {
        return;
    }
    (10_000..20_000).for_each(|case| check_case(case, 4 + (case % 9) as u8));
    (20_000..20_016).for_each(|case| check_case(case, 14));
}

/// Both commitments are durable before a side says anything but its hello and its own.
fn assert_committed_first(side: &Side) {
    let at = |what| side.done.iter().position(|done| *done == what).unwrap_or_else(|| panic!("{what}: {:?}", side.done));
    let both = at(OURS).max(at(THEIRS));
    let before: Vec<_> = side.done[..both].iter().filter(|done| ![OURS, THEIRS].contains(done)).copied().collect();
    assert!(before == ["hello"] || before == ["hello", "commit"], "{:?}", side.done);
    assert!(at(OURS) < at("commit") && both < at("open") && at("open") < at("points"), "{:?}", side.done);
}

#[test]
fn nothing_is_said_of_points_before_both_commitments_are_durable() {
    let (agreement, sets) = (crate::pair::agreement(Mode::Cells, true), [cells(0..100), cells(50..150)]);
    for first in [0, 1] {
        let [one, two] = sets.clone();
        let mut lazy = [(Role::First, 1, one), (Role::Second, 2, two)]
            .map(|(role, seed, set)| Side::new(setup(agreement, role, 8, seed, set)));
        drive_lazily(&mut lazy, first);
        lazy.iter().for_each(assert_committed_first);
    }
    let sides = run(agreement, 8, sets);
    sides.iter().for_each(assert_committed_first);
    for side in &sides {
        let [own, peer, result] = side.records.as_slice() else { panic!("{:?}", side.records) };
        assert!(matches!((own, peer), (Record::Commit { ours: true, .. }, Record::Commit { ours: false, .. })));
        let Some(Outcome { seal, found, .. }) = side.run.outcome() else { panic!() };
        assert_eq!(result, &Record::Result { seal: *seal, found: found.clone() });
    }
    let logged = |side: &Side, own: bool| {
        side.records.iter().find_map(|record| match record {
            Record::Commit { ours, commitment } if *ours == own => Some(*commitment),
            _ => None,
        })
    };
    assert_eq!(logged(&sides[0], true), logged(&sides[1], false));
    assert_eq!(logged(&sides[0], false), logged(&sides[1], true));
    assert_eq!(sides[0].run.class(), class(8));
}

/// The peer's commitment does not come; it comes and is not durable yet; it is.
#[test]
fn a_side_that_waits_for_the_peers_commitment_says_nothing_more() {
    let [ours, theirs] = [cells(0..100), cells(50..150)];
    for verified in [false, true] {
        let agreement = crate::pair::agreement(Mode::Cells, verified);
        let peer = &run(agreement, 8, [ours.clone(), theirs.clone()])[1].sent;
        let mut side = Side::new(setup(agreement, Role::First, 8, 1, ours.clone()));
        side.drain();
        side.run.handle(&peer[0]);
        side.drain();
        assert_eq!(side.done, ["hello", OURS, "commit"]);
        side.run.handle(&peer[1]);
        let Some(Effect::Persist(Record::Commit { ours: false, .. })) = side.run.poll_effect() else {
            panic!("it is to be kept")
        };
        // Neither what the peer says next nor any work makes up for the disk.
        for bytes in &peer[2..4] {
            side.run.handle(bytes);
            side.drain();
        }
        assert_eq!(side.done, ["hello", OURS, "commit"]);
        side.run.handle_persisted();
        side.drain();
        assert_eq!(side.done[3..5], ["open", "points"]);
    }
}
