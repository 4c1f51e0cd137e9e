//! What is matched.

use core::fmt;

use minicbor::{Decode, Encode};
use zeroize::Zeroize;

/// Bytes of a cell's name.
pub const CELL_BYTES: usize = 16;

/// The name of a cell of space and time, opaque here: two sides mean the same cell when they say the same bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Zeroize)]
#[cbor(transparent)]
pub struct CellId(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; CELL_BYTES]);

impl fmt::Debug for CellId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
