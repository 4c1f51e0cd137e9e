//! Chance, from the seed alone.
//!
//! Each purpose draws from a stream of its own, so that another draw in one place does not move all the others: a seed
//! that found a bug still finds it after a change elsewhere, as far as that is possible.

use detente_wire::hash::domain;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// One stream of chance.
#[derive(Clone, Debug)]
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream of a seed for a purpose; `number` tells several of one purpose apart.
    pub(crate) fn new(seed: u64, purpose: &str, number: usize) -> Self {
        let parts = [&seed.to_be_bytes()[..], purpose.as_bytes(), &(number as u64).to_be_bytes()];
        Self(ChaCha8Rng::from_seed(domain("detente/sim/1", &parts)))
    }

    /// As a source of randomness for what is simulated.
    pub(crate) fn rng(&mut self) -> &mut ChaCha8Rng {
        &mut self.0
    }

    /// A number below `end`; 0 when that is 0.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        if end == 0 { 0 } else { self.0.next_u64() % end }
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        debug_assert!(low <= high, "a range that is one");
        low + self.below((high - low) as u64 + 1) as i64
    }

    /// True so many times in a thousand.
    pub(crate) fn chance(&mut self, per_mille: u32) -> bool {
        self.below(1_000) < u64::from(per_mille)
    }

    /// One of several; `None` when there are none.
    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.below(of.len() as u64) as usize)
    }

    /// One of several, each as likely as its weight.
    pub(crate) fn weighted<T: Copy>(&mut self, of: &[(u32, T)]) -> T {
        let all: u64 = of.iter().map(|(weight, _)| u64::from(*weight)).sum();
        let mut at = self.below(all);
        for (weight, what) in of {
            if at < u64::from(*weight) {
                return *what;
            }
            at -= u64::from(*weight);
        }
        unreachable!("the weights add up")
    }

    /// A time until something that happens every `mean_us` on average; µs.
    pub(crate) fn wait_us(&mut self, mean_us: i64) -> i64 {
        // The inverse of the exponential distribution. `libm` gives the same bits on every machine.
        let u = (self.below(1 << 53) + 1) as f64 / (1u64 << 53) as f64;
        (-libm::log(u) * mean_us as f64) as i64 + 1
    }
}
