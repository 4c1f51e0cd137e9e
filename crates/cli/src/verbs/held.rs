//! A line that fork evidence holds: see the evidence, take it out, and reopen the line.

use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use data_encoding::HEXLOWER;
use detente_api::ask::{Done, ReopenAsk};
use detente_api::view::EvidenceItem;

use super::{On, done_words};
use crate::output::show;

/// Lists the evidence that is kept, and writes it out.
pub(super) fn evidence(on: &On<'_>, line: &str, to: Option<&Path>) -> Result<()> {
    let kept: Vec<EvidenceItem> = on.client()?.get(&format!("/v1/lines/{line}/evidence"))?;
    if let Some(to) = to {
        write(&kept, to)?;
    }
    show(on.json, &kept, |kept| words(kept))
}

fn words(kept: &[EvidenceItem]) -> String {
    let piece = |e: &EvidenceItem| {
        let stands = if e.decided { "two officers have decided upon it" } else { "it holds the line" };
        format!("evidence {}: {stands}\n  {}", &e.digest[..12], e.says)
    };
    if kept.is_empty() { "no fork evidence".into() } else { kept.iter().map(piece).collect::<Vec<_>>().join("\n") }
}

fn write(kept: &[EvidenceItem], to: &Path) -> Result<()> {
    ensure!(!to.exists(), "{} is there already and is not overwritten", to.display());
    std::fs::create_dir_all(to).with_context(|| format!("making {}", to.display()))?;
    for piece in kept {
        let bytes = HEXLOWER.decode(piece.bytes.as_bytes()).map_err(|e| anyhow!("reading the node's answer: {e}"))?;
        let file = to.join(format!("{}.evidence", piece.digest));
        std::fs::write(&file, bytes).with_context(|| format!("writing {}", file.display()))?;
    }
    Ok(())
}

/// Proposes to reopen the line, or agrees.
pub(super) fn reopen(on: &On<'_>, line: &str, reason: String, agree: Option<u64>) -> Result<()> {
    let asked = ReopenAsk { reason, agree };
    let done: Done = on.client()?.post(&format!("/v1/lines/{line}/reopenings"), &asked)?;
    show(on.json, &done, |done| {
        let next = format!("\nanother officer: detente record reopen --agree {} REASON", done.book);
        format!("{}{}", done_words(done), if agree.is_none() { next.as_str() } else { "" })
    })
}
