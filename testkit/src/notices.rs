//! A valid notice of each kind, over the Gulf of Finland on the fixtures' morning.

use detente_types::notice::{DetailIn, SafetyAsk};
use detente_types::text::TextIn;
use detente_types::volume::{PositionIn, VolumeIn};
use detente_types::{Datum, NoticeId, NoticeIn, NoticeKind, Position, Precedence, Precision, Timestamp};

use crate::{MORNING, minutes, place};

const METRE_CM: i64 = 100;

/// A notice's identity from a number.
pub fn notice_id(number: u64) -> NoticeId {
    let mut bytes = [0; 16];
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    NoticeId::new(bytes)
}

/// A valid notice of a kind, exact, version 1, valid for the six hours from [`MORNING`] on.
///
/// Kinds that need volumes have one: a circle of 5 km round Gogland, sea level to 3,000 m, from the second hour to the
/// third; a movement has a corridor from Kotka to Gogland, an airspace measure a polygon.
pub fn notice(kind: NoticeKind) -> NoticeIn {
    let precedence = if kind == NoticeKind::Safety { Precedence::Safety } else { Precedence::Priority };
    NoticeIn {
        kind: kind.code(),
        id: notice_id(u64::from(kind.code())),
        version: 1,
        replaces: None,
        precedence: precedence.code(),
        valid_from_us: MORNING.micros(),
        valid_until_us: minutes(360).micros(),
        volumes: volumes(kind),
        precision: Precision::Exact.code(),
        title: Some(format!("A notice of kind {kind}")),
        text: Some(text("en", "Said for a test.")),
        translation: Some(text("ru", "Сказано для проверки.")),
        call_sign: None,
        contact: Some("channel 16".into()),
        basis: None,
        detail: Some(detail(kind)),
        desk: Some("Helsinki watch".into()),
        officer: Some("Officer A".into()),
    }
}

/// A text in a language.
pub fn text(language: &str, words: &str) -> TextIn {
    TextIn { language: language.into(), text: words.into() }
}

/// A circle, from sea level to 3,000 m.
pub fn circle(centre: Position, radius_m: i64, start: Timestamp, end: Timestamp) -> VolumeIn {
    volume(1, vec![vec![centre.into()]], radius_m, start, end)
}

/// A corridor along a path, `radius_m` to each side, from sea level to 3,000 m.
pub fn corridor(path: &[Position], radius_m: i64, start: Timestamp, end: Timestamp) -> VolumeIn {
    volume(2, vec![path.iter().map(|&p| p.into()).collect()], radius_m, start, end)
}

/// A polygon without holes, from sea level to 3,000 m.
pub fn polygon(outline: &[Position], start: Timestamp, end: Timestamp) -> VolumeIn {
    volume(3, vec![outline.iter().map(|&p| p.into()).collect()], 0, start, end)
}

fn volume(shape: u8, rings: Vec<Vec<PositionIn>>, radius_m: i64, start: Timestamp, end: Timestamp) -> VolumeIn {
    VolumeIn {
        shape,
        rings,
        radius_cm: radius_m * METRE_CM,
        lower_cm: 0,
        upper_cm: 3_000 * METRE_CM,
        datum: Datum::Amsl.code(),
        start_us: start.micros(),
        end_us: end.micros(),
        passage: None,
    }
}

fn volumes(kind: NoticeKind) -> Vec<VolumeIn> {
    let (start, end) = (minutes(60), minutes(120));
    match kind {
        NoticeKind::Text | NoticeKind::Question | NoticeKind::Incident | NoticeKind::Call => Vec::new(),
        NoticeKind::Movement => vec![corridor(&[place("Kotka"), place("Gogland")], 1_000, start, end)],
        NoticeKind::Airspace => vec![polygon(&[place("Porkkala"), place("Gogland"), place("Tallinn")], start, end)],
        _ => vec![circle(place("Gogland"), 5_000, start, end)],
    }
}

fn detail(kind: NoticeKind) -> DetailIn {
    let said = |text: &str| Some(text.to_owned());
    match kind {
        NoticeKind::Operation => {
            DetailIn { activity: said("patrol flight"), frequency: said("243.0 MHz"), ..DetailIn::default() }
        }
        NoticeKind::Airspace => DetailIn { measure: said("restricted zone"), ..DetailIn::default() },
        NoticeKind::Site => DetailIn {
            function: said("hospital"),
            operator: said("relief agency"),
            position_source: said("survey"),
            ..DetailIn::default()
        },
        NoticeKind::Movement => DetailIn {
            operator: said("relief agency"),
            vehicles: Some(12),
            people: Some(30),
            cargo: said("medical"),
            armed_escort: Some(false),
            ..DetailIn::default()
        },
        NoticeKind::Exercise => DetailIn { designation: said("North 26"), troops: Some(4_500), ..DetailIn::default() },
        NoticeKind::Hazard | NoticeKind::Launch => DetailIn { activity: said("live fire"), ..DetailIn::default() },
        NoticeKind::Force | NoticeKind::Withdrawal => DetailIn { troops: Some(9_000), ..DetailIn::default() },
        NoticeKind::Safety => DetailIn {
            ask: Some(SafetyAsk::KeepClear.code()),
            endangered: said("a rescue boat with eight people"),
            since_us: Some(MORNING.micros()),
            people: Some(8),
            ..DetailIn::default()
        },
        NoticeKind::Incident => DetailIn { people: Some(2), ..DetailIn::default() },
        NoticeKind::Question | NoticeKind::Call | NoticeKind::Text => DetailIn::default(),
    }
}
