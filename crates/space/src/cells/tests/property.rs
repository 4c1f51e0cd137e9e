//! No conflict without a common cell, with the law as judge: pairs at the edge of conflict, placed where grids go wrong.

use detente_types::height::Heights;
use detente_types::passage::{Passage, PassageIn};
use detente_types::volume::{AltitudeBand, Footprint, Shape};

use super::super::*;
use crate::testing::{NOON_US, at, soak, toward, window};

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn part(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / 9_007_199_254_740_992.0
    }

    fn within(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.part()
    }

    fn below(&mut self, end: u64) -> u64 {
        self.bits() % end
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    fn logarithmic(&mut self, from: f64, to: f64) -> f64 {
        libm::exp(self.within(libm::log(from), libm::log(to)))
    }
}

struct Case {
    size: Size,
    law: Law,
    datum: Datum,
    separation: Separation,
    volumes: [Volume; 2],
}

impl Case {
    fn conflicts(&self) -> Option<detente_types::conflict::Meeting> {
        self.law.meet(&self.volumes[0], &self.volumes[1], &self.separation)
    }

    /// The cells of one side, which may have left out some of the growth; `None` when they are more than a set holds.
    fn cells(&self, side: usize, separation: Separation) -> Option<CellSet> {
        let grid = Grid::new(self.size, separation, self.law, self.datum).unwrap();
        grid.cells([&self.volumes[side]]).ok()
    }
}

fn draw(dice: &mut Dice) -> Option<Case> {
    let size = Size {
        cell_m: dice.logarithmic(20.0, 20_000.0) as u32,
        band_m: dice.logarithmic(10.0, 1_000.0) as u32,
        slot_s: dice.logarithmic(10.0, 1_800.0) as u32,
    };
    let some = |dice: &mut Dice, unit: i64| (unit as f64 * dice.pick(&[0.0, 0.1, 0.5, 1.0, 2.0]) * dice.within(0.9, 1.1)) as i64;
    let separation = Separation {
        horizontal: Metres::from_cm(some(dice, i64::from(size.cell_m) * 100)),
        vertical: Metres::from_cm(some(dice, i64::from(size.band_m) * 100)),
        time_us: some(dice, i64::from(size.slot_s) * 1_000_000),
    };
    let over_sea =
        Heights { datum: Datum::Amsl, terrain: Some((Metres::new(-3), Metres::new(90))), pressure: Some(Metres::new(40)) };
    let (law, data) = match dice.below(4) {
        0 => (Law::One, &[Datum::Amsl][..]),
        1 => (Law::Two(over_sea), &[Datum::Amsl, Datum::Agl, Datum::FlightLevel][..]),
        _ => (Law::Two(Heights::of(Datum::Amsl)), &[Datum::Amsl][..]),
    };
    let radii = [(); 2].map(|()| dice.pick(&[0.01, 0.3, 1.0]) * dice.within(0.0, 1.0) * f64::from(size.cell_m));
    let first = anchor(dice, size, separation.horizontal.as_f64() * 0.5 + radii[0]);
    let datum = dice.pick(data);
    let a = volume(dice, size, (first, radii[0], datum), &separation, None)?;
    let from = a.footprint.vertices().nth(dice.below(a.footprint.vertices().count() as u64) as usize)?;
    let away = (radii[0] + radii[1] + separation.horizontal.as_f64()) * dice.within(0.0, 1.3);
    let bearing = bearing(dice);
    let datum = dice.pick(data);
    let b = volume(dice, size, (toward(from, bearing, away), radii[1], datum), &separation, Some(&a))?;
    let mut case = Case { size, law, datum: Datum::Amsl, separation, volumes: [a, b] };
    tighten(dice, &mut case);
    Some(case)
}

fn bearing(dice: &mut Dice) -> f64 {
    if dice.one_in(2) { dice.pick(&[0.0, 45.0, 90.0, 180.0, 225.0, 270.0]) } else { dice.within(0.0, 360.0) }
}

/// A place: at a pole, at the antimeridian or anywhere, often at a corner or side of a cell, or at its growth from one.
fn anchor(dice: &mut Dice, size: Size, reach_m: f64) -> Position {
    let lat = dice.pick(&[90.0, -90.0, 0.0, 59.9, -45.0, 30.0]);
    let lon = dice.pick(&[180.0, 0.0, 24.7, -120.0]);
    let stray = dice.pick(&[0.0, 0.3, 3.0, 40.0]) * f64::from(size.cell_m);
    let bearing_of_stray = bearing(dice);
    let place = toward(at(lat, lon), bearing_of_stray, dice.within(0.0, 1.0) * stray);
    if dice.one_in(3) {
        return place;
    }
    let surface = Surface::new(size.cell_m);
    let (row, column) = surface.cell_of(place);
    let ([south, north], [west, east]) = surface.sides_e7(row, column).unwrap();
    let lat = dice.pick(&[south, north, place.lat_e7().into()]);
    let lon = dice.pick(&[west, east, place.lon_e7().into()]);
    let corner = Position::try_new(lat, lon).unwrap();
    let bearing = bearing(dice);
    let away = dice.pick(&[0.0, 0.0, reach_m, reach_m + 0.5]);
    toward(corner, bearing, away)
}

