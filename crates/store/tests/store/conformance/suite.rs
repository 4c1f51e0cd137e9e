//! The cases. Each takes a subject: a place where a store lives through several lives of its process.

use detente_node::port::{Batch, Entries, NoteRole, Store, StoreFault, Write};
use detente_store::GroupStore;
use detente_types::Generation;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::model::{Answer, Model};
use crate::rows::{all, batch, book, early, entry, evidence, line, note, party, soak};

/// Where a store lives.
pub(crate) trait Subject: Default {
    type Store: GroupStore;

    /// The first life.
    fn start(&mut self) -> Self::Store;

    /// The process ends without a farewell, and another begins.
    fn crash(&mut self, store: Self::Store) -> Self::Store;
}

/// Every case as a test of one subject.
macro_rules! conformance {
    ($name:ident, $subject:ident) => {
        conformance!(@cases $name, $subject,
            repeats_are_harmless, other_bytes_are_refused_whole, gaps_are_refused_whole, counts_begin_at_zero,
            replay_keeps_the_order_of_the_port, entries_are_a_range_of_one_log, claimed_numbers_have_no_limit,
            any_bytes_are_kept, a_bad_batch_leaves_its_neighbours, a_group_is_taken_in_order,
            the_taker_can_stop_a_replay, what_was_taken_outlives_any_crash, any_history_is_as_in_the_model);
    };
    (@cases $name:ident, $subject:ident, $($case:ident),*) => {
        mod $name {
            $(
                #[test]
                fn $case() {
                    super::suite::$case::<super::$subject>();
                }
            )*
        }
    };
}

fn started<S: Subject>() -> (S, S::Store) {
    let mut subject = S::default();
    let store = subject.start();
    (subject, store)
}

/// One row of each kind, all of which can come first.
fn one_of_each(bytes: &[u8]) -> Vec<Write> {
    vec![
        book(0, bytes),
        entry(1, 1, 1, 0, bytes),
        early(1, 2, 1, 7, bytes),
        note(1, 1, 1, NoteRole::Checkpoint, 1, bytes),
        note(1, 1, 1, NoteRole::Cosignature, 1, bytes),
        evidence(1, 0, bytes),
    ]
}

pub(crate) fn repeats_are_harmless<S: Subject>() {
    let (mut subject, mut store) = started::<S>();
    let rows = one_of_each(b"once");
    store.commit(&batch(rows.iter().chain(&rows).cloned())).expect("a repeat within the batch");
    store.commit(&batch(rows.clone())).expect("a repeat after the batch");
    let mut store = subject.crash(store);
    store.commit(&batch(rows.clone())).expect("a repeat after a crash");
    assert_eq!(all(&mut store), rows);
}

pub(crate) fn other_bytes_are_refused_whole<S: Subject>() {
    let (mut subject, mut store) = started::<S>();
    let rows = one_of_each(b"first");
    store.commit(&batch(rows.clone())).expect("taken");
    for other in one_of_each(b"other") {
        let answer = store.commit(&batch([book(1, b"goes down with it"), other]));
        assert!(matches!(answer, Err(StoreFault::Differs { .. })), "{answer:?}");
        assert_eq!(all(&mut store), rows);
    }
    let within = store.commit(&batch([book(1, b"a"), book(1, b"b")]));
    assert_eq!(within, Err(StoreFault::Differs { key: "book 1".into() }));
    let mut store = subject.crash(store);
    assert_eq!(all(&mut store), rows);
}

pub(crate) fn gaps_are_refused_whole<S: Subject>() {
    let (_subject, mut store) = started::<S>();
    let rows = one_of_each(b"first");
    store.commit(&batch(rows.clone())).expect("taken");
    let late = [book(2, b""), entry(1, 1, 1, 2, b""), evidence(1, 2, b""), book(u64::MAX, b""), entry(1, 1, 1, 1 << 63, b"")];
    for row in late {
        let answer = store.commit(&batch([note(9, 9, 9, NoteRole::Checkpoint, 9, b"goes down with it"), row]));
        assert!(matches!(answer, Err(StoreFault::Gap { .. })), "{answer:?}");
        assert_eq!(all(&mut store), rows);
    }
    let answer = store.commit(&batch([book(2, b"")]));
    assert_eq!(answer, Err(StoreFault::Gap { key: "book 2".into(), missing: "book 1".into() }));
    store.commit(&batch([book(1, b""), book(2, b"")])).expect("the row before may be in the batch");
}

pub(crate) fn counts_begin_at_zero<S: Subject>() {
    let (_subject, mut store) = started::<S>();
    store.commit(&batch([entry(1, 1, 1, 0, b""), entry(1, 1, 1, 1, b"")])).expect("taken");
    let first_of_another = [entry(1, 1, 2, 1, b""), entry(1, 2, 1, 1, b""), entry(2, 1, 1, 1, b""), evidence(2, 1, b"")];
    for row in first_of_another {
        assert!(matches!(store.commit(&batch([row])), Err(StoreFault::Gap { .. })));
    }
}

