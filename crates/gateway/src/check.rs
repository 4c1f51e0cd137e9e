//! A row examined: what cannot be read of it and which rules it breaks, told in the words of its file.

use detente_types::rule::{Rule, Violation};
use detente_types::time::TIME_MIN;
use detente_types::volume::PositionIn;
use detente_types::{Notice, NoticeId, NoticeIn, Position, Volume, VolumeIn};

use crate::flat::{EXTENT, bare};
use crate::form::{NoticeForm, Partial};
use crate::names::{column, in_form};
use crate::problem::{PROBLEMS_MAX, Problem, Problems};
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
    let unread: Vec<String> = problems.0.iter().chain(&second.0).map(|p| p.at.clone()).collect();
    let drawn_unread = problems.0.iter().any(|p| concerns_volumes(&p.at));
    let told = second.0.into_iter().filter(|p| !(drawn_unread && p.at.starts_with("valid_") && p.found == "nothing"));
    let renamed = told.map(|p| Problem { at: column(layout, &p.at), ..p }).collect();
    problems.extend_with_new(Problems(renamed));
    let found = Notice::try_new(draft.notice.clone()).err().unwrap_or_default();
    let found = each_part(&draft.notice, found);
    let named = |v: Violation| Violation { at: in_form(&v.at, &kept), ..v };
    let mut violations: Vec<Violation> = found.into_iter().map(named).collect();
    violations.retain(|v| !follows_from(v, &unread));
    of_volumes(form, &mut violations);
    Judged { notice: draft.notice, problems, violations }
}

/// Whether a field says where, how high or when.
fn concerns_volumes(at: &str) -> bool {
    ["volumes", "geometry", "positions", "lat", "lon", "shape"].iter().chain(&EXTENT).any(|name| at.starts_with(name))
}

/// Whether a violation may only follow from what could not be read.
fn follows_from(violation: &Violation, unread: &[String]) -> bool {
    let any = |name: &str| unread.iter().any(|at| at.starts_with(name));
    let drawn = || unread.iter().any(|at| concerns_volumes(at));
    let at = violation.at.as_str();
    match violation.rule {
        Rule::KindKnown => true,
        Rule::KindRequires if at == "volumes" => any("kind") || drawn(),
        Rule::KindRequires => any("kind") || any(at) || any(bare(at)),
        Rule::KindMatchesDetail => any("kind"),
        Rule::SafetyPrecedence => any("kind") || any("precedence"),
        Rule::LanguageTag => any(&format!("{at}.language")) || any("language") || any("translation_language"),
        Rule::VolumeInValidity => any("valid_") || drawn(),
        _ if at.starts_with("valid_") => any("valid_") || drawn(),
        _ if at.starts_with("volumes[") => {
            let whose = at.split_once(']').map_or(at, |(volume, _)| volume);
            any(whose) || unread.iter().any(|at| concerns_volumes(at) && !at.starts_with("volumes"))
        }
        _ => any(at),
    }
}

/// Volumes stop at the first rule that they break; here each of their parts is told.
fn each_part(notice: &NoticeIn, found: Vec<Violation>) -> Vec<Violation> {
    let of_volume = |v: &Violation| v.at.starts_with("volumes[") && v.rule != Rule::VolumeInValidity;
    if !found.iter().any(of_volume) {
        return found;
    }
    let mut all: Vec<Violation> = found.into_iter().filter(|v| !of_volume(v)).collect();
    for (i, volume) in notice.volumes.iter().enumerate() {
        all.extend(volume_violations(volume).into_iter().map(|v| v.inside(&format!("volumes[{i}]"))));
    }
    all
}

/// What is wrong with where a volume is, how wide, how high, and when: each judged with the others put right.
pub(crate) fn volume_violations(volume: &VolumeIn) -> Vec<Violation> {
    let right = right_volume(volume.shape);
    let mut found = off_earth(volume);
    if found.is_empty() {
        found.extend(Volume::try_from(&VolumeIn { shape: volume.shape, rings: volume.rings.clone(), ..right.clone() }).err());
    }
    let parts = [
        VolumeIn { radius_cm: volume.radius_cm, ..right.clone() },
        VolumeIn { lower_cm: volume.lower_cm, upper_cm: volume.upper_cm, datum: volume.datum, ..right.clone() },
        VolumeIn { start_us: volume.start_us, end_us: volume.end_us, ..right.clone() },
    ];
    found.extend(parts.iter().filter_map(|part| Volume::try_from(part).err()));
    if found.is_empty() {
        // Only how the parts go together is left: the times of a way.
        found.extend(Volume::try_from(volume).err());
    }
    found
}

/// A volume that obeys every rule: a path when its radius is to be judged as a path's, else a point.
pub(crate) fn right_volume(shape: u8) -> VolumeIn {
    let at = |lon_e7| PositionIn { lat_e7: 0, lon_e7 };
    let (shape, ring) = if shape == 2 { (2, vec![at(0), at(1_000)]) } else { (1, vec![at(0)]) };
    let (start_us, end_us) = (TIME_MIN.micros(), TIME_MIN.micros() + 1);
    VolumeIn { shape, rings: vec![ring], radius_cm: 100, lower_cm: 0, upper_cm: 0, datum: 0, start_us, end_us, passage: None }
}

/// Every vertex that is nowhere on the earth, up to as many as are told of a row.
fn off_earth(volume: &VolumeIn) -> Vec<Violation> {
    let vertices = volume.rings.iter().enumerate().flat_map(|(r, ring)| ring.iter().enumerate().map(move |(i, p)| (r, i, p)));
    let judged = vertices.filter_map(|(r, i, p)| {
        let place = format!("footprint.rings[{r}][{i}]");
        Position::try_new(p.lat_e7, p.lon_e7).err().map(|v| v.inside(&place))
    });
    judged.take(PROBLEMS_MAX).collect()
}

impl NoticeForm {
    /// Rules that the notice of this form breaks, by the form's own names. What is said of a validity that the form leaves
    /// to its volumes is said of them.
    pub fn name_violations(&self, found: Vec<Violation>) -> Vec<Violation> {
        let mut named: Vec<Violation> = found.into_iter().map(|v| Violation { at: in_form(&v.at, &[]), ..v }).collect();
        of_volumes(self, &mut named);
        named
    }
}

/// What is said of a validity that was taken from the volumes is said of them, once.
fn of_volumes(form: &NoticeForm, violations: &mut Vec<Violation>) {
    if form.valid_from.is_some() || form.valid_until.is_some() || form.volumes.is_empty() {
        return;
    }
    let timed = |v: &Violation| v.at.ends_with(".start") || v.at.ends_with(".end") || v.at.ends_with(".start, end");
    if violations.iter().any(timed) {
        violations.retain(|v| !v.at.starts_with("valid_"));
    }
}
