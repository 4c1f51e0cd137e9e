//! The bytes of a secret key are reached by one name only, which warns.
use detente_wire::SecretKey;

fn take(secret: SecretKey) -> [u8; 32] {
    secret.0
}

fn main() {}