pub(crate) fn replay_keeps_the_order_of_the_port<S: Subject>() {
    let (mut subject, mut store) = started::<S>();
    let mut expected: Vec<Write> = (0..3).map(|n| book(n, b"b")).collect();
    for l in [1, 2, 200] {
        let logs = [(1, 1), (1, 2), (1, 300), (2, 1)];
        expected.extend(logs.iter().flat_map(|&(a, g)| (0..3).map(move |i| entry(l, a, g, i, b"e"))));
        expected.extend(logs.iter().flat_map(|&(a, g)| [0, 255, 256].map(|i| early(l, a, g, i, b"o"))));
        for (a, g) in logs {
            for role in [NoteRole::Checkpoint, NoteRole::Cosignature] {
                expected.extend([1, 255, 256].map(|size| note(l, a, g, role, size, b"n")));
            }
        }
        expected.extend((0..3).map(|n| evidence(l, n, b"f")));
    }
    // Three passes, each from the end: the order of writing is not the order of replay.
    for pass in 0..3 {
        let rows = expected.iter().rev().filter(|row| passes_in(row) == pass);
        store.commit(&batch(rows.cloned())).expect("taken");
    }
    assert_eq!(all(&mut store), expected);
    let mut store = subject.crash(store);
    assert_eq!(all(&mut store), expected);
}

/// The pass in which a row can be written: counted rows in the order of their count, the others at the end.
fn passes_in(row: &Write) -> u64 {
    match row {
        Write::Book { number, .. } | Write::Evidence { number, .. } => *number,
        Write::Entry { index, .. } => *index,
        Write::Early { .. } | Write::Note { .. } => 2,
    }
}

pub(crate) fn entries_are_a_range_of_one_log<S: Subject>() {
    let (_subject, mut store) = started::<S>();
    let log: Vec<Write> = (0..10).map(|i| entry(1, 1, 1, i, b"mine")).collect();
    store.commit(&batch(log.clone())).expect("taken");
    let others = [entry(1, 1, 2, 0, b"x"), entry(1, 2, 1, 0, b"x"), entry(2, 1, 1, 0, b"x"), early(1, 1, 1, 10, b"x")];
    store.commit(&batch(others)).expect("taken");
    let mut read = |from, limit| store.entries(&line(1), &party(1), Generation(1), from, limit).expect("read");
    assert_eq!(read(0, 100), log);
    assert_eq!(read(3, 4), log[3..7]);
    assert_eq!(read(9, usize::MAX), log[9..]);
    assert_eq!(read(0, 0), []);
    assert_eq!(read(10, 5), []);
    assert_eq!(read(u64::MAX, 5), []);
    assert_eq!(store.entries(&line(7), &party(1), Generation(1), 0, 5), Ok(vec![]));
}

pub(crate) fn claimed_numbers_have_no_limit<S: Subject>() {
    let (mut subject, mut store) = started::<S>();
    let numbers = [0, 1, 255, 256, (1 << 63) - 1, 1 << 63, u64::MAX];
    let mut rows: Vec<Write> = numbers.iter().map(|&n| early(1, 1, u32::MAX, n, b"claimed by a peer")).collect();
    rows.extend(numbers.iter().map(|&n| note(1, 1, u32::MAX, NoteRole::Cosignature, n, b"signed by a peer")));
    store.commit(&batch(rows.iter().rev().cloned())).expect("taken");
    let mut store = subject.crash(store);
    assert_eq!(all(&mut store), rows);
}

pub(crate) fn any_bytes_are_kept<S: Subject>() {
    let (mut subject, mut store) = started::<S>();
    store.commit(&Batch::default()).expect("a batch of nothing");
    let mut rows: Vec<Write> = vec![book(0, b""), book(1, &[0; 3]), book(2, &[0xFF; 1 << 20])];
    rows.push(Write::Entry {
        line: line(1),
        author: party(1),
        generation: Generation(1),
        index: 0,
        leaf: vec![],
        body: b"quote ' and \0 and \xFF".to_vec(),
    });
    rows.extend([early(1, 1, 1, 0, &[1; 70_000]), note(1, 1, 1, NoteRole::Checkpoint, 0, &[2; 70_000])]);
    rows.push(evidence(1, 0, &[3; 300_000]));
    store.commit(&batch(rows.clone())).expect("taken");
    let mut store = subject.crash(store);
    assert_eq!(all(&mut store), rows);
}

pub(crate) fn a_bad_batch_leaves_its_neighbours<S: Subject>() {
    let (mut subject, mut store) = started::<S>();
    store.commit(&batch([book(0, b"there")])).expect("taken");
    let group = [
        batch([book(1, b"before")]),
        batch([evidence(1, 0, b"undone"), book(0, b"other bytes")]),
        batch([evidence(1, 0, b"undone"), book(9, b"a gap")]),
        batch([book(2, b"after"), evidence(1, 0, b"kept")]),
    ];
    let answers = store.commit_group(&group.iter().collect::<Vec<_>>());
    let words: Vec<Answer> = answers.iter().map(Answer::of).collect();
    assert_eq!(words, [Answer::Taken, Answer::Differs, Answer::Gap, Answer::Taken]);
    let expected = [book(0, b"there"), book(1, b"before"), book(2, b"after"), evidence(1, 0, b"kept")];
    let mut store = subject.crash(store);
    assert_eq!(all(&mut store), expected);
}

