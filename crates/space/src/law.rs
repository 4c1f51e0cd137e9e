//! The laws by which notices conflict. Terms name one; a node keeps every law that its terms ever named.

use detente_types::conflict::Meeting;
use detente_types::height::Heights;
use detente_types::notice::NoticeKind;
use detente_types::terms::Terms;
use detente_types::unit::Metres;
use detente_types::volume::Volume;

use crate::outline::Prepared;
use crate::{altitude, law1, law2};

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
    /// `conflict/2`, see [`law2`], with how the terms compare altitudes.
    Two(Heights),
}

impl Law {
    /// The law of a name, if this version has it; `heights` say how altitudes are compared. A law that is lacking is
    /// never guessed.
    pub fn from_name(name: &str, heights: Heights) -> Option<Self> {
        match name {
            law1::NAME => Some(Self::One),
            law2::NAME => Some(Self::Two(heights)),
            _ => None,
        }
    }

    /// The law that terms name, and have since DV-062 let them pass.
    pub fn of_terms(terms: &Terms) -> Option<Self> {
        Self::from_name(&terms.input().law, terms.heights())
    }

    /// The name by which terms choose it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::One => law1::NAME,
            Self::Two(_) => law2::NAME,
        }
    }

    /// Whether notices of two kinds can be in conflict at all.
    pub fn kinds_meet(self, a: NoticeKind, b: NoticeKind) -> bool {
        match self {
            Self::One | Self::Two(_) => law1::kinds_meet(a, b),
        }
    }

    /// How two volumes meet, or `None` when they keep their separation.
    pub fn meet(self, a: &Volume, b: &Volume, separation: &Separation) -> Option<Meeting> {
        match self {
            Self::One => law1::meet(a, b, separation),
            Self::Two(heights) => law2::meet(a, b, separation, &heights),
        }
    }

    /// [`Self::meet`] for volumes whose outlines are at hand.
    pub(crate) fn meet_prepared(self, a: &Prepared<'_>, b: &Prepared<'_>, separation: &Separation) -> Option<Meeting> {
        match self {
            Self::One => law1::meet_prepared(a, b, separation),
            Self::Two(heights) => law2::meet_prepared(a, b, separation, &heights),
        }
    }

    /// Whether [`Self::meet_prepared`] finds how two volumes meet: the same law, and no more of it than that takes.
    pub(crate) fn meets_prepared(self, a: &Prepared<'_>, b: &Prepared<'_>, separation: &Separation) -> bool {
        match self {
            Self::One => law1::meets_prepared(a, b, separation),
            Self::Two(heights) => law2::meets_prepared(a, b, separation, &heights),
        }
    }

    /// Lowest and highest altitudes of two volumes in centimetres, compared as this law compares them: they move with the
    /// bands. `None` when the two cannot be compared, and no altitude keeps them apart.
    pub(crate) fn spans(self, a: &Prepared<'_>, b: &Prepared<'_>) -> Option<[(i64, i64); 2]> {
        let data = [a, b].map(|v| v.volume.band.datum());
        match self {
            Self::One => (data[0] == data[1]).then(|| [a, b].map(|v| (v.volume.band.lower().cm(), v.volume.band.upper().cm()))),
            Self::Two(heights) => {
                data.into_iter().all(|datum| heights.takes(datum)).then(|| [a, b].map(|v| altitude::span(v, &heights)))
            }
        }
    }

    /// Whether it follows one of two volumes along its path.
    pub(crate) const fn follows(self, a: &Volume, b: &Volume) -> bool {
        matches!(self, Self::Two(_)) && (a.passage.is_some() || b.passage.is_some())
    }
}
