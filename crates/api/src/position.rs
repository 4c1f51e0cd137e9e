//! A position in every notation, from a text in any.

use detente_space::notation::{self, Letters, Notation, NotationError, Parsed};
use detente_types::volume::Position;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A position in every notation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PositionView {
    /// How the text was written: `dd`, `dm`, `dms`, `utm`, `ups`, `mgrs` or `gars`.
    pub notation: String,
    /// Latitude in decimal degrees, north positive; of a square, that of its centre.
    pub lat: f64,
    /// Longitude in decimal degrees, east positive; of a square, that of its centre.
    pub lon: f64,
    /// How far the place that was meant can lie from it, metres: half the diagonal of a square, 0 for a point.
    pub uncertainty_m: f64,
    /// The square that MGRS or GARS names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub square: Option<SquareView>,
    /// The position in every notation that has it. MGRS and GARS are cut off and name the square that holds the position;
    /// the others are rounded.
    pub written: Vec<WrittenView>,
}

/// A square that a text names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SquareView {
    /// `[latitude, longitude]` of the corner with the least easting and northing: the south-west one.
    #[schema(value_type = Vec<f64>)]
    pub corner: [f64; 2],
    /// The length of its sides: `10 m` on the grid, or `5′` of arc.
    pub side: String,
}

/// A position in one notation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WrittenView {
    /// Its name.
    pub notation: String,
    /// The position in it, with English letters.
    pub text: String,
    /// With Russian letters, where that makes a difference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub russian: Option<String>,
}

/// Reads a position and writes it in every notation.
///
/// # Errors
/// What is wrong with the text.
pub fn position(text: &str) -> Result<PositionView, NotationError> {
    let read = notation::parse(text)?;
    let [lat, lon] = degrees(read.position);
    Ok(PositionView {
        notation: read.notation.name().into(),
        lat,
        lon,
        uncertainty_m: read.uncertainty().as_f64(),
        square: square(&read),
        written: Notation::ALL.into_iter().filter_map(|notation| written(read.position, notation)).collect(),
    })
}

fn square(read: &Parsed) -> Option<SquareView> {
    read.cell.map(|cell| SquareView { corner: degrees(cell.corner), side: cell.size.to_string() })
}

/// To a few decimetres, as far as the notation goes: enough to find a place, short enough to read aloud. `None`
/// where the notation does not reach.
fn written(position: Position, notation: Notation) -> Option<WrittenView> {
    let digits = match notation {
        Notation::Decimal => 7,
        Notation::DegreesMinutes => 4,
        Notation::DegreesMinutesSeconds | Notation::Gars => 2,
        Notation::Utm | Notation::Ups => 1,
        Notation::Mgrs => 5,
    };
    let write = |letters| notation::write(position, notation, digits, letters).ok();
    let (text, russian) = (write(Letters::English)?, write(Letters::Russian));
    let russian = russian.filter(|russian| *russian != text);
    Some(WrittenView { notation: notation.name().into(), text, russian })
}

fn degrees(position: Position) -> [f64; 2] {
    [position.lat_e7(), position.lon_e7()].map(|e7| f64::from(e7) / 1e7)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(view: &PositionView) -> Vec<(&str, &str)> {
        view.written.iter().map(|one| (one.notation.as_str(), one.text.as_str())).collect()
    }

    #[test]
    fn a_point_in_every_notation_that_has_it() {
        let view = position("60°30'N 24°45'E").unwrap();
        assert_eq!((view.notation.as_str(), view.lat, view.lon, view.uncertainty_m), ("dm", 60.5, 24.75, 0.0));
        assert_eq!(view.square, None);
        assert_eq!(texts(&view).iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["dd", "dm", "dms", "utm", "mgrs", "gars"]);
        assert_eq!(view.written[1].russian.as_deref(), Some("60°30.0000′С 024°45.0000′В"));
        assert_eq!(view.written[3].russian, None);
        for one in &view.written {
            let read = notation::parse(&one.text).unwrap();
            assert!(read.notation.name() == one.notation && one.text.chars().count() < 40, "{}", one.text);
        }
        let polar = position("88N 45E").unwrap();
        assert!(texts(&polar).iter().any(|(name, _)| *name == "ups") && texts(&polar).iter().all(|(name, _)| *name != "utm"));
    }

    #[test]
    fn a_square_tells_its_corner_and_what_its_centre_leaves_open() {
        let view = position("38SMB4488").unwrap();
        let square = view.square.as_ref().unwrap();
        assert_eq!((square.side.as_str(), view.uncertainty_m), ("1000 m", 707.4));
        assert!(square.corner[0] < view.lat && square.corner[1] < view.lon);
        assert_eq!(position("38SXX").unwrap_err().to_string(), notation::parse("38SXX").unwrap_err().to_string());
    }
}
