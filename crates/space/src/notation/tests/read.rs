//! What people write, and what it means.

use super::*;

/// The text reads as this notation and as this position, to within 1e-7 degree.
fn check(text: &str, notation: Notation, lat: f64, lon: f64) {
    let read = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(read.notation, notation, "{text}");
    assert_eq!(read.position, at(lat, lon), "{text}");
}

#[test]
fn degrees_in_every_dress() {
    use Notation::{Decimal, DegreesMinutes as Minutes, DegreesMinutesSeconds as Seconds};
    for text in [
        "60.5 24.75",
        "60.5, 24.75",
        "60.5,24.75",
        "60.5; 24.75",
        "60.5/24.75",
        "+60.5 +24.75",
        "60.5N 24.75E",
        "60.5 N, 24.75 E",
        "N60.5 E24.75",
        "n 60.5 e 24.75",
        "60.5°N 24.75°E",
        "60.5° 24.75°",
        "24.75E 60.5N",
        "60.5N E24.75",
        "60,5 24,75",
        "60,5; 24,75",
        "60,5, 24,75",
        "60,5°С 24,75°В",
        "С60,5 В24,75",
        "60,5° с.ш., 24,75° в.д.",
        "60,5° с. ш. 24,75° в. д.",
        "60.5 сш 24.75 вд",
        "60.5 north 24.75 east",
        "60.5 deg N 24.75 deg E",
        "60.5 град. с.ш. 24.75 град. в.д.",
        "  60.5º N\t24.75˚ E ",
    ] {
        check(text, Decimal, 60.5, 24.75);
    }
    for text in [
        "60°30'N 24°45'E",
        "60°30′N 24°45′E",
        "60 30 N 24 45 E",
        "60°30.0′N, 024°45.000′E",
        "N60°30' E024°45'",
        "60° 30' N / 24° 45' E",
        "+60 30 +24 45",
        "+60°30'+24°45'",
        "6030N 02445E",
        "6030N02445E",
        "N6030 E02445",
        "60 30 с.ш. 24 45 в.д.",
        "60°30,0′ С, 24°45,0′ В",
        "60 град 30 мин с.ш. 24 град 45 мин в.д.",
    ] {
        check(text, Minutes, 60.5, 24.75);
    }
    for text in [
        "60°30'00\"N 24°45'00\"E",
        "60°30′0″N 24°45′0″E",
        "60°30'0''N 24°45'0''E",
        "60 30 00 N 24 45 00 E",
        "603000N 0244500E",
        "603000N0244500E",
        "603000.00N 0244500.00E",
        "60°30’00”N 24°45’00”E",
        "N 60 30 00, E 24 45 00",
        "60 град 30 мин 0 сек с.ш. 24 град 45 мин 0 сек в.д.",
    ] {
        check(text, Seconds, 60.5, 24.75);
    }
}

#[test]
fn degrees_south_west_and_at_the_ends() {
    use Notation::{Decimal, DegreesMinutes as Minutes, DegreesMinutesSeconds as Seconds};
    check("-33.5 -70.25", Decimal, -33.5, -70.25);
    check("−33.5 −70.25", Decimal, -33.5, -70.25);
    check("33.5S 70.25W", Decimal, -33.5, -70.25);
    check("33,5 Ю 70,25 З", Decimal, -33.5, -70.25);
    check("33°30' ю.ш. 70°15' з.д.", Minutes, -33.5, -70.25);
    check("-33 30 -70 15", Minutes, -33.5, -70.25);
    check("60, 24.75", Decimal, 60.0, 24.75);
    check("60 -24", Decimal, 60.0, -24.0);
    check("0.0 0.0", Decimal, 0.0, 0.0);
    check("0°N 0°E", Decimal, 0.0, 0.0);
    check("90N 17E", Decimal, 90.0, 0.0);
    check("0N 180E", Decimal, 0.0, 180.0);
    check("0N 180W", Decimal, 0.0, 180.0);
    check("59°59'59.9999999\"N 1E", Seconds, 60.0, 1.0);
    check("0.00000005N 0.00000004E", Decimal, 0.000_000_1, 0.0);
    check("60.123456749999999999999N 1E", Decimal, 60.123_456_7, 1.0);
}

