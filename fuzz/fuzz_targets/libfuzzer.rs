//! All targets behind libFuzzer; `DETENTE_FUZZ` names the one to run.
//!
//! Needs a nightly compiler, from the root of the house. The harness itself is built without optimisation: it is three
//! lines, and the coverage pass of some nightlies does not end on them.
//!
//! ```text
//! export CARGO_PROFILE_RELEASE_LTO=off DETENTE_FUZZ=frame RUSTFLAGS="-Zsanitizer=address -Cpasses=sancov-module \
//!   -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
//!   -Cllvm-args=-sanitizer-coverage-pc-table"
//! cargo +nightly rustc -p detente-fuzz --release --features libfuzzer --bin libfuzzer \
//!   --target x86_64-unknown-linux-gnu -- -Copt-level=0
//! target/x86_64-unknown-linux-gnu/release/libfuzzer /tmp/found fuzz/corpus/frame -max_len=8192
//! ```

#![no_main]

use std::sync::LazyLock;

use detente_fuzz::{TARGETS, Target, target};
use libfuzzer_sys::fuzz_target;

static CHOSEN: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("DETENTE_FUZZ").unwrap_or_default();
    let names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    target(&name).unwrap_or_else(|| panic!("DETENTE_FUZZ={name} is none of {}", names.join(", ")))
});

fuzz_target!(|data: &[u8]| CHOSEN(data));
