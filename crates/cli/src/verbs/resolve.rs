//! Ways out of a conflict.

use anyhow::Result;
use detente_api::resolutions::{ResolutionsView, ShiftView};

use super::On;
use crate::output::show;

pub(super) fn resolve(on: &On<'_>, line: &str, conflict: &str, theirs: bool, book: bool) -> Result<()> {
    let of = match (theirs, book) {
        (true, _) => "theirs",
        (_, true) => "book",
        _ => "ours",
    };
    let found: ResolutionsView = on.client()?.get(&format!("/v1/lines/{line}/conflicts/{conflict}/resolutions?of={of}"))?;
    show(on.json, &found, words)
}

fn words(found: &ResolutionsView) -> String {
    let short = &found.conflict[..8];
    let mut out = vec![format!("conflict {short}  {}", found.says)];
    out.extend(found.shifts.iter().flat_map(shift_words));
    if let Some(first) = found.shifts.first() {
        let theirs = if found.of == "theirs" { " --theirs" } else { "" };
        out.push(if found.sendable {
            format!("offer one: detente settle offer {short}{theirs} --suggestion {}", first.name)
        } else {
            format!("only we see these. To offer one is to release it: detente settle offer {short} --release-own {}", first.name)
        });
    }
    out.join("\n")
}

/// A shift with its sentences, one line each.
pub(super) fn shift_words(shift: &ShiftView) -> Vec<String> {
    let mut out = vec![format!("{}  {}  (weight {})", shift.number, shift.name, weight(shift.cost))];
    out.extend(shift.sentences.iter().map(|s| format!("   {}", s.text)));
    out
}

/// Whole numbers without a point.
fn weight(cost: f64) -> String {
    if cost.fract() == 0.0 { format!("{cost:.0}") } else { format!("{cost}") }
}
