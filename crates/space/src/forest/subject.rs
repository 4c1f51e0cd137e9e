//! The test of one solid against others, exact: on the map, and by distance straight through the earth from
//! chord to chord.

use core::cell::OnceCell;

use detente_types::geometry::earth::{Vec3, surface_point};
use detente_types::volume::Position;

use super::bounds::{Box4, LON};
use super::growth::{bulge_m, grown};
use super::margin::{Margin, Reach};
use super::plane::TURN;
use super::ready::Ready;
use super::shape::{Record, Vertex, View};
use crate::approach::{Nearest, along_earth};

/// A chord through the earth.
#[derive(Clone, Copy, Debug)]
struct Chord {
    ends: (Vec3, Vec3),
    middle: Vec3,
    half: f64,
}

impl Chord {
    fn new(from: Vertex, to: Vertex) -> Self {
        let ends = (on_earth(from), on_earth(to));
        let along = ends.1 - ends.0;
        Self { ends, middle: (ends.0 + ends.1) * 0.5, half: libm::sqrt(along.dot(along)) * 0.5 }
    }
}

/// The point of the surface at a vertex, wherever its longitude ran on to.
fn on_earth(vertex: Vertex) -> Vec3 {
    let lon = i64::from(vertex[0]);
    let lon = if lon > TURN / 2 {
        lon - TURN
    } else if lon < -TURN / 2 {
        lon + TURN
    } else {
        lon
    };
    surface_point(Position::try_new(vertex[1].into(), lon).expect("shapes lie on the earth"))
}

/// A solid that others are held against, with a margin. What it takes for that is made when it is first needed.
pub(super) struct Subject<'a> {
    pub(super) shape: View<'a>,
    /// The box of its vertices.
    pub(super) bounds: Box4,
    pub(super) bulge: u8,
    margin_cm: u32,
    shifts: [i64; 3],
    shift_count: usize,
    ready: OnceCell<Ready<'a>>,
    chords: OnceCell<Vec<Chord>>,
}

impl<'a> Subject<'a> {
    pub(super) fn new(shape: View<'a>, bounds: Box4, bulge: u8, margin: &Margin) -> Self {
        let (west, east) = (i64::from(bounds.min[LON]), i64::from(bounds.max[LON]));
        let (mut shifts, mut shift_count) = ([0; 3], 1);
        let turns = [(TURN, west + TURN <= i32::MAX.into()), (-TURN, east - TURN >= i32::MIN.into())];
        for (shift, _) in turns.into_iter().filter(|(_, may)| *may) {
            shifts[shift_count] = shift;
            shift_count += 1;
        }
        let (ready, chords) = (OnceCell::new(), OnceCell::new());
        Self { shape, bounds, bulge, margin_cm: margin.horizontal_cm, shifts, shift_count, ready, chords }
    }

    /// How near others may not come to its chords, their radii left out.
    pub(super) fn horizontal_cm(&self) -> u64 {
        u64::from(self.margin_cm) + u64::from(self.shape.radius_cm)
    }

    /// Whether a record whose altitudes and times are near enough is so on the earth as well.
    pub(super) fn conflicts(&self, record: &Record<'_>, kept: &Box4) -> bool {
        let own = self.ready.get_or_init(|| Ready::new(self.shape, &self.bounds));
        if self.shifts[..self.shift_count].iter().any(|&shift| own.meets(shift, &record.shape, kept)) {
            return true;
        }
        let limit_cm = self.horizontal_cm() + u64::from(record.shape.radius_cm);
        limit_cm > 0 && self.is_within(&record.shape, record.bulge, limit_cm as f64)
    }

    /// Whether some chords come so close.
    fn is_within(&self, other: &View<'_>, bulge: u8, limit_cm: f64) -> bool {
        let bulges = bulge_m(self.bulge) + bulge_m(bulge);
        let near = Reach::new(grown(&self.bounds, limit_cm / 100.0 + bulges), &self.bounds);
        let own = self.chords.get_or_init(|| {
            let mut chords = Vec::new();
            self.shape.any_chord(|from, to| {
                chords.push(Chord::new(from, to));
                false
            });
            chords
        });
        other.any_chord(|from, to| {
            let touches = |near: &Box4| (0..2).all(|d| from[d].min(to[d]) <= near.max[d] && from[d].max(to[d]) >= near.min[d]);
            near.boxes().iter().any(touches) && {
                let chord = Chord::new(from, to);
                own.iter().any(|own| chords_within(own, &chord, limit_cm))
            }
        })
    }
}

/// Whether two chords come so close: the definition that all bounds are made for.
fn chords_within(a: &Chord, b: &Chord, limit_cm: f64) -> bool {
    let between = a.middle - b.middle;
    // A straight line is no longer than the way along the earth; a millimetre is more than all rounding.
    let reach = a.half + b.half + limit_cm / 100.0 + 0.001;
    if between.dot(between) > reach * reach {
        return false;
    }
    along_earth(libm::sqrt(Nearest::of_segments(a.ends, b.ends).square)) * 100.0 <= limit_cm
}
