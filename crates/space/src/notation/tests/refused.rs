//! What is refused, with the character and the words.

use super::*;

#[test]
fn every_refusal_names_the_character_and_what_was_expected() {
    for (text, message) in REFUSALS {
        assert_eq!(parse(text).map_err(|error| error.to_string()), Err((*message).to_owned()), "{text}");
    }
}

#[test]
fn long_texts_are_refused_unread() {
    let error = parse(&"9".repeat(TEXT_CHARS_MAX + 1)).unwrap_err();
    assert_eq!((error.at, &error.wrong), (TEXT_CHARS_MAX + 1, &Wrong::TooLong));
    assert_eq!(error.expected, "at most 120 characters");
    assert_eq!(parse(&format!("60N 24E{}", " ".repeat(TEXT_CHARS_MAX - 7))).map(|read| read.position), Ok(at(60.0, 24.0)));
}

#[test]
fn a_message_never_steers_a_screen() {
    for (text, shown) in
        [("\0", "`\\0`"), ("60\u{202e}N", "`\\u{202e}`"), ("6\u{1b}", "`\\u{1b}`"), ("60\\", "`\\`"), ("60N 24#", "`#`")]
    {
        let told = parse(text).unwrap_err().to_string();
        assert!(told.starts_with(shown) && !told.contains(char::is_control), "{told:?}");
    }
}

#[test]
fn what_cannot_be_written_says_why() {
    let message = |notation, digits| write(at(0.0, 0.0), notation, digits, Letters::English).unwrap_err().to_string();
    assert_eq!(message(Notation::Mgrs, 6), "6 digits asked for, mgrs has at most 5");
    assert_eq!(message(Notation::Ups, 0), WriteError::NotUps.to_string());
}

