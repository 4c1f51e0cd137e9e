//! What can be said of a shape's form without measuring distances between shapes: neighbours apart,
//! edges that do not cross, an inside that is clear.
//!
//! An edge is taken here as the central-plane arc between its ends (where the plane through both and
//! the earth's centre cuts the surface). It lies within 65 m of the shortest path for an edge of
//! 1,000 km, within 3 m at 200 km. Which side of such an arc a vertex lies on is decided exactly, by a
//! robust determinant of the rounded earth-centred coordinates; so the same shape is accepted or
//! refused alike on every machine, and a crossing is never an opinion of the rounding.
//!
//! The earth itself ([`earth`]) is defined here too, since form and distance must speak of one earth.

pub mod earth;
mod edges;
pub mod winding;

use crate::rule::{Rule, Violation};
use crate::volume::{Position, Shape};
use earth::{Vec3, surface_point};
use edges::{Edge, Fault};

/// Longest edge, in metres measured straight through the earth.
///
/// Longer ones are drawn with a vertex between: up to here the law's model of a shortest path stays
/// within 30 cm, and no one has to guess which way an edge runs.
pub const EDGE_LENGTH_MAX_M: f64 = 2_000_000.0;

/// Cosine of the widest angle, 45° at the earth's centre (5,000 km on the ground), between a polygon's
/// mean direction and any of its vertices: half of what would make "the smaller side" doubtful.
pub const SPREAD_COS_MIN: f64 = core::f64::consts::FRAC_1_SQRT_2;

/// Refuses a shape with no clear form.
///
/// # Errors
/// DV-023 neighbouring vertices at one place; DV-024 edges of a polygon that cross, or come within a
/// centimetre of each other elsewhere than at their common vertex; DV-025 an edge that is too long, a
/// polygon that is too wide, a hole outside the outline or inside another hole.
pub(crate) fn check_shape(shape: &Shape) -> Result<(), Violation> {
    match shape {
        Shape::Point(_) => Ok(()),
        Shape::Path(path) => {
            check_apart(0, path.iter().zip(&path[1..]))?;
            check_edge_lengths(&edges::of_path(path))
        }
        Shape::Polygon(rings) => check_polygon(rings),
    }
}

fn check_polygon(rings: &[Vec<Position>]) -> Result<(), Violation> {
    for (number, ring) in rings.iter().enumerate() {
        check_apart(number, ring.iter().zip(ring.iter().cycle().skip(1)))?;
    }
    let edges: Vec<Edge> = rings.iter().enumerate().flat_map(|(number, ring)| edges::of_ring(number, ring)).collect();
    check_edge_lengths(&edges)?;
    check_spread(rings)?;
    check_edges_apart(&edges)?;
    check_holes(rings)
}

/// DV-023.
fn check_apart<'a>(ring: usize, neighbours: impl Iterator<Item = (&'a Position, &'a Position)>) -> Result<(), Violation> {
    for (i, (one, next)) in neighbours.enumerate() {
        if one == next {
            let field = format!("footprint.rings[{ring}][{i}]");
            let found = format!("{one} twice in a row");
            return Err(Violation::new(Rule::VerticesApart, field, found)
                .expected("a ring is not closed by repeating its first vertex".into()));
        }
    }
    Ok(())
}

/// DV-025, edges.
fn check_edge_lengths(edges: &[Edge]) -> Result<(), Violation> {
    match edges.iter().find(|e| e.length > EDGE_LENGTH_MAX_M) {
        None => Ok(()),
        Some(edge) => {
            let found = format!("edge {edge} of {:.0} km", edge.length / 1_000.0);
            Err(Violation::new(Rule::ShapeNotTooWide, format!("footprint.rings[{}]", edge.ring), found)
                .expected("edges of at most 2000 km; put a vertex between".into()))
        }
    }
}

/// DV-025, the whole polygon.
fn check_spread(rings: &[Vec<Position>]) -> Result<(), Violation> {
    let directions = || rings.iter().flatten().map(|&p| surface_point(p).unit()).enumerate();
    let mean = directions().fold(Vec3::ZERO, |sum, (_, d)| sum + d).unit();
    // A mean direction that does not exist is not a number, and nothing is within 45° of it.
    let within = |direction: Vec3| direction.dot(mean) >= SPREAD_COS_MIN;
    let wide = directions().find(|(_, d)| !within(*d));
    match wide {
        None => Ok(()),
        Some((i, _)) => Err(Violation::new(
            Rule::ShapeNotTooWide,
            "footprint.rings",
            format!("vertex {i}, counted over all rings, is more than 45° from the middle"),
        )
        .expected("a polygon within 5000 km of its middle; split it in two".into())),
    }
}

/// DV-024.
fn check_edges_apart(edges: &[Edge]) -> Result<(), Violation> {
    for (i, one) in edges.iter().enumerate() {
        for other in &edges[i + 1..] {
            let (verb, place) = match one.fault_with(other) {
                None => continue,
                Some(Fault::Cross(place)) => ("cross", place),
                Some(Fault::Touch(place)) => ("touch", place),
            };
            return Err(Violation::new(
                Rule::EdgesDoNotCross,
                format!("footprint.rings[{}]", other.ring),
                format!("edges {one} and {other} {verb} at {place}"),
            ));
        }
    }
    Ok(())
}

/// DV-025, holes. Edges are known to be apart, so one vertex speaks for its ring.
fn check_holes(rings: &[Vec<Position>]) -> Result<(), Violation> {
    let Some((outline, holes)) = rings.split_first() else {
        return Ok(());
    };
    for (i, hole) in holes.iter().enumerate() {
        let refuse = |found: String| {
            let field = format!("footprint.rings[{}]", i + 1);
            Err(Violation::new(Rule::ShapeNotTooWide, field, found)
                .expected("holes inside the outline and outside each other".into()))
        };
        if !edges::encloses(outline, hole[0]) {
            return refuse("a hole outside the outline".into());
        }
        let others = holes.iter().enumerate().filter(|(j, _)| *j != i);
        for (j, other) in others {
            if edges::encloses(other, hole[0]) {
                return refuse(format!("a hole inside the hole of ring {}", j + 1));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
