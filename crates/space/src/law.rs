//! The laws by which notices conflict. Terms name one; a node keeps every law that its terms ever named.

use detente_types::conflict::Meeting;
use detente_types::notice::NoticeKind;
use detente_types::unit::Metres;
use detente_types::volume::Volume;

use crate::law1;
use crate::outline::Prepared;

/// How far apart two notices must stay: the terms' numbers. Closer, or just so close, is a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Separation {
    /// Along the earth.
    pub horizontal: Metres,
    /// Up and down.
    pub vertical: Metres,
    /// In time, microseconds.
    pub time_us: i64,
}

/// A law that this version has (PROTOCOL C4). It is never changed: other results need another law.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Law {
    /// `conflict/1`, see [`law1`].
    One,
}

impl Law {
    /// The law of a name, if this version has it. A law that is lacking is never guessed.
    pub fn from_name(name: &str) -> Option<Self> {
        (name == law1::NAME).then_some(Self::One)
    }

    /// The name by which terms choose it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::One => law1::NAME,
        }
    }

    /// Whether notices of two kinds can be in conflict at all.
    pub fn kinds_meet(self, a: NoticeKind, b: NoticeKind) -> bool {
        match self {
            Self::One => law1::kinds_meet(a, b),
        }
    }

    /// How two volumes meet, or `None` when they keep their separation.
    pub fn meet(self, a: &Volume, b: &Volume, separation: &Separation) -> Option<Meeting> {
        match self {
            Self::One => law1::meet(a, b, separation),
        }
    }

    /// [`Self::meet`] for volumes whose outlines are at hand.
    pub(crate) fn meet_prepared(self, a: &Prepared<'_>, b: &Prepared<'_>, separation: &Separation) -> Option<Meeting> {
        match self {
            Self::One => law1::meet_prepared(a, b, separation),
        }
    }
}
