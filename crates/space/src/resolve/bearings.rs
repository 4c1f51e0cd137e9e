//! Which bearings are worth trying: away from what is in the way, and across its edges and one's own.

use detente_types::geometry::earth::position_under;
use detente_types::volume::{Footprint, Position, Shape, Volume};

use super::rigid::middle;
use crate::approach::closest;
use crate::arc::length_and_azimuth;
use crate::outline::Outline;

/// Places that are returned lie at least so far apart, degrees.
pub(super) const APART_DEG: u16 = 45;
/// No two bearings that are tried are nearer to each other than this, degrees.
const TRIED_APART_DEG: u16 = 5;
/// Pairs whose shapes are looked at.
const PAIRS_MAX: usize = 8;
/// Edges of a shape that are looked at: the longest.
const EDGES_MAX: usize = 6;
/// Bearings that are tried, the eight winds left out.
const SHAPED_MAX: usize = 24;

/// The angle between two bearings, 0 to 180.
pub(super) const fn between(a: u16, b: u16) -> u16 {
    let apart = a.abs_diff(b) % 360;
    if apart > 180 { 360 - apart } else { apart }
}

/// Bearings to try for pairs of one's own volume and one in its way, degrees.
pub(super) fn of_pairs<'a>(pairs: impl Iterator<Item = (&'a Volume, &'a Volume)>) -> Vec<u16> {
    let mut tried: Vec<u16> = Vec::new();
    let mut add = |bearing: u16, most: usize| {
        if tried.len() < most && tried.iter().all(|&other| between(bearing, other) >= TRIED_APART_DEG) {
            tried.push(bearing);
        }
    };
    for (own, other) in pairs.take(PAIRS_MAX) {
        away(own, other).for_each(|bearing| add(bearing, SHAPED_MAX));
        across(&own.footprint).chain(across(&other.footprint)).for_each(|bearing| add(bearing, SHAPED_MAX));
    }
    (0..8).for_each(|wind| add(wind * 45, SHAPED_MAX + 8));
    tried
}

/// From the other's closest point to one's own, and from its middle to one's own middle.
fn away(own: &Volume, other: &Volume) -> impl Iterator<Item = u16> {
    let outlines = [own, other].map(|volume| Outline::new(&volume.footprint));
    let approach = closest(&outlines[0], &outlines[1], i64::MAX - 1);
    let nearest = approach.map(|found| (position_under(found.to), position_under(found.from)));
    let middles = middle(core::slice::from_ref(other)).zip(middle(core::slice::from_ref(own)));
    nearest.into_iter().chain(middles).filter(|(from, to)| from != to).map(|(from, to)| degrees(from, to))
}

/// To either side of the longest edges.
fn across(footprint: &Footprint) -> impl Iterator<Item = u16> {
    let mut edges: Vec<(f64, u16)> = edges(footprint.shape())
        .map(|(from, to)| {
            let (metres, _) = length_and_azimuth(from, to);
            (metres, degrees(from, to))
        })
        .collect();
    edges.sort_by(|a, b| b.0.total_cmp(&a.0));
    edges.truncate(EDGES_MAX);
    edges.into_iter().flat_map(|(_, along)| [(along + 90) % 360, (along + 270) % 360])
}

fn edges(shape: &Shape) -> impl Iterator<Item = (Position, Position)> + '_ {
    let (chains, closed): (&[Vec<Position>], bool) = match shape {
        Shape::Point(_) => (&[], false),
        Shape::Path(path) => (core::slice::from_ref(path), false),
        Shape::Polygon(rings) => (rings, true),
    };
    chains.iter().flat_map(move |chain| {
        let nexts = chain.iter().skip(1).chain(closed.then_some(&chain[0]));
        chain.iter().copied().zip(nexts.copied())
    })
}

fn degrees(from: Position, to: Position) -> u16 {
    let (_, azimuth) = length_and_azimuth(from, to);
    (libm::round(azimuth.to_degrees()) as i64).rem_euclid(360) as u16
}
