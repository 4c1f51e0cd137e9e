//! GeoJSON (RFC 7946): each feature is a notice.
//!
//! The text is walked by hand, since a library stops at the first feature that is wrong. Positions are longitude first.
//! Edges are straight in longitude and latitude, unless the property `edges` says `geodesic`.

mod write;

pub use write::write;

use detente_types::unit::Metres;

use crate::fields::{Fields, Source};
use crate::flat::{self, Part, bare};
use crate::json;
use crate::problem::{Problem, Problems};
use crate::raw::{Layout, Raw, RawRow};
use crate::read::ROWS_MAX;
use crate::tree::Tree;

/// Whether a JSON text is GeoJSON: an object with one of its types.
pub(crate) fn is_geojson(root: &Tree) -> bool {
    root.get("type").and_then(Tree::as_text).is_some_and(|name| name.starts_with("Feature") || GEOMETRIES.contains(&name))
}

const GEOMETRIES: [&str; 7] =
    ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"];

/// The notices of a file: a feature collection, or one feature.
pub(crate) fn read(root: &Tree) -> Raw {
    let mut raw = Raw::default();
    if let Some(problem) = crs_problem(root) {
        raw.problems.push(("file".into(), problem));
    }
    let type_name = root.get("type").and_then(Tree::as_text).unwrap_or_default();
    let features = match (type_name, root.get("features").and_then(Tree::as_list)) {
        ("FeatureCollection", Some(features)) => features,
        ("FeatureCollection", None) => {
            raw.problems.push(("file".into(), Problem::missing("features", "a list of features")));
            &[]
        }
        ("Feature", _) => core::slice::from_ref(root),
        _ => {
            let expected = "a FeatureCollection: a bare geometry does not say what it is, how high or when";
            raw.problems.push(("file".into(), Problem::new("type", type_name, expected)));
            &[]
        }
    };
    let numbered = features.iter().enumerate().take(ROWS_MAX + 1);
    raw.rows = numbered.map(|(i, feature)| row(format!("feature {}", i + 1), feature)).collect();
    raw
}

/// RFC 7946 knows one reference system. Files of the older form name theirs, and another one shifts every position.
pub(crate) fn crs_problem(root: &Tree) -> Option<Problem> {
    const WGS84: [&str; 4] =
        ["urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84", "urn:ogc:def:crs:EPSG::4326", "EPSG:4326"];
    let crs = root.get("crs").filter(|crs| **crs != Tree::Null)?;
    let name = crs.get("properties").and_then(|p| p.get("name")).and_then(Tree::as_text).unwrap_or("an unnamed system");
    (!WGS84.contains(&name)).then(|| Problem::new("crs", name, "positions on WGS-84 (CRS84); convert them first"))
}

fn row(place: String, feature: &Tree) -> RawRow {
    let mut row = RawRow::new(place, Layout::Feature);
    if feature.get("type").and_then(Tree::as_text) != Some("Feature") {
        row.problems.push(Problem::new("", &feature.to_string(), "an object of type Feature"));
        return row;
    }
    let none = Vec::new();
    let properties = match feature.get("properties") {
        None | Some(Tree::Null) => &none,
        Some(Tree::Map(members)) => members,
        Some(other) => {
            row.problems.push(Problem::new("properties", &other.to_string(), "an object"));
            return row;
        }
    };
    read_into(&mut row, feature.get("geometry").unwrap_or(&Tree::Null), properties);
    row
}

fn read_into(row: &mut RawRow, geometry: &Tree, properties: &[(String, Tree)]) {
    let mut f = Fields::new(flattened(properties), Source::Json);
    let mut drawing = Drawing::default();
    drawing.geometry("geometry", geometry, true);
    let parts = drawing.problems.is_empty().then_some(drawing.parts);
    drawing.problems.0.into_iter().for_each(|p| f.problems.push(p));
    if drawing.raised {
        let expected = "lower_m and upper_m alone to say how high: heights in positions are not read";
        row.doubts.push(Problem::new("geometry", "positions with a third number", expected));
    }
    let volumes = match f.take("volumes") {
        Some(extents) => volumes_of_list(&mut f, extents, parts),
        None => flat::volumes(&mut f, "geometry", parts),
    };
    row.straight = edges_straight(&mut f);
    row.near = flat::near(&mut f);
    row.form = Some(crate::NoticeForm { volumes, ..flat::notice_form(&mut f) });
    row.problems = f.finish();
}

/// Properties by name: `detail.people`, `people` within an object `detail`, and `people` are one.
pub(crate) fn flattened(properties: &[(String, Tree)]) -> Vec<(&str, &Tree)> {
    let mut flat = Vec::with_capacity(properties.len());
    for (name, value) in properties {
        match (name.as_str(), value) {
            ("detail", Tree::Map(inner)) => flat.extend(inner.iter().map(|(name, value)| (name.as_str(), value))),
            (name, value) => flat.push((bare(name), value)),
        }
    }
    flat
}

pub(crate) fn edges_straight(f: &mut Fields<'_>) -> bool {
    match f.text("edges").as_deref() {
        None | Some("straight") => true,
        Some("geodesic") => false,
        Some(other) => {
            f.problems.push(Problem::new("edges", other, "straight (as in RFC 7946) or geodesic (shortest paths)"));
            true
        }
    }
}

