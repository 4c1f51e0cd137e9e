//! UTM and UPS: metres on the grid, with a fraction where one is written.

use detente_types::volume::Position;

use super::error::{NotationError, WriteError, Wrong};
use super::lex::{Kind, Number, Token};
use super::polar::{self, POLE_M};
use super::text::is_foreign;
use super::zone::{self, Band, Hemisphere};
use super::{Notation, Parsed};

/// An easting or a northing has at least so many whole digits where it tells a grid from degrees.
const METRES_DIGITS: usize = 5;
/// The widest eastings of UTM, in metres: half a zone and more to either side.
const UTM_EAST_M: f64 = 1_000_000.0;
/// How far a position may lie beyond the latitudes of its grid, in degrees: grids overlap by as much.
const OVERLAP_DEG: f64 = 0.5;
/// A metre, about, by which a rounded northing may leave its band, in degrees.
const BAND_SLACK_DEG: f64 = 1e-5;

/// Rounded to the nearest 1 m (`digits` 0) to 1 mm (3).
pub(super) fn write_utm(position: Position, digits: u8) -> Result<String, WriteError> {
    let (lat, lon) = (i64::from(position.lat_e7()), i64::from(position.lon_e7()));
    if !zone::covers(lat) {
        return Err(WriteError::NotUtm);
    }
    let (zone, half) = (zone::zone_at(lat, lon), Hemisphere::of(lat));
    let (east, north) = zone::project(zone, lat, lon);
    let (east, north) = (metres(east, digits).0, metres(half.equator_m() + north, digits).0);
    Ok(format!("{zone:02} {} {east} {north}", half.word()))
}

/// Rounded to the nearest 1 m (`digits` 0) to 1 mm (3).
pub(super) fn write_ups(position: Position, digits: u8) -> Result<String, WriteError> {
    let (lat, lon) = (i64::from(position.lat_e7()), i64::from(position.lon_e7()));
    if zone::covers(lat) {
        return Err(WriteError::NotUps);
    }
    let pole = Hemisphere::of(lat);
    let (east, north) = polar::forward(pole, lat, lon);
    let ((east, rounded), (north, _)) = (metres(east, digits), metres(north, digits));
    let letter = match (pole, rounded < POLE_M) {
        (Hemisphere::South, true) => 'A',
        (Hemisphere::South, false) => 'B',
        (Hemisphere::North, true) => 'Y',
        (Hemisphere::North, false) => 'Z',
    };
    Ok(format!("{letter} {east} {north}"))
}

/// Metres to the nearest step, as text and as a number.
fn metres(metres: f64, digits: u8) -> (String, f64) {
    let steps = 10_i64.pow(u32::from(digits));
    let rounded = libm::round(metres * steps as f64) as i64;
    let (whole, part, width) = (rounded / steps, rounded % steps, usize::from(digits));
    let text = if digits == 0 { whole.to_string() } else { format!("{whole}.{part:0width$}") };
    (text, rounded as f64 / steps as f64)
}

/// Whether tokens can only be meant as UTM or UPS: by their name, or by a number too long for degrees behind
/// what names a zone.
pub(super) fn looks_like(tokens: &[Token]) -> bool {
    let numbers: Vec<&Number> = tokens.iter().filter_map(number).collect();
    match (tokens.first().map(|token| &token.kind), &numbers[..]) {
        (Some(Kind::Word(word)), [east, _]) => {
            let polar = matches!(word.as_str(), "A" | "B" | "Y" | "Z" | "NORTH" | "SOUTH" | "СЕВЕР" | "ЮГ");
            word == "UTM" || word == "UPS" || polar && east.whole.len() >= METRES_DIGITS
        }
        (Some(Kind::Word(word)), _) => word == "UTM" || word == "UPS",
        (Some(Kind::Number(zone)), [_, east, rest @ ..]) => {
            // `60N 02445E` is latitude and longitude: a letter ends it.
            let is_complete = !rest.is_empty() || matches!(tokens.last(), Some(Token { kind: Kind::Number(_), .. }));
            zone.whole.len() <= 2 && zone.fraction.is_empty() && east.whole.len() >= METRES_DIGITS && is_complete
        }
        _ => false,
    }
}

fn number(token: &Token) -> Option<&Number> {
    match &token.kind {
        Kind::Number(number) => Some(number),
        _ => None,
    }
}

/// The position of tokens that look like UTM or UPS.
pub(super) fn parse(tokens: &[Token]) -> Result<Parsed, NotationError> {
    let mut reader = Reader { tokens, next: 0 };
    let named = reader.word(&["UTM", "UPS"]);
    let parsed = match (named, reader.peek()) {
        (Some("UPS"), _) | (None, Some(Kind::Word(_))) => ups(&mut reader)?,
        _ => utm(&mut reader)?,
    };
    match reader.peek() {
        None => Ok(parsed),
        Some(_) => Err(reader.unexpected("the end after the northing")),
    }
}

