//! `detente match run|stop|status|show|ask`: blind matching on a line, by its node.

use std::time::{Duration, Instant};

use anyhow::Result;
use detente_api::ask::Done;
use detente_api::matches::{BlindConflictView, BlindPlanView, BudgetView, MatchAsk, MatchView, MatchesView, StopAsk};
use detente_api::problem::Fault;
use detente_gateway::VolumeForm;
use detente_node::blind::cells_are;
use detente_space::sentence::{Language, at};
use detente_types::{Metres, Timestamp};
use serde::Serialize;

use super::super::{On, done_words};
use super::tell::{counted, window_words};
use crate::args::Words;
use crate::client::Client;
use crate::matching::spots::Spot;
use crate::output::{refuse, show, table};

/// What an officer sees of blind matching.
#[derive(Serialize)]
struct Status {
    #[serde(flatten)]
    matches: MatchesView,
    conflicts: Vec<BlindConflictView>,
}

/// A run that was asked for, and what became of it as far as it was waited for.
#[derive(Serialize)]
struct RunAsked {
    #[serde(flatten)]
    done: Done,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<MatchView>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    conflicts: Vec<BlindConflictView>,
}

pub(super) fn run(on: &On<'_>, line: &str, reason: Option<String>, wait: u64) -> Result<()> {
    let client = on.client()?;
    let asked = ask_of(&client, line, reason)?;
    let done: Done = client.post(&format!("/v1/lines/{line}/matches"), &asked)?;
    let ended = if wait > 0 { Some(wait_for(&client, line, &done, wait)?) } else { None };
    let conflicts = if ended.is_some() { conflicts(&client, line)? } else { Vec::new() };
    show(on.json, &RunAsked { done, ended, conflicts }, |asked| {
        let mut out = vec![format!("blind run: {}", done_words(&asked.done))];
        out.extend(asked.ended.iter().map(|run| run.says.clone()));
        out.extend(asked.conflicts.iter().flat_map(conflict_words));
        out.join("\n")
    })
}

/// Waits until both sides have said how a run ended.
fn wait_for(client: &Client, line: &str, done: &Done, seconds: u64) -> Result<MatchView> {
    let waits = || refuse(Fault::NoAnswer, "the asking is in the book and not stated yet: there is no run to wait for");
    let name = &done.stated.as_ref().ok_or_else(waits)?.hash;
    let late = || {
        let told = format!("run {} has not ended within {seconds} s; look again: detente match status", short(name));
        refuse(Fault::NoAnswer, told)
    };
    client.ended_match(line, name, Instant::now() + Duration::from_secs(seconds))?.ok_or_else(late)
}

pub(super) fn stop(on: &On<'_>, line: &str, run: String) -> Result<()> {
    let done: Done = on.client()?.post(&format!("/v1/lines/{line}/matches/stops"), &StopAsk { run })?;
    show(on.json, &done, |done| format!("stopped: {}", done_words(done)))
}

pub(super) fn status(on: &On<'_>, line: &str) -> Result<()> {
    let client = on.client()?;
    let matches = client.get(&format!("/v1/lines/{line}/matches"))?;
    let status = Status { matches, conflicts: conflicts(&client, line)? };
    show(on.json, &status, status_words)
}

pub(super) fn show_part(on: &On<'_>, line: &str, conflict: &str) -> Result<()> {
    let path = format!("/v1/lines/{line}/matches/conflicts/{conflict}/show");
    let done: Done = on.client()?.post(&path, &serde_json::json!({}))?;
    show(on.json, &done, |done| format!("this part is shown: {}", done_words(done)))
}

pub(super) fn ask(on: &On<'_>, line: &str, conflict: &str, reason: Option<String>) -> Result<()> {
    let client = on.client()?;
    let asked = ask_of(&client, line, reason)?;
    let done: Done = client.post(&format!("/v1/lines/{line}/matches/conflicts/{conflict}/ask"), &asked)?;
    show(on.json, &done, |done| format!("they are asked to show their part: {}", done_words(done)))
}

fn conflicts(client: &Client, line: &str) -> Result<Vec<BlindConflictView>> {
    client.list(&format!("/v1/lines/{line}/matches/conflicts"), |conflict: &BlindConflictView| conflict.id.clone())
}

/// A reason is in our language by the terms.
fn ask_of(client: &Client, line: &str, reason: Option<String>) -> Result<MatchAsk> {
    let reason = reason.map(|text| super::super::notices::words(client, line, Words { text, language: None })).transpose()?;
    Ok(MatchAsk { reason })
}

