//! Plans from what ASTM F3548-21 exchanges: operational intents and constraints, alone, in lists or inside answers, and
//! lists of `Volume4D`.
//!
//! A list of bare `Volume4D` is one plan, since the standard uses such lists for the volumes of one. Edges are shortest
//! paths there too; altitudes are metres over the ellipsoid, and anything else is refused.

use detente_types::{Datum, NoticeKind};

use super::extent::{Other, extent};
use super::judge::{ExtentNames, Names, Numbering, Rough};
use super::taker::{RoughPlan, Taker};
use crate::fields::Fields;
use crate::form::VolumeForm;
use crate::problem::Problem;
use crate::tree::Tree;

const NAMES: ExtentNames = ExtentNames {
    radius: "volume.outline_circle.radius",
    lower: "volume.altitude_lower",
    upper: "volume.altitude_upper",
    datum: "volume.altitude_lower.reference",
    start: "time_start",
    end: "time_end",
};

/// The lists of volumes that an object may have, with where they stand.
const LISTS: [(&[&str], &str); 4] = [
    (&["details", "volumes"], "details.volumes"),
    (&["details", "off_nominal_volumes"], "details.off_nominal_volumes"),
    (&["volumes"], "volumes"),
    (&["extents"], "extents"),
];

/// Members that hold one or more of the standard's objects.
const HOLDERS: [&str; 4] = ["operational_intent", "operational_intents", "constraint", "constraints"];

pub(super) fn read(root: &Tree, taker: &mut Taker) {
    let mut reader = Reader { taker, counts: [0; 2] };
    reader.any(root, "operational intent", HOLDERS_DEEP);
}

/// Holders may stand in a list, in an answer, in a list.
const HOLDERS_DEEP: u8 = 4;

struct Reader<'a> {
    taker: &'a mut Taker,
    /// Operational intents and constraints so far.
    counts: [usize; 2],
}

impl Reader<'_> {
    fn any(&mut self, tree: &Tree, what: &'static str, deep: u8) {
        if self.taker.is_full() {
            return;
        }
        if let Some(items) = tree.as_list() {
            if items.first().is_some_and(|item| item.get("volume").is_some()) {
                return self.plan(what, None, vec![("", items)]);
            }
            if deep > 0 {
                items.iter().for_each(|item| self.any(item, what, deep - 1));
                return;
            }
        }
        let held: Vec<(&str, &Tree)> = HOLDERS.into_iter().filter_map(|name| tree.get(name).map(|held| (name, held))).collect();
        if deep > 0 && !held.is_empty() {
            for (name, held) in held {
                let what = if name.starts_with("constraint") { "constraint" } else { "operational intent" };
                self.any(held, what, deep - 1);
            }
            return;
        }
        if tree.get("volume").is_some() {
            return self.plan(what, None, vec![("", core::slice::from_ref(tree))]);
        }
        self.object(what, tree);
    }

    /// An operational intent, a constraint, or the extents that a request has.
    fn object(&mut self, what: &'static str, tree: &Tree) {
        let lists = LISTS.into_iter().filter_map(|(path, at)| {
            let found = path.iter().try_fold(tree, |tree, name| tree.get(name))?;
            Some((at, found.as_list()?))
        });
        let lists: Vec<_> = lists.collect();
        let reference = tree.get("reference");
        let id = reference.and_then(|reference| reference.get("id")).or_else(|| tree.get("id")).and_then(Tree::as_text);
        if lists.iter().all(|(_, volumes)| volumes.is_empty()) {
            let place = self.place(what);
            let expected = "details.volumes, details.off_nominal_volumes, volumes or extents with Volume4D objects";
            return self.taker.refuse(&place, Problem::new("", &tree.to_string(), expected));
        }
        self.plan(what, id, lists);
    }

    fn place(&mut self, what: &'static str) -> String {
        let count = &mut self.counts[usize::from(what == "constraint")];
        *count += 1;
        format!("{what} {count}")
    }

    fn plan(&mut self, what: &'static str, id: Option<&str>, lists: Vec<(&str, &[Tree])>) {
        let kind = if what == "constraint" { NoticeKind::Airspace } else { NoticeKind::Operation };
        let place = self.place(what);
        let mut plan = RoughPlan { place, name: id.map(str::to_owned), kind: Some(kind), ..RoughPlan::default() };
        for (at, volumes) in lists {
            for (i, volume) in volumes.iter().enumerate() {
                let prefix = format!("{at}[{i}].");
                let rough = self.volume(&mut plan, prefix, volume);
                plan.volumes.extend(rough);
            }
        }
        self.taker.take(plan);
    }

    fn volume(&self, plan: &mut RoughPlan, prefix: String, tree: &Tree) -> Option<Rough> {
        let mut told =
            |at: &str, found: &str, expected: &str| plan.problems.push(Problem::new(format!("{prefix}{at}"), found, expected));
        let Some(volume) = tree.get("volume") else {
            told("volume", &tree.to_string(), "a Volume4D with a volume");
            return None;
        };
        let lower = altitude(volume, "altitude_lower", &mut told);
        let upper = altitude(volume, "altitude_upper", &mut told);
        let start = time(tree, "time_start", &mut told);
        let end = time(tree, "time_end", &mut told);
        let drawn = outline(volume, &mut told);
        let mut none = Fields::of_map(&[]);
        let other = Other {
            lower: lower.value,
            upper: upper.value,
            datum: Some(Datum::Wgs84),
            start: start.value,
            end: end.value,
            times: Vec::new(),
        };
        let (form, _) = extent(&mut none, &self.taker.given, &other);
        let absent = [lower.absent, upper.absent, start.absent, end.absent];
        for problem in &none.problems.0 {
            if let Some((at, expected)) = in_standard(&problem.at, absent) {
                told(at, &problem.found, expected);
            }
        }
        let Drawn { at, shape, positions, radius_m } = drawn?;
        let numbering = if shape == "polygon" { Numbering::Chain } else { Numbering::Single };
        let names =
            Names { prefix, extent_prefix: String::new(), drawn: at.into(), numbering, times: "times".into(), extent: NAMES };
        Some(Rough { form: VolumeForm { shape: shape.into(), positions, radius_m, ..form }, drawn: true, straight: false, names })
    }
}

