//! Tests of the crate from outside.

mod attacks;
mod audit;
mod backends;
mod inert;
mod lengths;
mod oracle;
mod pair;
mod proved;
mod script;
mod vectors;
