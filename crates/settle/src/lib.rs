//! Settlement of joint conflicts (PROTOCOL section 7): offers, answers, agreements and the duties that follow.
//!
//! A [`Table`] holds the statements of one line that take part. What it says is a function of the *set* of statements
//! applied, never of the order in which they came: equal logs give equal settlements on both sides. Order is read
//! from the statements themselves, from their places in their own log and from the `seen` that each carries.
//!
//! ```text
//!              offer             accept              next version       nothing found
//!   Open ───────────▶ Offered ─────────▶ Agreed ─────────────────▶ ┬──────────────────▶ Settled
//!    ▲                   │                 │                        │ still found
//!    └── withdraw, ──────┘                 │                        └──────────────────▶ Amended
//!        reject                            └── the other side moved away ──▶ Lapsed
//! ```
//!
//! Invariants: no I/O, no clock, no randomness; nothing is ever removed, so applying a statement twice, late or early
//! changes nothing; at most one accept binds per conflict; every statement that does not count can say [`Why`].
//!
//! The rules are spelled out, with the tie-break proved, in docs/spec/settlement.md.

mod change;
mod lineage;
mod settlement;
mod standing;
mod table;
mod why;

pub use change::{Amendment, ChangeFault, apply_change, fulfils};
pub use settlement::{Agreed, Agreement, Amended, Lapsed, Settled, Settlement};
pub use standing::{Pair, Standing};
pub use table::{Offer, Table};
pub use why::{Fate, OfferView, Void, Why};