/// A field of an extent in the standard's words, if it is absent: what cannot be read is told where it is read.
fn in_standard(at: &str, [lower, upper, start, end]: [bool; 4]) -> Option<(&'static str, &'static str)> {
    match at {
        "lower_m" if lower => Some((NAMES.lower, "an Altitude in M over W84, or --lower")),
        "upper_m" if upper => Some((NAMES.upper, "an Altitude in M over W84, or --upper")),
        "datum" if lower || upper => Some((NAMES.datum, "one datum for both altitudes, W84 or that of --datum")),
        "start" if start => Some((NAMES.start, "a Time in RFC 3339, or --from")),
        "end" if end => Some((NAMES.end, "a Time in RFC 3339, or --until")),
        _ => None,
    }
}

/// A value of an object: absent, unreadable (and told), or there.
struct Member<T> {
    value: Option<T>,
    absent: bool,
}

fn altitude(volume: &Tree, name: &str, told: &mut impl FnMut(&str, &str, &str)) -> Member<f64> {
    let Some(altitude) = volume.get(name).filter(|altitude| **altitude != Tree::Null) else {
        return Member { value: None, absent: true };
    };
    let text = |key: &str| altitude.get(key).and_then(Tree::as_text);
    let mut right = true;
    for (key, only, expected) in
        [("units", "M", "M, the only unit of F3548"), ("reference", "W84", "W84, the only reference of F3548")]
    {
        if text(key) != Some(only) {
            let found = altitude.get(key).map_or_else(|| "nothing".into(), Tree::to_string);
            told(&format!("volume.{name}.{key}"), &found, expected);
            right = false;
        }
    }
    let value = altitude.get("value").and_then(Tree::as_number);
    if value.is_none() {
        told(&format!("volume.{name}.value"), &altitude.to_string(), "a number of metres");
    }
    Member { value: value.filter(|_| right), absent: false }
}

fn time(tree: &Tree, name: &str, told: &mut impl FnMut(&str, &str, &str)) -> Member<String> {
    let Some(time) = tree.get(name).filter(|time| **time != Tree::Null) else {
        return Member { value: None, absent: true };
    };
    if time.get("format").and_then(Tree::as_text) != Some("RFC3339") {
        let found = time.get("format").map_or_else(|| "nothing".into(), Tree::to_string);
        told(&format!("{name}.format"), &found, "RFC3339");
    }
    let value = time.get("value").and_then(Tree::as_text).map(str::to_owned);
    if value.is_none() {
        told(&format!("{name}.value"), &time.to_string(), "a time in RFC 3339");
    }
    Member { value, absent: false }
}

/// An outline.
struct Drawn {
    at: &'static str,
    shape: &'static str,
    positions: Vec<[f64; 2]>,
    radius_m: f64,
}

fn outline(volume: &Tree, told: &mut impl FnMut(&str, &str, &str)) -> Option<Drawn> {
    let there = |name: &str| volume.get(name).filter(|outline| **outline != Tree::Null);
    match (there("outline_circle"), there("outline_polygon")) {
        (Some(circle), None) => {
            let at = "volume.outline_circle.center";
            let center = circle.get("center").and_then(position);
            if center.is_none() {
                told(at, &circle.get("center").unwrap_or(&Tree::Null).to_string(), "lat and lng in decimal degrees");
            }
            let radius = circle.get("radius");
            let metres = radius.and_then(|radius| radius.get("value")).and_then(Tree::as_number).filter(|metres| *metres > 0.0);
            let unit = radius.and_then(|radius| radius.get("units")).and_then(Tree::as_text);
            if metres.is_none() || unit != Some("M") {
                let found = radius.map_or_else(|| "nothing".into(), |r| format!("{} {}", member(r, "value"), member(r, "units")));
                told("volume.outline_circle.radius", &found, "a value above 0 with units M");
            }
            let metres = metres.filter(|_| unit == Some("M"))?;
            let radius_m = (metres * 100.0).ceil() / 100.0;
            Some(Drawn { at, shape: "point", positions: vec![center?], radius_m })
        }
        (None, Some(polygon)) => {
            let at = "volume.outline_polygon.vertices";
            let Some(vertices) = polygon.get("vertices").and_then(Tree::as_list) else {
                told(at, &polygon.to_string(), "a list of vertices");
                return None;
            };
            let mut positions = Vec::with_capacity(vertices.len());
            for (i, vertex) in vertices.iter().enumerate() {
                match position(vertex) {
                    Some(position) => positions.push(position),
                    None => told(&format!("{at}[{i}]"), &vertex.to_string(), "lat and lng in decimal degrees"),
                }
            }
            (positions.len() == vertices.len()).then_some(Drawn { at, shape: "polygon", positions, radius_m: 0.0 })
        }
        (circle, _) => {
            let found = if circle.is_some() { "both" } else { "neither" };
            told("volume", found, "exactly one of outline_circle and outline_polygon");
            None
        }
    }
}

fn member(tree: &Tree, name: &str) -> String {
    tree.get(name).map_or_else(|| "nothing".into(), Tree::to_string)
}

fn position(tree: &Tree) -> Option<[f64; 2]> {
    Some([tree.get("lat")?.as_number()?, tree.get("lng")?.as_number()?])
}
