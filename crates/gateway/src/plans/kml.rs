//! Plans from KML 2.2: each Placemark is one, its geometries are its volumes. Edges are taken as shortest paths.
//!
//! Heights count as `altitudeMode` says: `absolute` over mean sea level, `relativeToGround` over the ground; on the ground
//! (`clampToGround`, and when no mode is given) they count for nothing. Extended data of our own field names says what KML
//! has no word for, the radius before all, and comes before the heights. What lies in other files is not fetched. A track is
//! passed at its times, whatever the Placemark says of time.

mod track;

use detente_types::{Datum, Metres, Timestamp};

use super::VOLUMES_MAX;
use super::extent::{Other, extent, kind, leave_rest, name};
use super::features::{pass_over, rough};
use super::judge::ExtentNames;
use super::taker::{RoughPlan, Taker};
use super::xml::{self, Element};
use crate::fields::{Fields, Source, number_of_cell};
use crate::flat::Part;
use crate::form::VolumeForm;
use crate::problem::{Problem, Problems};
use crate::report::Finding;
use crate::tree::Tree;

/// Most fields in the extended data of a Placemark: they are gone through for each of its geometries.
const FIELDS_MAX: usize = 256;

pub(super) fn read(text: &str, taker: &mut Taker) -> Result<(), Box<Finding>> {
    let root = xml::parse(text).map_err(|xml::Fault { at, found, expected }| {
        let before = text.get(..at).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        let column = before[line_start..].chars().count() + 1;
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        super::fault(&format!("line {line}, column {column}"), &found, expected)
    })?;
    if root.name != "kml" {
        return Err(super::fault("file", &format!("the element <{}>", root.name), "<kml> (KML 2.2)"));
    }
    container(&root, &mut 0, taker);
    Ok(())
}

fn container(element: &Element, count: &mut usize, taker: &mut Taker) {
    for child in &element.children {
        if taker.is_full() {
            return;
        }
        match child.name.as_str() {
            "Document" | "Folder" => container(child, count, taker),
            "Placemark" => {
                *count += 1;
                let plan = placemark(format!("Placemark {count}"), child, taker);
                taker.take(plan);
            }
            "NetworkLink" => {
                let problem = Problem::new("NetworkLink", "a link to another file", "the file itself: nothing is fetched");
                taker.refuse("file", problem);
            }
            "GroundOverlay" | "PhotoOverlay" | "ScreenOverlay" | "Tour" => taker.unread(&child.name),
            _ => {}
        }
    }
}

fn placemark(place: String, element: &Element, taker: &mut Taker) -> RoughPlan {
    let mut plan = RoughPlan { place, ..RoughPlan::default() };
    let data = extended(element);
    let mut drawing = Drawing::default();
    element.children.iter().for_each(|child| drawing.geometry(&child.name, child));
    let times = times(element);
    let few = &data[..data.len().min(FIELDS_MAX)];
    let fields = || Fields::new(few.iter().map(|(name, value)| (*name, value)), Source::Cells);
    let mut f = fields();
    plan.name = element.text_of("name").map(str::to_owned).or_else(|| name(&mut f));
    plan.kind = kind(&mut f);
    plan.problems = drawing.problems;
    for (count, most, what) in [(data.len(), FIELDS_MAX, "fields"), (drawing.drawn.len(), VOLUMES_MAX, "geometries")] {
        if count > most {
            plan.problems.push(Problem::new("", &format!("{count} {what}"), format!("at most {most} in one Placemark")));
            return plan;
        }
    }
    for drawn in drawing.drawn {
        let mut own = fields();
        let other = drawn.said(&times);
        let (mut form, names) = extent(&mut own, &taker.given, &other);
        let names = ExtentNames {
            start: if other.start.is_some() { drawn.moves.begin() } else { names.start },
            end: if other.end.is_some() { drawn.moves.end() } else { names.end },
            ..names
        };
        if let Moves::Stays(_) = drawn.moves {
            stay(&mut form);
        }
        let mut rough = rough(drawn.part, form, false, names);
        if let Moves::Passes { at, .. } = drawn.moves {
            rough.names.times = at;
        }
        plan.volumes.push(rough);
        for problem in own.problems.0 {
            if !plan.problems.0.contains(&problem) {
                plan.problems.push(problem);
            }
        }
    }
    if !plan.volumes.is_empty() {
        // Every name of an extent is asked for here, so that only others are left.
        drop(extent(&mut f, &taker.given, &Other::default()));
        f.problems = Problems::default();
        pass_over(&mut f);
        plan.doubts.append(&mut f.doubts);
        leave_rest(&mut f, &mut plan, taker);
    }
    plan
}

