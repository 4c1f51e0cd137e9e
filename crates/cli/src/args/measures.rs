//! Lengths and times as people type them, always with their unit.

use std::str::FromStr;

use detente_types::Metres;

/// A length with its unit: `500m`, `1.5km`, `0.3nm`, `100ft`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// Centimetres, rounded down.
    pub floor: Metres,
    /// Centimetres, rounded up.
    pub ceil: Metres,
}

/// A span of time with its unit: `60s`, `5min`, `2h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duration {
    /// Microseconds, rounded up.
    pub micros: i64,
}

/// Units of length, in centimetres.
const LENGTHS: [(&str, f64); 4] = [("m", 100.0), ("km", 100_000.0), ("nm", 185_200.0), ("ft", 30.48)];
/// Units of time, in microseconds.
const TIMES: [(&str, f64); 4] = [("s", 1e6), ("min", 6e7), ("h", 3.6e9), ("d", 8.64e10)];
/// More than any limit of a volume, and far from the end of an integer: a hundred thousand kilometres in centimetres, and
/// as many microseconds as four hundred days.
const MOST: [f64; 2] = [1e10, 4e13];
/// A product that is so near to a whole number is one.
const NEARLY: f64 = 1e-6;

impl FromStr for Length {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let cm = measure(text, &LENGTHS, MOST[0])
            .ok_or("expected a length with its unit: 500m, 1.5km, 0.3nm or 100ft; a unit is never guessed")?;
        let whole = cm.round();
        let [floor, ceil] = if (cm - whole).abs() < NEARLY { [whole; 2] } else { [cm.floor(), cm.ceil()] };
        Ok(Self { floor: Metres::from_cm(floor as i64), ceil: Metres::from_cm(ceil as i64) })
    }
}

impl FromStr for Duration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let us = measure(text, &TIMES, MOST[1]).filter(|us| *us >= 0.0);
        let us = us.ok_or("expected a time with its unit: 60s, 5min or 2h; a unit is never guessed")?;
        Ok(Self { micros: (us - NEARLY).ceil() as i64 })
    }
}

/// A number and a unit in the unit's smallest part; `None` when there is no unit, no number, or too much of it.
fn measure(text: &str, units: &[(&str, f64)], most: f64) -> Option<f64> {
    let text = text.trim();
    let split = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(split);
    let (_, factor) = units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit.trim()))?;
    let plain = number.trim().bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+'));
    let value = number.trim().parse::<f64>().ok().filter(|_| plain)? * factor;
    (value.abs() <= most).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_times_have_a_unit_and_grow_when_they_are_no_whole_number() {
        let length = |text: &str| text.parse::<Length>().map(|l| (l.floor.cm(), l.ceil.cm()));
        assert_eq!(length("500m"), Ok((50_000, 50_000)));
        assert_eq!(length("0.3 NM"), Ok((55_560, 55_560)));
        assert_eq!(length("1ft"), Ok((30, 31)));
        assert_eq!(length("-12.5km"), Ok((-1_250_000, -1_250_000)));
        let time = |text: &str| text.parse::<Duration>().map(|d| d.micros);
        assert_eq!(time("5min"), Ok(300_000_000));
        assert_eq!(time("0.0000001s"), Ok(1));
        for wrong in ["500", "m", "", "1e3m", "5 miles", "infm", "nanm", "9999999999km"] {
            assert!(length(wrong).is_err_and(|told| told.contains("never guessed")), "{wrong}");
        }
        for wrong in ["60", "-5s", "1m", "900000d"] {
            assert!(time(wrong).is_err(), "{wrong}: a minute is min, for m is a metre");
        }
    }
}
