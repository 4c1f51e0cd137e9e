//! The gateway from outside: files in, notices and reports out.

mod examples;
mod hostile;
mod positions;
mod reports;
mod round_trips;
mod suspects;

use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;

/// The same cases on every run; twenty times as many, and new ones, with `DETENTE_SOAK`.
fn repeatable(cases: u32) -> ProptestConfig {
    let plain = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("DETENTE_SOAK").is_some() {
        return ProptestConfig { cases: cases * 20, ..plain };
    }
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(0x5EED), ..plain }
}
