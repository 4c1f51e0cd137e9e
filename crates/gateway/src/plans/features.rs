//! Plans from GeoJSON: each feature is one. Positions are longitude first, and edges straight in longitude and latitude,
//! unless the property `edges` says `geodesic`.

use super::Given;
use detente_types::Metres;

use super::extent::{Other, extent, kind, leave_rest, name};
use super::judge::{ExtentNames, Names, Numbering, Rough};
use super::taker::{RoughPlan, Taker};
use crate::fields::{Fields, Source};
use crate::flat::{self, Part};
use crate::form::VolumeForm;
use crate::geojson::{Drawing, crs_problem, edges_straight, flattened};
use crate::problem::Problem;
use crate::tree::Tree;

pub(super) fn read(root: &Tree, taker: &mut Taker) {
    if let Some(problem) = crs_problem(root) {
        taker.refuse("file", problem);
    }
    let type_name = root.get("type").and_then(Tree::as_text).unwrap_or_default();
    let features = match (type_name, root.get("features").and_then(Tree::as_list)) {
        ("FeatureCollection", Some(features)) => features,
        ("FeatureCollection", None) => return taker.refuse("file", Problem::missing("features", "a list of features")),
        ("Feature", _) => core::slice::from_ref(root),
        _ => {
            let expected = "a FeatureCollection: a bare geometry does not say how high or when";
            return taker.refuse("file", Problem::new("type", type_name, expected));
        }
    };
    for (i, feature) in features.iter().enumerate() {
        if taker.is_full() {
            return;
        }
        let plan = plan(format!("feature {}", i + 1), feature, taker);
        taker.take(plan);
    }
}

fn plan(place: String, feature: &Tree, taker: &mut Taker) -> RoughPlan {
    let mut plan = RoughPlan { place, ..RoughPlan::default() };
    if feature.get("type").and_then(Tree::as_text) != Some("Feature") {
        plan.problems.push(Problem::new("", &feature.to_string(), "an object of type Feature"));
        return plan;
    }
    let none = Vec::new();
    let properties = match feature.get("properties") {
        None | Some(Tree::Null) => &none,
        Some(Tree::Map(members)) => members,
        Some(other) => {
            plan.problems.push(Problem::new("properties", &other.to_string(), "an object"));
            return plan;
        }
    };
    let mut drawing = Drawing::default();
    drawing.geometry("geometry", feature.get("geometry").unwrap_or(&Tree::Null), true);
    if drawing.raised {
        let expected = "the lower and upper altitude among the properties: heights in positions are not read";
        plan.doubts.push(Problem::new("geometry", "positions with a third number", expected));
    }
    let mut f = Fields::new(flattened(properties), Source::Json);
    plan.name = name(&mut f).or_else(|| feature.get("id").map(|id| id.as_text().map_or_else(|| id.to_string(), str::to_owned)));
    plan.kind = kind(&mut f);
    let straight = edges_straight(&mut f);
    let drawn = drawing.problems.is_empty();
    drawing.problems.0.into_iter().for_each(|p| f.problems.push(p));
    if drawn && drawing.parts.is_empty() {
        // Without a place it meets nothing, whatever its properties say.
        plan.problems = f.problems;
        return plan;
    }
    let parts = drawn.then_some(drawing.parts);
    plan.volumes = match (f.take("volumes").and_then(Tree::as_list), parts) {
        (Some(extents), Some(parts)) => each_its_own(&mut f, parts, extents, straight, taker),
        (Some(_), None) => Vec::new(),
        (None, parts) => all_alike(&mut f, parts, straight, &taker.given),
    };
    pass_over(&mut f);
    plan.doubts.append(&mut f.doubts);
    leave_rest(&mut f, &mut plan, taker);
    f.problems.0.into_iter().for_each(|p| plan.problems.push(p));
    plan
}

/// What a notice's feature has besides, and a plan does not need.
pub(super) fn pass_over(f: &mut Fields<'_>) {
    for name in flat::NAMES {
        f.take(name);
    }
}

/// One volume for each part, all of one extent; one without a place when the parts could not be read.
pub(super) fn all_alike(f: &mut Fields<'_>, parts: Option<Vec<Part>>, straight: bool, given: &Given) -> Vec<Rough> {
    let (form, names) = extent(f, given, &Other::default());
    match parts {
        Some(parts) => parts.into_iter().map(|part| rough(part, form.clone(), straight, names)).collect(),
        None => {
            let nowhere = Part {
                at: String::new(),
                shape: "path".into(),
                positions: Vec::new(),
                holes: Vec::new(),
                uncertainty: Metres::ZERO,
            };
            vec![Rough { drawn: false, ..rough(nowhere, form, false, names) }]
        }
    }
}

/// A volume from a part and its extent.
pub(super) fn rough(part: Part, extent: VolumeForm, straight: bool, names: ExtentNames) -> Rough {
    let numbering = match part.shape.as_str() {
        "polygon" => Numbering::Rings,
        "path" => Numbering::Chain,
        _ => Numbering::Single,
    };
    let names = Names {
        prefix: String::new(),
        extent_prefix: String::new(),
        drawn: part.at.clone(),
        numbering,
        times: "times".into(),
        extent: names,
    };
    Rough { form: flat::volume(part, extent), drawn: true, straight, names }
}

/// The volumes of a geometry whose parts have an extent each, as we write them.
fn each_its_own(f: &mut Fields<'_>, parts: Vec<Part>, extents: &[Tree], straight: bool, taker: &Taker) -> Vec<Rough> {
    if parts.len() != extents.len() {
        let expected = format!("a list of {}, one for each part of the geometry", parts.len());
        f.problems.push(Problem::new("volumes", &format!("a list of {}", extents.len()), expected));
        return Vec::new();
    }
    let mut read = Vec::with_capacity(extents.len());
    for (i, (part, members)) in parts.into_iter().zip(extents).enumerate() {
        let mut inner = Fields::of_map(members.as_map().unwrap_or_default());
        let (form, names) = extent(&mut inner, &taker.given, &Other::default());
        f.problems.extend_inside(&format!("volumes[{i}]"), inner.finish());
        let rough = rough(part, form, straight, names);
        let names = Names { extent_prefix: format!("volumes[{i}]."), ..rough.names };
        read.push(Rough { names, ..rough });
    }
    read
}
