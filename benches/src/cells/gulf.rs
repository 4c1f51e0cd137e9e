//! The day over the Gulf of the examples, under its own terms.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, ensure};
use detente_gateway::{read, terms};
use detente_space::{Law, Separation};
use detente_types::notice::NoticeKind;
use detente_types::{Notice, NoticeId, Terms, Volume};

use super::Scene;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/gulf")
}

fn text(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))
}

/// All notices of both sides that have a place, exact, under the law that the terms name.
///
/// # Errors
/// When an example cannot be read.
pub fn scene() -> Result<Scene> {
    let terms = terms::read(&text(&folder().join("terms.toml"))?)?.terms;
    let terms = Terms::try_new(terms).map_err(|faults| anyhow!("terms of the gulf: {faults:?}"))?;
    let law = Law::of_terms(&terms).context("the law of the gulf's terms")?;
    let separation = Separation { horizontal: terms.horizontal(), vertical: terms.vertical(), time_us: terms.time_us() };
    let sides = [notices("aster", &terms, law)?, notices("borea", &terms, law)?];
    ensure!(sides.iter().all(|side| !side.is_empty()), "both sides of the gulf have notices");
    Ok(Scene { name: "the gulf", sides, separation, law, datum: terms.datum() })
}

fn notices(party: &str, terms: &Terms, law: Law) -> Result<Vec<Vec<Volume>>> {
    let folder = folder().join(party);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)?.map(|file| Ok(file?.path())).collect::<Result<_>>()?;
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let reading = read(&file.to_string_lossy(), text(&file)?.as_bytes(), Some(terms))?;
        for row in &reading.rows {
            let draft = row.form.to_draft(NoticeId::new([7; 16])).map_err(|p| anyhow!("{}: {p:?}", row.place))?;
            let notice = Notice::try_new(draft.notice).map_err(|faults| anyhow!("{}: {faults:?}", row.place))?;
            if law.kinds_meet(notice.kind(), NoticeKind::Operation) {
                all.push(notice.volumes().to_vec());
            }
        }
    }
    Ok(all)
}
