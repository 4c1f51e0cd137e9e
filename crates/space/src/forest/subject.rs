//! The test of one solid against others, exact: on the map, and by distance straight through the earth from
//! chord to chord.

use core::cell::{Cell, OnceCell};

use detente_types::geometry::earth::{Vec3, surface_point};
use detente_types::volume::Position;

use super::bounds::{Box4, LAT, LON};
use super::edges::{self, Survey, is_small};
use super::growth::{self, BULGES, bulge_m};
use super::lanes::Lanes;
use super::local::{Local, Near};
use super::margin::Margin;
use super::plane::{TURN, point};
use super::ready::{Edge, Glance, Ready};
use super::shape::{Record, Vertex, View};
use super::snapshot::Certainty;
use super::surely::Strays;
use crate::approach::{Nearest, along_earth};

/// A chord through the earth.
#[derive(Clone, Copy, Debug)]
struct Chord {
    ends: (Vec3, Vec3),
    middle: Vec3,
    half: f64,
}

impl Chord {
    fn new(Edge { from, to }: Edge) -> Self {
        let ends = (on_earth(from), on_earth(to));
        let along = ends.1 - ends.0;
        Self { ends, middle: (ends.0 + ends.1) * 0.5, half: libm::sqrt(along.dot(along)) * 0.5 }
    }
}

impl Chord {
    /// Whether another may come so close, in metres; a millimetre is more than all rounding.
    fn may_come_within(&self, other: &Self, limit_m: f64) -> bool {
        let between = self.middle - other.middle;
        let reach = self.half + other.half + limit_m + 0.001;
        between.dot(between) <= reach * reach
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

/// A range of the map, and the distance in metres that it is for.
type Kept = Cell<Option<(f64, Near)>>;

/// A solid that others are held against, with a margin. What it takes for that is made when it is first needed.
pub(super) struct Subject<'a> {
    pub(super) shape: View<'a>,
    /// The box of its vertices.
    pub(super) bounds: Box4,
    pub(super) bulge: u8,
    margin_cm: u32,
    /// Where edges may stray from their chords, and count wherever they may be: our own bulge in metres.
    pub(super) stray: Option<f64>,
    shifts: [i64; 3],
    pub(super) shift_count: usize,
    pub(super) lanes: Lanes,
    ready: OnceCell<Ready<'a>>,
    chords: OnceCell<Vec<OnceCell<Chord>>>,
    /// Ranges that were asked for, by the other's bulge, each with the distance that it is for.
    near: OnceCell<Box<[Kept; BULGES]>>,
    pub(super) strays: OnceCell<Box<Strays>>,
}

impl<'a> Subject<'a> {
    pub(super) fn new(shape: View<'a>, bounds: Box4, bulge: u8, margin: &Margin, lanes: Lanes) -> Self {
        let (west, east) = (i64::from(bounds.min[LON]), i64::from(bounds.max[LON]));
        let (mut shifts, mut shift_count) = ([0; 3], 1);
        let turns = [(TURN, west + TURN <= i32::MAX.into()), (-TURN, east - TURN >= i32::MIN.into())];
        for (shift, _) in turns.into_iter().filter(|(_, may)| *may) {
            shifts[shift_count] = shift;
            shift_count += 1;
        }
        let (ready, chords) = (OnceCell::new(), OnceCell::new());
        let (margin_cm, near) = (margin.horizontal_cm, OnceCell::new());
        let strays = OnceCell::new();
        Self { shape, bounds, bulge, margin_cm, stray: None, shifts, shift_count, lanes, ready, chords, near, strays }
    }

    /// The same where edges may stray from their chords.
    pub(super) fn straying(self) -> Self {
        Self { stray: Some(growth::exact_bulge_m(&self.shape)), ..self }
    }

    /// How far our edges and those of another of some bulge may stray in all, in metres.
    pub(super) fn stray_m(&self, bulge: u8) -> f64 {
        self.stray.map_or(0.0, |own_m| growth::stray_m(own_m) + growth::stray_m(bulge_m(bulge)))
    }

