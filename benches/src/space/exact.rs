//! The exact test that the peers are given: planar polygons with whole corners, touching is meeting. It shares nothing
//! with the product's, so that each checks the other.

#[cfg(test)]
mod tests;

use super::set::{Near, Query, Set};

type Corner = [i32; 2];

/// A part of the plane: least and greatest longitude and latitude.
#[derive(Clone, Copy)]
struct Window {
    min: Corner,
    max: Corner,
}

impl Window {
    fn of(a: Corner, b: Corner) -> Self {
        Self { min: [a[0].min(b[0]), a[1].min(b[1])], max: [a[0].max(b[0]), a[1].max(b[1])] }
    }

    fn meets(&self, other: &Self) -> bool {
        self.min[0] <= other.max[0] && other.min[0] <= self.max[0] && self.min[1] <= other.max[1] && other.min[1] <= self.max[1]
    }
}

/// Whether a volume of the set meets a query that its box meets.
pub fn holds(set: &Set, id: u32, query: &Query<'_>) -> bool {
    let polygon = set.polygon(id);
    match query.near {
        None => meet(polygon, query.polygon),
        Some(near) => meet(polygon, query.polygon) || within(polygon, query.polygon, near),
    }
}

/// Whether two simple polygons share a point. Both span less than 2^30 and their boxes meet, so that products fit 64 bits.
pub fn meet(a: &[Corner], b: &[Corner]) -> bool {
    let (of_a, of_b) = (hull(a), hull(b));
    if !of_a.meets(&of_b) {
        return false;
    }
    edges(a).any(|(p, q)| {
        let edge = Window::of(p, q);
        edge.meets(&of_b) && edges(b).any(|(r, s)| edge.meets(&Window::of(r, s)) && cross(p, q, r, s))
    }) || inside(a, b[0])
        || inside(b, a[0])
}

fn hull(polygon: &[Corner]) -> Window {
    let mut hull = Window { min: polygon[0], max: polygon[0] };
    for [x, y] in polygon {
        hull.min = [hull.min[0].min(*x), hull.min[1].min(*y)];
        hull.max = [hull.max[0].max(*x), hull.max[1].max(*y)];
    }
    hull
}

fn edges(polygon: &[Corner]) -> impl Iterator<Item = (Corner, Corner)> {
    let last = polygon.len() - 1;
    (0..polygon.len()).map(move |i| (polygon[if i == 0 { last } else { i - 1 }], polygon[i]))
}

/// Left of the line from `a` to `b` (1), right of it (-1), on it (0).
fn side(a: Corner, b: Corner, c: Corner) -> i64 {
    let [ax, ay] = a.map(i64::from);
    let [bx, by] = b.map(i64::from);
    let [cx, cy] = c.map(i64::from);
    ((bx - ax) * (cy - ay) - (by - ay) * (cx - ax)).signum()
}

/// Whether two closed segments whose boxes meet share a point.
fn cross(p: Corner, q: Corner, r: Corner, s: Corner) -> bool {
    side(p, q, r) * side(p, q, s) <= 0 && side(r, s, p) * side(r, s, q) <= 0
}

/// Whether a point that lies on no edge is inside.
fn inside(polygon: &[Corner], point: Corner) -> bool {
    let mut inside = false;
    for (a, b) in edges(polygon) {
        if (a[1] > point[1]) != (b[1] > point[1]) {
            let (low, high) = if a[1] < b[1] { (a, b) } else { (b, a) };
            inside ^= side(low, high, point) > 0;
        }
    }
    inside
}

/// Whether the edges of two polygons that do not meet come as near as this.
pub fn within(a: &[Corner], b: &[Corner], near: Near) -> bool {
    let reach = [near.metres / near.scale[0], near.metres / near.scale[1]].map(|units| units.ceil() as i32);
    let grown = |mut window: Window| {
        for (axis, reach) in reach.into_iter().enumerate() {
            window.min[axis] = window.min[axis].saturating_sub(reach);
            window.max[axis] = window.max[axis].saturating_add(reach);
        }
        window
    };
    let of_b = hull(b);
    edges(a).any(|(p, q)| {
        let edge = grown(Window::of(p, q));
        edge.meets(&of_b) && edges(b).any(|(r, s)| edge.meets(&Window::of(r, s)) && apart(p, q, r, s, near) <= near.metres)
    })
}

/// Metres between two segments that do not cross: from an end of one to the other.
fn apart(p: Corner, q: Corner, r: Corner, s: Corner, near: Near) -> f64 {
    let from = |point: Corner, a: Corner, b: Corner| {
        let metres = |c: Corner| {
            let along = |axis: usize| (f64::from(c[axis]) - f64::from(point[axis])) * near.scale[axis];
            [along(0), along(1)]
        };
        let ([ax, ay], [bx, by]) = (metres(a), metres(b));
        let (dx, dy) = (bx - ax, by - ay);
        let length = dx * dx + dy * dy;
        let share = if length > 0.0 { (-(ax * dx + ay * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
        let (x, y) = (ax + share * dx, ay + share * dy);
        (x * x + y * y).sqrt()
    };
    from(p, r, s).min(from(q, r, s)).min(from(r, p, q)).min(from(s, p, q))
}

/// Metres between two polygons; none when they meet.
pub fn distance(a: &[Corner], b: &[Corner], near: Near) -> f64 {
    if meet(a, b) {
        return 0.0;
    }
    let each = edges(a).flat_map(|(p, q)| edges(b).map(move |(r, s)| apart(p, q, r, s, near)));
    each.fold(f64::INFINITY, f64::min)
}
