//! Latitude and longitude in degrees, minutes and seconds, read exactly and in one way only.
//!
//! A text that can be split into two coordinates in more than one way is refused, not guessed at.

use detente_types::volume::Position;

use super::angle::RIGHT_E7;
use super::error::{NotationError, Wrong};
use super::lex::{Kind, Mark, Number, Token};
use super::{Notation, Parsed};

/// Latitude or longitude.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// Degrees north or south of the equator.
    Latitude,
    /// Degrees east or west of Greenwich.
    Longitude,
}

impl Axis {
    fn name(self) -> &'static str {
        match self {
            Self::Latitude => "latitude",
            Self::Longitude => "longitude",
        }
    }

    fn most_deg(self) -> i64 {
        match self {
            Self::Latitude => 90,
            Self::Longitude => 180,
        }
    }

    fn letters(self) -> &'static str {
        match self {
            Self::Latitude => "N or S (С or Ю)",
            Self::Longitude => "E or W (В or З)",
        }
    }
}

/// One coordinate as written, not yet judged.
#[derive(Clone, Debug)]
struct Coordinate {
    /// The place of its first character, and the one behind its last token.
    at: usize,
    end: usize,
    sign: Option<i64>,
    hemisphere: Option<(Axis, i64)>,
    /// Degrees, minutes, seconds: one to three, with their places.
    parts: Vec<(usize, Number)>,
    /// Whether the degrees carry their mark.
    is_marked: bool,
}

/// The place of a token, or just behind the last.
pub(super) fn place_of(tokens: &[Token], index: usize) -> usize {
    let behind = |token: &Token| {
        let length = match &token.kind {
            Kind::Number(number) => number.text().chars().count(),
            Kind::Word(word) => word.chars().count(),
            _ => 1,
        };
        token.at + length
    };
    match (tokens.get(index), tokens.last()) {
        (Some(token), _) => token.at,
        (None, Some(last)) => behind(last),
        (None, None) => 1,
    }
}

/// The token there is not what was expected, or there is none.
pub(super) fn unexpected(tokens: &[Token], index: usize, expected: &str) -> NotationError {
    let wrong = match tokens.get(index).map(|token| &token.kind) {
        None => Wrong::Ends,
        Some(Kind::Word(word)) => Wrong::Word(word.to_lowercase()),
        Some(Kind::Number(number)) => Wrong::Unexpected(number.whole.chars().next().unwrap_or('0')),
        Some(Kind::Mark(mark)) => Wrong::Unexpected(mark.sign()),
        Some(Kind::Sign(sign)) => Wrong::Unexpected(if *sign < 0 { '-' } else { '+' }),
        Some(Kind::Break) => Wrong::Unexpected(','),
    };
    NotationError { at: place_of(tokens, index), wrong, expected: expected.into() }
}

/// The position of tokens that are neither UTM nor UPS.
pub(super) fn parse(tokens: &[Token]) -> Result<Parsed, NotationError> {
    check_words(tokens)?;
    let breaks: Vec<usize> = (0..tokens.len()).filter(|index| tokens[*index].kind == Kind::Break).collect();
    // A break splits, and nothing else does; without one every gap is tried.
    let (gaps, width) = if breaks.is_empty() { ((1..tokens.len()).collect(), 0) } else { (breaks, 1) };
    let mut readings = Vec::new();
    let mut refusal = None;
    for gap in gaps {
        match (coordinate(tokens, 0, gap), coordinate(tokens, gap + width, tokens.len())) {
            (Ok(first), Ok(second)) => readings.push((first, second)),
            // Where the letters say that one coordinate ends, its own fault is told.
            (Err(error), _) | (_, Err(error)) if refusal.is_none() || Some(gap) == gap_of_letters(tokens) => {
                refusal = Some(error)
            }
            _ => {}
        }
    }
    match &readings[..] {
        [] => Err(refusal.unwrap_or_else(|| unexpected(tokens, tokens.len(), "a latitude and a longitude"))),
        [(first, second)] => judge(first, second, width == 1),
        [_, (_, second), ..] => Err(NotationError {
            at: second.at,
            wrong: Wrong::Ambiguous,
            expected: "letters of the hemisphere or °, ′ and ″".into(),
        }),
    }
}

