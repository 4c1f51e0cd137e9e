//! Shapes, windows and details of drawn notices: over the Gulf of Finland, spread so that some meet and most do not.

use detente_testkit::notices::{circle, corridor, polygon};
use detente_types::notice::DetailIn;
use detente_types::volume::VolumeIn;
use detente_types::{NoticeKind, PassageIn, Position, Release, Timestamp};

use crate::dice::Dice;
use crate::invariant::markers::Markers;
use crate::officer::Desk;

/// The part of the gulf that they lie in, 1e-7 degree; inside the area of the fixture's terms with room for the widest
/// grid.
const LAT_E7: (i64, i64) = (592_000_000, 605_000_000);
const LON_E7: (i64, i64) = (235_000_000, 290_000_000);
const DEGREE_E7: i64 = 10_000_000;
/// The code of a path.
const PATH: u8 = 2;

/// Volumes for a notice of a kind. What is stated on a grid is small, so that the grid's cells stay few.
pub(crate) fn drawn_volumes(kind: NoticeKind, release: Release, desk: &Desk<'_>, dice: &mut Dice) -> Vec<VolumeIn> {
    let count = if dice.chance(150) { dice.between(2, 4) } else { 1 };
    let mut volumes: Vec<VolumeIn> = (0..count).map(|_| drawn_volume(kind, release, desk.now, dice)).collect();
    if desk.line.terms().converts_altitudes() {
        volumes.iter_mut().for_each(|volume| of_second_law(volume, dice));
    }
    volumes
}

/// What only the second law takes: times along a path, and other data.
fn of_second_law(volume: &mut VolumeIn, dice: &mut Dice) {
    if dice.chance(300) {
        volume.datum = dice.between(0, 3) as u8;
    }
    let legs = volume.rings[0].len() as i64 - 1;
    if volume.shape == PATH && legs > 0 && dice.chance(800) {
        let slack_us = dice.between(0, 120_000_000);
        let (start, end) = (volume.start_us + slack_us, volume.end_us - slack_us);
        let times_us = (0..=legs).map(|i| start + (end - start) * i / legs).collect();
        volume.passage = Some(PassageIn { times_us, slack_us });
    }
}

fn drawn_volume(kind: NoticeKind, release: Release, now: Timestamp, dice: &mut Dice) -> VolumeIn {
    let most_m = if release == Release::Km1 { 1_200 } else { 6_000 };
    let start = now.plus_micros(dice.between(0, 4 * 3_600_000_000));
    let end = start.plus_micros(dice.between(600_000_000, 3 * 3_600_000_000));
    let centre = position(dice, None);
    let mut volume = match kind {
        NoticeKind::Movement => corridor(&path(dice, centre, most_m), dice.between(50, 400), start, end),
        NoticeKind::Airspace | NoticeKind::Exercise => polygon(&triangle(dice, centre, most_m), start, end),
        _ => circle(centre, dice.between(50, most_m), start, end),
    };
    volume.lower_cm = dice.between(0, 2_000) * 100;
    volume.upper_cm = volume.lower_cm + dice.between(1, 1_500) * 100;
    volume
}

/// A position, anywhere or at most so many metres from another.
fn position(dice: &mut Dice, near: Option<(Position, i64)>) -> Position {
    let (lat, lon) = match near {
        None => (dice.between(LAT_E7.0, LAT_E7.1), dice.between(LON_E7.0, LON_E7.1)),
        Some((centre, reach_m)) => {
            // A degree of latitude has about 111 km.
            let reach = reach_m * DEGREE_E7 / 111_000;
            (i64::from(centre.lat_e7()) + dice.between(-reach, reach), i64::from(centre.lon_e7()) + dice.between(-reach, reach))
        }
    };
    Position::try_new(lat, lon).expect("drawn over the gulf")
}

fn path(dice: &mut Dice, from: Position, reach_m: i64) -> Vec<Position> {
    let mut path = vec![from];
    for _ in 0..dice.between(1, 3) {
        let last = path[path.len() - 1];
        path.push(position(dice, Some((last, reach_m))));
    }
    path.dedup();
    path
}

/// Three corners round a centre, in order, well apart.
fn triangle(dice: &mut Dice, centre: Position, reach_m: i64) -> Vec<Position> {
    let reach = (reach_m * DEGREE_E7 / 111_000).max(1_000);
    let mut corner = |north: i64, east: i64| {
        let lat = i64::from(centre.lat_e7()) + north * reach + dice.between(-reach / 4, reach / 4);
        let lon = i64::from(centre.lon_e7()) + east * reach + dice.between(-reach / 4, reach / 4);
        Position::try_new(lat, lon).expect("drawn over the gulf")
    };
    vec![corner(1, 0), corner(-1, -1), corner(-1, 1)]
}

/// The fixture's details with marks in their words.
pub(crate) fn drawn_detail(kind: NoticeKind, input: u64, detail: Option<DetailIn>) -> Option<DetailIn> {
    let mut detail = detail?;
    let mark = || Some(Markers::text(input, 15));
    match kind {
        NoticeKind::Site => detail.function = mark(),
        NoticeKind::Movement => detail.cargo = mark(),
        NoticeKind::Exercise => detail.designation = mark(),
        NoticeKind::Safety => detail.endangered = mark(),
        NoticeKind::Airspace => detail.measure = mark(),
        NoticeKind::Operation | NoticeKind::Hazard => detail.activity = mark(),
        _ => {}
    }
    Some(detail)
}
