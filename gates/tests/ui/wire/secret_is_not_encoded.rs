//! A secret key has no encoding, so it cannot slip into a statement or a frame.
use detente_wire::SecretKey;

fn send(secret: &SecretKey) -> Vec<u8> {
    detente_wire::codec::encode(secret)
}

fn main() {}
