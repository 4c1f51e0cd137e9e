//! The store from outside: what it promises, and what it does on disks that fail.

mod conformance;
mod full;
mod home;
mod rot;
mod rows;
mod torn;
mod versions;
mod writer;
