//! Comparing secrets byte by byte would tell their bytes by time.
use detente_wire::SecretKey;

fn same(one: SecretKey, other: SecretKey) -> bool {
    one == other
}

fn main() {}