    /// How near others may not come to its chords, their radii left out.
    pub(super) fn horizontal_cm(&self) -> u64 {
        u64::from(self.margin_cm) + u64::from(self.shape.radius_cm)
    }

    pub(super) fn ready(&self) -> &Ready<'a> {
        self.ready.get_or_init(|| Ready::new(self.shape, &self.bounds))
    }

    /// Whether a record whose altitudes and times are near enough is so on the earth as well.
    pub(super) fn conflicts(&self, record: &Record<'_>, kept: &Box4) -> bool {
        self.meets(&record.shape, kept) || self.comes_near(record)
    }

    /// The same where edges may stray, and whether it is sure.
    pub(super) fn may_conflict(&self, record: &Record<'_>, kept: &Box4) -> Option<Certainty> {
        match self.survey(record, kept) {
            Survey::Apart => None,
            Survey::Meet => Some(Certainty::Sure),
            Survey::Near => self.conflicts(record, kept).then_some(Certainty::Unsure),
        }
    }

    /// Whether a shape meets this one on the map, the radii left out, here or a turn away.
    fn meets(&self, other: &View<'_>, kept: &Box4) -> bool {
        if self.shift_count == 1 && is_small(&self.shape) && is_small(other) {
            return edges::meet(self.lanes, [&self.shape, other], [self.bounds.range(), kept.range()]);
        }
        self.shifts[..self.shift_count].iter().any(|&shift| self.ready().meets(shift, other, kept))
    }

