//! The link: the session between the two nodes of one line (PROTOCOL sections 3 to 5, K1 and K2).
//!
//! It moves packed entries, checkpoints, cosignatures and keep-alives, stores nothing, and knows nothing of what they
//! mean. It survives frames that are lost, late, doubled, reordered or damaged (F8), and a peer that lies: what it holds
//! is bounded, and nothing it hears makes it panic.
//!
//! [`Link`] is sans-IO: inputs are `handle_*` and what the caller tells; effects are `poll_*`. The calling order stands
//! there.

mod blind;
pub mod config;
mod early;
mod event;
mod evidence;
mod hear;
mod link;
mod marks;
mod parts;
mod pulse;
mod receive;
mod say;
mod send;
mod session;
mod timers;

pub use config::Config;
pub use event::{Counters, DownReason, Event, LinkFault, Plan, Transmit};
pub use link::Link;
