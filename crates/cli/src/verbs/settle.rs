//! Conflicts and their settlement.

use anyhow::Result;
use detente_api::ask::{AnswerAsk, Done, OfferAsk};
use detente_api::resolutions::ResolutionsView;
use detente_api::view::{ConflictView, WarningItem};
use serde::Serialize;

use super::{On, done_words};
use crate::args::Settle;
use crate::client::{Client, Refusal};
use crate::output::show;

/// Conflicts for which a list looks for ways out: each takes the node a moment.
const RESOLVED_MAX: usize = 10;

#[derive(Serialize)]
struct Found {
    conflicts: Vec<ConflictView>,
    warnings: Vec<WarningItem>,
}

pub(super) fn conflicts(on: &On<'_>, line: &str) -> Result<()> {
    let client = on.client()?;
    let conflicts = client.list(&format!("/v1/lines/{line}/conflicts"), |c: &ConflictView| c.id.clone())?;
    let found = Found { conflicts, warnings: client.get(&format!("/v1/lines/{line}/warnings"))? };
    let best = if on.json { Vec::new() } else { best(&client, line, &found.conflicts)? };
    show(on.json, &found, |found| words(found, &best))
}

/// Of the first conflicts that nothing is on offer for: which shifts of our notice clear them.
fn best(client: &Client, line: &str, conflicts: &[ConflictView]) -> Result<Vec<(String, ResolutionsView)>> {
    let open = conflicts.iter().filter(|c| c.settlement.state == "open").take(RESOLVED_MAX);
    let look = |c: &ConflictView| {
        let found = client.get(&format!("/v1/lines/{line}/conflicts/{}/resolutions", c.id));
        // It may be gone by now: then there is nothing to tell of it.
        match found {
            Ok(found) => Ok(Some((c.id.clone(), found))),
            Err(fault) if fault.downcast_ref::<Refusal>().is_some_and(|refusal| refusal.0.status == 404) => Ok(None),
            Err(fault) => Err(fault),
        }
    };
    open.filter_map(|c| look(c).transpose()).collect()
}

fn words(found: &Found, best: &[(String, ResolutionsView)]) -> String {
    let mut out = Vec::new();
    for c in &found.conflicts {
        out.push(format!("conflict {}  {}: {}", &c.id[..8], c.settlement.state, c.settlement.says));
        out.extend(c.sentences.iter().map(|s| format!("  {}", s.text)));
        for o in &c.settlement.offers {
            out.push(format!("  {} offer {}: {} notice {}", whose(&o.by), &o.at.hash[..8], whose(&o.changes), o.change));
        }
        let resolved = best.iter().find(|(id, _)| *id == c.id).map(|(_, found)| found);
        if let Some(first) = resolved.and_then(|found| found.shifts.first()) {
            let said = first.sentences.first().map_or(first.name.as_str(), |s| s.text.as_str());
            out.push(format!("  a way out: {said} All of them: detente resolve {}", &c.id[..8]));
        }
    }
    for w in &found.warnings {
        out.push(format!("only we see this: our notice {} meets their entry {}", &w.notice[..8], &w.with.hash[..8]));
    }
    if out.is_empty() { "no conflicts".into() } else { out.join("\n") }
}

/// `ours` before a noun.
const fn whose(side: &str) -> &'static str {
    match side.as_bytes() {
        b"ours" => "our",
        _ => "their",
    }
}

pub(super) fn settle(on: &On<'_>, settle: Settle) -> Result<()> {
    let client = on.client()?;
    let (path, done): (_, Done) = match settle {
        Settle::Offer { conflict, theirs, shift, climb, cancel, suggestion, release_own, on: l } => {
            let asked = OfferAsk {
                conflict,
                ours: !theirs,
                shift_min: shift,
                climb_m: climb,
                cancel,
                suggestion,
                own_side: release_own,
                ..OfferAsk::default()
            };
            ("offer", client.post(&format!("/v1/lines/{}/offers", l.line), &asked)?)
        }
        Settle::Accept { offer, on: l } => ("accept", answer(&client, &l.line, offer, "accept")?),
        Settle::Reject { offer, on: l } => ("reject", answer(&client, &l.line, offer, "reject")?),
        Settle::Withdraw { offer, on: l } => ("withdraw", answer(&client, &l.line, offer, "withdraw")?),
        Settle::Amend { conflict, on: l } => {
            let asked = detente_api::ask::AmendAsk { conflict };
            ("amendment", client.post(&format!("/v1/lines/{}/amendments", l.line), &asked)?)
        }
    };
    show(on.json, &done, |d| format!("{path}: {}", done_words(d)))
}

fn answer(client: &Client, line: &str, offer: String, answer: &str) -> Result<Done> {
    let asked = AnswerAsk { offer, answer: answer.into(), text: None };
    client.post(&format!("/v1/lines/{line}/answers"), &asked)
}
