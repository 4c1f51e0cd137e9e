//! Vectors of an independent library, what is read and what is refused, and the laws of writing.

mod laws;
mod read;
mod refused;

use super::*;

/// Written by GeographicLib, as the file's head says.
const VECTORS: &str = include_str!("tests/vectors.txt");

fn at(lat: f64, lon: f64) -> Position {
    Position::try_new((lat * 1e7).round() as i64, (lon * 1e7).round() as i64).unwrap()
}

fn english(position: Position, notation: Notation, digits: u8) -> String {
    write(position, notation, digits, Letters::English).unwrap()
}

/// Position, MGRS, UTM or UPS of each line.
fn vectors() -> impl Iterator<Item = (Position, &'static str, &'static str)> {
    VECTORS.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let [place, mgrs, grid] = line.split("; ").collect::<Vec<_>>()[..] else { panic!("{line}") };
        let (lat, lon) = place.split_once(' ').unwrap();
        (at(lat.parse().unwrap(), lon.parse().unwrap()), mgrs, grid)
    })
}

#[test]
fn mgrs_is_as_an_independent_library_writes_it() {
    assert!(vectors().count() > 300);
    for (position, mgrs, _) in vectors() {
        assert_eq!(english(position, Notation::Mgrs, 5), mgrs, "{position}");
        let (square, digits) = mgrs.split_at(mgrs.len() - 10);
        for count in 0..5 {
            let cut = format!("{square}{}{}", &digits[..count], &digits[5..5 + count]);
            assert_eq!(english(position, Notation::Mgrs, count as u8), cut, "cut off, never rounded");
        }
    }
}

#[test]
fn utm_and_ups_are_as_an_independent_library_writes_them() {
    for (position, _, grid) in vectors() {
        let [zone, east, north] = grid.split(' ').collect::<Vec<_>>()[..] else { panic!("{grid}") };
        let (notation, named) = match zone.split_at(zone.len() - 5) {
            ("", pole) => (Notation::Ups, format!("UPS {pole}")),
            (number, half) => (Notation::Utm, format!("{number} {half}")),
        };
        let metres = [east, north].map(|metres| metres.parse::<f64>().unwrap());
        let (lat, lon) = (i64::from(position.lat_e7()), i64::from(position.lon_e7()));
        let (ours, named_by_us) = match notation {
            Notation::Ups => (polar::forward(zone::Hemisphere::of(lat), lat, lon), named.clone()),
            _ => {
                let (number, half) = (zone::zone_at(lat, lon), zone::Hemisphere::of(lat));
                let (east, north) = zone::project(number, lat, lon);
                ((east, north + half.equator_m()), format!("{number:02} {}", half.word()))
            }
        };
        assert_eq!(named, named_by_us, "{position}");
        let apart = (ours.0 - metres[0]).abs().max((ours.1 - metres[1]).abs());
        assert!(apart < 1e-6, "{position}: {ours:?} is not {grid}");
        let written = english(position, notation, 3);
        assert!(written.ends_with(&format!(" {:.3} {:.3}", ours.0, ours.1)), "{written}");

        let read = parse(&format!("{named} {east} {north}")).unwrap();
        assert_eq!(read.notation, notation);
        laws::near(read.position, position, 0.013);
    }
}