/// The volumes of a geometry whose parts have an extent each.
fn volumes_of_list(f: &mut Fields<'_>, extents: &Tree, parts: Option<Vec<Part>>) -> Vec<crate::VolumeForm> {
    let extents = extents.as_list().unwrap_or_default();
    let mut read = Vec::with_capacity(extents.len());
    for (i, extent) in extents.iter().enumerate() {
        let mut inner = Fields::of_map(extent.as_map().unwrap_or_default());
        read.push(json::extent(&mut inner));
        f.problems.extend_inside(&format!("volumes[{i}]"), inner.finish());
    }
    let Some(parts) = parts else { return Vec::new() };
    if parts.len() != read.len() {
        let expected = format!("a list of {}, one for each part of the geometry", parts.len());
        f.problems.push(Problem::new("volumes", &format!("a list of {}", read.len()), expected));
        return Vec::new();
    }
    parts.into_iter().zip(read).map(|(part, extent)| flat::volume(part, extent)).collect()
}

/// A geometry being read.
#[derive(Default)]
pub(crate) struct Drawing {
    pub(crate) problems: Problems,
    /// Whether a position had a height.
    pub(crate) raised: bool,
    pub(crate) parts: Vec<Part>,
}

impl Drawing {
    /// Reads a geometry; a collection only at the outside (RFC 7946 section 3.1.8 advises against more).
    pub(crate) fn geometry(&mut self, at: &str, geometry: &Tree, outermost: bool) {
        if outermost && *geometry == Tree::Null {
            return;
        }
        let name = geometry.get("type").and_then(Tree::as_text).unwrap_or_default();
        if name == "GeometryCollection" && outermost {
            return self.each(&format!("{at}.geometries"), geometry.get("geometries"), |d, at, g| d.geometry(at, g, false));
        }
        let coordinates = geometry.get("coordinates");
        let at = format!("{at}.coordinates");
        let nothing = &Tree::Null;
        match name {
            "Point" => self.point(&at, coordinates.unwrap_or(nothing)),
            "LineString" => self.line(&at, coordinates.unwrap_or(nothing)),
            "Polygon" => self.polygon(&at, coordinates.unwrap_or(nothing)),
            "MultiPoint" => self.each(&at, coordinates, Self::point),
            "MultiLineString" => self.each(&at, coordinates, Self::line),
            "MultiPolygon" => self.each(&at, coordinates, Self::polygon),
            other => {
                let found = if other.is_empty() { geometry.to_string() } else { other.to_owned() };
                self.problems.push(Problem::new(at, &found, format!("a geometry: {}", GEOMETRIES.join(", "))));
            }
        }
    }

    /// Reads every item of a list.
    fn each(&mut self, at: &str, list: Option<&Tree>, read: fn(&mut Self, &str, &Tree)) {
        match list.and_then(Tree::as_list) {
            Some(items) => items.iter().enumerate().for_each(|(i, item)| read(self, &format!("{at}[{i}]"), item)),
            None => self.problems.push(Problem::new(at, &list.unwrap_or(&Tree::Null).to_string(), "a list")),
        }
    }

    fn point(&mut self, at: &str, position: &Tree) {
        let positions = self.position(at, position).into_iter().collect();
        self.parts.push(Part { at: at.into(), shape: "point".into(), positions, holes: Vec::new(), uncertainty: Metres::ZERO });
    }

    fn line(&mut self, at: &str, line: &Tree) {
        let positions = self.positions(at, line);
        self.parts.push(Part { at: at.into(), shape: "path".into(), positions, holes: Vec::new(), uncertainty: Metres::ZERO });
    }

    fn polygon(&mut self, at: &str, rings: &Tree) {
        let Some(rings) = rings.as_list().filter(|rings| !rings.is_empty()) else {
            self.problems.push(Problem::new(at, &rings.to_string(), "a list of rings, the outline first"));
            return;
        };
        let mut read: Vec<_> = rings.iter().enumerate().map(|(i, ring)| self.ring(&format!("{at}[{i}]"), ring)).collect();
        let holes = read.split_off(1);
        let positions = read.pop().unwrap_or_default();
        self.parts.push(Part { at: at.into(), shape: "polygon".into(), positions, holes, uncertainty: Metres::ZERO });
    }

    /// A ring without the repetition of its first position that GeoJSON closes it with.
    fn ring(&mut self, at: &str, ring: &Tree) -> Vec<[f64; 2]> {
        let before = self.problems.0.len();
        let mut positions = self.positions(at, ring);
        if self.problems.0.len() > before {
            return Vec::new();
        }
        if positions.len() < 4 || positions.first() != positions.last() {
            let found = format!("a ring of {} positions that is not closed", positions.len());
            let found = if positions.first() == positions.last() { format!("{} positions", positions.len()) } else { found };
            self.problems.push(Problem::new(at, &found, "four or more positions, the last the same as the first"));
        }
        positions.pop();
        positions
    }

    fn positions(&mut self, at: &str, list: &Tree) -> Vec<[f64; 2]> {
        let Some(items) = list.as_list() else {
            self.problems.push(Problem::new(at, &list.to_string(), "a list of [longitude, latitude]"));
            return Vec::new();
        };
        items.iter().enumerate().filter_map(|(i, item)| self.position(&format!("{at}[{i}]"), item)).collect()
    }

    /// A position, latitude first as everywhere else in this house.
    fn position(&mut self, at: &str, position: &Tree) -> Option<[f64; 2]> {
        match position.as_list() {
            Some([Tree::Number(lon), Tree::Number(lat), rest @ ..]) if rest.iter().all(|r| r.as_number().is_some()) => {
                self.raised |= !rest.is_empty();
                Some([*lat, *lon])
            }
            _ => {
                self.problems.push(Problem::new(at, &position.to_string(), "[longitude, latitude] in decimal degrees"));
                None
            }
        }
    }
}
