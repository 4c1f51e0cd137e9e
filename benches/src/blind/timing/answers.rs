//! Answers to points that the other side chose.
//!
//! The other side is made by hand here, as docs/spec/blind.md has it: a run of our own sends no points but hashed ones.

use std::cell::Cell;

use curve25519_dalek::{RistrettoPoint, Scalar};
use detente_blind::message::{Hello, Mark, Message, Open, VERSION, decode, encode};
use detente_blind::{Backend, Class as Size, Digest, Effect, Job, Mode, Role, Run};
use dudect_bencher::rand::{Rng as _, RngExt as _};
use dudect_bencher::{BenchRng, Class, CtRunner};
use sha2::{Digest as _, Sha256};

use super::{count_by, keys, run, side};

/// Places of the list.
const PLACES: usize = 16;
const PLAN_ROOT: Digest = [0; 32];

pub(super) fn answer_small<const BACKEND: usize>(runner: &mut CtRunner, rng: &mut BenchRng) {
    let multiples = encoded((1..=PLACES as u64).map(|factor| RistrettoPoint::mul_base(&Scalar::from(factor))));
    to_chosen(BACKEND, runner, rng, &multiples);
}

pub(super) fn answer_alike<const BACKEND: usize>(runner: &mut CtRunner, rng: &mut BenchRng) {
    let mut alike = Vec::new();
    while alike.len() < PLACES * 32 {
        let point = drawn(rng).compress().to_bytes();
        // Eleven bits, for the lowest of all is never set.
        if point[0] == 0 && point[1] < 0x10 {
            alike.extend(point);
        }
    }
    to_chosen(BACKEND, runner, rng, &alike);
}

/// One key, and in one class the same points each time.
fn to_chosen(backend: usize, runner: &mut CtRunner, rng: &mut BenchRng, chosen: &[u8]) {
    let seed = rng.random();
    let make = |class: Class, rng: &mut BenchRng| {
        let others = encoded((0..PLACES).map(|_| drawn(rng)));
        answering(Backend::ALL[backend], seed, if matches!(class, Class::Left) { chosen } else { &others })
    };
    run(runner, rng, count_by(backend, 20_000), make, |job| job.take().map(Job::run));
}

pub(super) fn answer_key<const BACKEND: usize>(runner: &mut CtRunner, rng: &mut BenchRng) {
    let backend = Backend::ALL[BACKEND];
    let [special, others] = keys::seeds(rng, |seed| met(backend, seed).name());
    special.iter().for_each(|seed| assert_eq!(shown(*seed), of_spec(*seed), "the seed's key is the one that was looked for"));
    let make = |class: Class, rng: &mut BenchRng| {
        let points = encoded((0..PLACES).map(|_| drawn(rng)));
        let seeds = if matches!(class, Class::Left) { &special } else { &others };
        answering(backend, seeds[rng.random_range(..seeds.len())], &points)
    };
    run(runner, rng, count_by(BACKEND, 20_000), make, |job| job.take().map(Job::run));
}

/// What answers must not be: nothing is added where a digit is zero.
pub(super) fn control_key(runner: &mut CtRunner, rng: &mut BenchRng) {
    let [special, others] = keys::seeds(rng, |seed| met(Backend::Dalek, seed).name()).map(|seeds| {
        let digits = |seed| keys::digits(&keys::key(&seed, &met(Backend::Dalek, seed).name()));
        seeds.into_iter().map(digits).collect::<Vec<_>>()
    });
    let make = |class: Class, rng: &mut BenchRng| {
        let points: [_; PLACES] = core::array::from_fn(|_| drawn(rng));
        let keys = if matches!(class, Class::Left) { &special } else { &others };
        (points, &keys[rng.random_range(..keys.len())])
    };
    // As often in a quick run: it must be seen.
    run(runner, rng, 4_000, make, |(points, digits)| points.map(|point| leaking(&point, digits)));
}

