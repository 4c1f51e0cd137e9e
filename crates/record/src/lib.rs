//! The joint record of a line: two logs that neither side can rewrite (PROTOCOL sections 3 and 4).
//!
//! - [`Log`] one author's log as a Merkle tree, ours or our copy of the other side's; proofs and tiles from it
//! - [`Holder`] when we may cosign the other side's log; [`Cosigned`] what the other side cosigned of ours
//! - [`check_seen`] whether an entry can have seen the head that it claims
//! - [`GenerationChain`] a party's logs across restores
//! - [`ForkEvidence`] two signed things that exclude each other, portable
//! - [`Release`] chosen entries or slots, proved to an outsider
//! - [`Verifier`] a whole record, verified offline
//!
//! Invariants: no I/O, no clock, no randomness. A log takes only `Verified<Entry>`, in order. Cosigned sizes never go
//! down. Evidence exists only after every signature and proof in it was verified.

pub mod cosigned;
pub mod evidence;
pub mod generation;
pub mod holder;
pub mod log;
pub mod opened;
pub mod release;
pub mod seen;
pub mod tile;
mod tree;
pub mod verify;

pub use cosigned::{Cosigned, CosignedFault, Mark, Taken};
pub use evidence::{ForkEvidence, NotEvidence};
pub use generation::{GenerationChain, GenerationFault, Opening, OpeningFault};
pub use holder::{Holder, HolderFault, HolderSigner};
pub use log::{AppendFault, Log, OutOfRange};
pub use opened::OpenedBody;
pub use release::Release;
pub use seen::{Heads, SeenVerdict, check_seen};
pub use verify::{EntryRow, NoteRole, NoteRow, RecordFault, Verdict, Verifier};
