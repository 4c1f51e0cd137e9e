//! Positions on the command line.

use anyhow::Result;
use detente_api::position::{PositionView, position as convert};
use detente_api::problem::Fault;
use detente_space::notation;

use super::On;
use crate::output::{refuse, show, table};

pub(super) fn position(on: &On<'_>, words: &[String]) -> Result<()> {
    let text = words.join(" ");
    let view = convert(&text).map_err(|error| no_position(&text, &error))?;
    show(on.json, &view, position_words)
}

/// Where a command acts, and by how much its radius must grow to hold what was meant, metres.
///
/// Two plain numbers are a latitude and a longitude in decimal degrees; anything else is a notation.
pub(super) fn place(words: &[String]) -> Result<([f64; 2], f64)> {
    if let [Ok(lat), Ok(lon)] = words.iter().map(|word| word.parse::<f64>()).collect::<Vec<_>>()[..] {
        return Ok(([lat, lon], 0.0));
    }
    let text = words.join(" ");
    let view = convert(&text).map_err(|error| no_position(&text, &error))?;
    Ok(([view.lat, view.lon], view.uncertainty_m))
}

fn no_position(text: &str, error: &notation::NotationError) -> anyhow::Error {
    refuse(Fault::Request, format!("{text:?} is no position: {error}"))
}

fn position_words(view: &PositionView) -> String {
    let rows: Vec<Vec<String>> = view
        .written
        .iter()
        .map(|one| vec![one.notation.clone(), one.text.clone(), one.russian.clone().unwrap_or_default()])
        .collect();
    let square = view.square.as_ref().map(|square| {
        format!(
            "\nThe text names a square of {} with its south-west corner at {:.7}, {:.7}. Above is its centre; the place that was \
             meant lies within {:.2} m of it.",
            square.side, square.corner[0], square.corner[1], view.uncertainty_m
        )
    });
    format!(
        "read as {}\n{}{}",
        view.notation,
        table(&["notation", "position", "in Russian letters"], &rows),
        square.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn a_place_is_two_numbers_or_any_notation() {
        assert_eq!(place(&words("59 26.10")).unwrap(), ([59.0, 26.1], 0.0));
        assert_eq!(place(&words("59°30'N 26°06'E")).unwrap(), ([59.5, 26.1], 0.0));
        assert_eq!(place(&["59,5 с.ш. 26,1 в.д.".to_owned()]).unwrap(), ([59.5, 26.1], 0.0));
        let (_, grown) = place(&words("35VNF 1234")).unwrap();
        assert!((grown - 707.4).abs() < 0.02, "{grown}");
        let error = place(&words("59 26x")).unwrap_err().to_string();
        assert!(error.contains("\"59 26x\" is no position") && error.contains("at character 6"), "{error}");
    }

    #[test]
    fn a_square_is_told_in_words() {
        let told = position_words(&convert("38SMB4488").unwrap());
        assert!(told.starts_with("read as mgrs\n") && told.contains("a square of 1000 m") && told.contains("707.40 m"), "{told}");
        assert!(!position_words(&convert("0.0 0.0").unwrap()).contains("square"));
    }
}