/// The extended data of a placemark by name, in both ways of writing it.
fn extended(element: &Element) -> Vec<(&str, Tree)> {
    let children = |name: &'static str| element.children.iter().filter(move |child| child.name == name);
    let own = children("ExtendedData").flat_map(|data| &data.children);
    let mut read = Vec::new();
    for data in own {
        match (data.name.as_str(), &data.label) {
            ("Data", Some(name)) => {
                let value = data.child("value").map(|value| value.text.clone()).unwrap_or_default();
                read.push((name.as_str(), Tree::Text(value)));
            }
            ("SchemaData", _) => {
                let simple = data.children.iter().filter(|child| child.name == "SimpleData");
                read.extend(simple.filter_map(|child| Some((child.label.as_deref()?, Tree::Text(child.text.clone())))));
            }
            _ => {}
        }
    }
    read
}

/// From when and until when a placemark says that it counts.
fn times(element: &Element) -> [Option<String>; 2] {
    let text = |of: &str, name: &str| element.child(of).and_then(|span| span.text_of(name)).map(str::to_owned);
    [text("TimeSpan", "begin").or_else(|| text("TimeStamp", "when")), text("TimeSpan", "end")]
}

/// A geometry with the heights that it has.
struct Drawn {
    part: Part,
    band: Other,
    moves: Moves,
}

/// What a geometry says of time.
enum Moves {
    /// Nothing: the Placemark does.
    Unsaid,
    /// When each position is passed, and where that stands.
    Passes { at: String, times: Vec<String> },
    /// From when until when a track stays at a position.
    Stays([String; 2]),
}

impl Moves {
    const fn begin(&self) -> &'static str {
        if let Self::Unsaid = self { "TimeSpan, begin" } else { "Track.when" }
    }

    const fn end(&self) -> &'static str {
        if let Self::Unsaid = self { "TimeSpan, end" } else { "Track.when" }
    }
}

impl Drawn {
    /// What KML says of it besides extended data, with the times of its Placemark.
    fn said(&self, times: &[Option<String>; 2]) -> Other {
        let band = self.band.clone();
        match &self.moves {
            Moves::Unsaid => Other { start: times[0].clone(), end: times[1].clone(), ..band },
            Moves::Passes { times, .. } => Other { times: times.clone(), ..band },
            Moves::Stays([start, end]) => Other { start: Some(start.clone()), end: Some(end.clone()), ..band },
        }
    }
}

/// What stays for a part of its way may come as early and leave as late as what moves.
fn stay(form: &mut VolumeForm) {
    let slack_us = (form.slack_s * 1e6).ceil();
    if let Some((start, end)) = Timestamp::parse(&form.start).zip(Timestamp::parse(&form.end))
        && slack_us > 0.0
        && end > start
    {
        form.start = start.plus_micros(-(slack_us as i64)).to_string();
        form.end = end.plus_micros(slack_us as i64).to_string();
    }
    form.slack_s = 0.0;
}

/// Geometries being read.
#[derive(Default)]
struct Drawing {
    problems: Problems,
    drawn: Vec<Drawn>,
}

