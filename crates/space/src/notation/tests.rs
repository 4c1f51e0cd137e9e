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
        let ours = english(position, notation, 3);
        let metres: Vec<f64> = ours.split(' ').rev().take(2).map(|metres| metres.parse().unwrap()).collect();
        let apart = [(metres[1], east), (metres[0], north)].map(|(ours, theirs)| (ours - theirs.parse::<f64>().unwrap()).abs());
        assert!(apart.iter().all(|apart| *apart < 0.0011), "{position}: {ours} is not {grid}");
        assert!(notation == Notation::Ups || ours.starts_with(&named), "{position}: {ours} is not {grid}");

        let read = parse(&format!("{named} {east} {north}")).unwrap();
        assert_eq!(read.notation, notation);
        laws::near(read.position, position, 0.013);
    }
}
