//! The simulator: whole lines of two and three nodes in one thread, in virtual time, from one seed (DESIGN D6, STYLE 20).
//!
//! A seed decides everything: keys, what officers put in, how disks and bearers fail, clocks, and chance inside the
//! nodes. [`run`] plays it to the end and gives an [`Outcome`]; the same seed gives the same outcome on every machine.
//!
//! What is promised stands in `invariant`, one named function each; what goes wrong in `fault`; how a peer may lie in
//! `liar`; and `planted` holds the bugs that prove that each promise is really watched.

mod clock;
mod dice;
mod disk;
pub mod fault;
mod invariant;
pub mod liar;
mod officer;
pub mod options;
mod plans;
pub mod planted;
pub mod report;
mod rows;
mod seat;
mod shrink;
mod wire;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

pub use fault::{Fault, Without};
pub use invariant::{INVARIANTS, Violation};
pub use liar::Lie;
pub use options::Options;
pub use planted::{Bug, PLANTINGS, Planting};
pub use report::{Failure, Figures, Outcome};
pub use shrink::shrink;

use world::World;

/// Plays a seed to its end, or to the first thing that does not hold.
pub fn run(options: Options) -> Outcome {
    let mut world = World::new(options);
    let played = catch_unwind(AssertUnwindSafe(|| world.open().and_then(|()| world.run())));
    let violation = match played {
        Ok(checked) => checked.err(),
        Err(panic) => Some(never_panics(&*panic)),
    };
    let figures = world.figures.clone();
    let failure = violation.map(|violation| Failure { violation, event: figures.events, at_us: figures.virtual_us });
    Outcome { seed: options.seed, options, figures, failure }
}

/// Nothing that happens makes a node panic.
fn never_panics(panic: &(dyn std::any::Any + Send)) -> Violation {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    Violation { invariant: "never_panics", detail: text.unwrap_or("a panic").to_owned() }
}