/// One coordinate by itself, in 1e-7 degree: its letter may stand there, and must be one of its axis.
pub(super) fn parse_one(tokens: &[Token], axis: Axis) -> Result<i64, NotationError> {
    check_letters(tokens)?;
    if tokens.is_empty() {
        let expected = format!("a {} in degrees", axis.name());
        return Err(NotationError { at: 1, wrong: Wrong::Empty, expected });
    }
    let one = coordinate(tokens, 0, tokens.len())?;
    match one.hemisphere {
        Some((found, _)) if found != axis => {
            let expected = format!("a {} with {}", axis.name(), axis.letters());
            return Err(NotationError { at: one.at, wrong: Wrong::OtherAxis(found.name()), expected });
        }
        None if one.parts.len() > 1 && one.sign.is_none() => {
            return Err(one.no_hemisphere(&format!("{}, or a sign", axis.letters())));
        }
        _ => {}
    }
    let parts = one.split(axis)?;
    one.value(axis, &parts)
}

/// Where the second coordinate begins, told by two letters that both stand before or both behind their numbers.
fn gap_of_letters(tokens: &[Token]) -> Option<usize> {
    let letters: Vec<usize> = (0..tokens.len()).filter(|index| matches!(tokens[*index].kind, Kind::Word(_))).collect();
    match letters[..] {
        [0, second] => Some(second),
        [first, second] if second + 1 == tokens.len() => Some(first + 1),
        _ => None,
    }
}

/// Every word must be a hemisphere; there are two of them or none.
fn check_words(tokens: &[Token]) -> Result<(), NotationError> {
    let letters = check_letters(tokens)?;
    check_single(tokens, letters)
}

/// Every word must be a hemisphere, and there are two of them at most: how many there are.
fn check_letters(tokens: &[Token]) -> Result<usize, NotationError> {
    let mut letters = 0;
    for (index, token) in tokens.iter().enumerate() {
        let Kind::Word(word) = &token.kind else {
            continue;
        };
        letters += 1;
        if hemisphere(word).is_some() && letters <= 2 {
            continue;
        }
        let expected = "N, S, E or W, or С, Ю, В or З";
        return Err(match word.as_str() {
            // Latin C and B look like north and east in Cyrillic; Cyrillic Е, Н and Ѕ like letters of English.
            "C" | "B" | "Е" | "Н" | "Ѕ" => {
                let letter = word.chars().next().unwrap_or(' ');
                NotationError { at: token.at, wrong: Wrong::Alphabet(letter), expected: expected.into() }
            }
            _ => unexpected(tokens, index, if letters > 2 { "two coordinates" } else { expected }),
        });
    }
    Ok(letters)
}

/// One letter for two coordinates leaves the other without; for a single number the position is not complete.
fn check_single(tokens: &[Token], letters: usize) -> Result<(), NotationError> {
    let numbers = tokens.iter().filter(|token| matches!(token.kind, Kind::Number(_))).count();
    let word = tokens.iter().position(|token| matches!(token.kind, Kind::Word(_)));
    let axis = word.and_then(|index| match &tokens[index].kind {
        Kind::Word(word) => hemisphere(word).map(|(axis, _)| axis),
        _ => None,
    });
    match (letters, word, axis) {
        _ if numbers == 1 => Err(unexpected(tokens, tokens.len(), "a latitude and a longitude")),
        (1, Some(index), Some(axis)) => {
            let at = place_of(tokens, if index + 1 == tokens.len() { 0 } else { tokens.len() });
            Err(NotationError { at, wrong: Wrong::Hemisphere, expected: other_than(axis).letters().into() })
        }
        _ => Ok(()),
    }
}

fn hemisphere(word: &str) -> Option<(Axis, i64)> {
    match word {
        "N" | "NORTH" | "С" | "СШ" | "СЕВЕР" => Some((Axis::Latitude, 1)),
        "S" | "SOUTH" | "Ю" | "ЮШ" | "ЮГ" => Some((Axis::Latitude, -1)),
        "E" | "EAST" | "В" | "ВД" | "ВОСТОК" => Some((Axis::Longitude, 1)),
        "W" | "WEST" | "З" | "ЗД" | "ЗАПАД" => Some((Axis::Longitude, -1)),
        _ => None,
    }
}

