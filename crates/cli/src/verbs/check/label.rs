//! What a plan is called, where a meeting is, and its sentences.

use detente_space::sentence::{self, Language};
use detente_types::conflict::VolumeMeeting;
use detente_types::{Meeting, Position, Timestamp};

use super::find::Hit;
use super::{Filed, Told};

/// Languages in which sentences are told, with their tags.
pub(super) const LANGUAGES: [(Language, &str); 2] = [(Language::English, "en"), (Language::Russian, "ru")];

impl Told {
    pub(super) fn filed(&self, hit: &Hit) -> [&Filed; 2] {
        hit.plans.map(|plan| &self.plans[plan])
    }

    /// A file's name on one line, with nothing in it that steers a screen.
    pub(super) fn file_name(&self, file: usize) -> &str {
        &self.files[file].report.file
    }

    /// A file's name without its folders, where no other file has the same.
    pub(super) fn short_file_name(&self, file: usize) -> &str {
        let base = |file: usize| self.file_name(file).rsplit('/').next().unwrap_or_default();
        let alone = (0..self.files.len()).all(|other| other == file || base(other) != base(file));
        if alone { base(file) } else { self.file_name(file) }
    }

    /// The sentence of a hit.
    pub(super) fn sentence(&self, hit: &Hit, language: Language) -> String {
        let meeting = &hit.closest().meeting;
        let names = self.filed(hit).map(|filed| self.spoken(filed, language));
        let number = usize::from(language == Language::Russian);
        let places = self.places.iter().map(|(at, names)| (*at, names[number].as_str()));
        let place = sentence::from_places(language, meeting.at, places);
        let place = place.unwrap_or_else(|| sentence::at(language, meeting.at));
        sentence::sentence(language, &names, &place, meeting)
    }

    /// What a plan is called in a sentence.
    fn spoken(&self, filed: &Filed, language: Language) -> String {
        let Filed { file, plan } = filed;
        let title =
            if plan.name.is_empty() { format!("{}, {}", self.short_file_name(*file), plan.place) } else { plan.name.clone() };
        match (plan.kind, language) {
            (Some(kind), _) => sentence::name(kind, Some(&title), language),
            (None, Language::English) => format!("plan “{title}”"),
            (None, Language::Russian) => format!("план «{title}»"),
        }
    }

    /// When two volumes come closest: from when both are there, or, apart in time, when the earlier one ends.
    pub(super) fn closest_time(&self, hit: &Hit, met: &VolumeMeeting) -> Timestamp {
        if let Some(when) = met.meeting.when {
            return when;
        }
        let volume = |side: usize| self.filed(hit)[side].plan.volumes.get(usize::from(met.volumes[side]));
        let windows = [volume(0), volume(1)].into_iter().flatten().map(|volume| volume.window);
        let (mut start, mut end) = (None, None);
        for window in windows {
            start = start.max(Some(window.start()));
            end = Some(end.map_or(window.end(), |end: Timestamp| end.min(window.end())));
        }
        start.into_iter().chain(end).min().unwrap_or_default()
    }
}

/// Decimal degrees, as they are typed.
pub(super) fn degrees(e7: i32) -> f64 {
    f64::from(e7) / 1e7
}

/// A position to a metre, latitude first.
pub(super) fn position(at: Position) -> String {
    format!("{:.5}, {:.5}", degrees(at.lat_e7()), degrees(at.lon_e7()))
}

/// `2026-11-25 06:00`, or with seconds where there are any.
pub(in crate::verbs) fn clock(time: Timestamp) -> String {
    let text = time.to_string();
    let (day, clock) = (text.get(..10).unwrap_or(&text), text.get(11..19).unwrap_or(""));
    format!("{day} {}", clock.strip_suffix(":00").unwrap_or(clock))
}

/// A distance: whole metres, rounded down as in sentences.
pub(super) fn apart(meeting: &Meeting) -> String {
    format!("{} m", meeting.distance.cm().div_euclid(100))
}
