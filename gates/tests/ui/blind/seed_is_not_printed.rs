//! The seed of a blind run has no text.
use detente_blind::Seed;

fn show(seed: &Seed) -> String {
    format!("{seed:?}")
}

fn main() {}
