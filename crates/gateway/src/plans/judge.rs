//! A volume of a plan held against the rules, and told in the words of its file.

use detente_types::height::Heights;
use detente_types::rule::{Rule, Violation};
use detente_types::{Datum, Volume, VolumeIn};

use crate::check::{right_volume, volume_violations};
use crate::form::VolumeForm;
use crate::names::in_volume;
use crate::problem::{Problem, Problems};
use crate::report::{Finding, Level};
use crate::straight::straighten;

/// A volume as a reader leaves it: numbers that could not be read are not numbers, texts are empty.
pub(super) struct Rough {
    pub(super) form: VolumeForm,
    /// Whether where it is could be read; if not, that is told, and the rest is judged.
    pub(super) drawn: bool,
    /// Whether edges are straight in longitude and latitude, and must be drawn as shortest paths.
    pub(super) straight: bool,
    pub(super) names: Names,
}

/// What the fields of a volume are called in its file.
#[derive(Clone, Debug)]
pub(super) struct Names {
    /// What stands before every name: `volumes[2].`.
    pub(super) prefix: String,
    /// What stands before the names of the extent, besides: where each part of a geometry has one.
    pub(super) extent_prefix: String,
    /// Where it is drawn.
    pub(super) drawn: String,
    pub(super) numbering: Numbering,
    /// When each position is passed.
    pub(super) times: String,
    pub(super) extent: ExtentNames,
}

/// What the fields that say how far, how high and when are called.
#[derive(Clone, Copy, Debug)]
pub(super) struct ExtentNames {
    pub(super) radius: &'static str,
    pub(super) lower: &'static str,
    pub(super) upper: &'static str,
    pub(super) datum: &'static str,
    pub(super) start: &'static str,
    pub(super) end: &'static str,
}

impl ExtentNames {
    /// As our own formats call them.
    pub(super) const OWN: Self =
        Self { radius: "radius_m", lower: "lower_m", upper: "upper_m", datum: "datum", start: "start", end: "end" };
}

/// How a file numbers the vertices of a shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Numbering {
    /// As our form does: `positions[3]`, `holes[0][3]`.
    Own,
    /// Ring by ring, the outline first: `coordinates[0][3]`.
    Rings,
    /// One list: `coordinates[3]`.
    Chain,
    /// One position, or none to be counted.
    Single,
}

impl Names {
    /// A field by its name in the form, as the file has it.
    fn of(&self, at: &str) -> String {
        let e = &self.extent;
        let (one, other) = match at {
            "radius_m" => (e.radius, None),
            "lower_m" => (e.lower, None),
            "upper_m" => (e.upper, None),
            "lower_m, upper_m" => (e.lower, Some(e.upper)),
            "datum" => (e.datum, None),
            "start" => (e.start, None),
            "end" => (e.end, None),
            "start, end" => (e.start, Some(e.end)),
            timed if timed.starts_with("times") => {
                return format!("{}{}{}{}", self.prefix, self.extent_prefix, self.times, &timed["times".len()..]);
            }
            slack if slack.starts_with("slack") => (slack, None),
            drawn => return format!("{}{}", self.prefix, self.drawn_at(drawn)),
        };
        let other = other.map(|other| format!(", {other}")).unwrap_or_default();
        format!("{}{}{one}{other}", self.prefix, self.extent_prefix)
    }

    fn drawn_at(&self, at: &str) -> String {
        let in_outline = at.strip_prefix("positions");
        let in_hole = at.strip_prefix("holes[").and_then(|rest| rest.split_once(']'));
        match (self.numbering, in_outline, in_hole) {
            (Numbering::Own, ..) => at.to_owned(),
            (Numbering::Rings, Some(rest), _) if !rest.is_empty() => format!("{}[0]{rest}", self.drawn),
            (Numbering::Rings, _, Some((hole, rest))) => {
                let hole = hole.parse::<usize>().map_or_else(|_| hole.to_owned(), |hole| (hole + 1).to_string());
                format!("{}[{hole}]{rest}", self.drawn)
            }
            (Numbering::Chain, Some(rest), _) => format!("{}{rest}", self.drawn),
            _ => self.drawn.clone(),
        }
    }
}

