//! Every backend that the machine has beside a naive field and beside curve25519-dalek. Where the machine has no lanes, the
//! formulas are still compared with dalek over the naive field, and the plain backend is what is left.

#[cfg(target_arch = "x86_64")]
mod field;
mod group;
mod naive;
