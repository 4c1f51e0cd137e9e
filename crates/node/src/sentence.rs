//! Conflicts in a sentence that two people can read to each other, in English and in Russian.
//!
//! Both sides say the same words: the sentence is made from what both disclosed, in the order of the party IDs, and names
//! places from the terms' own list (PROTOCOL C8). How it is worded is `detente_space::sentence`'s.

use detente_space::ask::Nearest;
use detente_space::resolve::Shift;
use detente_space::sentence::{self, from_places};
pub use detente_space::sentence::{Language, free_band, free_window, kind_name};
use detente_types::conflict::Meeting;
use detente_types::{Conflict, Notice, NoticeKind, Position, StatementRef, Terms, Volume};

use crate::line::Line;

impl Line {
    /// The sentence of a conflict; `None` when one of its notices is not live any more.
    pub fn sentence(&self, conflict: &Conflict, language: Language) -> Option<String> {
        let [first, second] = conflict.statements;
        let notices = [self.notice(&first)?.notice, self.notice(&second)?.notice];
        let meeting = &conflict.meetings.first()?.meeting;
        let names = notices.map(|notice| name_of(notice, language));
        Some(sentence::sentence(language, &names, &place(self.terms(), meeting.at, language), meeting))
    }
}

impl Line {
    /// The sentence of a plan of a kind and a statement that it would meet; `None` when the statement is not live any more.
    pub fn foreseen_sentence(
        &self,
        kind: NoticeKind,
        with: &StatementRef,
        meeting: &Meeting,
        language: Language,
    ) -> Option<String> {
        let names = [planned(kind, language), name_of(self.notice(with)?.notice, language)];
        Some(sentence::sentence(language, &names, &place(self.terms(), meeting.at, language), meeting))
    }
}

impl Line {
    /// The sentence of a shift of a live notice; `None` when it is not live any more. Volumes are those after the shift.
    pub fn shift_sentence(&self, of: &StatementRef, shift: Shift, volumes: &[Volume], language: Language) -> Option<String> {
        let name = name_of(self.notice(of)?.notice, language);
        Some(sentence::shift(language, &name, shift, volumes))
    }

    /// The sentence of the nearest live notice to a plan; `None` when it is not live any more.
    pub fn near_sentence(&self, near: &Nearest<StatementRef>, language: Language) -> Option<String> {
        let name = name_of(self.notice(&near.find.pair.key)?.notice, language);
        let meeting = &near.find.meeting;
        let place = place(self.terms(), meeting.at, language);
        Some(sentence::near(language, &name, &place, meeting.distance, near.margin))
    }
}

/// The sentence of a shift of a plan of a kind.
pub fn planned_shift(kind: NoticeKind, shift: Shift, volumes: &[Volume], language: Language) -> String {
    sentence::shift(language, &planned(kind, language), shift, volumes)
}

fn planned(kind: NoticeKind, language: Language) -> String {
    match language {
        Language::English => format!("planned {}", sentence::name(kind, None, language)),
        Language::Russian => format!("{} (план)", sentence::name(kind, None, language)),
    }
}

/// What a notice is called: its kind, its title when that is disclosed, and the desk that said it, by its own word.
fn name_of(notice: &Notice, language: Language) -> String {
    let input = notice.input();
    let name = sentence::name(notice.kind(), input.title.as_deref(), language);
    match (language, &input.desk) {
        (Language::English, Some(desk)) => format!("{name} of {desk}"),
        (Language::Russian, Some(desk)) => format!("{name} ({desk})"),
        (_, None) => name,
    }
}

/// Where, from the nearest place of the terms.
fn place(terms: &Terms, at: Position, language: Language) -> String {
    let index = match language {
        Language::English => terms.input().languages.iter().position(|l| l.starts_with("en")),
        Language::Russian => terms.input().languages.iter().position(|l| l.starts_with("ru")),
    };
    let places = terms.places().map(|(position, names)| {
        let name = names.get(index.unwrap_or(0)).or(names.first());
        (position, name.map_or("", String::as_str))
    });
    from_places(language, at, places).unwrap_or_else(|| match language {
        Language::English => format!("at {at}"),
        Language::Russian => format!("в точке {at}"),
    })
}