fn status_words(status: &Status) -> String {
    let m = &status.matches;
    let next = match &m.next {
        Some(next) => format!("next run {next}, one every {} min", m.every_min),
        None => "no fixed runs by the terms".into(),
    };
    let proved = if m.verified { ", answers proved" } else { "" };
    let mut out = vec![
        format!("{next}; mode {}{proved}; {} a set; {} min ahead", m.mode, counted(m.places as usize, "place"), m.ahead_min),
        if m.auditable {
            "seeds are sealed to the auditor of the terms"
        } else {
            "the terms name no auditor: no audit is possible"
        }
        .into(),
    ];
    let rows = [budget_row("ours", &m.ours), budget_row("theirs", &m.theirs)];
    out.push(table(&["today", "asked for", "runs", "can have probed"], &rows));
    out.extend(m.under_way.iter().map(|run| format!("under way: run {} since {}, at {}", short(&run.run), run.since, run.step)));
    if !m.runs.is_empty() {
        let row = |run: &MatchView| vec![short(&run.run).to_owned(), run.state.clone(), run.says.clone()];
        out.push(table(&["run", "state", ""], &m.runs.iter().map(row).collect::<Vec<_>>()));
    }
    let common = m.common.as_ref().map(|common| (cells_are(common.cells), &common.at));
    out.extend(common.map(|(cells_are, at)| format!("{cells_are} common with the run of {at} (which ones is not told)")));
    out.extend(m.unknown.clone());
    if m.common.is_none() && m.unknown.is_none() && status.conflicts.is_empty() {
        out.push("no blind conflicts".into());
    }
    out.extend(status.conflicts.iter().flat_map(conflict_words));
    out.join("\n")
}

fn budget_row(whose: &str, budget: &BudgetView) -> Vec<String> {
    let asked = format!("{} of {}", budget.asked, budget.asked_most);
    let share = format!("{:.4} % of the domain", budget.share * 100.0);
    vec![whose.into(), asked, budget.runs.to_string(), share]
}

fn conflict_words(conflict: &BlindConflictView) -> Vec<String> {
    let (id, notice) = (&conflict.id[..8], &conflict.notice[..8]);
    let spoilt = match conflict.agrees {
        Some(true) => "",
        Some(false) => "; the other side sealed another result",
        None => "; the other side has not said yet what it found",
    };
    let mut out = vec![format!(
        "blind conflict {id}  only we see this: something of theirs may be too close to our {}, notice {notice}, in {}{spoilt}",
        plan_words(&conflict.plan),
        counted(conflict.cells, "cell")
    )];
    out.extend(conflict.volumes.iter().map(|volume| format!("  {}", volume_words(volume))));
    out.extend(conflict.asked.iter().map(|at| format!("  they ask us to show this part (entry {})", at.index)));
    out.extend(conflict.changed.as_ref().map(|part| changed_words(part)));
    out.push(match &conflict.shown {
        Some(part) => format!("  this part is shown as notice {}", &part[..8]),
        None => format!("  show just this part: detente match show {id}; ask them to: detente match ask {id}"),
    });
    out
}

fn changed_words(part: &str) -> String {
    format!("  this part was shown as notice {}, and that was changed since: change the plan itself alike", &part[..8])
}

/// What a plan of ours is: it may be in the book alone, and in no list.
fn plan_words(plan: &BlindPlanView) -> String {
    let title = plan.title.as_ref().map(|title| format!(" \"{title}\"")).unwrap_or_default();
    let call_sign = plan.call_sign.as_ref().map(|sign| format!(" call sign {sign}")).unwrap_or_default();
    format!("{}{title}{call_sign}, {}", plan.kind, span_words(&plan.from, &plan.until))
}

fn span_words(start: &str, end: &str) -> String {
    match [start, end].map(Timestamp::parse) {
        [Some(start), Some(end)] => window_words([start, end]),
        _ => format!("{start} to {end}"),
    }
}

/// A place, a band and a window, as they are told of a match without a line.
fn volume_words(volume: &VolumeForm) -> String {
    let VolumeForm { lower_m, upper_m, datum, start, end, .. } = volume;
    format!("{}; {lower_m} m to {upper_m} m {datum}; {}", place_words(volume), span_words(start, end))
}

/// The middle of a box and its size, or of a circle and how far it reaches.
fn place_words(volume: &VolumeForm) -> String {
    let ends_e7 = |axis: usize| {
        let along = volume.positions.iter().map(|at| (at[axis] * 1e7).round() as i64);
        along.fold([i64::MAX, i64::MIN], |[least, most], at| [least.min(at), most.max(at)])
    };
    if volume.positions.is_empty() {
        return "nowhere".into();
    }
    let spot = Spot { cells: Vec::new(), lats_e7: ends_e7(0), lons_e7: ends_e7(1), altitude: [Metres::ZERO; 2], span_us: [0; 2] };
    let (middle, [across, along]) = (at(Language::English, spot.middle()), spot.size_km());
    match volume.positions.len() {
        1 => format!("{middle}, and {:.0} km round it", (volume.radius_m / 1e3).ceil()),
        _ => format!("{middle}, {across} km by {along} km"),
    }
}

