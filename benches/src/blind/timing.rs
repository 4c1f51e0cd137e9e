//! What takes as long whatever the secret is: two classes of inputs each, timed one by one as dudect does, and Welch's t between them.
//!
//! The first is a control: it leaks on purpose, and shows that a leak would be seen.

use std::cell::Cell;

use curve25519_dalek::{RistrettoPoint, Scalar};
use detente_blind::{Agreement, Backend, CellId, Class as Size, Effect, Job, Mode, Role, Run, Seed, Setup};
use dudect_bencher::ctbench::{BenchFn, BenchMetadata, BenchName, BenchOpts, run_benches_console};
use dudect_bencher::rand::{Rng, RngExt as _};
use dudect_bencher::{BenchRng, Class, CtRunner};

/// What is timed: its name for dudect, what it is, what the two classes of inputs are, and the backend without which it is left
/// out.
pub const TIMED: [(&str, &str, &str, &str, Backend); 6] = [
    (
        "a_control",
        "control: a multiplication that is not constant-time",
        "scalars of 16 bits",
        "scalars of 252 bits",
        Backend::Dalek,
    ),
    (
        "b_multiplication",
        "a point times a secret, by curve25519-dalek",
        "one scalar with a single bit",
        "other scalars each time",
        Backend::Dalek,
    ),
    ("c_list", "the first message of 16 places, hashed and multiplied", "16 cells", "16 pieces of padding", Backend::Dalek),
    ("d_key", "the same of 16 cells", "one seed", "other seeds each time", Backend::Dalek),
    ("e_avx2", "the same by AVX2", "one seed", "other seeds each time", Backend::Avx2),
    ("f_dalek", "the same by curve25519-dalek", "one seed", "other seeds each time", Backend::Dalek),
];

/// Times everything, with the results on standard output in dudect's form. `scale` is a factor on how often.
///
/// # Errors
/// When standard output refuses.
pub fn measure() -> std::io::Result<()> {
    let timed: [BenchFn; 6] = [control, multiplication, list, key, key_avx2, key_dalek];
    let here = TIMED.iter().zip(timed).filter(|((.., backend), _)| backend.is_available());
    let benches = here.map(|((name, ..), benchfn)| BenchMetadata { name: BenchName(name), seed: None, benchfn });
    run_benches_console(BenchOpts::default(), benches.collect())
}

/// How often cheap and dear things are timed; `DETENTE_QUICK` takes a twentieth.
fn count(whole: usize) -> usize {
    if std::env::var_os("DETENTE_QUICK").is_some() { whole / 20 } else { whole }
}

fn class(rng: &mut BenchRng) -> Class {
    if rng.random::<bool>() { Class::Left } else { Class::Right }
}

fn scalar(rng: &mut BenchRng) -> Scalar {
    let mut wide = [0; 64];
    rng.fill_bytes(&mut wide);
    Scalar::from_bytes_mod_order_wide(&wide)
}

/// Inputs are made before anything is timed, so that making them does not colour it.
fn run<T, R>(
    runner: &mut CtRunner,
    rng: &mut BenchRng,
    count: usize,
    make: impl Fn(Class, &mut BenchRng) -> T,
    timed: impl Fn(&T) -> R,
) {
    const BATCH: usize = 1_000;
    let mut left = count;
    while left > 0 {
        let inputs: Vec<(Class, T)> = (0..BATCH.min(left))
            .map(|_| {
                let class = class(rng);
                (class, make(class, rng))
            })
            .collect();
        left -= inputs.len();
        inputs.iter().for_each(|(class, input)| runner.run_one(*class, || timed(input)));
    }
}

fn control(runner: &mut CtRunner, rng: &mut BenchRng) {
    let make = |class: Class, rng: &mut BenchRng| match class {
        Class::Left => Scalar::from(rng.random::<u16>()),
        Class::Right => scalar(rng),
    };
    let point = RistrettoPoint::mul_base(&scalar(rng));
    run(runner, rng, count(100_000), make, |secret| {
        RistrettoPoint::vartime_double_scalar_mul_basepoint(secret, &point, &Scalar::ZERO)
    });
}

fn multiplication(runner: &mut CtRunner, rng: &mut BenchRng) {
    let point = RistrettoPoint::mul_base(&scalar(rng));
    let make = |class: Class, rng: &mut BenchRng| match class {
        // Drawn all the same, so that both classes are made alike.
        Class::Left => Scalar::ZERO * scalar(rng) + Scalar::from(1u64 << 40),
        Class::Right => scalar(rng),
    };
    run(runner, rng, count(200_000), make, |secret| point * secret);
}

fn list(runner: &mut CtRunner, rng: &mut BenchRng) {
    let make = |class: Class, rng: &mut BenchRng| {
        masking(Backend::best(), rng.random(), if matches!(class, Class::Left) { 16 } else { 0 }, rng)
    };
    run(runner, rng, count(20_000), make, |job| job.take().map(Job::run));
}

fn key(runner: &mut CtRunner, rng: &mut BenchRng) {
    keys(Backend::best(), runner, rng);
}

fn key_avx2(runner: &mut CtRunner, rng: &mut BenchRng) {
    keys(Backend::Avx2, runner, rng);
}

fn key_dalek(runner: &mut CtRunner, rng: &mut BenchRng) {
    keys(Backend::Dalek, runner, rng);
}

fn keys(backend: Backend, runner: &mut CtRunner, rng: &mut BenchRng) {
    let make = |class: Class, rng: &mut BenchRng| {
        let drawn: [u8; 32] = rng.random();
        masking(backend, if matches!(class, Class::Left) { [7; 32] } else { drawn }, 16, rng)
    };
    run(runner, rng, count(20_000), make, |job| job.take().map(Job::run));
}

/// The work of making a first message of sixteen places, so many of them cells.
fn masking(backend: Backend, seed: [u8; 32], cells: usize, rng: &mut BenchRng) -> Cell<Option<Job>> {
    let side = |role, seed, cells| {
        let agreement = Agreement { context: [1; 32], mode: Mode::Cells, verified: false, chunks_log2: 0 };
        let (class, class_max) = (Size::MIN, Size::MIN);
        let setup = Setup { agreement, role, class, class_max, plan_root: [0; 32], cells, seed: Seed::new(seed) };
        Run::by(setup, backend).expect("a good setup")
    };
    let cells = (0..cells).map(|_| CellId(rng.random())).collect();
    let mut ours = side(Role::First, seed, cells);
    let Some(Effect::Send(hello)) = side(Role::Second, [9; 32], Vec::new()).poll_effect() else {
        unreachable!("a run begins with its hello")
    };
    ours.handle(&hello);
    Cell::new(ours.poll_job())
}