#[test]
fn one_coordinate_alone() {
    for text in ["60.5", "60,5", "60°30'N", "60 30 N", "6030N", "+60 30", "60,5 с.ш.", "60°30′С"] {
        assert_eq!(parse_coordinate(text, Axis::Latitude), Ok(605_000_000), "{text}");
    }
    assert_eq!(parse_coordinate("-33", Axis::Longitude), Ok(-330_000_000));
    assert_eq!(parse_coordinate("024°45′W", Axis::Longitude), Ok(-247_500_000));
    for (text, message) in [
        ("", "no position at character 1; expected a longitude in degrees"),
        ("60 30", "no hemisphere at character 6; expected E or W (В or З), or a sign"),
        ("60N", "a latitude at character 1; expected a longitude with E or W (В or З)"),
        ("181", "longitude 181° is over 180° at character 1; expected a longitude within 180°"),
        ("24E 60N", "`6` has no place here at character 5; expected the next part of the coordinate, or its end"),
        ("24 km", "the word `km` is not known here at character 4; expected N, S, E or W, or С, Ю, В or З"),
    ] {
        assert_eq!(parse_coordinate(text, Axis::Longitude).map_err(|error| error.to_string()), Err(message.into()), "{text}");
    }
}

#[test]
fn grids_in_every_dress() {
    let mgrs = parse("38SMB4488").unwrap();
    for text in ["38S MB 44 88", "38s mb 44 88", "38SMB 44 88", "38 S MB 4488", " 38SMB4488 "] {
        assert_eq!(parse(text).unwrap(), mgrs, "{text}");
    }
    let cell = mgrs.cell.unwrap();
    assert_eq!((cell.size, cell.uncertainty), (Size::Metres(1_000), Metres::from_cm(70_740)));
    let metre = parse("38SMB4450088500").unwrap();
    laws::near(metre.position, cell.centre, metre.uncertainty().as_f64());
    assert_eq!(english(metre.position, Notation::Mgrs, 5), "38SMB4450088500");
    let utm = parse("38 north 444500 3688500").unwrap();
    assert_eq!(utm.position, cell.centre);
    for text in [
        "38N 444500 3688500",
        "UTM 38 north 444500 3688500",
        "utm 38 n 444500mE 3688500mN",
        "38 north, 444500 E, 3688500 N",
        "38 север 444500 3688500",
        "38 north 444500.0 3688500.0",
        "38 north 444500,0 3688500,0",
        "38 north 444500,3688500",
    ] {
        assert_eq!(parse(text).unwrap(), utm, "{text}");
    }
    let ups = parse("Z 2183555.078 1959007.421").unwrap();
    assert_eq!((ups.notation, parse("UPS north 2183555.078 1959007.421").unwrap()), (Notation::Ups, ups));
    assert_eq!(parse("UPS Z 2183555.078mE 1959007.421mN").unwrap(), ups);
    assert_eq!(parse("север 2183555.078 1959007.421").unwrap(), ups);
}

#[test]
fn the_letter_s_is_a_band_or_the_south_where_only_one_makes_sense() {
    assert_eq!(parse("34S 500000 6000000").unwrap().position, parse("34 south 500000 6000000").unwrap().position);
    assert_eq!(parse("38 R 444500 3288500").unwrap().position, parse("38 north 444500 3288500").unwrap().position);
    assert_eq!(parse("34H 500000 6300000").unwrap().position, parse("34 south 500000 6300000").unwrap().position);
}

