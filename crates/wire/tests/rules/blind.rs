//! Rules of blind runs: which there are, that each is committed to and ended once, and what asking costs.

use detente_types::statement::{BlindAskIn, BlindCommitIn, BlindReason, BlindResultIn, BlindRunIn};
use detente_wire::meaning::BlindSaid;

use super::*;

/// Terms with a run every quarter of an hour and two beyond those a day.
fn scene() -> Scene {
    let mut input = terms();
    (input.blind.every_min, input.blind.extra_per_day) = (15, 2);
    Scene { terms: Some(Terms::try_new(input).unwrap()), ..Scene::new() }
}

fn commit(run: BlindRunIn) -> BlindCommitIn {
    let kind = Kind::BlindCommit.code();
    BlindCommitIn { kind, run, hello: vec![1; 100].into(), commitment: [2; 32].into(), sealed: None }
}

fn sealed(run: BlindRunIn) -> BlindResultIn {
    let kind = Kind::BlindResult.code();
    BlindResultIn { kind, run, seal: Some([3; 32].into()), step: None, taken: None, reason: None, desk: None, officer: None }
}

fn aborted(run: BlindRunIn) -> BlindResultIn {
    BlindResultIn { seal: None, step: Some(3), taken: Some(2), reason: Some(BlindReason::Timeout.code()), ..sealed(run) }
}

fn ask(run: Option<BlindRunIn>, cells: Option<Vec<[u32; 2]>>) -> StatementIn {
    let kind = Kind::BlindAsk.code();
    StatementIn::BlindAsk(BlindAskIn { kind, run, cells, reason: None, desk: None, officer: None })
}

fn now() -> BlindRunIn {
    BlindRunIn::at(minutes(0))
}

#[test]
fn dv_080_a_blind_run_is_a_fixed_one_or_was_asked_for() {
    let mut scene = scene();
    let wanted = "a multiple of the terms' blind.every_min, or a statement known to its author that asks for a run";
    let judge = |scene: &Scene, run| scene.judge(StatementIn::BlindCommit(commit(run)));
    let ends = |scene: &Scene, run| scene.judge(StatementIn::BlindResult(aborted(run)));
    [0, 15, -15].into_iter().for_each(|at| passes(&judge(&scene, BlindRunIn::at(minutes(at)))));
    only(judge(&scene, BlindRunIn::at(minutes(7))), Rule::BlindRun, "run", wanted);
    only(judge(&scene, BlindRunIn::at(minutes(30))), Rule::BlindRun, "run", "a time within a period");
    passes(&ends(&scene, BlindRunIn::at(minutes(30))));
    let other = scene.had(scene.other(), Kind::BlindAsk, 4);
    let asked = BlindRunIn::asked(other);
    only(judge(&scene, asked), Rule::BlindRun, "run", wanted);
    scene.heard.blind_asks.insert(other);
    passes(&judge(&scene, asked));
    let both = BlindRunIn { at_us: now().at_us, asked: Some(other) };
    for run in [both, BlindRunIn { at_us: None, asked: None }, BlindRunIn::asked(unheard(scene.other(), 9))] {
        only(judge(&scene, run), Rule::BlindRun, "run", wanted);
        only(ends(&scene, run), Rule::BlindRun, "run", wanted);
    }
    let none = Scene { heard: scene.heard.clone(), ..Scene::new() };
    only(judge(&none, now()), Rule::BlindRun, "run", wanted);
    passes(&judge(&none, asked));
}

#[test]
fn dv_081_a_blind_run_is_committed_to_once_and_ends_once() {
    let mut scene = scene();
    let first = "a run that this author has neither committed to nor ended";
    let last = "a run that this author has not ended, and has committed to where it seals a result";
    only(scene.judge(StatementIn::BlindResult(sealed(now()))), Rule::BlindOnce, "run", last);
    passes(&scene.judge(StatementIn::BlindResult(aborted(now()))));
    scene.heard.blind.insert(now(), BlindSaid { committed: true, ended: false, sealed: false });
    only(scene.judge(StatementIn::BlindCommit(commit(now()))), Rule::BlindOnce, "run", first);
    passes(&scene.judge(StatementIn::BlindResult(sealed(now()))));
    passes(&scene.judge(StatementIn::BlindResult(aborted(now()))));
    scene.terms = Scene::new().terms;
    passes(&scene.judge(StatementIn::BlindResult(aborted(now()))));
    scene.heard.blind.insert(now(), BlindSaid { committed: true, ended: true, sealed: true });
    only(scene.judge(StatementIn::BlindResult(sealed(now()))), Rule::BlindOnce, "run", last);
    only(scene.judge(StatementIn::BlindResult(aborted(now()))), Rule::BlindOnce, "run", last);
}

#[test]
fn dv_082_blind_runs_are_asked_for_within_the_budget() {
    let mut scene = scene();
    passes(&scene.judge(ask(None, None)));
    scene.heard.blind_asked = 1;
    passes(&scene.judge(ask(None, None)));
    scene.heard.blind_asked = 2;
    only(scene.judge(ask(None, None)), Rule::BlindBudget, "run", "at most 2 a day and side");
    let none = Scene::new();
    only(none.judge(ask(None, None)), Rule::BlindBudget, "run", "at most 0 a day and side");
}

#[test]
fn dv_083_a_blind_statement_carries_what_it_needs() {
    let mut scene = scene();
    for length in [0, 513] {
        let said = BlindCommitIn { hello: vec![1; length].into(), ..commit(now()) };
        only(scene.judge(StatementIn::BlindCommit(said)), Rule::BlindForm, "hello", "1 to 512 bytes");
    }
    let committed = BlindSaid { committed: true, ended: false, sealed: true };
    scene.heard.blind.insert(now(), committed);
    let spoilt = [
        BlindResultIn { step: Some(1), ..sealed(now()) },
        BlindResultIn { reason: Some(1), ..sealed(now()) },
        BlindResultIn { taken: Some(1), ..sealed(now()) },
        BlindResultIn { step: None, ..aborted(now()) },
        BlindResultIn { reason: None, ..aborted(now()) },
        BlindResultIn { reason: Some(200), ..aborted(now()) },
        BlindResultIn { step: Some(5), taken: None, ..aborted(now()) },
        BlindResultIn { step: Some(2), ..aborted(now()) },
    ];
    let wanted = "a seal alone, or step and reason, with chunks taken in the release only";
    for said in spoilt {
        only(scene.judge(StatementIn::BlindResult(said)), Rule::BlindForm, "seal", wanted);
    }
    passes(&scene.judge(ask(Some(now()), Some(vec![[0, 1], [2, 5]]))));
    for cells in [vec![], vec![[0, 0]], vec![[0, 2], [2, 1]], vec![[4, 1], [1, 1]], vec![[u32::MAX, 2], [3, 1]]] {
        only(scene.judge(ask(Some(now()), Some(cells))), Rule::BlindForm, "cells", "1 to 1,000 stretches");
    }
    only(scene.judge(ask(Some(now()), None)), Rule::BlindForm, "cells", "both, or neither");
    only(scene.judge(ask(None, Some(vec![[0, 1]]))), Rule::BlindForm, "cells", "both, or neither");
    only(scene.judge(ask(Some(BlindRunIn::at(minutes(15))), Some(vec![[0, 1]]))), Rule::BlindOnce, "run", "has sealed a result");
}
