//! The canonical form of a cell: 16 bytes, whose order is that of rows, columns, slots, bands.

/// Bands are counted from altitude 0 and written with this added, so that they order as their bytes do.
const BAND_ZERO: i64 = 1 << 31;

/// One cell of a grid, 16 bytes: row, column, slot and band, each as four bytes with the highest first.
///
/// The grid is not in it: whoever compares cells has agreed on the grid before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellId([u8; Self::LENGTH]);

/// Text that is no cell (a caller's fault).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("reading a cell: expected 32 hexadecimal digits, found {length} characters, bad from place {bad_at}")]
pub struct IdFault {
    /// How many bytes stood there.
    pub length: usize,
    /// The first that is no lower-case hexadecimal digit, or the end, counted from 1.
    pub bad_at: usize,
}

impl CellId {
    /// Bytes of an ID.
    pub const LENGTH: usize = 16;

    pub(super) fn new(row: u32, column: u32, slot: u32, band: i64) -> Self {
        let band = (band + BAND_ZERO).clamp(0, u32::MAX.into()) as u32;
        let mut bytes = [0; Self::LENGTH];
        for (place, number) in bytes.chunks_exact_mut(4).zip([row, column, slot, band]) {
            place.copy_from_slice(&number.to_be_bytes());
        }
        Self(bytes)
    }

    /// From its bytes. Any 16 bytes are an ID; whether a grid has such a cell, [`Grid::bounds`](super::Grid::bounds) tells.
    pub const fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    fn number(&self, place: usize) -> u32 {
        self.0[4 * place..4 * place + 4].iter().fold(0, |number, &byte| number << 8 | u32::from(byte))
    }

    /// Its row, from 0 at the south pole.
    pub fn row(&self) -> u32 {
        self.number(0)
    }

    /// Its place in the row, from 0 at 180° W eastward.
    pub fn column(&self) -> u32 {
        self.number(1)
    }

    /// Its slot, from 0 at the beginning of 1970.
    pub fn slot(&self) -> u32 {
        self.number(2)
    }

    /// Its band, from 0 at altitude 0 upward, negative below.
    pub fn band(&self) -> i64 {
        i64::from(self.number(3)) - BAND_ZERO
    }
}

impl core::fmt::Display for CellId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl core::fmt::Debug for CellId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "CellId({self})")
    }
}

impl core::str::FromStr for CellId {
    type Err = IdFault;

    fn from_str(text: &str) -> Result<Self, IdFault> {
        let bad = text.bytes().position(|b| !matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let fault = |at: usize| IdFault { length: text.len(), bad_at: at + 1 };
        if let Some(at) = bad {
            return Err(fault(at));
        }
        if text.len() != 2 * Self::LENGTH {
            return Err(fault(text.len().min(2 * Self::LENGTH)));
        }
        let mut bytes = [0; Self::LENGTH];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digit = |b: u8| if b <= b'9' { b - b'0' } else { b - b'a' + 10 };
            *byte = digit(pair[0]) << 4 | digit(pair[1]);
        }
        Ok(Self(bytes))
    }
}
