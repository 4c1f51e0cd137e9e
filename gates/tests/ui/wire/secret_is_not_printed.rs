//! A secret key has no text.
use detente_wire::SecretKey;

fn show(secret: &SecretKey) -> String {
    format!("{secret}")
}

fn main() {}
