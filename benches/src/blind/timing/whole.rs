//! All that one side does in a verified run, against what the other side said when the same run was played before.

use std::cell::Cell;

use detente_blind::{Backend, CellId, Effect, Role, Run};
use dudect_bencher::rand::RngExt as _;
use dudect_bencher::{BenchRng, Class, CtRunner};

use super::{count_by, keys, run, side};

/// What is heard in one turn.
type Turn = Vec<Vec<u8>>;

pub(super) fn whole_verified<const BACKEND: usize>(runner: &mut CtRunner, rng: &mut BenchRng) {
    let backend = Backend::ALL[BACKEND];
    let [special, others] = keys::seeds(rng, |seed| {
        let mut ours = ours(seed, backend);
        turn(&mut theirs(), &[]).iter().for_each(|hello| _ = ours.handle(hello));
        ours.name()
    });
    let make = |class: Class, rng: &mut BenchRng| {
        let seeds = if matches!(class, Class::Left) { &special } else { &others };
        let seed = seeds[rng.random_range(..seeds.len())];
        Cell::new(Some((ours(seed, backend), played(seed))))
    };
    run(runner, rng, count_by(BACKEND, 10_000), make, |side| {
        let (mut ours, turns) = side.take()?;
        turns.iter().for_each(|heard| drop(turn(&mut ours, heard)));
        assert!(ours.outcome().is_some_and(|outcome| outcome.agrees), "the run reaches its end: {:?}", ours.aborted());
        Some(ours)
    });
}

fn ours(seed: [u8; 32], backend: Backend) -> Run {
    side(Role::First, seed, cells(0), true, backend)
}

fn theirs() -> Run {
    side(Role::Second, [9; 32], cells(8), true, Backend::best())
}

/// Sixteen from a number on: half of ours are theirs as well.
fn cells(from: u128) -> Vec<CellId> {
    (from..from + 16).map(|number| CellId(number.to_be_bytes())).collect()
}

/// What the other side says in the whole run, by turns. Whatever multiplies, the same is said.
fn played(seed: [u8; 32]) -> Vec<Turn> {
    let (mut ours, mut theirs) = (ours(seed, Backend::best()), theirs());
    let mut turns = Vec::new();
    let mut said = turn(&mut ours, &[]);
    while !said.is_empty() {
        let heard = turn(&mut theirs, &said);
        said = turn(&mut ours, &heard);
        turns.push(heard);
    }
    turns
}

/// Hears what was said, does everything that follows, and gives what is said then.
fn turn(run: &mut Run, heard: &[Vec<u8>]) -> Turn {
    heard.iter().for_each(|message| _ = run.handle(message));
    let mut said = Vec::new();
    let mut is_busy = true;
    while is_busy {
        is_busy = false;
        while let Some(job) = run.poll_job() {
            run.handle_done(job.run());
            is_busy = true;
        }
        while let Some(effect) = run.poll_effect() {
            is_busy = true;
            match effect {
                Effect::Persist(_) => run.handle_persisted(),
                Effect::Send(message) => said.push(message),
            }
        }
    }
    said
}