fn leaking(point: &RistrettoPoint, digits: &[i8]) -> RistrettoPoint {
    let mut multiples = [*point; 8];
    (1..8).for_each(|at| multiples[at] = multiples[at - 1] + point);
    let mut sum = RistrettoPoint::default();
    for digit in digits.iter().rev() {
        (0..4).for_each(|_| sum += sum);
        match (digit.unsigned_abs(), *digit < 0) {
            (0, _) => {}
            (magnitude, false) => sum += multiples[usize::from(magnitude) - 1],
            (magnitude, true) => sum -= multiples[usize::from(magnitude) - 1],
        }
    }
    sum
}

fn drawn(rng: &mut BenchRng) -> RistrettoPoint {
    let mut wide = [0; 64];
    rng.fill_bytes(&mut wide);
    RistrettoPoint::from_uniform_bytes(&wide)
}

fn encoded(points: impl Iterator<Item = RistrettoPoint>) -> Vec<u8> {
    points.flat_map(|point| point.compress().to_bytes()).collect()
}

/// A run that has heard the hello.
fn met(backend: Backend, seed: [u8; 32]) -> Run {
    let hello = Hello {
        version: VERSION,
        context: [1; 32],
        role: Role::Second,
        mode: Mode::Cells,
        verified: false,
        chunks_log2: 0,
        class: Size::MIN,
        nonce: [9; 32],
    };
    let mut ours = side(Role::First, seed, Vec::new(), false, backend);
    ours.handle(&encode(&Message::Hello(hello)));
    ours
}

/// The public half of the key that a run shows.
fn shown(seed: [u8; 32]) -> [u8; 32] {
    let mut ours = committed(
        met(Backend::best(), seed),
        &encoded((1..=PLACES as u64).map(|factor| RistrettoPoint::mul_base(&factor.into()))),
    );
    while let Some(effect) = ours.poll_effect() {
        match effect {
            Effect::Persist(_) => ours.handle_persisted(),
            Effect::Send(message) => {
                if let Some(Message::Open(_, open)) = decode(&message) {
                    return open.key;
                }
            }
        }
    }
    unreachable!("what is committed to is opened once both are committed")
}

/// The same, derived.
fn of_spec(seed: [u8; 32]) -> [u8; 32] {
    RistrettoPoint::mul_base(&keys::key(&seed, &met(Backend::best(), seed).name())).compress().to_bytes()
}

/// The work of answering to a list of points.
fn answering(backend: Backend, seed: [u8; 32], points: &[u8]) -> Cell<Option<Job>> {
    let mut ours = committed(met(backend, seed), points);
    // Nothing of our own was sent yet, so that the answers are what comes next, and not the look for points that stand twice.
    let job = ours.poll_job();
    assert!(job.is_some(), "the other side keeps the rules: {:?}", ours.aborted());
    Cell::new(job)
}

/// A run whose own list is made, and that has heard a list of points.
fn committed(mut ours: Run, points: &[u8]) -> Run {
    while let Some(job) = ours.poll_job() {
        ours.handle_done(job.run());
    }
    let run = ours.name();
    let mark: Mark = *run.first_chunk().expect("a name is longer than a mark");
    let list = digest("detente/blind/list/1", &[&digest("detente/blind/piece/1", &[points])]);
    let key = RistrettoPoint::mul_base(&Scalar::from(7u8)).compress().to_bytes();
    let commitment = digest("detente/blind/commit/1", &[&run, &[1, Size::MIN.log2()], &key, &list, &PLAN_ROOT]);
    ours.handle(&encode(&Message::Commit(mark, commitment)));
    ours.handle(&encode(&Message::Open(mark, Open { key, list, plan_root: PLAN_ROOT })));
    ours.handle(&encode(&Message::Points(mark, 0, points.to_vec().into())));
    ours
}

/// D of docs/spec/blind.md.
fn digest(name: &str, parts: &[&[u8]]) -> Digest {
    let mut hash = Sha256::new_with_prefix(name);
    hash.update([0]);
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().into()
}
