//! Notices as a GeoJSON feature collection, for maps and to be read again.
//!
//! The vertices are written as they are, with `edges` saying that shortest paths run between them: a program that draws
//! them straight is off by what [`crate::DEVIATION_M_MAX`] speaks of, and our own reader is not.

use serde_json::{Map, Value, json};

use crate::form::{DetailForm, NoticeForm, VolumeForm};

/// The feature collection, one feature per notice. A notice of several volumes has a collection of geometries, and a list
/// `volumes` of their extents.
pub fn write(notices: &[NoticeForm]) -> String {
    let features: Vec<Value> = notices.iter().map(feature).collect();
    let collection = json!({ "type": "FeatureCollection", "features": features });
    serde_json::to_string_pretty(&collection).expect("a value with text keys can be written")
}

fn feature(notice: &NoticeForm) -> Value {
    let mut properties = named(notice);
    let geometry = match notice.volumes.as_slice() {
        [] => Value::Null,
        [only] => {
            properties.extend(extent(only));
            geometry(only)
        }
        several => {
            let extents: Vec<Value> = several.iter().map(|volume| Value::Object(extent(volume))).collect();
            properties.insert("volumes".into(), extents.into());
            let geometries: Vec<Value> = several.iter().map(geometry).collect();
            json!({ "type": "GeometryCollection", "geometries": geometries })
        }
    };
    if !notice.volumes.is_empty() {
        properties.insert("edges".into(), "geodesic".into());
    }
    json!({ "type": "Feature", "geometry": geometry, "properties": properties })
}

/// All properties but the extent: the form's own, with texts and details laid flat.
fn named(notice: &NoticeForm) -> Map<String, Value> {
    let flat = NoticeForm { volumes: Vec::new(), text: None, translation: None, detail: None, ..notice.clone() };
    let detail = notice.detail.clone().unwrap_or_default();
    let mut properties = object(serde_json::to_value(flat));
    properties.remove("volumes");
    for (name, language, text) in
        [("text", "language", &notice.text), ("translation", "translation_language", &notice.translation)]
    {
        if let Some(text) = text {
            properties.insert(name.into(), text.text.clone().into());
            properties.insert(language.into(), text.language.clone().into());
        }
    }
    if detail != DetailForm::default() {
        properties.insert("detail".into(), Value::Object(object(serde_json::to_value(detail))));
    }
    properties
}

fn extent(volume: &VolumeForm) -> Map<String, Value> {
    let mut extent = object(serde_json::to_value(volume));
    for drawn in ["shape", "positions", "holes"] {
        extent.remove(drawn);
    }
    extent
}

fn object(value: serde_json::Result<Value>) -> Map<String, Value> {
    match value {
        Ok(Value::Object(members)) => members,
        _ => unreachable!("a form is written as an object"),
    }
}

fn geometry(volume: &VolumeForm) -> Value {
    let position = |&[lat, lon]: &[f64; 2]| json!([lon, lat]);
    let line = |ring: &Vec<[f64; 2]>| ring.iter().map(position).collect::<Vec<_>>();
    let ring = |ring: &Vec<[f64; 2]>| ring.iter().chain(ring.first()).map(position).collect::<Vec<_>>();
    match volume.shape.as_str() {
        "point" => json!({ "type": "Point", "coordinates": volume.positions.first().map(position) }),
        "path" => json!({ "type": "LineString", "coordinates": line(&volume.positions) }),
        _ => {
            let rings: Vec<_> = core::iter::once(&volume.positions).chain(&volume.holes).map(ring).collect();
            json!({ "type": "Polygon", "coordinates": rings })
        }
    }
}
