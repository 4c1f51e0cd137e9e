//! What a margin is, and where to look for what lies within it.

use core::cell::OnceCell;

use super::bounds::{ALTITUDE, Box4, LAT, LON, TIME};
use super::growth::{self, BULGES, bulge_m};
use super::lanes::Lanes;
use super::plane::TURN;
use super::run::Tree;
use super::shape::Solid;
use super::subject::Subject;
use crate::planted::{self, Planted};

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
    pub(super) fn new(map: [[i64; 2]; 2], rest: &Box4) -> Self {
        let mut reach = Self { boxes: [Box4::NOTHING; 3], count: 0 };
        let shifts = if planted::is(Planted::NoTurn) { [0; 3] } else { [0, TURN, -TURN] };
        for shift in shifts {
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

/// The altitudes and times of a box, grown by a margin; what has expired is left out.
pub(super) fn rest(bounds: &Box4, margin: &Margin, expired: i32) -> Box4 {
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
    pub(super) subject: Subject<'a>,
    /// Where to look where no distance counts.
    plain: Reach,
    /// Where to look for shapes of each bulge where distances count.
    grown: OnceCell<Box<[OnceCell<Reach>; BULGES]>>,
}

impl<'a> Query<'a> {
    pub(super) fn new(solid: &'a Solid, margin: &Margin, expired: i32, lanes: Lanes) -> Self {
        let bounds = solid.bounds();
        let subject = Subject::new(solid.shape().view(), bounds, solid.bulge(), margin, lanes);
        let plain = Reach::new(map(&bounds), &rest(&bounds, margin, expired));
        Self { subject, plain, grown: OnceCell::new() }
    }

    /// The same where edges may stray from their chords; the margin is not 0.
    pub(super) fn straying(self) -> Self {
        Self { subject: self.subject.straying(), ..self }
    }

    /// Where in a tree to look: the bulge counts only where distances do.
    pub(super) fn reach(&self, tree: &Tree) -> &Reach {
        let subject = &self.subject;
        if subject.horizontal_cm() == 0 && tree.radius_cm == 0 {
            return &self.plain;
        }
        // Every second bulge: fewer boxes to compute, and none too small.
        let bulge = (tree.bulge | 1).min(BULGES as u8 - 1);
        let grown = self.grown.get_or_init(|| Box::new([const { OnceCell::new() }; BULGES]));
        grown[usize::from(bulge)].get_or_init(|| {
            let bulges_m = bulge_m(subject.bulge) + bulge_m(bulge);
            let by_m = subject.horizontal_cm() as f64 / 100.0 + bulges_m + subject.stray_m(bulge);
            Reach::new(growth::grown(&subject.bounds, by_m), &self.plain.boxes[0])
        })
    }
}
