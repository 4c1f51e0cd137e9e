//! The first message of a side, from its set to the points.

use std::cell::Cell;

use detente_blind::{Backend, CellId, Effect, Job, Role};
use dudect_bencher::rand::RngExt as _;
use dudect_bencher::{BenchRng, Class, CtRunner};

use super::{count_by, run, side};

pub(super) fn first_list<const BACKEND: usize>(runner: &mut CtRunner, rng: &mut BenchRng) {
    let make = |class: Class, rng: &mut BenchRng| {
        masking(Backend::ALL[BACKEND], rng.random(), if matches!(class, Class::Left) { 16 } else { 0 }, rng)
    };
    run(runner, rng, count_by(BACKEND, 20_000), make, |job| job.take().map(Job::run));
}

pub(super) fn first_key<const BACKEND: usize>(runner: &mut CtRunner, rng: &mut BenchRng) {
    let make = |class: Class, rng: &mut BenchRng| {
        let drawn: [u8; 32] = rng.random();
        masking(Backend::ALL[BACKEND], if matches!(class, Class::Left) { [7; 32] } else { drawn }, 16, rng)
    };
    run(runner, rng, count_by(BACKEND, 20_000), make, |job| job.take().map(Job::run));
}

/// The work of making a first message of sixteen places, so many of them cells.
fn masking(backend: Backend, seed: [u8; 32], cells: usize, rng: &mut BenchRng) -> Cell<Option<Job>> {
    let cells = (0..cells).map(|_| CellId(rng.random())).collect();
    let mut ours = side(Role::First, seed, cells, false, backend);
    let Some(Effect::Send(hello)) = side(Role::Second, [9; 32], Vec::new(), false, backend).poll_effect() else {
        unreachable!("a run begins with its hello")
    };
    ours.handle(&hello);
    Cell::new(ours.poll_job())
}
