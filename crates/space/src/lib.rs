//! Detente: space.

mod approach;
mod arc;
mod ball;
pub mod disclose;
pub mod index;
mod law;
pub mod law1;
mod outline;
#[cfg(test)]
mod testing;

pub use index::{Asked, Find, Index, Page, Pair, Side};
pub use law::{Law, Separation};
