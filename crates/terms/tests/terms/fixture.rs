//! Terms with the clocks of PRACTICE section 3, names of statements, and an hour to count from.

use detente_types::terms::{
    AltitudeIn, AreaIn, BlindIn, ClockIn, ClocksIn, DisclosureIn, LAW_2, LeadTimeIn, LineCheckIn, QuotaIn, RetentionIn,
    SeparationIn,
};
use detente_types::{EntryHash, Generation, PartyId, StatementRef, Terms, TermsIn, Timestamp};
use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;

pub(crate) const MINUTE_US: i64 = 60_000_000;
/// 2026-11-24T06:00:00Z, the start of an even hour.
pub(crate) const START: Timestamp = Timestamp::from_micros(1_795_500_000_000_000);

/// Fixed seed and small counts by default; `DETENTE_SOAK=1` asks for many.
pub(crate) fn config(cases: u32) -> ProptestConfig {
    let soak = std::env::var_os("DETENTE_SOAK").is_some();
    let cases = if soak { cases * 50 } else { cases };
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(7), failure_persistence: None, ..ProptestConfig::default() }
}

/// So many seconds after the start.
pub(crate) fn at(seconds: i64) -> Timestamp {
    START.plus_seconds(seconds)
}

/// The name of some statement of a party.
pub(crate) fn reference(party: u8, index: u64) -> StatementRef {
    let hash = EntryHash::new([index as u8; 32]);
    StatementRef { author: PartyId::new([party; 32]), generation: Generation::FIRST, index, hash }
}

pub(crate) fn terms() -> Terms {
    typed(terms_in())
}

pub(crate) fn typed(input: TermsIn) -> Terms {
    Terms::try_new(input).expect("good terms")
}

pub(crate) fn terms_in() -> TermsIn {
    let clock = |stored_s, read_s, listed_s| ClockIn { stored_s, read_s, listed_s };
    TermsIn {
        version: 1,
        area: AreaIn { name: "Everywhere".into(), corners_e7: Vec::new() },
        law: LAW_2.into(),
        separation: SeparationIn { horizontal_m: 5_000, vertical_m: 300, time_s: 600 },
        altitude: AltitudeIn { datum: "AMSL".into(), terrain_max_m: 3_000, pressure_error_max_m: 300, terrain_min_m: None },
        lead_time: LeadTimeIn { flash_min: 0, immediate_min: 15, priority_min: 60, routine_min: 1_440 },
        clocks: ClocksIn {
            safety: clock(5, 60, 180),
            flash: clock(5, 120, 300),
            immediate: clock(30, 600, 1_200),
            priority: clock(300, 3_600, 10_800),
            routine: clock(900, 21_600, 86_400),
            safety_repeat_s: 30,
            safety_escalate_s: vec![60, 180, 360, 600],
        },
        desk: Vec::new(),
        disclosure: DisclosureIn { finest: "exact".into(), readouts: true },
        place: Vec::new(),
        threshold: Vec::new(),
        line_check: LineCheckIn { every_min: 60, answer_s: 120, red_after: 2 },
        quota: QuotaIn { bytes_per_day: 1 << 30, entries_per_day: 10_000 },
        blind: BlindIn { cell_m: 1_000, band_m: 300, slot_s: 600, every_min: 0, extra_per_day: 0 },
        witness: Vec::new(),
        languages: vec!["en".into(), "ru".into()],
        retention: RetentionIn { days: 0 },
        auditor_key: String::new(),
        suites: vec!["ed25519".into()],
        resolution: None,
        matching: None,
    }
}