fn utm(reader: &mut Reader<'_>) -> Result<Parsed, NotationError> {
    let zone_at = reader.at();
    let number = reader.number("the zone, 1 to 60")?;
    let zone = u8::try_from(number.whole()).ok().filter(|zone| number.fraction.is_empty() && (1..=60).contains(zone));
    let zone = zone.ok_or_else(|| reader.error(zone_at, Wrong::Zone(number.whole()), "1 to 60"))?;
    let (letter_at, half) = (reader.at(), reader.half(zone)?);
    let (east_at, east) = (reader.at_number(), reader.number("the easting in metres")?);
    reader.word(&["M", "ME", "E", "М"]);
    let (north_at, north) = (reader.at_number(), reader.number("the northing in metres")?);
    reader.word(&["M", "MN", "N", "М"]);
    let off = |axis, at, number: &Number, expected: &str| {
        let wrong = Wrong::OffGrid { axis, metres: number.text(), grid: format!("zone {zone}") };
        NotationError { at, wrong, expected: expected.into() }
    };
    if east.as_f64() > UTM_EAST_M {
        return Err(off("easting", east_at, &east, "0 to 1000000 m"));
    }
    let place = |half: Hemisphere| zone::unproject(zone, east.as_f64(), north.as_f64() - half.equator_m());
    let is_covered = |half: Hemisphere| {
        let (least, most) = (zone::UTM_SOUTH_DEG as f64 - OVERLAP_DEG, zone::UTM_NORTH_DEG as f64 + OVERLAP_DEG);
        let up = north.as_f64() - half.equator_m();
        up * half.sign() as f64 >= 0.0 && up.abs() < zone::EQUATOR_SOUTH_M && (least..=most).contains(&place(half).lat)
    };
    let found = half.settle(&place, &is_covered);
    let found = found.ok_or_else(|| reader.error(letter_at, Wrong::Ambiguous, "`south`, or `north` for band S"))?;
    if !is_covered(found) {
        return Err(off("northing", north_at, &north, "a place between 80° S and 84° N"));
    }
    let degrees = place(found);
    if let Some(band) = half.band
        && !in_band(band, degrees.lat)
    {
        let expected = format!("{}° to {}° latitude", band.south_deg(), band.north_deg());
        return Err(reader.error(letter_at, Wrong::Contradiction(band.letter()), &expected));
    }
    let position = degrees.position();
    let band = half.band.or_else(|| Band::of_latitude(i64::from(position.lat_e7())));
    match band.filter(|band| zone::limits(zone, *band).is_none()) {
        Some(band) => Err(no_zone(zone_at, zone, band)),
        None => Ok(Parsed::point(Notation::Utm, position)),
    }
}

fn no_zone(at: usize, zone: u8, band: Band) -> NotationError {
    let expected = "31, 33, 35 or 37 between 0° and 42° E in band X".into();
    NotationError { at, wrong: Wrong::ZoneInBand(zone, band.letter()), expected }
}

fn in_band(band: Band, lat: f64) -> bool {
    let (south, north) = (band.south_deg() as f64 - BAND_SLACK_DEG, band.north_deg() as f64 + BAND_SLACK_DEG);
    (south..=north).contains(&lat)
}

/// What the letter or word after a zone says.
#[derive(Clone, Copy)]
struct Half {
    hemisphere: Hemisphere,
    /// Of a letter that can only be a band.
    band: Option<Band>,
    /// `S` is the south, or band S in the north.
    is_letter_s: bool,
}

impl Half {
    const fn of(hemisphere: Hemisphere) -> Self {
        Self { hemisphere, band: None, is_letter_s: false }
    }

    /// The hemisphere; `None` where `S` can mean either and both give a place.
    fn settle(
        self,
        place: &impl Fn(Hemisphere) -> super::angle::Degrees,
        is_covered: &impl Fn(Hemisphere) -> bool,
    ) -> Option<Hemisphere> {
        if !self.is_letter_s {
            return Some(self.hemisphere);
        }
        let band_s = Band::of_letter('S').is_some_and(|band| in_band(band, place(Hemisphere::North).lat));
        match (band_s, is_covered(Hemisphere::South)) {
            (true, true) => None,
            (true, false) => Some(Hemisphere::North),
            (false, _) => Some(Hemisphere::South),
        }
    }
}

