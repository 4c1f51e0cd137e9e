//! The ground on which two volumes are too close: any two that meet are drawn, or it is said why not.

use detente_gateway::overlap::{Asked, overlap};
use detente_space::{Law, Separation};
use detente_types::height::Heights;
use detente_types::passage::PassageIn;
use detente_types::volume::PositionIn;
use detente_types::{Datum, Metres, Volume, VolumeIn};

const START_US: i64 = 1_795_586_400_000_000;

/// Two volumes near each other: where, how large a step is, how far apart they must stay, then for each its shape, its
/// radius and its vertices in steps.
pub(crate) fn ground(data: &[u8]) {
    let mut bytes = data.iter().copied();
    let mut next = || bytes.next().map_or(0, i64::from);
    let [lat, lon] = [1_800_000_000 / 255, 3_600_000_000_i64 / 255].map(|step| step * next() - step * 255 / 2);
    let scale = 1_i64 << (next() % 24);
    let separation_cm = (next() * scale * 10).min(100_000_000);
    let volumes = [(); 2].map(|()| {
        let (shape, radius, count) = (next(), next(), next());
        let position = |next: &mut dyn FnMut() -> i64| PositionIn {
            lat_e7: (lat + (next() - 128) * scale).clamp(-900_000_000, 900_000_000),
            lon_e7: (lon + (next() - 128) * scale + 5_400_000_000).rem_euclid(3_600_000_000) - 1_800_000_000,
        };
        let (shape, moves) = ((shape % 3 + 1) as u8, shape & 4 > 0);
        let count = if shape == 1 { 1 } else { count % 8 + 2 };
        let ring: Vec<PositionIn> = (0..count).map(|_| position(&mut next)).collect();
        let times_us: Vec<i64> = (0..count).map(|k| START_US + k * 7_000_000_000).collect();
        let end_us = times_us.last().copied().unwrap_or(START_US).max(START_US + 1);
        let passage = (shape == 2 && moves).then_some(PassageIn { times_us, slack_us: 0 });
        let (lower_cm, upper_cm) = (0, 100);
        VolumeIn {
            shape,
            rings: vec![ring],
            radius_cm: radius * scale,
            lower_cm,
            upper_cm,
            datum: 1,
            start_us: START_US,
            end_us,
            passage,
        }
    });
    let [Ok(one), Ok(other)] = volumes.map(|input| Volume::try_from(&input)) else { return };
    let separation = Separation { horizontal: Metres::from_cm(separation_cm), vertical: Metres::ZERO, time_us: 0 };
    let law = Law::from_name("conflict/2", Heights::of(Datum::Amsl)).expect("this version has the law");
    let Some(meeting) = law.meet(&one, &other, &separation) else { return };
    let asked =
        Asked { volumes: [&one, &other], meeting: &meeting, horizontal: separation.horizontal, time_us: 0, follows: true };
    let drawn = overlap(&asked);
    let Ok(drawn) = drawn else { return };
    assert!(drawn.area_m2.is_finite() && drawn.area_m2 > 0.0 && !drawn.polygons.is_empty());
    for ring in drawn.polygons.iter().flatten() {
        assert!(ring.len() > 3 && ring.first() == ring.last(), "a ring is closed");
        assert!(ring.iter().all(|[lon, lat]| lon.abs() <= 180.0 && lat.abs() <= 90.0), "on the earth");
    }
}

/// A corridor that moves and a star, across the antimeridian.
pub(crate) fn two() -> Vec<u8> {
    let head = [200, 255, 16, 20];
    let path = [4, 200, 1, 100, 100, 128, 130, 160, 150];
    let star = [2, 30, 3, 110, 110, 112, 150, 150, 160, 150, 128, 130, 90];
    [&head[..], &path, &star].concat()
}
