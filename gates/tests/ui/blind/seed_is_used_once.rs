//! A seed goes into one run, and is not copied for another.
use detente_blind::Seed;

fn twice(seed: &Seed) -> (Seed, Seed) {
    (seed.clone(), seed.clone())
}

fn main() {}