    /// The same for one without radius of which two vertices and the box of all are at hand, and whose record is
    /// fetched only if need be; it does not lie a turn away from where it is counted, `aligned` tells that this one
    /// does not either.
    pub(super) fn meets_guest<'b>(
        &self,
        aligned: bool,
        vertices: [Vertex; 2],
        range: [Vertex; 2],
        record: impl Fn() -> Record<'b>,
    ) -> bool {
        let turned = |by: i64| {
            let (west, east) = (i64::from(self.bounds.min[LON]) + by, i64::from(self.bounds.max[LON]) + by);
            west <= range[1][LON].into() && east >= range[0][LON].into()
        };
        if !aligned || self.shift_count > 1 && (turned(TURN) || turned(-TURN)) {
            let record = record();
            return self.conflicts(&record, &flat(range));
        }
        let meets = if is_small(&self.shape) {
            match edges::glance(self.lanes, &self.shape, range, vertices[0]) {
                Glance::Meets => true,
                Glance::Apart => false,
                Glance::Near(near) if is_small(&record().shape) => {
                    edges::meet_near(self.lanes, &self.shape, self.bounds.range(), &record().shape, near)
                }
                Glance::Near(_) => self.ready().meets(0, &record().shape, &flat(range)),
            }
        } else {
            match self.ready().glance(vertices, range) {
                Glance::Meets => true,
                Glance::Apart => false,
                Glance::Near(near) => self.ready().meets_near(0, &record().shape, range, near),
            }
        };
        meets || self.margin_cm > 0 && self.comes_near(&record())
    }

    /// The least horizontal margin, in whole centimetres, with which a record conflicts whose altitudes and times
    /// are near enough; this one's own margin plays no part.
    pub(super) fn distance_cm(&self, record: &Record<'_>, kept: &Box4) -> u64 {
        if self.meets(&record.shape, kept) {
            return 0;
        }
        let mut least = f64::INFINITY;
        record.shape.any_chord(|from, to| {
            let other = Chord::new(Edge { from, to });
            for (own, edge) in self.chords().iter().zip(self.ready().edges()) {
                let own = own.get_or_init(|| Chord::new(*edge));
                if own.may_come_within(&other, libm::sqrt(least)) {
                    least = least.min(Nearest::of_segments(own.ends, other.ends).square);
                }
            }
            false
        });
        let apart_cm = libm::ceil(along_earth(libm::sqrt(least)) * 100.0) as u64;
        let radii_cm = u64::from(self.shape.radius_cm) + u64::from(record.shape.radius_cm);
        // Without radii and margin only what meets on the map conflicts.
        if radii_cm == 0 { apart_cm.max(1) } else { apart_cm.saturating_sub(radii_cm) }
    }

    /// Whether one that does not meet this on the map comes too near.
    fn comes_near(&self, record: &Record<'_>) -> bool {
        let limit_cm = self.horizontal_cm() + u64::from(record.shape.radius_cm);
        let limit_cm = limit_cm as f64 + 100.0 * self.stray_m(record.bulge);
        limit_cm > 0.0 && self.is_within(&record.shape, record.bulge, limit_cm)
    }

    /// Whether some chords come so close; for shapes that do not meet on the map.
    fn is_within(&self, other: &View<'_>, bulge: u8, limit_cm: f64) -> bool {
        let bulges_m = bulge_m(self.bulge) + bulge_m(bulge);
        let near = self.near(limit_cm / 100.0 + bulges_m, bulge);
        match self.nearby(other, &near).and_then(|local| local.verdict(limit_cm / 100.0, bulges_m)) {
            Some(verdict) => verdict,
            None => self.any_pair(other, &near, |own, from, to| {
                let own = self.chords()[own].get_or_init(|| Chord::new(self.ready().edges()[own]));
                chords_within(own, &Chord::new(Edge { from, to }), limit_cm)
            }),
        }
    }

    /// The range of the map within so many metres, for others with a bulge; the last one of each bulge is kept.
    fn near(&self, by_m: f64, bulge: u8) -> Near {
        let kept = self.near.get_or_init(|| Box::new([const { Cell::new(None) }; BULGES]));
        let kept = &kept[usize::from(bulge) % BULGES];
        match kept.get() {
            Some((kept_m, near)) if kept_m == by_m => near,
            _ => {
                let near = Near::new(&self.bounds, by_m);
                kept.set(Some((by_m, near)));
                near
            }
        }
    }

    fn chords(&self) -> &[OnceCell<Chord>] {
        self.chords.get_or_init(|| vec![OnceCell::new(); self.ready().edges().len()])
    }

    /// Calls `f` with one of our edges and the ends of one of the other's, for all that may be near enough,
    /// until it says true; whether it did.
    fn any_pair(&self, other: &View<'_>, near: &Near, mut f: impl FnMut(usize, Vertex, Vertex) -> bool) -> bool {
        let ready = self.ready();
        other.any_chord(|from, to| {
            near.shifts().any(|shift| {
                let (p, q) = (point(from, -shift), point(to, -shift));
                near.touches(p, q) && ready.near(p, q, near.by).any(|own| f(own, from, to))
            })
        })
    }

    /// How near the edges come on the map, if the range is small enough for that to tell anything.
    fn nearby(&self, other: &View<'_>, near: &Near) -> Option<Local> {
        let mut local = Local::new(near)?;
        let edges = self.ready().edges();
        other.any_chord(|from, to| {
            for shift in near.shifts() {
                let (p, q) = (point(from, -shift), point(to, -shift));
                if near.touches(p, q) {
                    self.ready().near(p, q, near.by).for_each(|own| local.admit(edges[own], (p, q)));
                }
            }
            false
        });
        Some(local)
    }
}

/// A range of the map as a box.
fn flat(range: [Vertex; 2]) -> Box4 {
    let [min, max] = range.map(|side| [side[LON], side[LAT], 0, 0]);
    Box4 { min, max }
}

/// Whether two chords come so close: the definition that all bounds are made for.
fn chords_within(a: &Chord, b: &Chord, limit_cm: f64) -> bool {
    // A straight line is no longer than the way along the earth.
    if !a.may_come_within(b, limit_cm / 100.0) {
        return false;
    }
    along_earth(libm::sqrt(Nearest::of_segments(a.ends, b.ends).square)) * 100.0 <= limit_cm
}
