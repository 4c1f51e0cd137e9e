//! Pairs of volumes of which it is known that they meet, because they are made round a point of each that are near enough.
//!
//! Each volume has a *witness*: a place, a time and an altitude at which it is there. What lies between the two witnesses
//! along the earth, in time and in height is held against the separation that the pair is drawn with, which is just
//! enough, roomy, or just too little. When all three are enough the volumes meet, whatever else of them is where; when one is too
//! little nothing is known, and the pair lies where the law and its boxes must still agree.

use detente_types::height::Heights;
use detente_types::passage::{Passage, PassageIn};
use detente_types::time::{Timestamp, Window};
use detente_types::unit::Metres;
use detente_types::volume::{AltitudeBand, Datum, Footprint, Position, Shape, Volume};

use super::draw::Draw;
use super::earth::{apart_m, degrees};
use super::form::{Form, Kind, Touch, form};
use super::sea::{SPOTS, Sea};
use crate::Separation;
use crate::testing::{MINUTE_US, NOON_US, toward};

/// How two volumes lie to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Contact {
    /// They have a vertex in common.
    SharedVertex,
    /// A vertex of one lies on an edge of the other.
    TouchingEdge,
    /// An edge of one crosses an edge of the other, or runs along it.
    CrossingEdges,
    /// A point of one lies inside the other.
    Inside,
    /// They are as far apart as the separation, give or take little.
    AtSeparation,
}

/// A pair with what is known of it.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) volumes: [Volume; 2],
    pub(crate) separation: Separation,
    pub(crate) heights: Heights,
    pub(crate) spot: &'static str,
    pub(crate) contact: Contact,
    pub(crate) kinds: [Kind; 2],
    /// They meet.
    pub(crate) meet: bool,
    /// They are no further apart than this along the earth while they count against each other, metres; `None` when it
    /// is not known that they do.
    pub(crate) apart_m: Option<f64>,
}

/// The ground and the pressure of the terms that pairs are drawn under, centimetres.
const GROUND_CM: (i64, i64) = (-40_000, 250_000);
const PRESSURE_CM: i64 = 60_000;

/// So many pairs have times that are far from each other's.
pub(crate) const APART_IN_TIME: u64 = 64;
const EPOCH_US: i64 = 60 * 24 * 60 * MINUTE_US;

const KINDS: [Kind; 10] = [
    Kind::Point,
    Kind::Point,
    Kind::Path,
    Kind::Path,
    Kind::Star,
    Kind::Ring,
    Kind::Slab,
    Kind::Sliver,
    Kind::Mover,
    Kind::Mover,
];

/// One dimension: how far apart the witnesses are, and what the terms ask for.
#[derive(Clone, Copy)]
struct Gap {
    apart: i64,
    separation: i64,
    enough: bool,
}

impl Gap {
    /// A separation up to `most`, none in one case of two, and a gap just within it, anywhere within it, or just beyond it.
    /// `allowed` is what may be apart on top of the separation.
    fn draw(draw: &mut Draw, most: i64, allowed: i64) -> Self {
        let separation = if draw.one_in(2) { 0 } else { draw.logarithmic(1.0, most as f64) as i64 };
        let limit = separation + allowed;
        let (apart, enough) = match draw.below(12) {
            0 => (limit + 1 + draw.logarithmic(1.0, most as f64) as i64, false),
            1..5 => (limit, true),
            5..7 => ((limit - 1 - draw.whole(3)).max(0), true),
            _ => (draw.whole(limit.max(0) + 1), true),
        };
        Self { apart: apart.max(0), separation, enough: enough && limit >= 0 }
    }
}