/// Reads the tokens from one place to another as one coordinate: a letter before or after, a sign, one to three
/// numbers with or without their marks.
fn coordinate(tokens: &[Token], from: usize, to: usize) -> Result<Coordinate, NotationError> {
    let kind = |index: usize| tokens[..to].get(index).map(|token| &token.kind);
    let letter = |index: usize| match kind(index) {
        Some(Kind::Word(word)) => hemisphere(word),
        _ => None,
    };
    let mut next = from;
    let before = letter(next);
    next += usize::from(before.is_some());
    let sign = match kind(next) {
        Some(Kind::Sign(sign)) => Some(*sign),
        _ => None,
    };
    next += usize::from(sign.is_some());
    let (mut parts, mut is_marked) = (Vec::new(), false);
    for mark in [Mark::Degree, Mark::Minute, Mark::Second] {
        let Some(Kind::Number(number)) = kind(next) else {
            break;
        };
        parts.push((tokens[next].at, number.clone()));
        next += 1;
        if kind(next) == Some(&Kind::Mark(mark)) {
            is_marked |= mark == Mark::Degree;
            next += 1;
        }
    }
    if parts.is_empty() {
        return Err(unexpected(&tokens[..to], next, "degrees"));
    }
    if let Some((at, _)) = parts[..parts.len() - 1].iter().find(|(_, number)| !number.fraction.is_empty()) {
        return Err(NotationError { at: *at, wrong: Wrong::Fraction, expected: "a fraction in the last part only".into() });
    }
    let after = if before.is_none() { letter(next) } else { None };
    next += usize::from(after.is_some());
    if next < to {
        return Err(unexpected(tokens, next, "the next part of the coordinate, or its end"));
    }
    let end = place_of(&tokens[..to], to);
    Ok(Coordinate { at: place_of(tokens, from), end, sign, hemisphere: before.or(after), parts, is_marked })
}

/// The position of two coordinates, once each is known to be what it seems.
fn judge(first: &Coordinate, second: &Coordinate, is_broken: bool) -> Result<Parsed, NotationError> {
    let (first_axis, second_axis) = match (first.hemisphere, second.hemisphere) {
        (Some((one, _)), Some((other, _))) if one == other => {
            let expected = format!("the {}", other_than(one).name());
            return Err(NotationError { at: second.at, wrong: Wrong::Twice(one.name()), expected });
        }
        (Some((one, _)), Some((other, _))) => (one, other),
        (Some((one, _)), None) => return Err(second.no_hemisphere(other_than(one).letters())),
        (None, Some((other, _))) => return Err(first.no_hemisphere(other_than(other).letters())),
        (None, None) => {
            check_plain(first, second, is_broken)?;
            (Axis::Latitude, Axis::Longitude)
        }
    };
    let (one, other) = (first.split(first_axis)?, second.split(second_axis)?);
    let values = (first.value(first_axis, &one), second.value(second_axis, &other));
    if let (Err(NotationError { at, wrong: Wrong::Latitude(found), .. }), None) = (&values.0, first.hemisphere)
        && second.value(Axis::Latitude, &other).is_ok()
    {
        let expected = "the latitude first, or letters of the hemispheres".into();
        return Err(NotationError { at: *at, wrong: Wrong::Swapped(found.clone()), expected });
    }
    let (one_e7, other_e7) = (values.0?, values.1?);
    let (lat, lon) = if first_axis == Axis::Latitude { (one_e7, other_e7) } else { (other_e7, one_e7) };
    let notation = match one.len().max(other.len()) {
        1 => Notation::Decimal,
        2 => Notation::DegreesMinutes,
        _ => Notation::DegreesMinutesSeconds,
    };
    let position = Position::try_new(lat, lon).expect("held within ±90° and ±180° by Coordinate::value");
    Ok(Parsed::point(notation, position))
}

fn other_than(axis: Axis) -> Axis {
    match axis {
        Axis::Latitude => Axis::Longitude,
        Axis::Longitude => Axis::Latitude,
    }
}

