//! A row as a reader leaves it: a form, however incomplete, and what could not be read of it.

use crate::form::NoticeForm;
use crate::problem::{Problem, Problems};

/// A file as a reader leaves it.
#[derive(Default)]
pub(crate) struct Raw {
    /// Its rows, in order.
    pub(crate) rows: Vec<RawRow>,
    /// What is wrong with the file itself, with the place.
    pub(crate) problems: Vec<(String, Problem)>,
    /// Columns that are missing from the whole file: told once, and not again for every row.
    pub(crate) absent: Vec<&'static str>,
}

/// One row of a file before it is examined.
pub(crate) struct RawRow {
    /// Where it stands: `row 12`, `feature 3`, `notice 1`.
    pub(crate) place: String,
    /// How its fields are named.
    pub(crate) layout: Layout,
    /// What could be read: numbers that could not are not numbers, texts are empty. `None` when it is no row at all.
    pub(crate) form: Option<NoticeForm>,
    /// What could not be read.
    pub(crate) problems: Problems,
    /// What looks wrong without being so.
    pub(crate) doubts: Vec<Problem>,
    /// Whether edges are straight in longitude and latitude, and must be drawn as shortest paths.
    pub(crate) straight: bool,
    /// The place of the terms that the file says is near.
    pub(crate) near: Option<Near>,
}

/// A claim that a place is near; it is checked, and not sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Near {
    pub(crate) name: String,
    /// How near, kilometres.
    pub(crate) within_km: Option<f64>,
}

/// How a format names the fields of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// As the JSON form does.
    Nested,
    /// Flat properties and a geometry.
    Feature,
    /// Columns `lat` and `lon`.
    Pair,
    /// A column `positions`.
    Positions,
}

impl RawRow {
    pub(crate) fn new(place: String, layout: Layout) -> Self {
        Self { place, layout, form: None, problems: Problems::default(), doubts: Vec::new(), straight: false, near: None }
    }
}
