//! Conflicts and their settlement.

use anyhow::Result;
use detente_api::ask::{AnswerAsk, Done, OfferAsk};
use detente_api::view::{ConflictView, WarningItem};
use serde::Serialize;

use super::{On, done_words};
use crate::args::Settle;
use crate::output::show;

#[derive(Serialize)]
struct Found {
    conflicts: Vec<ConflictView>,
    warnings: Vec<WarningItem>,
}

pub(super) fn conflicts(on: &On<'_>, line: &str) -> Result<()> {
    let client = on.client()?;
    let conflicts = client.list(&format!("/v1/lines/{line}/conflicts"), |c: &ConflictView| c.id.clone())?;
    let found = Found { conflicts, warnings: client.get(&format!("/v1/lines/{line}/warnings"))? };
    show(on.json, &found, words)
}

fn words(found: &Found) -> String {
    let mut out = Vec::new();
    for c in &found.conflicts {
        out.push(format!("conflict {}  {}: {}", &c.id[..8], c.settlement.state, c.settlement.says));
        out.extend(c.sentences.iter().map(|s| format!("  {}", s.text)));
        for o in &c.settlement.offers {
            out.push(format!("  {} offer {}: {} notice {}", whose(&o.by), &o.at.hash[..8], whose(&o.changes), o.change));
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
        Settle::Offer { conflict, theirs, shift, climb, cancel, on: l } => {
            let asked = OfferAsk {
                conflict,
                ours: !theirs,
                shift_min: shift,
                climb_m: climb,
                volumes: None,
                cancel,
                lapses: None,
                text: None,
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

fn answer(client: &crate::client::Client, line: &str, offer: String, answer: &str) -> Result<Done> {
    let asked = AnswerAsk { offer, answer: answer.into(), text: None };
    client.post(&format!("/v1/lines/{line}/answers"), &asked)
}
