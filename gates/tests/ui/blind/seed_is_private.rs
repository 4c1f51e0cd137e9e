//! Nothing reads a seed's bytes.
use detente_blind::Seed;

fn bytes(seed: &Seed) -> [u8; 32] {
    seed.0
}

fn main() {}