fn ups(reader: &mut Reader<'_>) -> Result<Parsed, NotationError> {
    let expected = "A or B in the south, Y or Z in the north";
    let letter_at = reader.at();
    let word = reader.word(&["A", "B", "Y", "Z", "N", "S", "NORTH", "SOUTH", "СЕВЕР", "ЮГ"]);
    let pole = match word {
        Some("A" | "B" | "S" | "SOUTH" | "ЮГ") => Hemisphere::South,
        Some(_) => Hemisphere::North,
        None => return Err(reader.unexpected(expected)),
    };
    let (east_at, east) = (reader.at_number(), reader.number("the easting in metres")?);
    reader.word(&["M", "ME", "E", "М"]);
    let north = reader.number("the northing in metres")?;
    reader.word(&["M", "MN", "N", "М"]);
    let degrees = polar::reverse(pole, east.as_f64(), north.as_f64());
    let least = match pole {
        Hemisphere::North => zone::UTM_NORTH_DEG as f64 - OVERLAP_DEG,
        Hemisphere::South => -zone::UTM_SOUTH_DEG as f64 - OVERLAP_DEG,
    };
    if degrees.lat * (pole.sign() as f64) < least {
        let metres = format!("{} m and northing {}", east.text(), north.text());
        let wrong = Wrong::OffGrid { axis: "easting", metres, grid: format!("UPS {}", pole.word()) };
        return Err(reader.error(east_at, wrong, "a place beyond 84° N or 80° S"));
    }
    let side = match word {
        Some("A" | "Y") => east.as_f64() <= POLE_M,
        Some("B" | "Z") => east.as_f64() >= POLE_M,
        _ => true,
    };
    if !side {
        let letter = word.and_then(|word| word.chars().next()).unwrap_or(' ');
        return Err(reader.error(
            letter_at,
            Wrong::Contradiction(letter),
            "A or Y up to an easting of 2000000 m, B or Z from it",
        ));
    }
    Ok(Parsed::point(Notation::Ups, degrees.position()))
}

/// Tokens one after another.
struct Reader<'a> {
    tokens: &'a [Token],
    next: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<&'a Kind> {
        self.tokens.get(self.next).map(|token| &token.kind)
    }

    /// The place of the next token, or just behind the last.
    fn at(&self) -> usize {
        super::latlon::place_of(self.tokens, self.next)
    }

    /// The place of the next token that does not only separate.
    fn at_number(&mut self) -> usize {
        if self.peek() == Some(&Kind::Break) {
            self.next += 1;
        }
        self.at()
    }

    /// The next token if it is one of these words.
    fn word(&mut self, words: &[&'static str]) -> Option<&'static str> {
        let Some(Kind::Word(found)) = self.peek() else {
            return None;
        };
        let word = words.iter().find(|word| *word == found)?;
        self.next += 1;
        Some(word)
    }

    fn number(&mut self, expected: &'static str) -> Result<Number, NotationError> {
        match self.peek() {
            Some(Kind::Number(number)) => {
                self.next += 1;
                Ok(number.clone())
            }
            _ => Err(self.unexpected(expected)),
        }
    }

    /// The letter or word after a zone.
    fn half(&mut self, zone: u8) -> Result<Half, NotationError> {
        let expected = "`north` or `south`, or the letter of the band";
        let (at, Some(Kind::Word(word))) = (self.at(), self.peek()) else {
            return Err(self.error(self.at(), Wrong::Hemisphere, expected));
        };
        self.next += 1;
        let mut letters = word.chars();
        let half = match (word.as_str(), letters.next(), letters.next()) {
            ("NORTH" | "N" | "СЕВЕР", ..) => Half::of(Hemisphere::North),
            ("SOUTH" | "ЮГ", ..) => Half::of(Hemisphere::South),
            ("S", ..) => Half { is_letter_s: true, ..Half::of(Hemisphere::South) },
            (_, Some(letter), None) if is_foreign(letter) => {
                return Err(self.error(at, Wrong::Alphabet(letter), "a Latin letter of a band, or `север`, `юг`"));
            }
            (_, Some(letter), None) => {
                let band = Band::of_letter(letter);
                let band = band.ok_or_else(|| self.error(at, Wrong::Letter(letter), "a band from C to X but I and O"))?;
                if zone::limits(zone, band).is_none() {
                    return Err(no_zone(super::latlon::place_of(self.tokens, self.next - 2), zone, band));
                }
                Half { band: Some(band), ..Half::of(band.hemisphere()) }
            }
            _ => return Err(self.error(at, Wrong::Word(word.to_lowercase()), expected)),
        };
        Ok(half)
    }

    fn unexpected(&self, expected: &str) -> NotationError {
        super::latlon::unexpected(self.tokens, self.next, expected)
    }

    fn error(&self, at: usize, wrong: Wrong, expected: &str) -> NotationError {
        NotationError { at, wrong, expected: expected.into() }
    }
}
