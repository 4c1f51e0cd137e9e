//! Notices, receipts, words and SAFETY.

use std::path::Path;

use anyhow::Result;
use detente_api::ask::{CancelAsk, Done, NotifyAsk, ReceiptAsk, SafetyActionAsk, TermsAnswer};
use detente_api::problem::Fault;
use detente_api::view::{LineView, NoticeItem};
use detente_gateway::{DetailForm, NoticeForm, Row, TextForm, VolumeForm};

use detente_types::Terms;

use super::{On, done_words, must_be_sent};
use crate::args::{OnLine, Safety, Words};
use crate::client::{Client, Refusal};
use crate::files;
use crate::host::now;
use crate::output::{refuse, show, table};

pub(super) fn notify(on: &On<'_>, line: &str, file: &Path, check: bool, release: Option<String>) -> Result<()> {
    let client = on.client()?;
    let in_force: TermsAnswer = client.get(&format!("/v1/lines/{line}/terms"))?;
    let reading = files::notices(file, Terms::try_new(in_force.terms).ok().as_ref())?;
    let mut forms: Vec<NoticeForm> = reading.rows.iter().map(|row| row.form.clone()).collect();
    if let Some(release) = release {
        forms.iter_mut().for_each(|form| form.release = Some(release.clone()));
    }
    if forms.is_empty() {
        return Err(refuse(Fault::Rules, format!("{} holds no notice: nothing was stated", file.display())));
    }
    let asked = NotifyAsk { notices: forms, check };
    let done: Vec<Done> =
        client.post(&format!("/v1/lines/{line}/notices"), &asked).map_err(|fault| in_file(fault, &reading.rows))?;
    let urgent: Vec<bool> = asked.notices.iter().map(|form| form.kind == "safety" && !check).collect();
    show(on.json, &done, |done| {
        let row = |d: &Done| format!("{}  {}", d.notice.as_deref().map_or("", |n| &n[..8]), done_words(d));
        done.iter().map(row).collect::<Vec<_>>().join("\n")
    })?;
    let mut urgent = done.iter().zip(urgent).filter(|(_, urgent)| *urgent);
    urgent.try_for_each(|(done, _)| must_be_sent("a safety notice of the file", done))
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
    let client = on.client()?;
    let reason = reason.map(|text| words(&client, line, Words { text, language: None })).transpose()?;
    let done: Done = client.post(&format!("/v1/lines/{line}/cancellations"), &CancelAsk { id, reason })?;
    show(on.json, &done, done_words)
}

pub(super) fn list(on: &On<'_>, line: &str) -> Result<()> {
    let items = on.client()?.notices(line, None)?;
    show(on.json, &items, |items| notices_words(items))
}

fn notices_words(items: &[NoticeItem]) -> String {
    if items.is_empty() {
        return "no live notices".into();
    }
    let row = |n: &NoticeItem| {
        let short = n.short_by_min.map(|m| format!("SHORT by {m} min"));
        let done = n.action.as_ref().map(|a| format!("action: {}", a.action.text));
        let done = if n.disputed { Some("DISPUTED: its key is revoked".into()) } else { done };
        let short = if n.ringing { "RINGS: no action is stated".into() } else { done.or(short).unwrap_or_default() };
        vec![
            n.at.hash[..8].to_owned(),
            n.by.clone(),
            n.notice.kind.clone(),
            n.notice.precedence.clone().unwrap_or_default(),
            format!("L{}", n.level),
            n.notice.precision.clone().unwrap_or_default(),
            n.notice.valid_from.clone().unwrap_or_default(),
            title(&n.notice),
            short,
        ]
    };
    table(
        &["entry", "by", "kind", "precedence", "got", "precision", "from", "title", ""],
        &items.iter().map(row).collect::<Vec<_>>(),
    )
}

/// What a notice says, on one line of a table.
fn title(notice: &NoticeForm) -> String {
    const WIDTH: usize = 44;
    let danger = |d: &DetailForm| Some(format!("{} ({})", d.endangered.as_ref()?, d.ask.as_ref()?));
    let text = notice.text.as_ref().map(|t| t.text.clone());
    let words = notice.title.clone().or_else(|| notice.detail.as_ref().and_then(danger)).or(text).unwrap_or_default();
    let mut line: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if let Some((end, _)) = line.char_indices().nth(WIDTH) {
        line.replace_range(end.., "…");
    }
    line
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
    let client = on.client()?;
    let asked = ReceiptAsk { of: of.to_lowercase(), level: level.into(), list_number: listed, read_back };
    let done: Done = client.post(&format!("/v1/lines/{line}/receipts"), &asked)?;
    let items = client.notices(line, None)?;
    let read = items.iter().find(|n| n.at.hash.starts_with(&asked.of));
    show(on.json, &done, |done| {
        let words = read.map(notice_words).unwrap_or_default();
        format!("{words}{level}: {}", done_words(done))
    })
}

