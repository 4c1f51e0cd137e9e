//! Notices, receipts, words and SAFETY.

use std::path::Path;

use anyhow::Result;
use detente_api::ask::{CancelAsk, Done, NotifyAsk, ReceiptAsk, SafetyActionAsk, TermsAnswer};
use detente_api::view::{LineView, NoticeItem};
use detente_gateway::{DetailForm, NoticeForm, Row, TextForm, VolumeForm};

use detente_types::Terms;

use super::{On, done_words};
use crate::args::{OnLine, Safety, Words};
use crate::client::Refusal;
use crate::files;
use crate::host::now;
use crate::output::{show, table};

pub(super) fn notify(on: &On<'_>, line: &str, file: &Path, check: bool, release: Option<String>) -> Result<()> {
    let client = on.client()?;
    let in_force: TermsAnswer = client.get(&format!("/v1/lines/{line}/terms"))?;
    let reading = files::notices(file, Terms::try_new(in_force.terms).ok().as_ref())?;
    let mut forms: Vec<NoticeForm> = reading.rows.iter().map(|row| row.form.clone()).collect();
    if let Some(release) = release {
        forms.iter_mut().for_each(|form| form.release = Some(release.clone()));
    }
    let asked = NotifyAsk { notices: forms, check };
    let done: Vec<Done> =
        client.post(&format!("/v1/lines/{line}/notices"), &asked).map_err(|fault| in_file(fault, &reading.rows))?;
    show(on.json, &done, |done| {
        let row = |d: &Done| format!("{}  {}", d.notice.as_deref().map_or("", |n| &n[..8]), done_words(d));
        done.iter().map(row).collect::<Vec<_>>().join("\n")
    })
}

/// What the node refuses, told by the rows and columns of the file.
fn in_file(mut fault: anyhow::Error, rows: &[Row]) -> anyhow::Error {
    if let Some(Refusal(problem)) = fault.downcast_mut() {
        for detail in &mut problem.details {
            let Some((number, field)) = detail.at.strip_prefix("notices[").and_then(|at| at.split_once("].")) else {
                continue;
            };
            if let Some(row) = number.parse().ok().and_then(|number: usize| rows.get(number)) {
                (detail.place, detail.at) = (Some(row.place.clone()), row.column(field));
            }
        }
    }
    fault
}

pub(super) fn cancel(on: &On<'_>, line: &str, id: String, reason: Option<String>) -> Result<()> {
    let reason = reason.map(|text| TextForm { language: "en".into(), text });
    let done: Done = on.client()?.post(&format!("/v1/lines/{line}/cancellations"), &CancelAsk { id, reason })?;
    show(on.json, &done, done_words)
}

pub(super) fn list(on: &On<'_>, line: &str) -> Result<()> {
    let items: Vec<NoticeItem> = on.client()?.get(&format!("/v1/lines/{line}/notices"))?;
    show(on.json, &items, |items| notices_words(items))
}

fn notices_words(items: &[NoticeItem]) -> String {
    if items.is_empty() {
        return "no live notices".into();
    }
    let row = |n: &NoticeItem| {
        let title = n.notice.title.clone().or_else(|| n.notice.text.as_ref().map(|t| t.text.clone())).unwrap_or_default();
        let short = n.short_by_min.map(|m| format!("SHORT by {m} min")).unwrap_or_default();
        vec![
            n.at.hash[..8].to_owned(),
            n.by.clone(),
            n.notice.kind.clone(),
            n.notice.precedence.clone().unwrap_or_default(),
            format!("L{}", n.level),
            n.notice.precision.clone().unwrap_or_default(),
            n.notice.valid_from.clone().unwrap_or_default(),
            title.chars().take(40).collect(),
            short,
        ]
    };
    table(
        &["entry", "by", "kind", "precedence", "got", "precision", "from", "title", ""],
        &items.iter().map(row).collect::<Vec<_>>(),
    )
}

pub(super) fn read(
    on: &On<'_>,
    line: &str,
    of: String,
    listed: Option<String>,
    read_back: Option<String>,
    passed: bool,
) -> Result<()> {
    let level = match (&listed, passed) {
        (Some(_), _) => "listed",
        (None, true) => "passed",
        (None, false) => "read",
    };
    let asked = ReceiptAsk { of, level: level.into(), list_number: listed, read_back };
    let done: Done = on.client()?.post(&format!("/v1/lines/{line}/receipts"), &asked)?;
    show(on.json, &done, done_words)
}

pub(super) fn say(on: &On<'_>, line: &str, words: Words) -> Result<()> {
    let (from, until) = (now(), now().plus_seconds(86_400));
    let form = NoticeForm {
        kind: "text".into(),
        valid_from: Some(from.to_string()),
        valid_until: Some(until.to_string()),
        text: Some(TextForm { language: words.language, text: words.text }),
        ..NoticeForm::default()
    };
    state_one(on, line, form)
}

pub(super) fn safety(on: &On<'_>, safety: Safety) -> Result<()> {
    match safety {
        Safety::Send { endangered, ask, at, radius, minutes, on: l } => {
            // One time for all: the area must lie inside the notice's validity.
            let (from, until) = (now().to_string(), now().plus_seconds(minutes * 60).to_string());
            let volumes = match at {
                Some(at) => vec![round(on, &l, [at[0], at[1]], radius, [&from, &until])?],
                None => Vec::new(),
            };
            let form = NoticeForm {
                kind: "safety".into(),
                valid_from: Some(from.clone()),
                valid_until: Some(until),
                volumes,
                detail: Some(DetailForm {
                    ask: Some(ask),
                    endangered: Some(endangered),
                    since: Some(from),
                    ..DetailForm::default()
                }),
                ..NoticeForm::default()
            };
            state_one(on, &l.line, form)
        }
        Safety::Act { of, words, on: l } => {
            let action = TextForm { language: words.language, text: words.text };
            let asked = SafetyActionAsk { of, action, by: None };
            let done: Done = on.client()?.post(&format!("/v1/lines/{}/safety-actions", l.line), &asked)?;
            show(on.json, &done, done_words)
        }
        Safety::List { on: l } => {
            let items: Vec<NoticeItem> = on.client()?.get(&format!("/v1/lines/{}/notices", l.line))?;
            let safety: Vec<NoticeItem> = items.into_iter().filter(|n| n.notice.kind == "safety").collect();
            show(on.json, &safety, |items| notices_words(items))
        }
    }
}

/// A circle over all altitudes that a person can be at, over the line's own datum.
fn round(on: &On<'_>, line: &OnLine, at: [f64; 2], radius_m: f64, [from, until]: [&str; 2]) -> Result<VolumeForm> {
    let terms: TermsAnswer = on.client()?.get(&format!("/v1/lines/{}/terms", line.line))?;
    Ok(VolumeForm {
        shape: "point".into(),
        positions: vec![at],
        holes: Vec::new(),
        radius_m,
        lower_m: 0.0,
        upper_m: 1000.0,
        datum: terms.terms.altitude.datum,
        start: from.to_owned(),
        end: until.to_owned(),
    })
}

fn state_one(on: &On<'_>, line: &str, form: NoticeForm) -> Result<()> {
    let client = on.client()?;
    let asked = NotifyAsk { notices: vec![form], check: false };
    let done: Vec<Done> = client.post(&format!("/v1/lines/{line}/notices"), &asked)?;
    let view: LineView = client.get(&format!("/v1/lines/{line}"))?;
    show(on.json, &done, |done| {
        let words = done.first().map(done_words).unwrap_or_default();
        format!("{words}\n{}", view.says)
    })
}
