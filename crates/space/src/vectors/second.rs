//! The cases of law `conflict/2`: what moves, and altitudes over other data.

use detente_types::height::Heights;
use detente_types::passage::{Passage, PassageIn};
use detente_types::unit::Metres;
use detente_types::volume::{AltitudeBand, Datum, Position, Shape, Volume};

use super::cases::Draw;
use crate::Separation;
use crate::testing::{MINUTE_US, NOON_US, at, toward, volume, window};

pub(super) type Case = (String, Volume, Volume, Separation, Heights);
type Named = (&'static str, Volume, Volume, Separation, Heights);

const OVER_ELLIPSOID: Heights = Heights::of(Datum::Wgs84);
const OVER_SEA: Heights =
    Heights { datum: Datum::Amsl, terrain: Some((Metres::new(-5), Metres::new(120))), pressure: Some(Metres::new(400)) };

/// Nodes of the geoid: corners, the zero meridian, both extremes, the gulf.
pub(super) fn nodes() -> Vec<(usize, usize)> {
    vec![(0, 0), (720, 1439), (360, 720), (378, 1036), (326, 1308), (600, 820), (599, 819), (1, 1439)]
}

pub(super) fn meetings() -> Vec<Case> {
    let by_hand = movers().into_iter().chain(movers_and_places()).chain(altitudes());
    let by_hand = by_hand.map(|(name, a, b, s, h)| (name.to_owned(), a, b, s, h));
    by_hand.chain(drawn(40)).collect()
}

fn apart(horizontal_m: i64, minutes: i64) -> Separation {
    Separation { horizontal: Metres::new(horizontal_m), vertical: Metres::ZERO, time_us: minutes * MINUTE_US }
}

/// Along positions, each with the minute after noon at which it is passed; with a slack in minutes.
fn moving(way: &[(f64, f64, i64)], slack: i64) -> Volume {
    let path = way.iter().map(|&(lat, lon, _)| at(lat, lon)).collect();
    timed(path, way.iter().map(|&(_, _, minute)| NOON_US + minute * MINUTE_US).collect(), slack * MINUTE_US)
}

fn timed(path: Vec<Position>, times_us: Vec<i64>, slack_us: i64) -> Volume {
    let still = volume(Shape::Path(path), 100.0);
    let window = window(times_us[0] - slack_us, times_us[times_us.len() - 1] + slack_us);
    let passage = Passage::try_new(&PassageIn { times_us, slack_us }, still.footprint.shape(), &window).unwrap();
    Volume { window, passage: Some(passage), ..still }
}

fn movers() -> Vec<Named> {
    let east = || moving(&[(60.0, 25.0, 0), (60.0, 26.0, 60)], 0);
    let west = |from: i64, slack: i64| moving(&[(60.0, 26.0, from), (60.0, 25.0, from + 60)], slack);
    let north = |from: i64| moving(&[(59.5, 25.5, from), (60.5, 25.5, from + 60)], 0);
    let over_pole = moving(&[(89.5, 0.0, 0), (89.5, 180.0, 60)], 0);
    let across = moving(&[(89.5, 90.0, 0), (89.5, -90.0, 60)], 0);
    let date_line = moving(&[(-17.0, 179.5, 0), (-17.0, -179.5, 60)], 0);
    let back = moving(&[(-17.0, -179.5, 0), (-17.0, 179.5, 60)], 0);
    let follow = |behind: i64| moving(&[(60.0, 25.0, behind), (60.0, 26.0, 60 + behind)], 0);
    vec![
        ("head on", east(), west(0, 0), apart(0, 0), OVER_ELLIPSOID),
        ("one after the other", east(), west(61, 0), apart(0, 0), OVER_ELLIPSOID),
        ("one after the other, a minute allowed", east(), west(61, 0), apart(0, 1), OVER_ELLIPSOID),
        ("one after the other, late by a minute", east(), west(61, 1), apart(0, 0), OVER_ELLIPSOID),
        ("crossing at one time", east(), north(0), apart(0, 0), OVER_ELLIPSOID),
        ("crossing ten minutes apart", east(), north(10), apart(0, 0), OVER_ELLIPSOID),
        ("crossing ten minutes apart, 5 km", east(), north(10), apart(5_000, 0), OVER_ELLIPSOID),
        ("crossing ten minutes apart, ten allowed", east(), north(10), apart(0, 10), OVER_ELLIPSOID),
        ("a minute behind", east(), follow(1), apart(500, 0), OVER_ELLIPSOID),
        ("a minute behind, 1 km", east(), follow(1), apart(1_000, 0), OVER_ELLIPSOID),
        ("over the pole", over_pole, across, apart(0, 0), OVER_ELLIPSOID),
        ("over the antimeridian", date_line, back, apart(0, 0), OVER_ELLIPSOID),
    ]
}

fn movers_and_places() -> Vec<Named> {
    let truck = || moving(&[(60.0, 25.0, 0), (60.0, 25.4, 20), (60.2, 25.6, 60)], 0);
    let square = |from: i64, to: i64| {
        let corners = [(59.9, 25.3), (59.9, 25.5), (60.1, 25.5), (60.1, 25.3)].map(|(lat, lon)| at(lat, lon)).to_vec();
        Volume {
            window: window(NOON_US + from * MINUTE_US, NOON_US + to * MINUTE_US),
            ..volume(Shape::Polygon(vec![corners]), 0.0)
        }
    };
    let site = |lat: f64, lon: f64| volume(Shape::Point(at(lat, lon)), 200.0);
    vec![
        ("through an area", truck(), square(0, 60), apart(0, 0), OVER_ELLIPSOID),
        ("an area that opens behind", truck(), square(50, 60), apart(0, 0), OVER_ELLIPSOID),
        ("an area that closes before", truck(), square(0, 10), apart(0, 0), OVER_ELLIPSOID),
        ("inside all the while that counts", truck(), square(18, 22), apart(0, 0), OVER_ELLIPSOID),
        ("past a site", truck(), site(60.01, 25.2), apart(1_000, 0), OVER_ELLIPSOID),
        ("past a site, too far", truck(), site(60.05, 25.2), apart(1_000, 0), OVER_ELLIPSOID),
    ]
}

fn altitudes() -> Vec<Named> {
    let over = |lat: f64, lower: i64, upper: i64, datum: Datum| Volume {
        band: AltitudeBand::try_new(Metres::new(lower), Metres::new(upper), datum).unwrap(),
        ..volume(Shape::Point(at(lat, 25.0)), 300.0)
    };
    let vertical = |m: i64| Separation { vertical: Metres::new(m), ..apart(0, 0) };
    let ellipsoid = |upper: i64| over(60.0, 0, upper, Datum::Wgs84);
    vec![
        ("sea over ellipsoid", ellipsoid(1_000), over(60.0, 1_000, 2_000, Datum::Amsl), vertical(20), OVER_ELLIPSOID),
        ("sea over ellipsoid, too high", ellipsoid(1_000), over(60.0, 1_000, 2_000, Datum::Amsl), vertical(10), OVER_ELLIPSOID),
        ("ellipsoid over sea", ellipsoid(1_000), over(60.0, 990, 2_000, Datum::Amsl), vertical(10), OVER_SEA),
        ("above ground", over(60.0, 0, 500, Datum::Amsl), over(60.0, 500, 600, Datum::Agl), vertical(0), OVER_SEA),
        ("above ground, too high", over(60.0, 0, 500, Datum::Amsl), over(60.0, 506, 600, Datum::Agl), vertical(0), OVER_SEA),
        ("a flight level", over(60.0, 0, 500, Datum::Amsl), over(60.0, 900, 900, Datum::FlightLevel), vertical(0), OVER_SEA),
        (
            "a flight level, too high",
            over(60.0, 0, 500, Datum::Amsl),
            over(60.0, 901, 950, Datum::FlightLevel),
            vertical(0),
            OVER_SEA,
        ),
        (
            "a level on the ellipsoid's line",
            ellipsoid(500),
            over(60.0, 950, 950, Datum::FlightLevel),
            vertical(0),
            OVER_ELLIPSOID,
        ),
    ]
}

/// Pairs of which the first, and often the second, moves.
fn drawn(count: usize) -> Vec<Case> {
    let mut draw = Draw(2);
    let case = |i: usize| {
        let one = drawn_mover(&mut draw);
        let other = if i.is_multiple_of(3) { draw.volume() } else { drawn_mover(&mut draw) };
        let minutes = draw.within(0.0, 12.0) as i64;
        (format!("drawn {i}"), one, other, apart(2_000, minutes), OVER_ELLIPSOID)
    };
    (0..count).map(case).collect()
}

fn drawn_mover(draw: &mut Draw) -> Volume {
    let mut path = vec![at(59.6 + draw.within(-0.1, 0.1), 24.7 + draw.within(-0.2, 0.2))];
    let mut times = vec![NOON_US + draw.within(0.0, 20.0) as i64 * MINUTE_US];
    for _ in 0..3 {
        let last = path[path.len() - 1];
        path.push(toward(last, draw.within(0.0, 360.0), draw.within(500.0, 9_000.0)));
        times.push(times[times.len() - 1] + draw.within(1.0, 15.0) as i64 * MINUTE_US);
    }
    timed(path, times, draw.within(0.0, 3.0) as i64 * MINUTE_US)
}
