//! Where a process's time goes: samples of its stacks, told as shares and as a flame graph.
//!
//! The sampler is `perf`, a program of its own: it sees the kernel's part and other processes, and what is measured carries
//! nothing of it. Where it is missing there is no profile, and the reason is told. Nothing that a profile tells names a
//! folder of the machine.

pub mod flame;
pub mod fold;
pub mod names;
pub mod perf;
pub mod symbols;
