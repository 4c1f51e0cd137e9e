//! A way out of a conflict: the best shift of Aster's notice that Borea's node finds by what both have disclosed (PROTOCOL C6).

use anyhow::Result;
use detente_api::resolutions::ResolutionsView;
use detente_api::view::ConflictView;

use super::node::Side;

/// A shift, and how it is said.
pub(super) struct WayOut {
    /// Its name, for an offer.
    pub(super) name: String,
    /// The sentence to read aloud.
    pub(super) words: String,
    /// How many were found.
    pub(super) of: usize,
}

/// Asks Borea's node for shifts of Aster's notice that clear a conflict and make no new one.
///
/// # Errors
/// When the node does not answer.
pub(super) fn way_out(borea: &Side, conflict: &ConflictView) -> Result<Option<WayOut>> {
    let found: ResolutionsView = borea.get(&format!("conflicts/{}/resolutions?of=theirs", conflict.id))?;
    let of = found.shifts.len();
    let english = |sentences: &[detente_api::view::SentenceView]| {
        sentences.iter().find(|s| s.language == "en").or(sentences.first()).map(|s| s.text.clone())
    };
    let best = found.shifts.into_iter().next();
    Ok(best.map(|shift| WayOut { words: english(&shift.sentences).unwrap_or_else(|| shift.name.clone()), name: shift.name, of }))
}