/// The volume, if nothing is wrong with it. What `reported` tells already is not told again. With `heights`, its altitudes must
/// be ones that can be compared there.
pub(super) fn judge(
    rough: Rough,
    place: &str,
    heights: Option<&Heights>,
    reported: &Problems,
    findings: &mut Vec<Finding>,
) -> Option<Volume> {
    let Rough { mut form, drawn, straight, names } = rough;
    let before = findings.len();
    let mut problems = Problems::default();
    let input = read(&form, drawn, &mut problems);
    let named = problems.0.into_iter().map(|p| Problem { at: names.of(&p.at), ..p });
    let inside = |whole: &str, at: &str| whole.strip_prefix(at).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let told = |at: &str| reported.0.iter().any(|p| inside(&p.at, at));
    let unread = named.filter(|p| !told(&p.at));
    findings.extend(unread.map(|p| Finding::new(Level::Error, place, p)));
    if let Some((datum, heights)) = Datum::from_name(&form.datum).zip(heights).filter(|(datum, heights)| !heights.takes(*datum)) {
        let problem = Problem::new(names.of("datum"), datum.name(), wanted(datum, heights));
        findings.push(Finding::new(Level::Error, place, problem).breaking(Rule::DatumBounded));
    }
    let volume = Volume::try_from(&input);
    if volume.is_err() {
        let violations = volume_violations(&input);
        let broken = violations.into_iter().map(|v| broken(v, &names, place));
        findings.extend(broken.filter(|finding| !told(&finding.field)));
    }
    if findings.len() > before || !reported.is_empty() || !straight {
        return volume.ok();
    }
    if let Err(problem) = straighten(&mut form) {
        let at = names.of(&problem.at);
        findings.push(Finding::new(Level::Error, place, Problem { at, ..problem }));
        return None;
    }
    match Volume::try_from(&read(&form, true, &mut Problems::default())) {
        Ok(volume) => Some(volume),
        Err(violation) => {
            findings.push(broken(violation, &names, place));
            None
        }
    }
}

/// What would let altitudes over a datum be compared, and with which options it is said.
fn wanted(datum: Datum, heights: &Heights) -> String {
    let own = heights.datum.name();
    match (heights.datum, datum) {
        (Datum::Agl | Datum::FlightLevel, _) => format!("{own}, as --over or the terms say: nothing else is compared over it"),
        (_, Datum::Agl) => format!(
            "{own}, or the lowest and highest ground over it: --terrain-min and --terrain-max, or --terms that say it; or --over AGL \
             if all altitudes are over the ground"
        ),
        _ => format!(
            "{own}, or how far off a flight level can be: --pressure-error, or --terms that say it; or --over FL if all altitudes are \
             flight levels"
        ),
    }
}

/// A broken rule in the words of a file.
fn broken(violation: Violation, names: &Names, place: &str) -> Finding {
    let Violation { rule, at, found, wanted } = violation;
    let expected = wanted.unwrap_or_else(|| rule.sentence().to_owned());
    Finding::new(Level::Error, place, Problem { at: names.of(&in_volume(&at)), found, expected }).breaking(rule)
}

/// What could be read of a volume, with something that obeys every rule in place of what could not: so that the rest is
/// judged all the same.
fn read(form: &VolumeForm, drawn: bool, p: &mut Problems) -> VolumeIn {
    let shape = match form.shape.as_str() {
        "point" => 1,
        "path" => 2,
        _ => 3,
    };
    let right = right_volume(shape);
    let before = p.0.len();
    let mut rings = vec![p.positions("positions", &form.positions)];
    rings.extend(form.holes.iter().enumerate().map(|(i, hole)| p.positions(&format!("holes[{i}]"), hole)));
    let drawn = drawn && p.0.len() == before;
    let (shape, rings) = if drawn { (shape, rings) } else { (right.shape, right.rings) };
    let [radius, lower, upper] = [("radius_m", form.radius_m), ("lower_m", form.lower_m), ("upper_m", form.upper_m)]
        .map(|(field, metres)| p.metres(field, metres));
    let datum = p.take("datum", &form.datum, Datum::from_name(&form.datum), "one of WGS84, AMSL, AGL, FL");
    let (lower_cm, upper_cm) = lower.zip(upper).unwrap_or((right.lower_cm, right.upper_cm));
    let passage = form.to_passage(p);
    let [start, end] = form.ends(passage.as_ref(), p);
    let (start_us, end_us) = start.zip(end).unwrap_or((right.start_us, right.end_us));
    // When something passes a place that could not be read says nothing.
    let passage = passage.filter(|_| drawn && start.is_some() && end.is_some());
    VolumeIn {
        shape,
        rings,
        radius_cm: radius.unwrap_or(right.radius_cm),
        lower_cm,
        upper_cm,
        datum: datum.map_or(right.datum, Datum::code),
        start_us,
        end_us,
        passage,
    }
}
