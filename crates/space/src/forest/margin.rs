//! Closer than a margin: how far apart two shapes lie, straight through the earth from chord to chord.

use core::cell::OnceCell;

use detente_types::geometry::earth::{Vec3, surface_point};
use detente_types::volume::Position;

use super::bounds::{ALTITUDE, Box4, LAT, LON, TIME};
use super::growth::{self, BULGES, bulge_m, grown};
use super::plane::TURN;
use super::ready::Ready;
use super::run::Tree;
use super::shape::{Record, Solid, Vertex, View};
use crate::approach::{Nearest, along_earth};

/// What two solids keep between them; the bounds count as too close.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Margin {
    /// Along the earth, in centimetres; the radii come on top of it.
    pub horizontal_cm: u32,
    /// Between the bands, in decimetres.
    pub altitude_dm: u32,
    /// Between the windows, in seconds.
    pub time_s: u32,
}

impl Margin {
    /// Only what meets.
    pub const NONE: Self = Self { horizontal_cm: 0, altitude_dm: 0, time_s: 0 };
}

/// Where to look for what a solid meets: one box, or more where it lies near the antimeridian.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    boxes: [Box4; 3],
    count: usize,
}

impl Reach {
    pub(super) fn boxes(&self) -> &[Box4] {
        &self.boxes[..self.count]
    }

    /// The box of a range of the map, moved a turn either way as well where something may lie.
    fn new(map: [[i64; 2]; 2], rest: &Box4) -> Self {
        let mut reach = Self { boxes: [Box4::NOTHING; 3], count: 0 };
        for shift in [0, TURN, -TURN] {
            let lon = map[0].map(|lon| lon + shift);
            if lon[0] > i64::from(i32::MAX) || lon[1] < i64::from(i32::MIN) || (shift != 0 && map[0][1] - map[0][0] >= TURN) {
                continue;
            }
            let mut bounds = *rest;
            let clamp = |value: i64| value.clamp(i32::MIN.into(), i32::MAX.into()) as i32;
            [bounds.min[LON], bounds.max[LON]] = lon.map(clamp);
            [bounds.min[LAT], bounds.max[LAT]] = map[1].map(clamp);
            reach.boxes[reach.count] = bounds;
            reach.count += 1;
        }
        reach
    }
}

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

/// The altitudes and times of a box, grown by a margin; what has expired is left out.
fn rest(bounds: &Box4, margin: &Margin, expired: i32) -> Box4 {
    let mut rest = *bounds;
    let grow = |from: i32, by: i64| (i64::from(from) + by).clamp(i32::MIN.into(), i32::MAX.into()) as i32;
    for (d, by) in [(ALTITUDE, margin.altitude_dm), (TIME, margin.time_s)] {
        rest.min[d] = grow(rest.min[d], -i64::from(by));
        rest.max[d] = grow(rest.max[d], by.into());
    }
    rest.min[TIME] = rest.min[TIME].max(expired);
    rest
}

/// The range of the map that a box covers.
fn map(bounds: &Box4) -> [[i64; 2]; 2] {
    [LON, LAT].map(|d| [bounds.min[d].into(), bounds.max[d].into()])
}

/// A solid that is asked about, with a margin.
pub(super) struct Query<'a> {
    solid: &'a Solid,
    margin: Margin,
    shifts: [i64; 3],
    shift_count: usize,
    /// Where to look where no distance counts.
    plain: Reach,
    /// Where to look for shapes of each bulge where distances count.
    grown: OnceCell<Box<[OnceCell<Reach>; BULGES]>>,
    ready: OnceCell<Ready<'a>>,
    chords: OnceCell<Vec<Chord>>,
}

impl<'a> Query<'a> {
    pub(super) fn new(solid: &'a Solid, margin: &Margin, expired: i32) -> Self {
        let (west, east) = (i64::from(solid.bounds().min[LON]), i64::from(solid.bounds().max[LON]));
        let (mut shifts, mut shift_count) = ([0; 3], 1);
        let turns = [(TURN, west + TURN <= i32::MAX.into()), (-TURN, east - TURN >= i32::MIN.into())];
        for (shift, _) in turns.into_iter().filter(|(_, may)| *may) {
            shifts[shift_count] = shift;
            shift_count += 1;
        }
        let rest = rest(&solid.bounds(), margin, expired);
        let plain = Reach::new(map(&solid.bounds()), &rest);
        let (grown, ready, chords) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Self { solid, margin: *margin, shifts, shift_count, plain, grown, ready, chords }
    }

    fn horizontal_cm(&self) -> u64 {
        u64::from(self.margin.horizontal_cm) + u64::from(self.solid.shape().radius_cm())
    }

    /// Where in a tree to look: the bulge counts only where distances do.
    pub(super) fn reach(&self, tree: &Tree) -> &Reach {
        if self.horizontal_cm() == 0 && !tree.radius {
            return &self.plain;
        }
        // Every second bulge: fewer boxes to compute, and none too small.
        let bulge = (tree.bulge | 1).min(BULGES as u8 - 1);
        let grown = self.grown.get_or_init(|| Box::new([const { OnceCell::new() }; BULGES]));
        grown[usize::from(bulge)].get_or_init(|| {
            let by_m = self.horizontal_cm() as f64 / 100.0 + bulge_m(self.solid.bulge()) + bulge_m(bulge);
            Reach::new(growth::grown(&self.solid.bounds(), by_m), &self.plain.boxes[0])
        })
    }

    /// Whether a record whose altitudes and times are near enough is so on the earth as well.
    pub(super) fn conflicts(&self, record: &Record<'_>, kept: &Box4) -> bool {
        let own = self.ready.get_or_init(|| Ready::new(self.solid.shape().view(), &self.solid.bounds()));
        if self.shifts[..self.shift_count].iter().any(|&shift| own.meets(shift, &record.shape, kept)) {
            return true;
        }
        let limit_cm = self.horizontal_cm() + u64::from(record.shape.radius_cm);
        limit_cm > 0 && self.is_within(&record.shape, record.bulge, limit_cm as f64)
    }

    /// Whether some chords come so close.
    fn is_within(&self, other: &View<'_>, bulge: u8, limit_cm: f64) -> bool {
        let bulges = bulge_m(self.solid.bulge()) + bulge_m(bulge);
        let near = Reach::new(grown(&self.solid.bounds(), limit_cm / 100.0 + bulges), &self.solid.bounds());
        let own = self.chords.get_or_init(|| {
            let mut chords = Vec::new();
            self.solid.shape().view().any_chord(|from, to| {
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