impl Drawing {
    /// Reads an element if it is a geometry. Nesting is bounded by that of the file.
    fn geometry(&mut self, at: &str, element: &Element) {
        match element.name.as_str() {
            "MultiGeometry" => {
                for (i, child) in element.children.iter().enumerate() {
                    self.geometry(&format!("{at}[{i}].{}", child.name), child);
                }
            }
            "Point" => self.line("point", at, element),
            "LineString" => self.line("path", at, element),
            "LinearRing" => self.polygon(at, element, vec![element]),
            "Polygon" => {
                let rings = |name: &'static str| {
                    let bounds = element.children.iter().filter(move |child| child.name == name);
                    bounds.flat_map(|bound| bound.children.iter().filter(|child| child.name == "LinearRing"))
                };
                let outlines: Vec<&Element> = rings("outerBoundaryIs").collect();
                if outlines.len() != 1 {
                    let found = format!("{} outer boundaries", outlines.len());
                    self.problems.push(Problem::new(at, &found, "one outerBoundaryIs with one LinearRing"));
                    return;
                }
                self.polygon(at, element, outlines.into_iter().chain(rings("innerBoundaryIs")).collect());
            }
            "Track" => self.track(at, element),
            "MultiTrack" => self.multi_track(at, element),
            "Model" => {
                let expected = "Point, LineString, LinearRing, Polygon, MultiGeometry, gx:Track or gx:MultiTrack";
                self.problems.push(Problem::new(at, "a Model", expected));
            }
            _ => {}
        }
    }

    fn line(&mut self, shape: &str, at: &str, element: &Element) {
        let Some(tuples) = self.tuples(&format!("{at}.coordinates"), element) else { return };
        if shape == "point" && tuples.len() != 1 {
            self.problems.push(Problem::new(format!("{at}.coordinates"), &format!("{} positions", tuples.len()), "one position"));
            return;
        }
        self.draw(at, element, shape, vec![tuples]);
    }

    fn polygon(&mut self, at: &str, element: &Element, rings: Vec<&Element>) {
        let mut read = Vec::with_capacity(rings.len());
        for (i, ring) in rings.into_iter().enumerate() {
            let Some(mut tuples) = self.tuples(&format!("{at}.coordinates[{i}]"), ring) else { continue };
            if tuples.len() > 1 && tuples.first().map(|t| t.at) == tuples.last().map(|t| t.at) {
                tuples.pop();
            }
            read.push(tuples);
        }
        if !read.is_empty() {
            self.draw(at, element, "polygon", read);
        }
    }

    fn draw(&mut self, at: &str, element: &Element, shape: &str, rings: Vec<Vec<Tuple>>) {
        let heights: Vec<f64> = rings.iter().flatten().filter_map(|tuple| tuple.height).collect();
        let band = self.band(at, element, &heights);
        let mut rings = rings.into_iter().map(|ring| ring.into_iter().map(|tuple| tuple.at).collect());
        let part = Part {
            at: format!("{at}.coordinates"),
            shape: shape.into(),
            positions: rings.next().unwrap_or_default(),
            holes: rings.collect(),
            uncertainty: Metres::ZERO,
        };
        self.drawn.push(Drawn { part, band, moves: Moves::Unsaid });
    }

    /// The band that the heights of a geometry span, by its mode.
    fn band(&mut self, at: &str, element: &Element, heights: &[f64]) -> Other {
        let least = heights.iter().copied().reduce(f64::min);
        let most = heights.iter().copied().reduce(f64::max);
        let extruded = matches!(element.text_of("extrude"), Some("1" | "true"));
        match element.text_of("altitudeMode").unwrap_or("clampToGround") {
            // Down to a ground whose height above the sea the file does not say.
            "absolute" if extruded => Other { upper: most, datum: most.map(|_| Datum::Amsl), ..Other::default() },
            "absolute" => Other { lower: least, upper: most, datum: most.map(|_| Datum::Amsl), ..Other::default() },
            "relativeToGround" => {
                let least = if extruded { least.map(|least| least.min(0.0)) } else { least };
                Other { lower: least, upper: most, datum: most.map(|_| Datum::Agl), ..Other::default() }
            }
            "clampToGround" => Other::default(),
            other => {
                let expected = "absolute, relativeToGround or clampToGround";
                self.problems.push(Problem::new(format!("{at}.altitudeMode"), other, expected));
                Other::default()
            }
        }
    }

    /// The positions of an element, or `None` with what is wrong with them told.
    fn tuples(&mut self, at: &str, element: &Element) -> Option<Vec<Tuple>> {
        let text = element.text_of("coordinates");
        if text.is_none() {
            self.problems.push(Problem::missing(at, "positions as longitude,latitude[,height]"));
        }
        let before = self.problems.0.len();
        let mut read = Vec::new();
        for (i, tuple) in text?.split_whitespace().enumerate() {
            match Tuple::parse(tuple) {
                Some(tuple) => read.push(tuple),
                None => {
                    let expected = "longitude,latitude or longitude,latitude,height as plain numbers, no blanks between";
                    self.problems.push(Problem::new(format!("{at}[{i}]"), tuple, expected));
                }
            }
        }
        (self.problems.0.len() == before).then_some(read)
    }
}

/// A position, latitude first, and its height in metres.
#[derive(Clone, Copy)]
struct Tuple {
    at: [f64; 2],
    height: Option<f64>,
}

impl Tuple {
    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split(',').map(|number| number_of_cell(number).ok());
        let (lon, lat) = (numbers.next()??, numbers.next()??);
        let height = match numbers.next() {
            Some(height) => Some(height?),
            None => None,
        };
        numbers.next().is_none().then_some(Self { at: [lat, lon], height })
    }
}
