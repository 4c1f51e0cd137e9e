//! Tests of the settlement rules through the public API. Every statement in them passed the real meaning gate.

mod change;
mod fixture;
mod naive;
mod order;
mod rules;
mod script;
