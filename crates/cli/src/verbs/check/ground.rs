//! The ground of each conflict, drawn for the outputs that tell it.

use std::time::{Duration, Instant};

use detente_gateway::overlap::{Asked, Overlap, Undrawn, overlap};
use serde_json::{Value, json};

use super::Told;
use super::find::Hit;

/// Pairs of volumes whose ground is drawn, the first found: what a reader can look at. The conflicts themselves are all told.
pub(super) const DRAWN_MAX: usize = 10_000;

/// The ground of a pair of volumes; `None` for one beyond [`DRAWN_MAX`].
pub(super) type Ground = Option<Result<Overlap, Undrawn>>;

/// Draws the ground of the meetings of every hit, at most `each` of one hit, in their order.
pub(super) fn draw(told: &Told, each: usize) -> Vec<Vec<Ground>> {
    let mut left = DRAWN_MAX;
    let mut said = Instant::now();
    let mut draw_hit = |(i, hit): (usize, &Hit)| -> Vec<Ground> {
        if said.elapsed() >= Duration::from_secs(2) {
            said = Instant::now();
            eprintln!("drawn {i} of {} conflicts", told.hits.len());
        }
        let count = hit.meetings.len().min(each).min(left);
        left -= count;
        let drawn = (0..count).map(|k| Some(ground(told, hit, k)));
        drawn.chain((count..hit.meetings.len()).map(|_| None)).collect()
    };
    told.hits.iter().enumerate().map(&mut draw_hit).collect()
}

fn ground(told: &Told, hit: &Hit, number: usize) -> Result<Overlap, Undrawn> {
    let met = &hit.meetings[number];
    let filed = told.filed(hit);
    let volumes = [0, 1].map(|side| &filed[side].plan.volumes[usize::from(met.volumes[side])]);
    overlap(&Asked {
        volumes,
        meeting: &met.meeting,
        horizontal: told.separation.horizontal,
        time_us: told.separation.time_us,
        follows: told.law.name() != detente_space::law1::NAME,
    })
}

/// One word for why there is none, in the outputs.
pub(super) const fn undrawn(why: Undrawn) -> &'static str {
    match why {
        Undrawn::NoArea => "no area",
        Undrawn::TooWide => "too wide",
        Undrawn::TooManyCorners => "too many corners",
    }
}

/// A GeoJSON geometry of polygons.
pub(super) fn geometry(overlap: &Overlap) -> Value {
    match overlap.polygons.as_slice() {
        [only] => json!({ "type": "Polygon", "coordinates": only }),
        several => json!({ "type": "MultiPolygon", "coordinates": several }),
    }
}

/// Whole square metres: more would be invented.
pub(super) fn whole_m2(overlap: &Overlap) -> f64 {
    overlap.area_m2.round()
}

/// An area to three digits, with its unit.
pub(super) fn area(overlap: &Overlap) -> String {
    let (value, unit) = if overlap.area_m2 < 1e5 { (overlap.area_m2, "m²") } else { (overlap.area_m2 / 1e6, "km²") };
    let digits = (2.0 - value.max(1.0).log10().floor()).max(0.0) as usize;
    let digits = if unit == "m²" { 0 } else { digits + usize::from(value < 1.0) };
    format!("{value:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_have_three_digits_and_a_unit() {
        let told = |area_m2: f64| area(&Overlap { polygons: Vec::new(), area_m2, error_m: 1.0 });
        assert_eq!(
            [3.4, 99_999.0, 123_456.0, 5.678e6, 56.78e6, 567.8e6, 5_678e6].map(told),
            ["3 m²", "99999 m²", "0.123 km²", "5.68 km²", "56.8 km²", "568 km²", "5678 km²"]
        );
    }
}
