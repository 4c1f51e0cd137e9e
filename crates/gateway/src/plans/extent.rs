//! How far, how high and when a plan reaches, from named fields: units and datum as the file says, or as the person who
//! checks says where it does not.

use detente_space::law1::kinds_meet;
use detente_types::{Datum, NoticeKind};

use super::judge::ExtentNames;
use super::taker::{RoughPlan, Taker};
use super::{Given, Unit};
use crate::fields::Fields;
use crate::form::VolumeForm;
use crate::problem::Problem;

/// What a format says of an extent besides named fields.
#[derive(Clone, Debug, Default)]
pub(super) struct Other {
    /// Lower altitude, metres.
    pub(super) lower: Option<f64>,
    /// Upper altitude, metres.
    pub(super) upper: Option<f64>,
    /// What these two are measured from.
    pub(super) datum: Option<Datum>,
    pub(super) start: Option<String>,
    pub(super) end: Option<String>,
}

/// A distance, and the name under which it stands.
const RADII: [(&str, f64); 4] = [("radius_m", 1.0), ("radius_km", 1_000.0), ("radius_nm", 1_852.0), ("radius_ft", 0.3048)];

/// Which end of a band.
struct End {
    metres: &'static str,
    feet: &'static str,
    plain: &'static str,
    flag: &'static str,
    /// Towards where it is rounded.
    round: fn(f64) -> f64,
}

const LOWER: End = End { metres: "lower_m", feet: "lower_ft", plain: "lower", flag: "--lower", round: f64::floor };
const UPPER: End = End { metres: "upper_m", feet: "upper_ft", plain: "upper", flag: "--upper", round: f64::ceil };

/// Every name that is read here.
const READ: [&str; 10] =
    ["radius_m", "radius_km", "radius_nm", "radius_ft", "lower_m", "lower_ft", "upper_m", "upper_ft", "lower", "upper"];

/// The extent, and what its fields are called. What is missing becomes not a number or an empty text, and a problem.
pub(super) fn extent(f: &mut Fields<'_>, given: &Given, other: &Other) -> (VolumeForm, ExtentNames) {
    let (radius_m, radius) = radius(f, given);
    let units = f.text("units");
    let unit = match &units {
        Some(name) => f.problems.take("units", name, Unit::from_name(name), "m or ft"),
        None => given.units,
    };
    let low = altitude(f, &LOWER, unit, other.lower, given.lower_m);
    let high = altitude(f, &UPPER, unit, other.upper, given.upper_m);
    let datum = datum(f, [low.by, high.by], other.datum, given.datum);
    let times = f.texts("times");
    let slack_s = f.number("slack_s").unwrap_or_default();
    // What moves says by its times from when until when.
    let moves = !times.is_empty() && other.start.is_none() && other.end.is_none();
    let given = if moves { &Given { from: None, until: None, ..*given } } else { given };
    let start = time(f, "start", other.start.as_ref(), given.from.map(|t| t.to_string()), (!moves).then_some("--from"));
    let end = time(f, "end", other.end.as_ref(), given.until.map(|t| t.to_string()), (!moves).then_some("--until"));
    let (lower_m, upper_m) = (low.metres, high.metres);
    let form = VolumeForm {
        shape: String::new(),
        positions: Vec::new(),
        holes: Vec::new(),
        radius_m,
        lower_m,
        upper_m,
        datum,
        start,
        end,
        times,
        slack_s,
        doubts: Vec::new(),
    };
    (form, ExtentNames { radius, lower: low.name, upper: high.name, ..ExtentNames::OWN })
}

/// Who said an altitude.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// A named field.
    Field,
    /// The format in its own way.
    Format,
    /// The person who checks.
    Flag,
    /// Nobody.
    None,
}

/// An altitude as it was said.
struct Said {
    metres: f64,
    name: &'static str,
    by: By,
}

/// What both altitudes are measured from; two different answers are one too many.
fn datum(f: &mut Fields<'_>, by: [By; 2], own: Option<Datum>, given: Option<Datum>) -> String {
    let before = f.problems.0.len();
    let field = f.text("datum");
    if f.problems.0.len() > before {
        return String::new();
    }
    let name = |datum: Option<Datum>| datum.map(|datum| datum.name().to_owned());
    let said = by.map(|by| match by {
        By::Format => name(own),
        By::Field => field.clone().or_else(|| name(given)),
        By::Flag => name(given).or_else(|| field.clone()).or_else(|| name(own)),
        By::None => field.clone().or_else(|| name(given)).or_else(|| name(own)),
    });
    match said {
        [Some(one), Some(other)] if one.eq_ignore_ascii_case(&other) => one,
        [Some(one), Some(other)] => {
            f.problems.push(Problem::new("datum", &format!("{one} below and {other} above"), "one datum for both altitudes"));
            String::new()
        }
        _ => {
            f.problems.push(Problem::missing("datum", "WGS84, AMSL, AGL or FL, or --datum"));
            String::new()
        }
    }
}