fn shape(dice: &mut Dice, size: Size, start: Position) -> Shape {
    let reach = f64::from(size.cell_m) * dice.pick(&[0.2, 1.0, 3.0]);
    match dice.below(4) {
        0 => Shape::Point(start),
        1 | 2 => {
            let mut path = vec![start];
            for _ in 0..=dice.below(3) {
                let bearing = bearing(dice);
                path.push(toward(path[path.len() - 1], bearing, reach * dice.within(0.05, 1.0)));
            }
            Shape::Path(path)
        }
        _ => {
            let corners = 3 + dice.below(4);
            let bearing = dice.within(0.0, 360.0);
            let corner = |i: u64| toward(start, bearing + 360.0 * i as f64 / corners as f64, reach * dice.within(0.6, 1.0));
            Shape::Polygon(vec![(0..corners).map(corner).collect()])
        }
    }
}

/// A volume from a place on; with another, at about the separation from it in height and time.
fn volume(
    dice: &mut Dice,
    size: Size,
    (start, radius_m, datum): (Position, f64, Datum),
    separation: &Separation,
    other: Option<&Volume>,
) -> Option<Volume> {
    let footprint = Footprint::try_new(shape(dice, size, start), Metres::from_cm(1 + (radius_m * 100.0) as i64)).ok()?;
    let [slot, tall] = [i64::from(size.slot_s) * 1_000_000, i64::from(size.band_m) * 100];
    let edge = |dice: &mut Dice, unit: i64, growth: i64| {
        let ends = [0, growth / 2, -growth / 2, (growth + 1) / 2, dice.within(0.0, unit as f64) as i64];
        unit * dice.below(3) as i64 + dice.pick(&ends)
    };
    let (mut from, mut lower) = (NOON_US / slot * slot, 0);
    from += edge(dice, slot, separation.time_us);
    lower += edge(dice, tall, separation.vertical.cm());
    if let Some(other) = other {
        let near = |dice: &mut Dice, growth: i64| dice.pick(&[growth, growth, growth / 2, growth + 1, -1, 0]);
        from = if dice.one_in(3) { from } else { other.window.end().micros() + near(dice, separation.time_us) };
        lower = if dice.one_in(3) { lower } else { other.band.upper().cm() + near(dice, separation.vertical.cm()) };
    }
    let upper = lower + dice.pick(&[0.01, 0.5, 1.0, 2.0].map(|part| (part * tall as f64) as i64)).max(1);
    let band = AltitudeBand::try_new(Metres::from_cm(lower), Metres::from_cm(upper), datum).ok()?;
    let lasts = dice.pick(&[1, 1_000_000, slot / 2, slot, slot * 3]);
    let still = Volume { footprint, band, window: window(from, from + lasts), passage: None };
    if matches!(still.footprint.shape(), Shape::Path(_)) && !dice.one_in(4) { moving(dice, still, slot) } else { Some(still) }
}

/// The same as something that moves along its path.
fn moving(dice: &mut Dice, still: Volume, slot_us: i64) -> Option<Volume> {
    let slack_us = dice.pick(&[0, 0, slot_us / 3, slot_us]);
    let mut when = still.window.start().micros();
    let mut times_us = vec![when];
    for _ in 1..still.footprint.vertices().count() {
        when += 1 + (slot_us as f64 * dice.pick(&[0.1, 1.0, 4.0]) * dice.part()) as i64;
        times_us.push(when);
    }
    let whole = window(times_us[0] - slack_us, when + slack_us);
    let passage = Passage::try_new(&PassageIn { times_us, slack_us }, still.footprint.shape(), &whole).ok()?;
    Some(Volume { window: whole, passage: Some(passage), ..still })
}

