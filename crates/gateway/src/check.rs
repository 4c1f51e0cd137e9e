//! A row examined: what cannot be read of it and which rules it breaks, told in the words of its file.

use detente_types::rule::{Rule, Violation};
use detente_types::{Notice, NoticeId, NoticeIn};

use crate::form::{NoticeForm, Partial};
use crate::names::{column, in_form};
use crate::problem::{Problem, Problems};
use crate::raw::{Layout, Near, RawRow};
use crate::report::{Finding, Level};
use crate::straight::straighten;

/// A row with all findings on itself.
pub(crate) struct Examined {
    pub(crate) place: String,
    pub(crate) layout: Layout,
    /// The form, with edges as shortest paths.
    pub(crate) form: Option<NoticeForm>,
    /// As much of the notice as could be read.
    pub(crate) notice: Option<NoticeIn>,
    pub(crate) near: Option<Near>,
    pub(crate) findings: Vec<Finding>,
}

/// Examines a row by itself.
pub(crate) fn examine(row: RawRow, absent: &[&str]) -> Examined {
    let RawRow { place, layout, mut form, problems, doubts, straight, near } = row;
    let mut findings: Vec<Finding> = Vec::new();
    let mut add = |finding: Finding| {
        if !findings.contains(&finding) && !absent.contains(&finding.field.as_str()) {
            findings.push(finding);
        }
    };
    let mut notice = None;
    let unreadable = !problems.is_empty();
    let judged = form.as_ref().map(|form| judge(form, layout, problems.clone()));
    let (problems, violations) = match judged {
        Some(judged) => {
            notice = Some(judged.notice);
            (judged.problems, judged.violations)
        }
        None => (problems, Vec::new()),
    };
    let clean = !unreadable && problems.is_empty() && violations.is_empty();
    problems.0.into_iter().for_each(|p| add(Finding::new(Level::Error, &place, p)));
    violations.into_iter().for_each(|v| add(told(v, layout, &place)));
    if straight && clean {
        redraw(form.as_mut(), layout, &place).into_iter().for_each(&mut add);
    }
    doubts.into_iter().for_each(|doubt| add(Finding::new(Level::Warning, &place, doubt)));
    Examined { place, layout, form, notice, near, findings }
}

/// A violation in the words of a format.
fn told(violation: Violation, layout: Layout, place: &str) -> Finding {
    let Violation { rule, at, found, wanted } = violation;
    let expected = wanted.unwrap_or_else(|| rule.sentence().to_owned());
    Finding::new(Level::Error, place, Problem { at: column(layout, &at), found, expected }).breaking(rule)
}

/// Draws the edges of a valid form as shortest paths; it must still be valid then.
fn redraw(form: Option<&mut NoticeForm>, layout: Layout, place: &str) -> Vec<Finding> {
    let Some(form) = form else { return Vec::new() };
    let mut findings = Vec::new();
    for volume in &mut form.volumes {
        if let Err(problem) = straighten(volume) {
            let at = column(layout, &format!("volumes[0].{}", problem.at));
            findings.push(Finding::new(Level::Error, place, Problem { at, ..problem }));
        }
    }
    if findings.is_empty() {
        let judged = judge(form, layout, Problems::default());
        findings.extend(judged.violations.into_iter().map(|v| told(v, layout, place)));
    }
    findings
}

/// What a form says and what is wrong with it.
struct Judged {
    notice: NoticeIn,
    /// What could not be read, by the names of the format.
    problems: Problems,
    /// The rules that what could be read breaks, by the names of the JSON form.
    violations: Vec<Violation>,
}

/// Reads a form, of which a reader has reported some problems already, and holds it against the rules.
fn judge(form: &NoticeForm, layout: Layout, mut problems: Problems) -> Judged {
    let Partial { draft, problems: second, kept } = form.read(NoticeId::new([0; 16]));
    let mut unread: Vec<String> = problems.0.iter().chain(&second.0).map(|p| p.at.clone()).collect();
    unread.sort_unstable();
    let renamed = second.0.into_iter().map(|p| Problem { at: column(layout, &p.at), ..p }).collect();
    problems.extend_with_new(Problems(renamed));
    let found = Notice::try_new(draft.notice.clone()).err().unwrap_or_default();
    let named = |v: Violation| Violation { at: in_form(&v.at, &kept), ..v };
    let mut violations: Vec<Violation> = found.into_iter().map(named).collect();
    violations.retain(|v| !follows_from(v, &unread) && !repeats_volumes(v, form));
    Judged { notice: draft.notice, problems, violations }
}

/// Whether a violation may only follow from what could not be read.
fn follows_from(violation: &Violation, unread: &[String]) -> bool {
    let any = |names: &[&str]| unread.iter().any(|at| names.iter().any(|name| at.starts_with(name)));
    let drawn =
        ["volumes", "geometry", "positions", "lat", "lon", "shape", "radius_m", "lower_m", "upper_m", "datum", "start", "end"];
    let whose = violation.at.split_once('.').map_or(violation.at.as_str(), |(volume, _)| volume);
    match violation.rule {
        Rule::KindKnown => true,
        Rule::KindRequires => any(&["kind", "detail", "ask", "endangered", "text"]) || any(&drawn),
        Rule::KindMatchesDetail => any(&["kind"]),
        Rule::SafetyPrecedence => any(&["kind", "precedence"]),
        Rule::VolumeInValidity => any(&["valid_"]) || any(&drawn),
        _ if violation.at.starts_with("valid_") => any(&["valid_"]) || any(&drawn),
        _ if violation.at.starts_with("volumes[") => any(&[whose]) || any(&drawn[1..]),
        _ => any(&[violation.at.as_str()]),
    }
}

/// Whether a violation of the validity says again what is said of the volumes that it was taken from.
fn repeats_volumes(violation: &Violation, form: &NoticeForm) -> bool {
    violation.at.starts_with("valid_") && form.valid_from.is_none() && form.valid_until.is_none() && !form.volumes.is_empty()
}
