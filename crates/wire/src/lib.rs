//! Keys, signatures and canonical encoding: the only decoder of a peer's bytes (DESIGN D5).
//!
//! Two gates stand here. The *envelope* gate ([`entry::open_entry`]) turns bytes into [`Verified<Entry>`]: it decides
//! what is kept and cosigned. The *meaning* gate ([`meaning::check`]) turns a statement into [`Valid`]: it decides what
//! is acted on. Neither type can be made anywhere else.
//!
//! Invariants: no I/O, no clock, randomness only as an argument; every decoder accepts exactly one form of each
//! content, is bounded by a named limit, and never panics on foreign bytes.
//!
//! [`Verified<Entry>`]: entry::Verified
//! [`Valid`]: meaning::Valid

pub mod body;
pub mod certificate;
pub mod checkpoint;
pub mod codec;
pub mod entry;
pub mod frame;
pub mod hash;
pub mod key;
pub mod leaf;
pub mod meaning;
pub mod merkle;
pub mod note;

pub use body::Body;
pub use certificate::{Certificate, Keys};
pub use entry::{Entry, Place, Verified, open_entry, seal_entry};
pub use frame::Frame;
pub use key::{Ed25519, KeyPair, PublicKey, Scheme, SecretKey, Signature};
pub use leaf::{Leaf, LeafFields};
pub use meaning::Valid;
