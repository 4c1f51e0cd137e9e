//! Conflicts as GeoJSON: for each the place where its plans come closest and the ground on which they are too close, and the
//! footprints of all plans in conflict.
//!
//! A footprint has the properties of our own GeoJSON form, so that it can be read, and checked, again.

use std::collections::BTreeSet;

use detente_gateway::{NoticeForm, VolumeForm};
use detente_types::VolumeIn;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::json::conflict;
use super::label::degrees;
use super::{Filed, Told};

/// A feature collection, each feature made when it is written.
#[derive(Serialize)]
pub(super) struct Collection<'a> {
    r#type: &'static str,
    features: Features<'a>,
}

struct Features<'a>(&'a Told);

pub(super) const fn collection(told: &Told) -> Collection<'_> {
    Collection { r#type: "FeatureCollection", features: Features(told) }
}

impl Serialize for Features<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let told = self.0;
        let meetings = told.hits.iter().enumerate().map(|(i, hit)| meeting(told, i, hit));
        let grounds = (0..told.hits.len()).flat_map(|i| grounds(told, i));
        let plans: BTreeSet<usize> = told.hits.iter().flat_map(|hit| hit.plans).collect();
        let footprints = plans.into_iter().flat_map(|plan| footprint(told, &told.plans[plan]));
        serializer.collect_seq(meetings.chain(grounds).chain(footprints))
    }
}

/// Where the plans of a conflict come closest, with all that is told of it.
fn meeting(told: &Told, i: usize, hit: &super::Hit) -> Value {
    let at = hit.closest().meeting.at;
    let mut properties = json!(conflict(told, i, false));
    properties["role"] = "conflict".into();
    properties["number"] = (i + 1).into();
    let coordinates = [degrees(at.lon_e7()), degrees(at.lat_e7())];
    json!({ "type": "Feature", "geometry": { "type": "Point", "coordinates": coordinates }, "properties": properties })
}

/// The ground of a conflict, a feature for each pair of volumes.
fn grounds(told: &Told, i: usize) -> Vec<Value> {
    let said = json!(conflict(told, i, true));
    let meetings = said["meetings"].as_array().map(Vec::as_slice).unwrap_or_default();
    let drawn = meetings.iter().filter(|met| met["overlap"]["geometry"].is_object()).map(|met| {
        let mut properties = json!({ "role": "overlap", "number": i + 1, "plans": said["plans"] });
        for name in ["volumes", "band", "window"] {
            properties[name] = met[name].clone();
        }
        for name in ["area_m2", "error_m"] {
            properties[name] = met["overlap"][name].clone();
        }
        json!({ "type": "Feature", "geometry": met["overlap"]["geometry"], "properties": properties })
    });
    drawn.collect()
}

/// The footprints of a plan.
fn footprint(told: &Told, filed: &Filed) -> Vec<Value> {
    let volumes = filed.plan.volumes.iter().map(|volume| VolumeForm::from(&VolumeIn::from(volume))).collect();
    let name = Some(filed.plan.name.clone()).filter(|name| !name.is_empty());
    let kind = filed.plan.kind.map(|kind| kind.name().to_owned());
    let form = NoticeForm { title: name, volumes, kind: kind.clone().unwrap_or_default(), ..NoticeForm::default() };
    let written: Value = serde_json::from_str(&detente_gateway::geojson::write(&[form])).unwrap_or_default();
    let features = written["features"].as_array().cloned().unwrap_or_default();
    let named = features.into_iter().map(|mut feature| {
        let properties = &mut feature["properties"];
        if kind.is_none()
            && let Some(members) = properties.as_object_mut()
        {
            members.remove("kind");
        }
        properties["role"] = "plan".into();
        properties["file"] = told.file_name(filed.file).into();
        properties["place"] = filed.plan.place.clone().into();
        feature
    });
    named.collect()
}