pub(crate) fn a_group_is_taken_in_order<S: Subject>() {
    let (_subject, mut store) = started::<S>();
    let group = [
        batch([book(0, b"a")]),
        batch([book(1, b"refused with the row after it"), book(0, b"z")]),
        batch([book(2, b"lacks what the refused batch had")]),
        batch([book(1, b"b")]),
        batch([book(2, b"c")]),
    ];
    let answers = store.commit_group(&group.iter().collect::<Vec<_>>());
    let words: Vec<Answer> = answers.iter().map(Answer::of).collect();
    assert_eq!(words, [Answer::Taken, Answer::Differs, Answer::Gap, Answer::Taken, Answer::Taken]);
    assert_eq!(all(&mut store), [book(0, b"a"), book(1, b"b"), book(2, b"c")]);
    assert_eq!(store.commit_group(&[]), []);
}

pub(crate) fn the_taker_can_stop_a_replay<S: Subject>() {
    let (_subject, mut store) = started::<S>();
    store.commit(&batch((0..5).map(|n| book(n, b"")))).expect("taken");
    let enough = StoreFault::Full { doing: "taking rows".into() };
    let mut taken = 0;
    let ended = store.replay(&mut |_| {
        taken += 1;
        if taken == 3 { Err(enough.clone()) } else { Ok(()) }
    });
    assert_eq!((ended, taken), (Err(enough), 3));
    assert_eq!(all(&mut store).len(), 5);
}

pub(crate) fn what_was_taken_outlives_any_crash<S: Subject>() {
    let (mut subject, mut store) = started::<S>();
    let mut expected = Vec::new();
    for n in 0..20 {
        store.commit(&batch([book(n, &[7; 3000])])).expect("taken");
        expected.push(book(n, &[7; 3000]));
        // Two crashes, the second before anything was written: recovery itself must be safe to interrupt.
        store = subject.crash(store);
        store = subject.crash(store);
        assert_eq!(all(&mut store), expected);
    }
    store.close().expect("closed");
}

pub(crate) fn any_history_is_as_in_the_model<S: Subject>() {
    let cases = if soak() { 600 } else { 48 };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[42; 32]);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let history = proptest::collection::vec(step(), 1..24);
    TestRunner::new_with_rng(config, rng)
        .run(&history, |history| {
            follow::<S>(&history);
            Ok(())
        })
        .unwrap();
}

/// What happens to a store.
#[derive(Clone, Debug)]
enum Step {
    Commit(Vec<Write>),
    Group(Vec<Vec<Write>>),
    Crash,
    Rest,
}

fn step() -> impl Strategy<Value = Step> {
    let rows = || proptest::collection::vec(row(), 0..5);
    prop_oneof![
        6 => rows().prop_map(Step::Commit),
        2 => proptest::collection::vec(rows(), 0..5).prop_map(Step::Group),
        1 => Just(Step::Crash),
        1 => Just(Step::Rest),
    ]
}

/// Few keys and few bytes, so that repeats, differences and gaps all come up.
fn row() -> impl Strategy<Value = Write> {
    let bytes = prop_oneof![4 => Just(vec![1; 10]), 1 => Just(vec![2; 10]), 1 => Just(vec![1; 6000])];
    (0..6_u8, 1..3_u8, 1..3_u8, 1..3_u32, 0..4_u64, bytes).prop_map(|(kind, l, a, g, n, bytes)| match kind {
        0 => book(n, &bytes),
        1 => entry(l, a, g, n, &bytes),
        2 => early(l, a, g, n, &bytes),
        3 => note(l, a, g, NoteRole::Checkpoint, n, &bytes),
        4 => note(l, a, g, NoteRole::Cosignature, n, &bytes),
        _ => evidence(l, n, &bytes),
    })
}

fn follow<S: Subject>(history: &[Step]) {
    let (mut subject, mut store) = started::<S>();
    let mut model = Model::default();
    for step in history {
        match step {
            Step::Commit(rows) => {
                let rows = batch(rows.clone());
                assert_eq!(Answer::of(&store.commit(&rows)), model.commit(&rows));
            }
            Step::Group(group) => {
                let group: Vec<Batch> = group.iter().cloned().map(batch).collect();
                let answers = store.commit_group(&group.iter().collect::<Vec<_>>());
                let expected: Vec<Answer> = group.iter().map(|batch| model.commit(batch)).collect();
                assert_eq!(answers.iter().map(Answer::of).collect::<Vec<_>>(), expected);
            }
            Step::Crash => store = subject.crash(store),
            Step::Rest => store.rest().expect("nothing is wrong"),
        }
    }
    assert_eq!(all(&mut store), model.replay());
    let mut store = subject.crash(store);
    assert_eq!(all(&mut store), model.replay());
}
