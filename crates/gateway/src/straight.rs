//! Edges that are straight in longitude and latitude, drawn again as shortest paths.
//!
//! GeoJSON's edges run straight on a map of longitude against latitude (RFC 7946 section 3.1.1); ours are shortest paths.
//! Between the same two ends they lie up to kilometres apart. So vertices are added until they lie within
//! [`DEVIATION_M_MAX`] of each other, and the radius grows by how far apart they still are: the volume holds every point
//! that the file drew, and never shrinks.
//!
//! With `t` the latitude furthest from the equator on an edge of length `L`, `k` its rise in latitude per longitude, and
//! `R` the smallest radius of curvature, the edge bends away from its shortest path by at most
//!
//! ```text
//! curvature <= sin t / (R sqrt(cos² t + k²)) * (1 + k² / (k² + cos² t))
//! deviation <= curvature * L² / 8
//! ```
//!
//! since along such an edge the azimuth `a` turns by `-cos² a sin a tan(lat) / R` per metre, and along a shortest path by
//! `sin a tan(lat) / R`. An edge along a meridian does not deviate. Cut into `n` equal pieces it deviates `n²` times less.

use detente_types::Timestamp;
use detente_types::volume::VERTICES_MAX;

use crate::form::VolumeForm;
use crate::problem::Problem;

/// How far a shortest path may lie from the straight edge that it stands for, in metres: a thousandth of the usual
/// separation, and few vertices (an edge of 100 km along 60° becomes six).
pub const DEVIATION_M_MAX: f64 = 10.0;

/// Smallest radius of curvature of WGS-84, metres, rounded down.
const CURVATURE_RADIUS_M_MIN: f64 = 6_335_000.0;
/// Largest radius of curvature of WGS-84, metres, rounded up: for lengths.
const CURVATURE_RADIUS_M_MAX: f64 = 6_400_000.0;
/// What the formula's flat second order leaves out, several times over.
const MARGIN: f64 = 1.02;
/// An edge that changes longitude by less than this, a millimetre, runs along a meridian.
const MERIDIAN_RADIANS_MAX: f64 = 1e-10;
/// Positions are written to 1e-7 degree, a centimetre.
const ROUNDING_M: f64 = 0.02;

/// Adds vertices and grows the radius.
///
/// # Errors
/// An edge longer than half a turn, or edges that need more vertices than a volume may have.
pub(crate) fn straighten(volume: &mut VolumeForm) -> Result<(), Problem> {
    let closed = volume.shape == "polygon";
    let chains: Vec<&Vec<[f64; 2]>> = core::iter::once(&volume.positions).chain(&volume.holes).collect();
    let edges: Vec<Vec<Edge>> = chains.iter().map(|chain| edges(chain, closed)).collect();
    check(&edges)?;
    let growth = edges.iter().flatten().map(Edge::growth).fold(0.0, f64::max);
    let times = timed(&edges[0], &volume.times).unwrap_or_else(|| volume.times.clone());
    let mut drawn = edges.iter().zip(chains).map(|(edges, chain)| redrawn(edges, chain, closed));
    let positions = drawn.next().unwrap_or_default();
    let holes = drawn.collect();
    // A path without a radius stays one: the rule that refuses it must still see it.
    let grows = closed || volume.radius_m > 0.0;
    let radius_m = volume.radius_m + if grows { (growth * 100.0).ceil() / 100.0 } else { 0.0 };
    (volume.positions, volume.holes, volume.radius_m, volume.times) = (positions, holes, radius_m, times);
    Ok(())
}

/// A time for each vertex: what moves along straight edges moves evenly. `None` when it does not move, or when the times are
/// not those of the positions, which a rule then refuses.
fn timed(edges: &[Edge], times: &[String]) -> Option<Vec<String>> {
    let read = times.iter().map(|text| Timestamp::parse(text)).collect::<Option<Vec<_>>>()?;
    let (last, legs) = (read.last()?, read.windows(2));
    if legs.len() != edges.len() {
        return None;
    }
    let between = edges.iter().zip(legs).flat_map(|(edge, leg)| {
        let (pieces, length_us) = (edge.pieces() as i64, leg[1].since(leg[0]));
        (0..pieces).map(move |k| leg[0].plus_micros(length_us / pieces * k + length_us % pieces * k / pieces))
    });
    Some(between.chain([*last]).map(|time| time.to_string()).collect())
}

