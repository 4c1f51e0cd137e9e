//! Lengths. One unit inside (the centimetre), so that results compare bit for bit on both sides.

use core::fmt;

/// A length, a height difference or an altitude, in whole centimetres.
///
/// Signed, since altitudes below a datum and differences are lengths too. The range of an `i64` is
/// never approached: every constructor that takes foreign input is bounded by a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Metres(i64);

impl Metres {
    /// No length at all.
    pub const ZERO: Self = Self(0);

    /// From whole metres.
    pub const fn new(metres: i64) -> Self {
        Self(metres.saturating_mul(100))
    }

    /// From whole centimetres.
    pub const fn from_cm(centimetres: i64) -> Self {
        Self(centimetres)
    }

    /// In whole centimetres.
    pub const fn cm(self) -> i64 {
        self.0
    }

    /// In metres, for geometry and display; exact below 2^53 cm.
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / 100.0
    }

    /// Whole metres, rounded up: a distance is never told shorter than it is.
    pub const fn ceil(self) -> i64 {
        self.0.div_euclid(100) + (self.0.rem_euclid(100) != 0) as i64
    }

    /// Sum, held at the ends of the range.
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Difference, held at the ends of the range.
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Metres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 % 100 == 0 {
            write!(f, "{} m", self.0 / 100)
        } else {
            let sign = if self.0 < 0 { "-" } else { "" };
            let cm = self.0.unsigned_abs();
            write!(f, "{sign}{}.{:02} m", cm / 100, cm % 100)
        }
    }
}
