//! What takes as long whatever the secret is: two classes of inputs each, timed one by one as dudect does, and Welch's t between them.
//!
//! The first are controls: they leak on purpose, and show that a leak would be seen. What a run itself does is timed by each backend
//! that the machine has: its first message, its answers to points that the other side chose, and the whole of a verified run.

mod answers;
mod first;
mod keys;
mod whole;

use curve25519_dalek::{RistrettoPoint, Scalar};
use detente_blind::{Agreement, Backend, CellId, Class as Size, Mode, Role, Run, Seed, Setup};
use dudect_bencher::ctbench::{BenchFn, BenchMetadata, BenchName, BenchOpts, run_benches_console};
use dudect_bencher::rand::{Rng, RngExt as _};
use dudect_bencher::{BenchRng, Class, CtRunner};

/// One thing that is timed.
pub struct Timed {
    /// Its name for dudect; none is the beginning of another.
    pub name: &'static str,
    /// What it is.
    pub what: &'static str,
    /// What the two classes of inputs are.
    pub classes: [&'static str; 2],
    /// What multiplies.
    pub backend: Backend,
    bench: BenchFn,
}

/// What is timed by each backend.
struct Kind {
    what: &'static str,
    classes: [&'static str; 2],
    /// Names and functions, in the order of [`Backend::ALL`].
    each: [(&'static str, BenchFn); 3],
}

macro_rules! kind {
    ($module:ident::$bench:ident, $what:literal, $one:literal, $other:literal) => {
        Kind {
            what: $what,
            classes: [$one, $other],
            each: [
                (concat!(stringify!($bench), "_dalek"), $module::$bench::<0>),
                (concat!(stringify!($bench), "_avx2"), $module::$bench::<1>),
                (concat!(stringify!($bench), "_ifma"), $module::$bench::<2>),
            ],
        }
    };
}

const KINDS: [Kind; 6] = [
    kind!(first::first_list, "the first message of 16 places, hashed and multiplied", "16 cells", "16 pieces of padding"),
    kind!(first::first_key, "the first message of 16 cells", "one seed", "other seeds each time"),
    kind!(
        answers::answer_small,
        "answers to 16 points that the other side chose, by one key",
        "the generator's first 16 multiples",
        "other points each time"
    ),
    kind!(
        answers::answer_alike,
        "answers to 16 points that the other side chose, by one key",
        "16 whose encodings begin alike",
        "other points each time"
    ),
    kind!(answers::answer_key, "answers to 16 points", "keys with many digits of zero", "other keys"),
    kind!(
        whole::whole_verified,
        "all that a side does in a verified run of 16 places, its proof and its checks included",
        "keys with many digits of zero",
        "other keys"
    ),
];

/// Names of the controls, which must be seen.
pub const CONTROLS: [&str; 2] = ["control_scalar", "control_key"];

/// All that is timed on this machine, the controls first.
pub fn timed() -> Vec<Timed> {
    let mut all = vec![
        Timed {
            name: CONTROLS[0],
            what: "control: a multiplication that is not constant-time",
            classes: ["scalars of 16 bits", "scalars of 252 bits"],
            backend: Backend::Dalek,
            bench: control,
        },
        Timed {
            name: CONTROLS[1],
            what: "control: 16 multiplications that add nothing for a digit of zero",
            classes: ["keys with many digits of zero", "other keys"],
            backend: Backend::Dalek,
            bench: answers::control_key,
        },
        Timed {
            name: "multiplication",
            what: "a point times a secret",
            classes: ["one scalar with a single bit", "other scalars each time"],
            backend: Backend::Dalek,
            bench: multiplication,
        },
    ];
    for Kind { what, classes, each } in KINDS {
        let here = Backend::ALL.into_iter().zip(each).filter(|(backend, _)| backend.is_available());
        all.extend(here.map(|(backend, (name, bench))| Timed { name, what, classes, backend, bench }));
    }
    all
}

/// Times everything, with the results on standard output in dudect's form; a twentieth of it where `DETENTE_QUICK` is set.
///
/// # Errors
/// When standard output refuses.
pub fn measure() -> std::io::Result<()> {
    let benches =
        timed().into_iter().map(|Timed { name, bench, .. }| BenchMetadata { name: BenchName(name), seed: None, benchfn: bench });
    run_benches_console(BenchOpts::default(), benches.collect())
}

fn count(whole: usize) -> usize {
    if std::env::var_os("DETENTE_QUICK").is_some() { whole / 20 } else { whole }
}

/// How often a backend, by its place in [`Backend::ALL`], does what is dear: each for about as long.
fn count_by(backend: usize, whole: usize) -> usize {
    count(whole / [5, 2, 1][backend])
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
    mut make: impl FnMut(Class, &mut BenchRng) -> T,
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

/// A side of a run of 16 places in one chunk, or in four if it is verified.
fn side(role: Role, seed: [u8; 32], cells: Vec<CellId>, verified: bool, backend: Backend) -> Run {
    let chunks_log2 = if verified { 4 } else { 0 };
    let agreement = Agreement { context: [1; 32], mode: Mode::Cells, verified, chunks_log2 };
    let class = Size::MIN;
    let setup = Setup { agreement, role, class, classes: class..=class, plan_root: [0; 32], cells, seed: Seed::new(seed) };
    Run::by(setup, backend).expect("a good setup")
}
