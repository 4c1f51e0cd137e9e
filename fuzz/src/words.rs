//! Decoders of files and words that people write.

use detente_space::notation::{self, Letters, Notation};
use detente_types::notice::{NoticeKind, Precedence, Precision, Release};
use detente_types::statement::{Kind, Level};
use detente_types::text::{LINE_BYTES_MAX, TEXT_BYTES_MAX, TextIn, check_line, check_text};
use detente_types::{Datum, LineId, NoticeId, Terms, TermsIn, Timestamp};
use detente_wire::certificate::terms_digest;
use detente_wire::codec::{decode, encode};

/// A terms file.
pub(crate) fn terms_toml(data: &[u8]) {
    let Ok(file) = str::from_utf8(data) else { return };
    let Ok(terms) = toml::from_str::<TermsIn>(file) else { return };
    let written = toml::to_string(&terms).expect("what was read can be written");
    assert_eq!(toml::from_str::<TermsIn>(&written).as_ref(), Ok(&terms));
    judge(terms);
}

/// Terms as both sides sign them.
pub(crate) fn terms_cbor(data: &[u8]) {
    let Ok(terms) = decode::<TermsIn>(data, "terms") else { return };
    assert_eq!(encode(&terms), data);
    judge(terms);
}

fn judge(input: TermsIn) {
    let again: TermsIn = decode(&encode(&input), "terms").expect("our own encoding");
    assert_eq!((&again, terms_digest(&again)), (&input, terms_digest(&input)));
    match Terms::try_new(input) {
        Ok(terms) => assert_eq!(terms.input(), &again),
        Err(faults) => assert_eq!(Err(faults), Terms::try_new(again)),
    }
}

/// Anything that is parsed from a line of text.
pub(crate) fn text(data: &[u8]) {
    let Ok(words) = str::from_utf8(data) else { return };
    if check_line("line", words).is_ok() {
        assert!(words.len() <= LINE_BYTES_MAX && !words.contains(['\n', '\0', '\u{202e}', '\u{2028}']));
    }
    let text = TextIn { language: "en".into(), text: words.into() };
    if check_text("text", &text).is_ok() {
        assert!(words.len() <= TEXT_BYTES_MAX && !words.contains(['\0', '\u{202e}', '\u{2028}']));
    }
    if let Some(time) = Timestamp::parse(words) {
        assert_eq!(Timestamp::parse(&time.to_string()), Some(time));
    }
    if let Some(id) = NoticeId::parse(words) {
        assert_eq!(NoticeId::parse(&id.to_string()), Some(id));
    }
    assert_eq!(LineId::parse(words).is_some(), words.trim().len() == 64 && words.trim().bytes().all(|b| b.is_ascii_hexdigit()));
    if let Some(datum) = Datum::from_name(words) {
        assert!(datum.name().eq_ignore_ascii_case(words.trim()));
    }
    named(words);
}

/// A position in any notation: what is written of it is read back, and a square holds what it was written for.
pub(crate) fn position(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    for axis in [notation::Axis::Latitude, notation::Axis::Longitude] {
        let read = notation::parse_coordinate(text, axis);
        assert!(read.is_ok_and(|e7| e7.abs() <= 1_800_000_000) || notation::parse_coordinate(text, axis).is_err());
    }
    let read = match notation::parse(text) {
        Ok(read) => read,
        Err(error) => {
            assert!((1..=text.chars().count() + 1).contains(&error.at), "{error}");
            return;
        }
    };
    assert_eq!(
        (Ok(read), read.cell.is_some()),
        (notation::parse(text), matches!(read.notation, Notation::Mgrs | Notation::Gars))
    );
    for notation in Notation::ALL {
        for letters in [Letters::English, Letters::Russian] {
            let Ok(written) = notation::write(read.position, notation, notation.digits_max(), letters) else { continue };
            let again = notation::parse(&written).expect("our own writing");
            assert_eq!(again.notation, notation, "{written}");
            if matches!(notation, Notation::Decimal | Notation::DegreesMinutes | Notation::DegreesMinutesSeconds) {
                assert_eq!(again.position, read.position, "{written}");
            }
        }
    }
}

/// The closed sets that files name.
fn named(words: &str) {
    let names = [
        NoticeKind::from_name(words).map(NoticeKind::name),
        Kind::from_name(words).map(Kind::name),
        Level::from_name(words).map(Level::name),
        Precedence::from_name(words).map(Precedence::name),
        Precision::from_name(words).map(Precision::name),
        Release::from_name(words).map(Release::name),
    ];
    for name in names.into_iter().flatten() {
        assert!(name.eq_ignore_ascii_case(words.trim()));
    }
}