/// A hash is cut, a time is not.
pub(super) fn short(run: &str) -> &str {
    if run.contains('T') { run } else { run.get(..12).unwrap_or(run) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn volume(shape: &str, positions: &[[f64; 2]], radius_m: f64) -> VolumeForm {
        let form = serde_json::json!({
            "shape": shape, "positions": positions, "radius_m": radius_m, "lower_m": 0, "upper_m": 500, "datum": "AMSL",
            "start": "2026-11-25T06:00:00Z", "end": "2026-11-25T07:00:00Z",
        });
        serde_json::from_value(form).expect("a volume")
    }

    #[test]
    fn a_box_is_told_by_its_middle_and_size_and_a_circle_by_how_far_it_reaches() {
        let corners = [[-1.25, -0.5], [-1.25, 2.0], [0.75, 2.0], [0.75, -0.5]];
        let rest = "; 0 m to 500 m AMSL; 2026-11-25 06:00 to 07:00 UTC";
        let told = volume_words(&volume("polygon", &corners, 3.0));
        assert_eq!(told, format!("at 0°15.0′ south, 0°45.0′ east, 280 km by 224 km{rest}"));
        // What lies round a pole, or is very wide, is a point that reaches far.
        let round_the_pole = volume_words(&volume("point", &[[89.5, -10.0]], 61_234.0));
        assert_eq!(round_the_pole, format!("at 89°30.0′ north, 10°00.0′ west, and 62 km round it{rest}"));
    }

    fn hit(plan: &serde_json::Value) -> serde_json::Value {
        let (id, notice) = ("81c09d2e".repeat(8), "1a2b3c4d".repeat(4));
        serde_json::json!({ "id": id, "run": "2026-11-25T06:00:00Z", "notice": notice, "plan": plan, "cells": 2, "agrees": true,
            "volumes": [], "asked": [] })
    }

    #[test]
    fn a_blind_conflict_says_which_plan_of_ours_it_is_about() {
        let words = |plan: serde_json::Value| conflict_words(&serde_json::from_value(hit(&plan)).expect("a conflict"))[0].clone();
        let window = ("2026-11-25T06:00:00Z", "2026-11-25T07:00:00Z");
        let said = words(serde_json::json!({ "kind": "operation", "title": "Night orbit", "call_sign": "GREY 12",
            "from": window.0, "until": window.1 }));
        let ours = "our operation \"Night orbit\" call sign GREY 12, 2026-11-25 06:00 to 07:00 UTC, notice 1a2b3c4d, in 2 cells";
        assert!(said.ends_with(ours), "{said}");
        let bare = words(serde_json::json!({ "kind": "movement", "from": window.0, "until": window.1 }));
        assert!(bare.contains("our movement, 2026-11-25 06:00 to 07:00 UTC, notice 1a2b3c4d"), "{bare}");
    }

    #[test]
    fn neither_a_count_nor_what_is_not_known_is_told_as_nothing() {
        let budget = serde_json::json!({ "asked": 0, "asked_most": 2, "runs": 1, "places": 64, "share": 0.5 });
        let matches = |common: &serde_json::Value, unknown: Option<&str>| {
            serde_json::json!({ "every_min": 15, "mode": "cells", "verified": false, "places": 64, "ahead_min": 60, "domain": 128,
                "auditable": false, "ours": budget, "theirs": budget, "common": common, "unknown": unknown, "under_way": [],
                "runs": [] })
        };
        let words = |common: &serde_json::Value, unknown: Option<&str>| {
            let matches = serde_json::from_value(matches(common, unknown)).expect("what the node answers");
            status_words(&Status { matches, conflicts: Vec::new() })
        };
        let run = "2026-11-25T06:00:00Z";
        let (five, none) = (serde_json::json!({ "run": run, "at": run, "cells": 5 }), serde_json::Value::Null);
        let count = format!("5 cells are common with the run of {run} (which ones is not told)");
        let told = words(&five, None);
        assert!(told.contains(&count) && !told.contains("no blind conflicts"), "{told}");
        let told = words(&none, Some("NOT KNOWN"));
        assert!(told.contains("NOT KNOWN") && !told.contains("no blind conflicts"), "{told}");
        let told = words(&five, Some("NOT KNOWN"));
        assert!(told.contains(&count) && told.contains("NOT KNOWN"), "{told}");
        assert!(words(&none, None).contains("no blind conflicts"));
    }
}