/// A notice in full, for who reads it.
fn notice_words(n: &NoticeItem) -> String {
    let form = &n.notice;
    let (from, until) = (form.valid_from.as_deref().unwrap_or("?"), form.valid_until.as_deref().unwrap_or("?"));
    let precedence = form.precedence.as_deref().unwrap_or("?");
    let precision = form.precision.as_deref().unwrap_or("?");
    let mut out = vec![format!("{} of {}: {precedence}, {precision}, from {from} to {until}", form.kind, n.by)];
    out.extend(form.title.iter().map(|title| format!("  {title}")));
    out.extend(
        form.text.iter().chain(&form.translation).map(|t| format!("  [{}] {}", t.language, t.text.replace('\n', "\n       "))),
    );
    let said = [("desk", &form.desk), ("officer", &form.officer), ("call sign", &form.call_sign), ("contact", &form.contact)];
    let said = said.iter().filter_map(|(name, value)| Some(format!("{name} {}", value.as_ref()?)));
    let details = serde_json::to_value(&form.detail).ok();
    let details = details.iter().filter_map(|d| d.as_object()).flatten();
    let details = details.map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        format!("{}: {value}", name.replace('_', " "))
    });
    let facts: Vec<String> = said.chain(details).collect();
    out.extend((!facts.is_empty()).then(|| format!("  {}", facts.join("; "))));
    out.extend(form.volumes.iter().map(volume_words));
    out.push(String::new());
    out.join("\n")
}

fn volume_words(v: &VolumeForm) -> String {
    /// Corners that are written out; a grid's outline has hundreds.
    const SHOWN: usize = 6;
    let at: Vec<String> = v.positions.iter().take(SHOWN).map(|[lat, lon]| format!("{lat:.4} {lon:.4}")).collect();
    let more = v.positions.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    let passed = if v.times.is_empty() {
        String::new()
    } else {
        let times: Vec<&str> = v.times.iter().take(SHOWN).map(String::as_str).collect();
        format!(", passed at {}{more}, {} s early or late", times.join("; "), v.slack_s)
    };
    format!(
        "  {} {}{more}, {} m around, {} to {} m {}, {} to {}{passed}",
        v.shape,
        at.join("; "),
        v.radius_m,
        v.lower_m,
        v.upper_m,
        v.datum,
        v.start,
        v.end
    )
}

/// Words in the language that they say, or in the one that the terms name as ours.
pub(super) fn words(client: &Client, line: &str, words: Words) -> Result<TextForm> {
    let Words { text, language } = words;
    let language = match language {
        Some(language) => language,
        None => {
            let view: LineView = client.get(&format!("/v1/lines/{line}"))?;
            let terms: TermsAnswer = client.get(&format!("/v1/lines/{line}/terms"))?;
            let ours = usize::from(view.us > view.them);
            terms.terms.languages.get(ours).cloned().unwrap_or_else(|| "en".into())
        }
    };
    Ok(TextForm { language, text })
}

pub(super) fn say(on: &On<'_>, line: &str, said: Words) -> Result<()> {
    let client = on.client()?;
    let (from, until) = (now(), now().plus_seconds(86_400));
    let form = NoticeForm {
        kind: "text".into(),
        valid_from: Some(from.to_string()),
        valid_until: Some(until.to_string()),
        text: Some(words(&client, line, said)?),
        ..NoticeForm::default()
    };
    state_one(on, &client, line, form).map(drop)
}

pub(super) fn safety(on: &On<'_>, safety: Safety) -> Result<()> {
    match safety {
        Safety::Send { endangered, ask, at, radius, minutes, on: l } => {
            let client = on.client()?;
            // One time for all: the area must lie inside the notice's validity.
            let (from, until) = (now().to_string(), now().plus_seconds(minutes * 60).to_string());
            let volumes = match at {
                Some(at) => {
                    // A square of a grid is held whole.
                    let (place, open_m) = super::position::place(&at)?;
                    vec![round(&client, &l, place, radius + open_m, [&from, &until])?]
                }
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
            let done = state_one(on, &client, &l.line, form)?;
            done.iter().try_for_each(|done| must_be_sent("the safety notice", done))
        }
        Safety::Act { of, words: said, on: l } => {
            let client = on.client()?;
            let asked = SafetyActionAsk { of, action: words(&client, &l.line, said)?, by: None };
            let done: Done = client.post(&format!("/v1/lines/{}/safety-actions", l.line), &asked)?;
            show(on.json, &done, done_words)?;
            must_be_sent("the safety action", &done)
        }
        Safety::Flood { on: l } => {
            let done: Done = on.client()?.post(&format!("/v1/lines/{}/safety-flood", l.line), &())?;
            show(on.json, &done, |done| format!("the alarm is taken, under number {} of the book", done.book))
        }
        Safety::List { on: l } => {
            let safety = on.client()?.notices(&l.line, Some("safety"))?;
            show(on.json, &safety, |items| notices_words(items))
        }
    }
}

/// A circle over all altitudes that a person can be at, over the line's own datum.
fn round(client: &Client, line: &OnLine, at: [f64; 2], radius_m: f64, [from, until]: [&str; 2]) -> Result<VolumeForm> {
    let terms: TermsAnswer = client.get(&format!("/v1/lines/{}/terms", line.line))?;
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
        times: Vec::new(),
        slack_s: 0.0,
        doubts: Vec::new(),
    })
}

fn state_one(on: &On<'_>, client: &Client, line: &str, form: NoticeForm) -> Result<Vec<Done>> {
    let asked = NotifyAsk { notices: vec![form], check: false };
    let done: Vec<Done> = client.post(&format!("/v1/lines/{line}/notices"), &asked)?;
    let view: LineView = client.get(&format!("/v1/lines/{line}"))?;
    show(on.json, &done, |done| {
        let words = done.first().map(done_words).unwrap_or_default();
        format!("{words}\n{}", view.says)
    })?;
    Ok(done)
}
