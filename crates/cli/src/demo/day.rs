//! The inputs of the demo: plain files, read from a directory, or as they were when the program was built.

use std::path::Path;

use anyhow::{Context, Result};
use detente_gateway::{NoticeForm, shift};
use detente_types::terms::MatchingIn;
use detente_types::{Release, TermsIn, Timestamp};

use crate::host::now;

/// One side's files, in the order in which they are stated.
pub(super) struct SideFiles {
    /// Name of the file, and its notices.
    pub(super) files: Vec<(String, Vec<NoticeForm>)>,
    /// The SAFETY notice that comes in the middle of the day.
    pub(super) safety: Option<NoticeForm>,
}

/// The whole day.
pub(super) struct Day {
    /// The terms of the line; Aster invites, and comes first.
    pub(super) terms: TermsIn,
    /// The flying side.
    pub(super) aster: SideFiles,
    /// The side at sea and ashore.
    pub(super) borea: SideFiles,
}

/// Files of the demo as they were when the program was built.
const BUILT_IN: &[(&str, &str)] = &[
    ("terms.toml", include_str!("../../../../examples/gulf/terms.toml")),
    ("aster/patrol-flights.json", include_str!("../../../../examples/gulf/aster/patrol-flights.json")),
    ("aster/drone-survey.geojson", include_str!("../../../../examples/gulf/aster/drone-survey.geojson")),
    ("aster/orbit.json", include_str!("../../../../examples/gulf/aster/orbit.json")),
    ("aster/hold.json", include_str!("../../../../examples/gulf/aster/hold.json")),
    ("aster/safety.json", include_str!("../../../../examples/gulf/aster/safety.json")),
    ("borea/air-bridge.json", include_str!("../../../../examples/gulf/borea/air-bridge.json")),
    ("borea/live-fire.geojson", include_str!("../../../../examples/gulf/borea/live-fire.geojson")),
    ("borea/relief-convoy.csv", include_str!("../../../../examples/gulf/borea/relief-convoy.csv")),
    ("borea/sites.csv", include_str!("../../../../examples/gulf/borea/sites.csv")),
    ("borea/safety.json", include_str!("../../../../examples/gulf/borea/safety.json")),
    ("borea/text-ru.json", include_str!("../../../../examples/gulf/borea/text-ru.json")),
];

/// Files whose notices no side shows in the demo, whatever release they name.
const BLIND: [&str; 2] = ["aster/orbit.json", "borea/air-bridge.json"];

/// Blind runs on demand over tomorrow, on cells so coarse that one takes a moment.
fn allow_a_match(terms: &mut TermsIn) {
    (terms.blind.cell_m, terms.blind.band_m, terms.blind.slot_s) = (10_000, 1_000, 3_600);
    terms.blind.extra_per_day = terms.blind.extra_per_day.max(4);
    terms.matching = Some(MatchingIn { class_log2: 13, ahead_min: 3 * 1_440, ..MatchingIn::usual() });
}

impl Day {
    /// Reads the day, and moves it by whole days so that it is tomorrow: nobody announces what is over.
    ///
    /// # Errors
    /// Everything that is wrong with a file.
    pub(super) fn read(root: Option<&Path>) -> Result<Self> {
        let files = match root {
            Some(root) => read_all(root)?,
            None => BUILT_IN.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect(),
        };
        let text = files.iter().find(|(name, _)| name == "terms.toml").context("terms.toml is missing")?;
        let terms = crate::files::read_terms("terms.toml", &text.1)?;
        let (mut terms, _) = crate::files::put_first(terms, "Aster")?;
        allow_a_match(&mut terms);
        let mut day = Self { terms, aster: side(&files, "aster/")?, borea: side(&files, "borea/")? };
        day.keep_blind();
        day.move_to_tomorrow();
        Ok(day)
    }

    /// Nobody shows these: they are matched blind.
    fn keep_blind(&mut self) {
        let files = self.aster.files.iter_mut().chain(&mut self.borea.files);
        let blind = files.filter(|(name, _)| BLIND.contains(&name.as_str()));
        blind.flat_map(|(_, forms)| forms).for_each(|form| form.release = Some(Release::BlindOnly.to_string()));
    }

    fn move_to_tomorrow(&mut self) {
        let starts = |form: &NoticeForm| form.volumes.iter().filter_map(|v| Timestamp::parse(&v.start)).min();
        let Some(first) = self.forms_mut().filter_map(|f| starts(f)).min() else {
            return;
        };
        let by_us = shift::to_tomorrow(first, now());
        self.forms_mut().for_each(|form| shift::shift_form(form, by_us));
    }

    fn forms_mut(&mut self) -> impl Iterator<Item = &mut NoticeForm> {
        self.aster.forms_mut().chain(self.borea.forms_mut())
    }
}

impl SideFiles {
    fn forms_mut(&mut self) -> impl Iterator<Item = &mut NoticeForm> {
        self.files.iter_mut().flat_map(|(_, forms)| forms).chain(self.safety.iter_mut())
    }
}

fn side(files: &[(String, String)], folder: &str) -> Result<SideFiles> {
    let mut side = SideFiles { files: Vec::new(), safety: None };
    for (name, text) in files.iter().filter(|(name, _)| name.starts_with(folder)) {
        let forms = crate::files::forms(crate::files::read_notices(name, text.as_bytes(), None)?);
        if name.ends_with("safety.json") {
            side.safety = forms.into_iter().next();
        } else {
            side.files.push((name.clone(), forms));
        }
    }
    Ok(side)
}

fn read_all(root: &Path) -> Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for folder in ["", "aster", "borea"] {
        let path = root.join(folder);
        let mut names: Vec<_> = std::fs::read_dir(&path)
            .with_context(|| format!("reading {}", path.display()))?
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| [".toml", ".json", ".geojson", ".csv"].iter().any(|end| name.ends_with(end)))
            .collect();
        names.sort();
        for name in names {
            let text = std::fs::read_to_string(path.join(&name)).with_context(|| format!("reading {name}"))?;
            files.push((if folder.is_empty() { name } else { format!("{folder}/{name}") }, text));
        }
    }
    Ok(files)
}