/// Two coordinates without letters: decimal degrees that can be nothing else, or degrees and minutes that both
/// carry a sign.
fn check_plain(first: &Coordinate, second: &Coordinate, is_broken: bool) -> Result<(), NotationError> {
    for (coordinate, axis) in [(first, Axis::Latitude), (second, Axis::Longitude)] {
        if coordinate.parts.len() > 1 && coordinate.sign.is_none() {
            return Err(coordinate.no_hemisphere(&format!("{}, or a sign", axis.letters())));
        }
    }
    let has_fraction = |coordinate: &Coordinate| coordinate.parts.iter().any(|(_, part)| !part.fraction.is_empty());
    let is_apart = is_broken || has_fraction(first) || first.is_marked || second.sign.is_some() || first.parts.len() > 1;
    let is_whole = [first, second].iter().all(|one| !has_fraction(one) && !one.is_marked && one.sign.is_none());
    if !is_apart || is_whole {
        let expected = "letters of the hemispheres, °, or a fraction of degrees".into();
        return Err(NotationError { at: second.at, wrong: Wrong::Ambiguous, expected });
    }
    Ok(())
}

impl Coordinate {
    fn no_hemisphere(&self, expected: &str) -> NotationError {
        NotationError { at: self.end, wrong: Wrong::Hemisphere, expected: expected.into() }
    }

    /// Its parts; digits run together as in aviation (`6007N`, `0245630E`) are taken apart.
    fn split(&self, axis: Axis) -> Result<Vec<(usize, Number)>, NotationError> {
        if let (Some(_), Some(_)) = (self.sign, self.hemisphere) {
            let expected = "one of them".into();
            return Err(NotationError { at: self.at, wrong: Wrong::SignAndLetter, expected });
        }
        let width = if axis == Axis::Latitude { 2 } else { 3 };
        let (at, number) = &self.parts[0];
        let minutes = number.whole.len().saturating_sub(width);
        if self.hemisphere.is_none() || self.is_marked || self.parts.len() > 1 || !matches!(minutes, 2 | 4) {
            return Ok(self.parts.clone());
        }
        let cuts = if minutes == 2 { vec![0, width, width + 2] } else { vec![0, width, width + 2, width + 4] };
        let mut parts: Vec<(usize, Number)> = cuts
            .windows(2)
            .map(|cut| (at + cut[0], Number { whole: number.whole[cut[0]..cut[1]].into(), fraction: String::new() }))
            .collect();
        if let Some((_, last)) = parts.last_mut() {
            last.fraction.clone_from(&number.fraction);
        }
        Ok(parts)
    }

    /// In 1e-7 degree, to the nearest, halves away from 0.
    fn value(&self, axis: Axis, parts: &[(usize, Number)]) -> Result<i64, NotationError> {
        for (place, (at, number)) in parts.iter().enumerate().skip(1) {
            if number.whole() >= 60 {
                let wrong = if place == 1 { Wrong::Minutes(number.text()) } else { Wrong::Seconds(number.text()) };
                return Err(NotationError { at: *at, wrong, expected: "0 to 59, and a fraction".into() });
            }
        }
        // Sixtieths of the last part's power of ten, so that nothing is rounded before the end.
        let tens = parts.last().map_or(0, |(_, number)| number.fraction.len());
        let power = (0..tens).fold(1_i128, |power, _| 10 * power);
        let mut units = 0;
        for (place, (_, number)) in parts.iter().enumerate() {
            let sixty = [3_600, 60, 1][place];
            units += sixty * if number.fraction.is_empty() { number.digits() * power } else { number.digits() };
        }
        let degree = 3_600 * power;
        if units > i128::from(axis.most_deg()) * degree {
            let text = parts.iter().map(|(_, number)| number.text()).collect::<Vec<_>>().join(" ");
            let (wrong, expected) = match axis {
                Axis::Latitude => (Wrong::Latitude(text), "a latitude within 90°"),
                Axis::Longitude => (Wrong::Longitude(text), "a longitude within 180°"),
            };
            return Err(NotationError { at: self.at, wrong, expected: expected.into() });
        }
        let e7 = (2 * units * 10_000_000 + degree) / (2 * degree);
        let sign = self.hemisphere.map(|(_, sign)| sign).or(self.sign).unwrap_or(1);
        Ok(sign * i64::try_from(e7).unwrap_or(RIGHT_E7))
    }
}