/// Makes the separation just what the two keep, or a centimetre less, as long as that is some cells at most.
fn tighten(dice: &mut Dice, case: &mut Case) {
    let most = Metres::from_cm(case.separation.horizontal.cm() * 2 + i64::from(case.size.cell_m) * 300);
    let loose = Separation { horizontal: most, ..case.separation };
    let Some(meeting) = case.law.meet(&case.volumes[0], &case.volumes[1], &loose) else {
        return;
    };
    case.separation.horizontal = match dice.below(8) {
        0 => case.separation.horizontal,
        1 => Metres::from_cm((meeting.distance.cm() - 1).max(0)),
        _ => meeting.distance,
    };
    if dice.one_in(2) {
        case.separation.vertical = meeting.vertical_gap;
    }
    if dice.one_in(2) && case.volumes.iter().all(|volume| volume.passage.is_none()) {
        case.separation.time_us = meeting.time_gap_us;
    }
}

#[derive(Debug, Default)]
struct Tally {
    conflicts: u64,
    keep_apart: u64,
    /// Cases whose sets were too large, or whose shapes broke a rule.
    left_out: u64,
    missed: u64,
    /// The first, as its place in the draw.
    first_missed: Option<u64>,
}

/// So many cases, with the second side's growth as `plant` makes it.
fn play(cases: u64, seed: u64, plant: impl Fn(&Case) -> Separation) -> Tally {
    let mut tally = Tally::default();
    for number in 0..cases {
        let Some(case) = draw(&mut Dice(seed.wrapping_add(number.wrapping_mul(0xD134_2543_DE82_EF95)))) else {
            tally.left_out += 1;
            continue;
        };
        if case.conflicts().is_none() {
            tally.keep_apart += 1;
            continue;
        }
        match case.cells(0, case.separation).zip(case.cells(1, plant(&case))) {
            None => tally.left_out += 1,
            Some((one, other)) => {
                tally.conflicts += 1;
                if one.common(&other).is_empty() {
                    tally.missed += 1;
                    tally.first_missed.get_or_insert(number);
                }
            }
        }
    }
    tally
}

/// Ten million pairs at the edge of conflict, or a share of them.
#[test]
fn what_conflicts_shares_a_cell() {
    let pairs = if soak() { 10_000_000 } else { 20_000 };
    let cases = pairs / 8 * 10;
    let tally = play(cases, 1, |case| case.separation);
    assert_eq!(tally.missed, 0, "{tally:?}");
    assert!(tally.conflicts + tally.keep_apart > pairs, "{tally:?}");
    assert!(tally.conflicts * 3 > pairs, "a third at least is in conflict: {tally:?}");
}

/// The property above is worth something: without one side's half of the growth, one way at a time, it fails.
#[test]
fn growth_left_out_on_one_side_is_found_out() {
    let plants: [fn(&Case) -> Separation; 3] = [
        |case| Separation { horizontal: Metres::ZERO, ..case.separation },
        |case| Separation { vertical: Metres::ZERO, ..case.separation },
        |case| Separation { time_us: 0, ..case.separation },
    ];
    for plant in plants {
        let tally = play(3_000, 2, plant);
        assert!(tally.missed > 10, "{tally:?}");
    }
    // Nor is the law's own growth there for nothing.
    let tally = play(30_000, 3, |case| Separation {
        horizontal: Metres::from_cm(case.separation.horizontal.cm() - 2 * REACH_HALF_CM),
        ..case.separation
    });
    assert!(tally.missed > 0, "{tally:?}");
}

/// Nor may one side's volumes be half a cell smaller than they should be, one way at a time: along the earth, up and down, in time.
/// They shrink no further than to nothing.
#[test]
fn half_a_cell_less_on_one_side_is_found_out() {
    // Each end draws back by half of what the separation is made less by.
    let plants: [fn(&Case) -> Separation; 3] = [
        |Case { size, separation, volumes: [_, volume], .. }| {
            let nothing = -2 * volume.footprint.radius().cm();
            let less = separation.horizontal.cm() - i64::from(size.cell_m) * 100;
            Separation { horizontal: Metres::from_cm(less.max(nothing)), ..*separation }
        },
        |Case { size, separation, volumes: [_, volume], .. }| {
            let nothing = volume.band.lower().cm() - volume.band.upper().cm();
            let less = separation.vertical.cm() - i64::from(size.band_m) * 100;
            Separation { vertical: Metres::from_cm(less.max(nothing)), ..*separation }
        },
        |Case { size, separation, volumes: [_, volume], .. }| {
            let lasts = volume.window.start().micros() - volume.window.end().micros();
            let nothing = volume.passage.as_ref().map_or(lasts, |passage| -2 * passage.slack_us());
            let less = separation.time_us - i64::from(size.slot_s) * 1_000_000;
            Separation { time_us: less.max(nothing), ..*separation }
        },
    ];
    for plant in plants {
        let tally = play(3_000, 4, plant);
        assert!(tally.missed > 10, "{tally:?}");
        assert!(tally.conflicts > 500, "{tally:?}");
    }
}