/// The pair of a number of a seed; `None` when a shape came out that has no clear form.
pub(crate) fn pair(seed: u64, number: u64, sea: &Sea) -> Option<Known> {
    let mut draw = Draw::of(seed, number);
    let draw = &mut draw;
    let (spot, contact_far) = (draw.below(SPOTS.len() as u64) as usize, draw.one_in(2));
    let kinds = [draw.pick(&KINDS), draw.pick(&KINDS)];
    let touches = kinds.map(|kind| kind.touch(draw));
    let heights = heights(draw);
    let data = data(draw, heights.datum);
    let place = if needs_sea(data[0], heights.datum) || draw.one_in(3) {
        sea.position(spot)
    } else {
        toward(sea.position(spot), draw.between(0.0, 360.0), draw.logarithmic(1.0, 2e5))
    };
    let sizes = [size(draw), size(draw)];
    let first = form(draw, kinds[0], touches[0], place, sizes[0]);
    let far_m = if contact_far { draw.logarithmic(0.05, 6e5) } else { 0.0 };
    let from = if touches[0] == Touch::Edge { near(&first) } else { place };
    let target = if contact_far { toward(from, draw.between(0.0, 360.0), far_m) } else { from };
    let second = form(draw, kinds[1], touches[1], target, sizes[1]);
    let contact = contact(contact_far, touches);
    let forms = [first, second];
    let (radii, separation_cm, apart_m, near_enough) = horizontal(draw, &forms, kinds)?;
    let times = times(draw, &forms, kinds, number);
    let vertical = Gap::draw(draw, 300_000, 0);
    let bands = bands(draw, data, &heights, vertical.apart, sea.undulation_cm(spot));
    let mut volumes = Vec::with_capacity(2);
    for (side, form) in forms.into_iter().enumerate() {
        let footprint = Footprint::try_new(form.shape, Metres::from_cm(radii[side])).ok()?;
        volumes.push(timed(footprint, bands[side], &times, side)?);
    }
    let counts = times.gap.enough;
    let mut volumes: [Volume; 2] = volumes.try_into().ok()?;
    let mut kinds = kinds;
    if draw.one_in(2) {
        volumes.reverse();
        kinds.reverse();
    }
    Some(Known {
        volumes,
        separation: Separation {
            horizontal: Metres::from_cm(separation_cm),
            vertical: Metres::from_cm(vertical.separation),
            time_us: times.gap.separation,
        },
        heights,
        spot: SPOTS[spot].0,
        contact,
        kinds,
        meet: near_enough && counts && vertical.enough,
        apart_m: counts.then_some(apart_m),
    })
}

fn contact(far: bool, touches: [Touch; 2]) -> Contact {
    match touches {
        _ if far => Contact::AtSeparation,
        [Touch::Inside, _] | [_, Touch::Inside] => Contact::Inside,
        [Touch::Vertex, Touch::Vertex] => Contact::SharedVertex,
        [Touch::Edge, Touch::Edge] => Contact::CrossingEdges,
        _ => Contact::TouchingEdge,
    }
}

/// The position nearest to a form's known point.
fn near(form: &Form) -> Position {
    crate::testing::at(form.point.0, form.point.1)
}

/// Small more often than large: most of what is stated is, and long chords take longer.
fn size(draw: &mut Draw) -> f64 {
    if draw.one_in(4) { draw.logarithmic(2e4, 9e5) } else { draw.logarithmic(10.0, 2e4) }
}

/// Radii and separation in centimetres, how far apart the footprints are at most, and whether that is near enough.
fn horizontal(draw: &mut Draw, forms: &[Form; 2], kinds: [Kind; 2]) -> Option<([i64; 2], i64, f64, bool)> {
    let bare_m = apart_m(forms[0].point, forms[1].point);
    let least = |kind: Kind| i64::from(matches!(kind, Kind::Path | Kind::Mover));
    let radii = kinds.map(|kind| {
        let share = match draw.below(4) {
            0 => 0.0,
            1 => draw.logarithmic(0.01, 300.0),
            _ => bare_m * draw.part() * 0.6,
        };
        ((share * 100.0) as i64).clamp(least(kind), 50_000_000)
    });
    let apart_m = (bare_m - (radii[0] + radii[1]) as f64 / 100.0).max(0.0);
    // A hundredth of a micrometre is more than the oracle is off.
    let just = libm::ceil((apart_m + 1e-8) * 100.0) as i64 * i64::from(apart_m > 0.0);
    let (separation, enough) = match draw.below(8) {
        0..4 => (just, true),
        4 | 5 => (just + draw.pick(&[1, 10, 100, 10_000]), true),
        6 => (just - 1 - draw.logarithmic(1.0, 500.0) as i64, false),
        _ => (just + draw.logarithmic(1.0, 1e7) as i64, true),
    };
    (separation >= 0).then_some((radii, separation, apart_m, enough))
}

/// A line's datum, with bounds for what needs them.
fn heights(draw: &mut Draw) -> Heights {
    let datum = draw.pick(&[Datum::Wgs84, Datum::Wgs84, Datum::Amsl]);
    let terrain = Some((Metres::from_cm(GROUND_CM.0), Metres::from_cm(GROUND_CM.1)));
    Heights { datum, terrain, pressure: Some(Metres::from_cm(PRESSURE_CM)) }
}

/// What both altitudes are over. Only the first may need to know how high the sea is: its witness is where that is known.
fn data(draw: &mut Draw, line: Datum) -> [Datum; 2] {
    if draw.one_in(2) {
        return [line, line];
    }
    let first = draw.pick(&[Datum::Wgs84, Datum::Amsl, Datum::Agl, Datum::FlightLevel, Datum::Amsl, Datum::Wgs84]);
    let second = if draw.one_in(4) { Datum::Agl } else { line };
    [first, second]
}

fn needs_sea(datum: Datum, line: Datum) -> bool {
    matches!((datum, line), (Datum::Amsl | Datum::FlightLevel, Datum::Wgs84) | (Datum::Wgs84, Datum::Amsl))
}

