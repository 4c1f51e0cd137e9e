//! Tracks (`gx:Track`, `gx:MultiTrack`): positions with the times at which they are passed.
//!
//! A track becomes paths with a passage. Where it stays at one place for a while it becomes a point for that while, and
//! where it has more positions than a volume may have it goes on in another. A position that is left empty was not known:
//! the way goes straight on from the one before it to the one after, as KML says.

use detente_types::volume::VERTICES_MAX;

use super::{Drawing, Moves, Tuple};
use crate::fields::number_of_cell;
use crate::plans::xml::Element;
use crate::problem::Problem;

/// A position and when it is passed.
struct Fix {
    tuple: Tuple,
    when: String,
}

impl Drawing {
    /// Reads a track.
    pub(super) fn track(&mut self, at: &str, element: &Element) {
        if let Some(fixes) = self.fixes(at, element) {
            self.pass(at, element, &fixes);
        }
    }

    /// Reads tracks: each by itself, or as one way if they say that it goes on between them.
    pub(super) fn multi_track(&mut self, at: &str, element: &Element) {
        let tracks: Vec<&Element> = element.children.iter().filter(|child| child.name == "Track").collect();
        let named = |i: usize| format!("{at}[{i}].Track");
        if tracks.is_empty() {
            self.problems.push(Problem::new(at, "no Track", "at least one"));
        }
        if !matches!(element.text_of("interpolate"), Some("1" | "true")) {
            tracks.iter().enumerate().for_each(|(i, track)| self.track(&named(i), track));
            return;
        }
        let mode = |track: &Element| track.text_of("altitudeMode").map(str::to_owned);
        if let Some(i) = tracks.iter().position(|track| mode(track) != mode(tracks[0])) {
            let expected = "one mode in all tracks of a way that goes on between them";
            self.problems.push(Problem::new(
                format!("{}.altitudeMode", named(i)),
                "another mode than the first track's",
                expected,
            ));
            return;
        }
        let read: Vec<_> = tracks.iter().enumerate().map(|(i, track)| self.fixes(&named(i), track)).collect();
        if let (Some(read), Some(first)) = (read.into_iter().collect::<Option<Vec<_>>>(), tracks.first()) {
            let fixes: Vec<Fix> = read.into_iter().flatten().collect();
            self.pass(at, first, &fixes);
        }
    }

    /// The positions of a track with their times, or `None` with what is wrong told.
    fn fixes(&mut self, at: &str, element: &Element) -> Option<Vec<Fix>> {
        let texts = |name: &'static str| {
            let children = element.children.iter().filter(move |child| child.name == name);
            children.map(|child| child.text.trim()).collect::<Vec<_>>()
        };
        let (times, places) = (texts("when"), texts("coord"));
        if times.len() != places.len() {
            let found = format!("{} when and {} coord", times.len(), places.len());
            self.problems.push(Problem::new(at, &found, "one when for each coord"));
            return None;
        }
        let before = self.problems.0.len();
        let mut fixes = Vec::with_capacity(places.len());
        for (i, (when, place)) in times.into_iter().zip(places).enumerate() {
            match (tuple(place), place.is_empty()) {
                (_, true) => {}
                (Some(tuple), _) => fixes.push(Fix { tuple, when: when.to_owned() }),
                (None, _) => {
                    let expected = "longitude latitude height as plain numbers with blanks between, or nothing";
                    self.problems.push(Problem::new(format!("{at}.coord[{i}]"), place, expected));
                }
            }
        }
        if fixes.len() < 2 && self.problems.0.len() == before {
            let expected = "at least two: one position says nothing of a way";
            self.problems.push(Problem::new(format!("{at}.coord"), &format!("{} positions", fixes.len()), expected));
        }
        (self.problems.0.len() == before).then_some(fixes)
    }

    /// Draws a way: what moves as paths, what stays as points.
    fn pass(&mut self, at: &str, element: &Element, fixes: &[Fix]) {
        let mut from = 0;
        while from + 1 < fixes.len() {
            let stays = fixes[from].is_where(&fixes[from + 1]);
            let most = if stays { fixes.len() } else { VERTICES_MAX };
            let like = fixes[from..].windows(2).take(most - 1).take_while(|pair| pair[0].is_where(&pair[1]) == stays).count();
            let part = &fixes[from..=from + like];
            let start = if from == 0 { String::new() } else { format!("[{from}..]") };
            let named = |name: &str| format!("{at}.{name}{start}");
            let tuples = part.iter().map(|fix| fix.tuple).collect();
            self.draw(at, element, if stays { "point" } else { "path" }, vec![tuples]);
            if let Some(drawn) = self.drawn.last_mut() {
                drawn.part.at = named("coord");
                drawn.moves = if stays {
                    drawn.part.positions.truncate(1);
                    Moves::Stays([part[0].when.clone(), part[like].when.clone()])
                } else {
                    Moves::Passes { at: named("when"), times: part.iter().map(|fix| fix.when.clone()).collect() }
                };
            }
            from += like;
        }
    }
}

impl Fix {
    /// Whether two are at one place, to what positions are rounded to.
    fn is_where(&self, other: &Self) -> bool {
        [0, 1].into_iter().all(|axis| (self.tuple.at[axis] * 1e7).round() == (other.tuple.at[axis] * 1e7).round())
    }
}

fn tuple(text: &str) -> Option<Tuple> {
    let numbers: Vec<f64> = text.split_whitespace().take(4).map(|number| number_of_cell(number).ok()).collect::<Option<_>>()?;
    match numbers.as_slice() {
        [lon, lat] => Some(Tuple { at: [*lat, *lon], height: None }),
        [lon, lat, height] => Some(Tuple { at: [*lat, *lon], height: Some(*height) }),
        _ => None,
    }
}