const REFUSALS: &[(&str, &str)] = &[
    ("", "no position at character 1; expected a position such as 60.1699°N 24.9384°E or 35VLG8561172118"),
    ("60.1", "the position ends early at character 5; expected a latitude and a longitude"),
    ("60.1N", "the position ends early at character 6; expected a latitude and a longitude"),
    ("91N 24E", "latitude 91° is beyond a pole at character 1; expected a latitude within 90°"),
    ("90.0000001N 24E", "latitude 90.0000001° is beyond a pole at character 1; expected a latitude within 90°"),
    ("60N 181E", "longitude 181° is over 180° at character 5; expected a longitude within 180°"),
    (
        "124.9 60.1",
        "latitude 124.9° is beyond a pole; the longitude seems to stand first at character 1; expected the latitude first, or letters of the hemispheres",
    ),
    ("24.9E 160.1N", "latitude 160.1° is beyond a pole at character 7; expected a latitude within 90°"),
    ("60°75'N 24°E", "75 minutes at character 4; expected 0 to 59, and a fraction"),
    ("60°30'60\"N 24°E", "60 seconds at character 7; expected 0 to 59, and a fraction"),
    ("60°30'N 24°60.5'E", "60.5 minutes at character 12; expected 0 to 59, and a fraction"),
    ("60.5°30'N 24°E", "a fraction before a finer part at character 1; expected a fraction in the last part only"),
    ("60 30", "more than one way to read this at character 4; expected letters of the hemispheres, °, or a fraction of degrees"),
    ("60, 30", "more than one way to read this at character 5; expected letters of the hemispheres, °, or a fraction of degrees"),
    ("60,30", "more than one way to read this at character 4; expected letters of the hemispheres, °, or a fraction of degrees"),
    (
        "60 24.5",
        "more than one way to read this at character 4; expected letters of the hemispheres, °, or a fraction of degrees",
    ),
    ("60 30 24 45", "more than one way to read this at character 7; expected letters of the hemisphere or °, ′ and ″"),
    ("60°30' 24°45'", "no hemisphere at character 7; expected N or S (С or Ю), or a sign"),
    ("N60 30 24 45E", "more than one way to read this at character 8; expected letters of the hemisphere or °, ′ and ″"),
    (
        "N60 30,24 45E",
        "more than one way to read this at character 7; expected a decimal point, or a space beside a comma that separates",
    ),
    ("60.5N 24.9", "no hemisphere at character 11; expected E or W (В or З)"),
    ("60.5 24.9E", "no hemisphere at character 1; expected N or S (С or Ю)"),
    ("60N 24S", "a second latitude at character 5; expected the longitude"),
    ("60E 24W", "a second longitude at character 5; expected the latitude"),
    ("-60N 24E", "both a sign and a letter for the hemisphere at character 1; expected one of them"),
    ("60N 24E 5", "the word `e` is not known here at character 7; expected the next part of the coordinate, or its end"),
    ("60N 24E W", "the word `w` is not known here at character 9; expected two coordinates"),
    (
        "60.5C 24.9B",
        "the letter C is of another alphabet and may be misread at character 5; expected N, S, E or W, or С, Ю, В or З",
    ),
    (
        "60.5Н 24.9Е",
        "the letter Н is of another alphabet and may be misread at character 5; expected N, S, E or W, or С, Ю, В or З",
    ),
    ("60.5N 24.9Q", "the word `q` is not known here at character 11; expected N, S, E or W, or С, Ю, В or З"),
    ("60.5 nord 24.9 ost", "the word `nord` is not known here at character 6; expected N, S, E or W, or С, Ю, В or З"),
    ("60.5# 24.9", "`#` has no place here at character 5; expected a number, a letter of the hemisphere or a mark"),
    ("60°30″N 24°E", "`″` has no place here at character 6; expected the next part of the coordinate, or its end"),
    ("N60N E24", "the word `e` is not known here at character 6; expected two coordinates"),
    ("1234567890N 24E", "a number of 10 digits at character 1; expected at most 9 before the point"),
    ("61SMB44", "zone 61 does not exist at character 1; expected 1 to 60"),
    ("00SMB44", "zone 0 does not exist at character 1; expected 1 to 60"),
    ("38IMB44", "the letter I is not used here at character 3; expected a band from C to X but I and O"),
    ("38AMB44", "the letter A is not used here at character 3; expected a band from C to X but I and O"),
    ("38SAB44", "the column A is not in zone 38 at character 4; expected one of JKLMNPQR"),
    ("38SMW44", "the row W does not exist at character 5; expected a letter from A to V but I and O"),
    ("38SMI44", "the row I does not exist at character 5; expected a letter from A to V but I and O"),
    ("38TMB44", "the square MB lies outside 38T at character 4; expected a square of this zone and band"),
    ("31UKA44", "the column K is not in zone 31 at character 4; expected one of ABCDEFGH"),
    ("32XMG44", "zone 32X does not exist at character 1; expected 31, 33, 35 or 37 between 0° and 42° E in band X"),
    ("31VEA44", "the square EA lies outside 31V at character 4; expected a square of this zone and band"),
    ("38SMB448", "3 digits, which do not halve at character 6; expected as many for the easting as for the northing"),
    ("38S MB 448 8", "3 digits of easting and 1 of northing at character 12; expected as many of one as of the other"),
    ("38SMB44O8", "`O` has no place here at character 8; expected digits only after the square"),
    ("38SMB444444888888", "6 digits for each of easting and northing at character 6; expected at most 5, which is one metre"),
    ("38СМВ4488", "the letter С is of another alphabet and may be misread at character 3; expected a Latin letter"),
    ("YAB22", "the column A is not in zone Y at character 2; expected one of RSTUXYZ"),
    ("ZRA22", "the column R is not in zone Z at character 2; expected one of ABCFGHJ"),
    ("ZAZ22", "the row Z does not exist at character 3; expected one of ABCDEFGHJKLMNP"),
    ("ZGA22", "the square GA lies outside Z at character 2; expected a square with ground beyond 84° N or 80° S"),
    ("000AA", "the GARS column 000 does not exist at character 1; expected 001 to 720"),
    ("721AA", "the GARS column 721 does not exist at character 1; expected 001 to 720"),
    ("001IA", "the letter I is not used here at character 4; expected a letter from A to Z but I and O"),
    ("006АG39", "the letter А is of another alphabet and may be misread at character 4; expected a Latin letter"),
    ("001RA", "the GARS row is beyond the north pole at character 4; expected AA to QZ"),
    ("006AG5", "`5` has no place here at character 6; expected 1 to 4"),
    ("006AG30", "`0` has no place here at character 7; expected 1 to 9"),
    ("006AG391", "`1` has no place here at character 8; expected the end after two digits"),
    ("38 444500 3688500", "no hemisphere at character 4; expected `north` or `south`, or the letter of the band"),
    ("38S 444500 3688500", "more than one way to read this at character 3; expected `south`, or `north` for band S"),
    (
        "38С 444500 3688500",
        "the letter С is of another alphabet and may be misread at character 3; expected a Latin letter of a band, or `север`, `юг`",
    ),
    ("38I 444500 3688500", "the letter I is not used here at character 3; expected a band from C to X but I and O"),
    ("38T 444500 3688500", "the letter T contradicts the numbers at character 3; expected 40° to 48° latitude"),
    ("61 north 444500 3688500", "zone 61 does not exist at character 1; expected 1 to 60"),
    (
        "32 north 500000 8500000",
        "zone 32X does not exist at character 1; expected 31, 33, 35 or 37 between 0° and 42° E in band X",
    ),
    ("32X 500000 8500000", "zone 32X does not exist at character 1; expected 31, 33, 35 or 37 between 0° and 42° E in band X"),
    ("38 north 1444500 3688500", "the easting 1444500 m is outside zone 38 at character 10; expected 0 to 1000000 m"),
    (
        "38 north 444500 9688500",
        "the northing 9688500 m is outside zone 38 at character 17; expected a place between 80° S and 84° N",
    ),
    (
        "38 south 444500 688500",
        "the northing 688500 m is outside zone 38 at character 17; expected a place between 80° S and 84° N",
    ),
    ("38 north 444500", "the position ends early at character 16; expected the northing in metres"),
    ("38 north 444500 3688500 7", "`7` has no place here at character 25; expected the end after the northing"),
    (
        "38 nord 444500 3688500",
        "the word `nord` is not known here at character 4; expected `north` or `south`, or the letter of the band",
    ),
    (
        "A 2100000 2100000",
        "the letter A contradicts the numbers at character 1; expected A or Y up to an easting of 2000000 m, B or Z from it",
    ),
    (
        "Z 5100000 2100000",
        "the easting 5100000 m and northing 2100000 m is outside UPS north at character 3; expected a place beyond 84° N or 80° S",
    ),
    ("UPS 2100000 2100000", "`2` has no place here at character 5; expected A or B in the south, Y or Z in the north"),
    ("UPS K 2100000 2100000", "the word `k` is not known here at character 5; expected A or B in the south, Y or Z in the north"),
    ("60N 30", "no hemisphere at character 7; expected E or W (В or З)"),
    ("N", "no hemisphere at character 1; expected E or W (В or З)"),
    ("N E", "the position ends early at character 2; expected degrees"),
    (",", "the position ends early at character 1; expected degrees"),
    ("60.5, ", "the position ends early at character 6; expected a latitude and a longitude"),
    ("60.5N, 24.5E, 3", "`,` has no place here at character 13; expected the next part of the coordinate, or its end"),
    ("60N", "the position ends early at character 4; expected a latitude and a longitude"),
    ("60N 02475E", "75 minutes at character 8; expected 0 to 59, and a fraction"),
    ("38 north 444500.5x 3688500", "the word `x` is not known here at character 18; expected the northing in metres"),
    ("UTM 38", "no hemisphere at character 7; expected `north` or `south`, or the letter of the band"),
    ("60,5N 24,9", "no hemisphere at character 11; expected E or W (В or З)"),
];
