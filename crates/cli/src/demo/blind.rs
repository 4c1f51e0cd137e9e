//! Two plans that nobody shows: a blind run, and then only the part that collides.

use anyhow::{Context, Result, ensure};
use detente_api::ask::Done;
use detente_api::matches::{BlindConflictView, MatchAsk, MatchesView};
use detente_api::view::{ConflictView, LineView};

use super::Teller;
use super::node::{Side, converged, wait_until};

/// Matches what is kept blind, lets both sides show the part that collides, and gives the conflicts that are then found.
///
/// # Errors
/// When a step does not go as a line must.
pub(super) fn match_blind(aster: &Side, borea: &Side, out: &mut Teller) -> Result<Vec<ConflictView>> {
    out.chapter("5  Two plans, and nothing shown");
    let before = aster.conflicts()?;
    let asked: Done = aster.post("matches", &MatchAsk::default())?;
    let run = asked.stated.context("the asking was not stated")?.hash;
    out.say("Some plans are in the book of their author only. Aster asks for a blind run: each node learns which of its own");
    out.say("cells of space and time the other side is in too, and nothing of the rest.");
    let ended = [aster.ended_match(&run)?, borea.ended_match(&run)?];
    ensure!(ended.iter().all(|run| run.state == "done"), "the blind run came to nothing: {}", ended[0].says);
    let matches: MatchesView = aster.get("matches")?;
    out.say(&format!(
        "Run {}: both logs hold what each side committed to, and the same result. Each can have probed {:.2} % of all cells.",
        &run[..8],
        matches.ours.share * 100.0
    ));
    let parts = [kept_blind(aster)?, kept_blind(borea)?];
    if parts.iter().any(Vec::is_empty) {
        out.say("Nothing that is kept blind comes too close: nobody has to show anything.");
        out.sum_up("a blind run found nothing between the plans that nobody shows".into());
        return Ok(Vec::new());
    }
    for (side, parts) in [aster, borea].into_iter().zip(&parts) {
        parts.iter().for_each(|part| out.say(&part_words(side, part)));
    }
    show(aster, borea, &parts, out)?;
    let found = |view: &ConflictView| !before.iter().any(|known| known.id == view.id);
    let conflicts: Vec<ConflictView> = aster.conflicts()?.into_iter().filter(found).collect();
    out.say(&format!("Both nodes derive from the parts: {} conflict(s), like any other.", conflicts.len()));
    out.sum_up(format!("a blind run found where two plans meet; only that part was shown; {} conflict(s)", conflicts.len()));
    Ok(conflicts)
}

/// Blind conflicts of plans that were not told.
fn kept_blind(side: &Side) -> Result<Vec<BlindConflictView>> {
    let told: Vec<Option<String>> = side.notices()?.into_iter().map(|notice| notice.notice.id).collect();
    let conflicts: Vec<BlindConflictView> = side.get("matches/conflicts")?;
    Ok(conflicts.into_iter().filter(|conflict| !told.contains(&Some(conflict.notice.clone()))).collect())
}

fn part_words(side: &Side, part: &BlindConflictView) -> String {
    let positions = || part.volumes.iter().flat_map(|volume| &volume.positions);
    let range = |axis: usize| {
        let (least, most) =
            positions().fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), at| (least.min(at[axis]), most.max(at[axis])));
        format!("{least:.2} to {most:.2}")
    };
    let from = part.volumes.iter().map(|volume| volume.start.as_str()).min().unwrap_or_default();
    let until = part.volumes.iter().map(|volume| volume.end.as_str()).max().unwrap_or_default();
    format!(
        "{}, for its own eyes: too close in {} cells, {} north, {} east, {from} to {until}.",
        side.name,
        part.cells,
        range(0),
        range(1)
    )
}

/// Aster asks, and both show the part that collides.
fn show(aster: &Side, borea: &Side, parts: &[Vec<BlindConflictView>; 2], out: &Teller) -> Result<()> {
    for part in &parts[0] {
        let _: Done = aster.post(&format!("matches/conflicts/{}/ask", part.id), &MatchAsk::default())?;
    }
    wait_until("the asking to arrive", [aster, borea], converged)?;
    out.say("Aster asks Borea to show what it has there.");
    for (side, parts) in [borea, aster].into_iter().zip([&parts[1], &parts[0]]) {
        for part in parts {
            let done: Done = side.post(&format!("matches/conflicts/{}/show", part.id), &serde_json::json!({}))?;
            let at = done.stated.context("the part was not stated")?;
            out.say(&format!("{} shows just that part (entry {}): {}", side.name, at.index, done.note.unwrap_or_default()));
        }
    }
    let same = |views: &[LineView; 2]| converged(views) && views[0].joint == views[1].joint;
    wait_until("the parts to arrive", [aster, borea], same)?;
    out.say("The rest of both plans stays in the books.");
    Ok(())
}
