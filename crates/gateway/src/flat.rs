//! Flat rows: what the properties of a feature and the columns of a table have in common.

use detente_types::unit::Metres;

use crate::fields::Fields;
use crate::form::{DetailForm, NoticeForm, TextForm, VolumeForm};
use crate::json;
use crate::place;
use crate::problem::Problem;
use crate::raw::Near;

/// The fields that say how far, how high and when.
pub(crate) const EXTENT: [&str; 8] = ["radius_m", "lower_m", "upper_m", "datum", "start", "end", "times", "slack_s"];

/// All other fields of a flat row, besides where it is.
pub(crate) const NAMES: [&str; 38] = [
    "kind",
    "id",
    "version",
    "precedence",
    "valid_from",
    "valid_until",
    "precision",
    "title",
    "text",
    "language",
    "translation",
    "translation_language",
    "call_sign",
    "contact",
    "basis",
    "desk",
    "officer",
    "release",
    "reveal",
    "activity",
    "frequency",
    "measure",
    "function",
    "operator",
    "position_source",
    "markings",
    "vehicles",
    "people",
    "cargo",
    "armed_escort",
    "designation",
    "troops",
    "ask",
    "endangered",
    "since",
    "list_number",
    "near",
    "near_km",
];

/// A drawn part of a row: a shape without its extent.
pub(crate) struct Part {
    /// Where in its row it is drawn.
    pub(crate) at: String,
    pub(crate) shape: String,
    pub(crate) positions: Vec<[f64; 2]>,
    pub(crate) holes: Vec<Vec<[f64; 2]>>,
    /// What the notation of its positions leaves open.
    pub(crate) uncertainty: Metres,
}

/// A field's name without the `detail.` that may stand before it.
pub(crate) fn bare(name: &str) -> &str {
    name.strip_prefix("detail.").unwrap_or(name)
}

/// Everything but the volumes.
pub(crate) fn notice_form(f: &mut Fields<'_>) -> NoticeForm {
    let detail = json::detail_form(f);
    NoticeForm {
        text: text(f, "text", "language"),
        translation: text(f, "translation", "translation_language"),
        detail: (detail != DetailForm::default()).then_some(detail),
        ..json::named(f)
    }
}

/// A text and the field that names its language; a language without a text says nothing.
fn text(f: &mut Fields<'_>, name: &'static str, language: &'static str) -> Option<TextForm> {
    let (words, language_given) = (f.text(name), f.text(language));
    let text = words?;
    if language_given.is_none() {
        f.problems.push(Problem::missing(language, "a BCP 47 language tag such as en or ru"));
    }
    Some(TextForm { language: language_given.unwrap_or_default(), text })
}

/// One volume per part, all of one extent. `parts` is empty when the row draws nothing, `None` when what it draws could
/// not be read.
pub(crate) fn volumes(f: &mut Fields<'_>, drawn_in: &str, parts: Option<Vec<Part>>) -> Vec<VolumeForm> {
    if parts.as_ref().is_some_and(Vec::is_empty) {
        let extents: Vec<&str> = EXTENT.into_iter().filter(|name| f.take(name).is_some()).collect();
        if let Some(name) = extents.first() {
            f.problems.push(Problem::missing(drawn_in, &format!("a place, since `{name}` is given")));
        }
        return Vec::new();
    }
    let extent = json::extent(f);
    parts.unwrap_or_default().into_iter().map(|part| volume(part, extent.clone())).collect()
}

/// A part with its extent.
pub(crate) fn volume(part: Part, extent: VolumeForm) -> VolumeForm {
    let radius_m = place::grown(extent.radius_m, part.uncertainty);
    VolumeForm { shape: part.shape, positions: part.positions, holes: part.holes, radius_m, ..extent }
}

/// The claim that a place is near.
pub(crate) fn near(f: &mut Fields<'_>) -> Option<Near> {
    let (name, within_km) = (f.text("near"), f.number("near_km"));
    if name.is_none() && within_km.is_some() {
        f.problems.push(Problem::missing("near", "the name of a place of the terms, since `near_km` is given"));
    }
    if within_km.is_some_and(|km| km.is_nan() || km <= 0.0) {
        f.problems.push(Problem::new("near_km", &within_km.unwrap_or_default().to_string(), "more than 0 kilometres"));
    }
    Some(Near { name: name?, within_km })
}