#[test]
fn bugs_of_other_programs() {
    // A northing of 64.00 to 64.03° N taken for one 2,000 km further south.
    for (text, lat) in [("27WVM0000100010", 64.0), ("27WVM0000103000", 64.027), ("27VWL0000097003", 63.999)] {
        let read = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert!((f64::from(read.position.lat_e7()) / 1e7 - lat).abs() < 0.1, "{text}: {}", read.position);
    }
    // Rounded up, this digit would name the next square.
    assert_eq!(english(parse("38SMB9999999999").unwrap().position, Notation::Mgrs, 1), "38SMB99");
    // South of 80.16° S.
    assert_eq!(english(at(-80.5, 10.0), Notation::Mgrs, 5), "BBY8355540992");
    laws::near(parse("BBY8355540992").unwrap().position, at(-80.5, 10.0), 0.8);
    // Bergen lies in the widened zone 32, Longyearbyen in the widened zone 33.
    assert!(english(at(60.39, 5.32), Notation::Mgrs, 5).starts_with("32V"));
    assert!(english(at(60.39, 2.99), Notation::Mgrs, 5).starts_with("31V"));
    assert!(english(at(78.22, 15.65), Notation::Mgrs, 5).starts_with("33X"));
    assert!(english(at(78.22, 8.99), Notation::Mgrs, 5).starts_with("31X"));
    // The square that the edge of zone 31 cuts is measured whole, and holds what lies in it.
    let cut = parse("31UGT").unwrap().cell.unwrap();
    assert_eq!(cut.size, Size::Metres(100_000));
    // Where other programs panic, or lose a zone.
    assert_eq!(english(at(0.0, 0.0), Notation::Mgrs, 5), "31NAA6602100000");
    assert_eq!(english(at(0.0, 180.0), Notation::Mgrs, 5), "01NAA6602100000");
    assert_eq!(english(at(0.0, 179.999_999_9), Notation::Mgrs, 5), "60NZF3397800000");
    assert_eq!(english(at(90.0, 0.0), Notation::Mgrs, 5), "ZAH0000000000");
    assert_eq!(english(at(-90.0, 0.0), Notation::Mgrs, 5), "BAN0000000000");
}

#[test]
fn cells_of_the_globe() {
    for (lat, lon, text) in [
        (57.649_11, 10.407_44, "381NH45"),
        (-90.0, 0.0, "361AA37"),
        (-89.999_999_9, -180.0, "001AA37"),
        (90.0, 0.0, "361QZ11"),
        (0.0, 0.0, "361HN37"),
        (-0.000_000_1, -0.000_000_1, "360HM23"),
    ] {
        assert_eq!(english(at(lat, lon), Notation::Gars, 2), text);
        assert_eq!(english(at(lat, lon), Notation::Gars, 1), text[..6]);
        assert_eq!(english(at(lat, lon), Notation::Gars, 0), text[..5]);
    }
    let cell = parse("006AG39").unwrap().cell.unwrap();
    assert_eq!((cell.corner.to_string().as_str(), cell.size), ("87.0000000°S 177.3333333°W", Size::Minutes(5)));
    assert_eq!(parse("006ag3").unwrap().cell.unwrap().size, Size::Minutes(15));
    assert_eq!(parse("006 AG").unwrap().cell.unwrap().size, Size::Minutes(30));
}

#[test]
fn names_and_the_ends_of_grids() {
    for notation in Notation::ALL {
        assert_eq!(Notation::from_name(notation.name()), Some(notation));
        let digits = notation.digits_max() + 1;
        assert_eq!(write(at(0.0, 0.0), notation, digits, Letters::English), Err(WriteError::TooFine { notation, digits }));
    }
    assert_eq!(Notation::from_name("MGRS"), None);
    assert_eq!(write(at(84.0, 0.0), Notation::Utm, 0, Letters::English), Err(WriteError::NotUtm));
    assert_eq!(write(at(-80.0, 0.0), Notation::Ups, 0, Letters::English), Err(WriteError::NotUps));
    assert_eq!(english(at(-80.0, 0.0), Notation::Utm, 0), "31 south 441868 1116915");
    assert_eq!(english(at(84.0, 0.0), Notation::Ups, 0), "Z 2000000 1333272");
}
