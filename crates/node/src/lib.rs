//! One deterministic side of Detente: composes the cores, owns the ports.
//!
//! A [`Node`] is fed inputs, commands, the time and randomness, and gives effects (DESIGN D6). It never touches a disk, a
//! socket or a clock, so a whole line of two nodes runs in one thread from one seed.
//!
//! One notice, by type: [`Command::Notify`] → meaning gate → book → statement at its precision → our log →
//! [`Effect::Persist`] → durable → [`Effect::Send`] → the other side: envelope gate → persist → cosign → meaning gate →
//! joint conflicts → settlement.
//!
//! Invariants: nothing leaves before what it depends on is durable; our log grows only after the peer has said what it
//! holds of it; an envelope-valid entry is always kept and cosigned, whatever it means; conflict work never delays either.

mod act;
mod ask;
mod behind;
pub mod blind;
mod book;
mod clocks;
mod command;
mod copy;
mod disclose;
mod early;
mod held;
mod input;
mod joint;
mod line;
mod lives;
mod lost;
mod node;
mod open;
mod out;
mod pairs;
mod plans;
#[cfg(feature = "plant")]
pub mod plant;
pub mod port;
mod progress;
mod quota;
mod receipts;
mod recover;
mod renew;
mod resolve;
mod revoke;
mod say;
pub mod sentence;
mod side;
mod take;
mod view;

pub use ask::{Density, Near};
pub use book::{BookDecision, BookEntry, BookFlood, BookInput, BookNotice, BookPlanEnded, LineOpened};
pub use disclose::WITHHELD_SLOTS;
pub use held::{Digest, Evidence, Hold, Proposal, ReopenFault};
pub use input::{Accepted, By, Command, CommandFault, Effect, Event, Input, OpenFault, Token, What};
pub use joint::{Detail, Foreseen, Foresight, Met, Planned};
pub use line::{Line, LineKeys, Phase};
pub use node::Node;
pub use open::KeyRing;
pub use progress::{Held, Progress};
pub use quota::Day;
pub use receipts::{Action, Receipt};
pub use renew::Renewal;
pub use resolve::{Disclosed, Found, Own, OwnShift, Search, Suggestion};
pub use view::{LineView, NoticeView, WarningView};