/// Refuses edges whose way round is doubtful, or that cannot be followed.
fn check(edges: &[Vec<Edge>]) -> Result<(), Problem> {
    let all = || edges.iter().flatten();
    if let Some(edge) = all().find(|edge| edge.longitude() > 180.0) {
        let found = format!("an edge from {} to {}, more than half a turn long", told(edge.from), told(edge.to));
        return Err(Problem::new("positions", &found, "shapes cut at the antimeridian (RFC 7946 section 3.1.9)"));
    }
    let pieces: f64 = all().map(Edge::pieces).sum();
    let added = pieces - all().count() as f64;
    if added > 0.0 && pieces >= VERTICES_MAX as f64 {
        let expected = format!(
            "edges that {VERTICES_MAX} vertices can follow to {DEVIATION_M_MAX} m: fewer, shorter or further from a pole"
        );
        return Err(Problem::new("positions", &format!("edges that need {added} more vertices"), expected));
    }
    Ok(())
}

fn told([lat, lon]: [f64; 2]) -> String {
    format!("{lat} {lon}")
}

/// The edges along a chain of positions, and back to the first if it is closed.
fn edges(chain: &[[f64; 2]], closed: bool) -> Vec<Edge> {
    let nexts = chain.iter().skip(1).chain(chain.first().filter(|_| closed));
    chain.iter().zip(nexts).map(|(&from, &to)| Edge { from, to }).collect()
}

fn redrawn(edges: &[Edge], chain: &[[f64; 2]], closed: bool) -> Vec<[f64; 2]> {
    let last = chain.last().filter(|_| !closed || edges.is_empty());
    edges.iter().flat_map(Edge::starts).chain(last.copied()).collect()
}

/// An edge between two positions, latitude first, in degrees.
#[derive(Clone, Copy)]
struct Edge {
    from: [f64; 2],
    to: [f64; 2],
}

impl Edge {
    fn longitude(&self) -> f64 {
        (self.to[1] - self.from[1]).abs()
    }

    /// How far it lies from the shortest path at most, metres.
    fn deviation(&self) -> f64 {
        let (rise, run) = ((self.to[0] - self.from[0]).abs().to_radians(), self.longitude().to_radians());
        if run < MERIDIAN_RADIANS_MAX {
            return 0.0;
        }
        let furthest = self.from[0].abs().max(self.to[0].abs()).to_radians();
        let nearest = if self.from[0] * self.to[0] <= 0.0 { 0.0 } else { self.from[0].abs().min(self.to[0].abs()).to_radians() };
        let length = CURVATURE_RADIUS_M_MAX * rise.hypot(run * nearest.cos());
        let (k2, cos2) = ((rise / run).powi(2), furthest.cos().powi(2));
        let curvature = furthest.sin() / (CURVATURE_RADIUS_M_MIN * (cos2 + k2).sqrt()) * (1.0 + k2 / (k2 + cos2));
        MARGIN * curvature * length * length / 8.0
    }

    /// Into how many pieces it is cut: a whole number, perhaps beyond all bounds.
    fn pieces(&self) -> f64 {
        (self.deviation() / DEVIATION_M_MAX).sqrt().ceil().max(1.0)
    }

    /// How far its pieces may still lie from it.
    fn growth(&self) -> f64 {
        let deviation = self.deviation() / self.pieces().powi(2);
        if deviation > 0.0 { deviation + ROUNDING_M } else { 0.0 }
    }

    /// Where its pieces start.
    fn starts(&self) -> impl Iterator<Item = [f64; 2]> {
        let (edge, pieces) = (*self, self.pieces());
        let between = move |k: usize| {
            let part = k as f64 / pieces;
            [0, 1].map(|axis| on_grid(edge.from[axis] + (edge.to[axis] - edge.from[axis]) * part))
        };
        core::iter::once(edge.from).chain((1..pieces as usize).map(between))
    }
}

/// To the nearest 1e-7 degree, so that what is read can be written again without loss.
fn on_grid(degrees: f64) -> f64 {
    (degrees * 1e7).round() / 1e7
}

#[cfg(test)]
mod tests;