/// Bands whose witnesses are so far apart: the top of one below the bottom of the other.
fn bands(draw: &mut Draw, data: [Datum; 2], heights: &Heights, gap_cm: i64, sea_cm: f64) -> [(i64, i64, Datum); 2] {
    // By how much an altitude over each datum is higher over the line's, where the witnesses are.
    let over_line = data.map(|datum| {
        let to_sea = if heights.datum == Datum::Wgs84 { sea_cm } else { 0.0 };
        match datum {
            datum if datum == heights.datum => 0.0,
            Datum::Wgs84 => -sea_cm,
            Datum::Amsl => sea_cm,
            Datum::Agl => draw.between(GROUND_CM.0 as f64, GROUND_CM.1 as f64),
            Datum::FlightLevel => to_sea + draw.between(-PRESSURE_CM as f64, PRESSURE_CM as f64),
        }
    });
    let thick = [draw.whole(500_000), draw.whole(500_000)];
    let lower = draw.whole(1_000_000);
    let upper = lower + thick[0];
    let first = (lower, upper, data[0]);
    let moved = over_line[0] - over_line[1];
    let second = if draw.one_in(2) {
        let bottom = libm::floor((upper + gap_cm) as f64 + moved) as i64;
        (bottom, bottom + thick[1], data[1])
    } else {
        let top = libm::ceil((lower - gap_cm) as f64 + moved) as i64;
        (top - thick[1], top, data[1])
    };
    [first, second]
}

/// When what is where.
struct Times {
    gap: Gap,
    slacks: [i64; 2],
    /// First and last time of what stays, and of what moves each vertex.
    when: [Vec<i64>; 2],
    moves: [bool; 2],
}

fn times(draw: &mut Draw, forms: &[Form; 2], kinds: [Kind; 2], number: u64) -> Times {
    let moves = kinds.map(|kind| kind == Kind::Mover);
    let slacks = moves.map(|moves| if moves && draw.one_in(2) { draw.whole(120_000_000) } else { 0 });
    // A witness that moves is there within a microsecond of its whole time.
    let rounding = i64::from(moves[0]) + i64::from(moves[1]);
    let gap = Gap::draw(draw, 120 * MINUTE_US, slacks[0] + slacks[1] - rounding);
    let later = draw.one_in(2);
    let base = NOON_US + (number % APART_IN_TIME) as i64 * EPOCH_US + draw.whole(300 * MINUTE_US);
    let first = if moves[0] { passed(draw, &forms[0], base) } else { (base, vec![base, base + 1 + draw.whole(300 * MINUTE_US)]) };
    // The end of what stays that is nearer to the other.
    let witness = match moves[0] {
        true => first.0,
        false if later => first.1[1],
        false => first.1[0],
    };
    let other = if later { witness + gap.apart } else { witness - gap.apart };
    let second = if moves[1] {
        let (at, times) = passed(draw, &forms[1], 0);
        times.into_iter().map(|us| us + other - at).collect()
    } else {
        let long = 1 + draw.whole(300 * MINUTE_US);
        if later { vec![other, other + long] } else { vec![other - long, other] }
    };
    Times { gap, slacks, when: [first.1, second], moves }
}

/// The time at the known point of a path, and at each vertex, the first being at `start`: at 20 km/h to mach 5.
fn passed(draw: &mut Draw, form: &Form, start: i64) -> (i64, Vec<i64>) {
    let Shape::Path(path) = &form.shape else {
        unreachable!("only paths are passed");
    };
    let mut times = vec![start];
    for ends in path.windows(2) {
        let metres = apart_m(degrees(ends[0]), degrees(ends[1]));
        let seconds = metres / draw.logarithmic(5.0, 1_500.0);
        times.push(times[times.len() - 1] + 1 + (seconds * 1e6) as i64);
    }
    let (leg, part) = form.leg;
    let at = times[leg] + ((times[leg + 1] - times[leg]) as f64 * part) as i64;
    (at, times)
}

/// A volume, unless its way is longer than a passage may be.
fn timed(footprint: Footprint, (lower, upper, datum): (i64, i64, Datum), times: &Times, side: usize) -> Option<Volume> {
    let (when, slack_us) = (&times.when[side], times.slacks[side]);
    let at = |us: i64| Timestamp::from_micros(us);
    let window = Window::try_new(at(when[0] - slack_us), at(when[when.len() - 1] + slack_us)).ok()?;
    let passage = match times.moves[side] {
        true => Some(Passage::try_new(&PassageIn { times_us: when.clone(), slack_us }, footprint.shape(), &window).ok()?),
        false => None,
    };
    let band = AltitudeBand::try_new(Metres::from_cm(lower), Metres::from_cm(upper), datum).ok()?;
    Some(Volume { footprint, band, window, passage })
}
