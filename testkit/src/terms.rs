//! Terms over the Gulf of Finland, with every section filled.

use detente_types::terms::{
    AltitudeIn, AreaIn, BlindIn, ClockIn, ClocksIn, DeskIn, DisclosureIn, LAW_1, LAW_2, LeadTimeIn, LineCheckIn, PlaceIn,
    QuotaIn, RetentionIn, SeparationIn, TermsIn, ThresholdIn,
};
use detente_types::{Position, Terms};

/// English and Russian name, latitude and longitude in 1e-7 degree.
const PLACES: &[(&str, &str, i64, i64)] = &[
    ("Helsinki", "Хельсинки", 601_699_000, 249_384_000),
    ("Tallinn", "Таллин", 594_370_000, 247_536_000),
    ("Hanko", "Ханко", 598_236_000, 229_681_000),
    ("Gogland", "Гогланд", 600_500_000, 269_800_000),
    ("Kotka", "Котка", 604_664_000, 269_458_000),
    ("Porkkala", "Порккала", 599_800_000, 244_300_000),
    ("Paldiski", "Палдиски", 593_567_000, 240_531_000),
    ("Narva", "Нарва", 593_797_000, 281_791_000),
    ("Vyborg", "Выборг", 607_076_000, 287_528_000),
    ("Kronstadt", "Кронштадт", 599_900_000, 297_700_000),
];

/// Valid terms: 9,260 m (five nautical miles), 300 m and 300 s apart, altitudes above mean sea level.
pub fn terms() -> TermsIn {
    let clock = |stored_s, read_s, listed_s| ClockIn { stored_s, read_s, listed_s };
    TermsIn {
        version: 1,
        area: gulf(),
        law: LAW_2.into(),
        separation: SeparationIn { horizontal_m: 9_260, vertical_m: 300, time_s: 300 },
        altitude: AltitudeIn { datum: "AMSL".into(), terrain_max_m: 350, pressure_error_max_m: 600, terrain_min_m: None },
        lead_time: LeadTimeIn { flash_min: 0, immediate_min: 15, priority_min: 120, routine_min: 1_440 },
        clocks: ClocksIn {
            safety: clock(10, 60, 180),
            flash: clock(30, 300, 900),
            immediate: clock(60, 900, 3_600),
            priority: clock(300, 7_200, 28_800),
            routine: clock(3_600, 86_400, 172_800),
            safety_repeat_s: 30,
            safety_escalate_s: vec![60, 180, 600],
        },
        desk: vec![desk("Helsinki watch", 0), desk("Kronstadt watch", 1)],
        disclosure: DisclosureIn { finest: "exact".into(), readouts: true },
        place: PLACES.iter().map(listed).collect(),
        threshold: vec![ThresholdIn { measure: "troops".into(), notify_at: 9_000, lead_days: 42 }],
        line_check: LineCheckIn { every_min: 60, answer_s: 120, red_after: 3 },
        quota: QuotaIn { bytes_per_day: 256 << 20, entries_per_day: 100_000 },
        blind: BlindIn { cell_m: 5_000, band_m: 500, slot_s: 900, every_min: 0, extra_per_day: 0 },
        witness: Vec::new(),
        languages: vec!["en".into(), "ru".into()],
        retention: RetentionIn { days: 3_650 },
        auditor_key: String::new(),
        suites: vec!["ed25519".into()],
        resolution: None,
        matching: None,
    }
}

/// The same under the law before: what committed vectors and corpora are made of, so that their bytes stay.
pub fn terms_of_the_first_law() -> TermsIn {
    TermsIn { law: LAW_1.into(), ..terms() }
}

/// The same as [`terms`], checked.
pub fn valid_terms() -> Terms {
    Terms::try_new(terms()).expect("the fixture obeys the rules")
}

/// The position of a place of the terms, by its English name.
///
/// # Panics
/// When there is no such place.
pub fn place(name: &str) -> Position {
    let (.., lat, lon) = PLACES.iter().find(|p| p.0 == name).expect("a place of the fixture");
    Position::try_new(*lat, *lon).expect("the fixture lies on the earth")
}

fn gulf() -> AreaIn {
    let corners_e7 =
        vec![[584_000_000, 220_000_000], [584_000_000, 305_000_000], [612_000_000, 305_000_000], [612_000_000, 220_000_000]];
    AreaIn { name: "Gulf of Finland".into(), corners_e7 }
}

fn desk(name: &str, party: u8) -> DeskIn {
    DeskIn { name: name.into(), party, contact: format!("+000 555 010{party}") }
}

fn listed(&(english, russian, lat_e7, lon_e7): &(&str, &str, i64, i64)) -> PlaceIn {
    PlaceIn { names: vec![english.into(), russian.into()], lat_e7, lon_e7 }
}
