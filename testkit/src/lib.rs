//! Fixtures and generators for the tests of every crate. Nothing here ships.
//!
//! Everything is a function of its arguments: the same seed gives the same keys, entries and bytes on every machine.
//! Fixtures are valid unless their name says otherwise, and their fields are public where a test wants to spoil one.
//!
//! - [`mod@terms`]: terms over the Gulf of Finland; [`mod@notices`]: a valid notice of each kind
//! - [`statements`]: a statement of each kind
//! - [`mod@parties`]: two parties with all their keys; [`mod@chain`]: their logs, sealed entry by entry
//! - [`refusal`]: what a broken rule must say; [`mod@known`]: what the meaning gate may know; [`mod@mock`]: a cheap signature scheme
//! - [`mod@strategy`]: proptest strategies, valid and hostile; [`cbor`]: the forms of one content that must be refused
//! - [`mod@workload`]: the planned volumes that the conflict index is measured on

pub mod cbor;
pub mod chain;
pub mod known;
pub mod mock;
pub mod notices;
pub mod parties;
pub mod refusal;
pub mod statements;
pub mod strategy;
pub mod terms;
pub mod workload;

use detente_types::Timestamp;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

pub use chain::{Author, conversation};
pub use known::Heard;
pub use mock::MockScheme;
pub use notices::{circle, notice, notice_id};
pub use parties::{Parties, Side, parties};
pub use terms::{place, terms, terms_of_the_first_law};

/// The morning on which fixtures play: 2026-11-24T06:00:00Z.
pub const MORNING: Timestamp = Timestamp::from_micros(1_795_500_000_000_000);

/// A generator of random bytes that gives the same ones for the same seed.
pub fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// So many minutes after [`MORNING`] (before it, when negative).
pub const fn minutes(count: i64) -> Timestamp {
    MORNING.plus_seconds(count * 60)
}
