//! What holds for every position: what was written is read back, and a square holds what it was written for.

use proptest::prelude::*;

use super::*;
use crate::testing::repeatable;
use detente_types::geometry::earth::surface_point;

/// Asserts that two positions are this near, straight through the earth.
pub(super) fn near(one: Position, other: Position, metres: f64) {
    let apart = (surface_point(one) - surface_point(other)).norm();
    assert!(apart <= metres, "{one} is {apart} m from {other}, {metres} m are allowed");
}

/// Everywhere, and crowded where zones, bands, cells and the globe itself end.
fn position() -> impl Strategy<Value = Position> {
    let spread = (-900_000_000..=900_000_000_i64, -1_800_000_000..=1_800_000_000_i64);
    let jump = prop_oneof![Just(0), -3..=3_i64, -400_000..=400_000_i64];
    let edge = (-180..=180_i64, -720..=720_i64, jump.clone(), jump);
    let edge = edge.prop_map(|(lat, lon, up, along)| (lat * 5_000_000 + up, lon * 2_500_000 + along));
    let exception = (560_000_000..=850_000_000_i64, -10_000_000..=430_000_000_i64);
    let held = |(lat, lon): (i64, i64)| (lat.clamp(-900_000_000, 900_000_000), lon.clamp(-1_800_000_000, 1_800_000_000));
    prop_oneof![2 => spread, 3 => edge, 1 => exception].prop_map(held).prop_map(|(lat, lon)| Position::try_new(lat, lon).unwrap())
}

proptest! {
    #![proptest_config(repeatable(4_000))]

    #[test]
    fn degrees_come_back_as_they_were(position in position(), russian: bool) {
        let letters = if russian { Letters::Russian } else { Letters::English };
        for notation in [Notation::Decimal, Notation::DegreesMinutes, Notation::DegreesMinutesSeconds] {
            for digits in 0..=notation.digits_max() {
                let text = write(position, notation, digits, letters).unwrap();
                let read = parse(&text).unwrap();
                prop_assert_eq!((read.notation, read.cell), (notation, None), "{}", text);
                let half_step = f64::from(10_u32.pow(u32::from(digits))).recip() / 2.0;
                let sixties = [1.0, 60.0, 3600.0][Notation::ALL.iter().position(|one| *one == notation).unwrap()];
                near(read.position, position, half_step / sixties * 111_700.0 * 1.4143 + 0.008);
            }
            let finest = write(position, notation, notation.digits_max(), letters).unwrap();
            prop_assert_eq!(parse(&finest).unwrap().position, position, "{}", finest);
            prop_assert_eq!(parse(&finest.replace('.', ",")).unwrap().position, position, "{}", finest);
        }
    }

    #[test]
    fn a_written_square_holds_the_position(position in position()) {
        for notation in [Notation::Mgrs, Notation::Gars] {
            for digits in 0..=notation.digits_max() {
                let text = english(position, notation, digits);
                let read = parse(&text).unwrap_or_else(|error| panic!("{text} of {position}: {error}"));
                let cell = read.cell.unwrap();
                prop_assert_eq!((read.notation, read.position), (notation, cell.centre));
                near(cell.centre, position, cell.uncertainty.as_f64());
                near(cell.centre, cell.corner, cell.uncertainty.as_f64() + 0.016);
            }
        }
    }

    #[test]
    fn a_square_lies_north_and_east_of_its_corner(position in position()) {
        // The grid's own coordinates of the position, cut off, are the square's digits.
        let text = english(position, Notation::Mgrs, 5);
        let grid = match write(position, Notation::Utm, 3, Letters::English) {
            Ok(utm) => utm,
            Err(_) => english(position, Notation::Ups, 3),
        };
        let metres: Vec<f64> = grid.split(' ').rev().take(2).map(|metres| metres.parse().unwrap()).collect();
        let digits = &text[text.len() - 10..];
        for (written, metres) in [(&digits[..5], metres[1]), (&digits[5..], metres[0])] {
            let within = (metres - written.parse::<f64>().unwrap()).rem_euclid(100_000.0);
            // The millimetre that UTM is rounded by.
            prop_assert!(!(1.0006..=99_999.999_4).contains(&within), "{text} of {grid}");
        }
    }

    #[test]
    fn gars_is_as_fractions_of_degrees_say(position in position()) {
        let (lat, lon) = (f64::from(position.lat_e7()) / 1e7, f64::from(position.lon_e7()) / 1e7);
        let cell = parse(&english(position, Notation::Gars, 2)).unwrap().cell.unwrap();
        let (south, west) = (f64::from(cell.corner.lat_e7()) / 1e7, f64::from(cell.corner.lon_e7()) / 1e7);
        prop_assert!(south <= lat + 1e-9 && lat < south + 5.0 / 60.0 + 1e-7);
        // The south pole, the corner of its whole row, has no longitude.
        if south > -90.0 {
            prop_assert!(west <= lon + 1e-9 && lon < west + 5.0 / 60.0 + 1e-7);
            prop_assert_eq!(english(cell.corner, Notation::Gars, 2), english(position, Notation::Gars, 2));
        }
        prop_assert_eq!(english(cell.centre, Notation::Gars, 2), english(position, Notation::Gars, 2));
    }

    #[test]
    fn a_grid_comes_back(position in position()) {
        let written = write(position, Notation::Utm, 3, Letters::English).or_else(|_| write(position, Notation::Ups, 3, Letters::English));
        // Half a millimetre and half of 1e-7 degree each way.
        near(parse(&written.unwrap()).unwrap().position, position, 0.0088);
    }

    #[test]
    fn no_text_breaks_the_reader(text in ".{0,40}", near_text in "[0-9NSEWСЮВЗ°′″'\", .+-]{0,24}", grid in "[0-9]{0,3} ?[A-Z]{0,3} ?[0-9]{0,12}") {
        for text in [text, near_text, grid] {
            match parse(&text) {
                Ok(read) => prop_assert!(read.notation != Notation::Ups || read.position.lat_e7().abs() > 790_000_000),
                Err(error) => prop_assert!((1..=text.chars().count() + 1).contains(&error.at), "{text:?}: {error}"),
            }
        }
    }
}

#[test]
fn every_letter_of_the_grid_reads_as_one_square_or_is_refused() {
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut squares = 0;
    for (zone, band) in (1..=60).flat_map(|zone| zone::BANDS.chars().map(move |band| (zone, band))) {
        for (column, row) in letters.chars().flat_map(|column| letters.chars().map(move |row| (column, row))) {
            let text = format!("{zone:02}{band}{column}{row}5555555555");
            if let Ok(read) = parse(&text) {
                squares += 1;
                // In its zone and band a square's own middle is written as it was read.
                let written = english(read.position, Notation::Mgrs, 5);
                assert!(written == text || written[..3] != text[..3], "{text} reads as {written}");
            }
        }
    }
    assert!((60_000..80_000).contains(&squares), "{squares}");
}
