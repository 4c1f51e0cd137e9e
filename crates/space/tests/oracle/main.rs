//! The public surface against an independent implementation of geodesics on WGS-84.

mod cells;
mod common;
mod disclose;
mod law1;
mod notation;
mod place;