fn radius(f: &mut Fields<'_>, given: &Given) -> (f64, &'static str) {
    let mut found = None;
    for (name, metres) in RADII {
        let Some(value) = f.number(name) else { continue };
        if found.is_some() {
            f.problems.push(Problem::new(name, "a second radius", "one radius"));
        }
        found = Some(((value * metres * 100.0 - NEARLY).ceil() / 100.0, name));
    }
    found.unwrap_or((given.radius_m.unwrap_or(0.0), "radius_m"))
}

/// What the product of a number and a unit may be off by, in centimetres: a whole number of them stays one.
const NEARLY: f64 = 1e-6;

fn altitude(f: &mut Fields<'_>, end: &End, unit: Option<Unit>, own: Option<f64>, given: Option<f64>) -> Said {
    let before = f.problems.0.len();
    let values = [end.metres, end.feet, end.plain].map(|name| f.number(name).map(|value| (value, name)));
    let unreadable = f.problems.0.len() > before;
    let mut values = values.into_iter().flatten();
    let first = values.next();
    if let Some((_, second)) = values.next() {
        f.problems.push(Problem::new(second, "a second altitude for this end", "one altitude for each end"));
    }
    if let Some((value, name)) = first {
        let unit = if name == end.metres { Some(Unit::Metre) } else { unit.filter(|_| name == end.plain) };
        let metres = match unit {
            Some(Unit::Metre) => value,
            Some(Unit::Foot) => metres(value, end),
            None if name == end.feet => metres(value, end),
            None => {
                let expected = format!("{} or {}, a column `units`, or --units", end.metres, end.feet);
                f.problems.push(Problem::new(name, &format!("{value} without a unit"), expected));
                f64::NAN
            }
        };
        return Said { metres, name, by: By::Field };
    }
    let other = if unreadable { None } else { own.map(|m| (m, By::Format)).or(given.map(|m| (m, By::Flag))) };
    if other.is_none() && !unreadable {
        let expected = format!("a number of metres, or {} in feet, or {}", end.feet, end.flag);
        f.problems.push(Problem::missing(end.metres, &expected));
    }
    let (metres, by) = other.unwrap_or((f64::NAN, By::None));
    Said { metres, name: end.metres, by }
}

/// Feet in metres, to a whole centimetre outwards.
fn metres(feet: f64, end: &End) -> f64 {
    let exact = feet * 30.48;
    let whole = exact.round();
    (if (exact - whole).abs() < NEARLY { whole } else { (end.round)(exact) }) / 100.0
}

fn time(f: &mut Fields<'_>, name: &'static str, other: Option<&String>, given: Option<String>, flag: Option<&str>) -> String {
    let before = f.problems.0.len();
    let value = f.time(name);
    let unreadable = f.problems.0.len() > before;
    value.or_else(|| other.cloned()).or(given).unwrap_or_else(|| {
        if let Some(flag) = flag.filter(|_| !unreadable) {
            let expected = format!("an RFC 3339 time with its zone, such as 2026-11-24T06:00:00Z, or {flag}");
            f.problems.push(Problem::missing(name, &expected));
        }
        String::new()
    })
}

/// What a plan of a foreign file is called: the first of the usual names.
pub(super) fn name(f: &mut Fields<'_>) -> Option<String> {
    let names = ["title", "name", "call_sign", "id"]
        .map(|name| f.take(name).map(|value| value.as_text().map_or_else(|| value.to_string(), str::to_owned)));
    names.into_iter().flatten().find(|name| !name.trim().is_empty())
}

/// The kind that a foreign file says, if it is one of ours that can meet something: another word may mean anything, and must
/// not keep a plan out of the check.
pub(super) fn kind(f: &mut Fields<'_>) -> Option<NoticeKind> {
    let kind = f.take("kind").and_then(|kind| NoticeKind::from_name(kind.as_text()?.trim()))?;
    kinds_meet(kind, NoticeKind::Operation).then_some(kind)
}

/// Goes through the fields of a foreign row that were not read. One that looks like a radius or an altitude is refused,
/// since the volume would silently be smaller; others are told once for the file.
pub(super) fn leave_rest(f: &mut Fields<'_>, plan: &mut RoughPlan, taker: &mut Taker) {
    let rest: Vec<&str> = f.rest().collect();
    for name in rest {
        let lower = name.to_lowercase();
        if lower.starts_with("radius") || lower.starts_with("buffer") {
            let expected = "radius_m, radius_km, radius_nm or radius_ft: the unit stands in the name";
            plan.problems.push(Problem::new(shown(name), &format!("the unknown field `{}`", shown(name)), expected));
        } else if let Some(meant) = READ.iter().find(|known| known.len() > 5 && is_near(&lower, known)) {
            plan.problems.push(Problem::new(
                shown(name),
                &format!("the unknown field `{}`", shown(name)),
                format!("perhaps {meant}"),
            ));
        } else {
            taker.unread(name);
        }
    }
}

fn shown(name: &str) -> String {
    crate::problem::on_one_line(name)
}

/// Whether one name is the other with one or two letters added, left out or replaced.
fn is_near(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if one.len().abs_diff(other.len()) > 2 {
        return false;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(a != b)).min(above + 1).min(row[j] + 1);
            diagonal = above;
        }
    }
    row[other.len()] <= 2
}
