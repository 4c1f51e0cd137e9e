//! Proptest strategies. `volume`, `notice` and `terms` give what the rules accept; `hostile` what a peer might send.

pub mod hostile;
pub mod statement;

use detente_types::notice::{Notice, VOLUMES_MAX};
use detente_types::terms::{SEPARATION_M_MAX, SEPARATION_S_MAX};
use detente_types::volume::{PositionIn, VolumeIn};
use detente_types::{
    ConflictId, Datum, EntryHash, Generation, Head, LineId, NoticeId, NoticeIn, NoticeKind, PartyId, Position, Precision, Root,
    StatementRef, TermsIn,
};
use proptest::prelude::*;

use crate::MORNING;
use crate::notices;

const DEGREE_E7: f64 = 1e7;
const MINUTE_US: i64 = 60_000_000;

/// Any position on the earth, the poles and the antimeridian among them.
pub fn position() -> impl Strategy<Value = Position> {
    let lat = prop_oneof![8 => -900_000_000i64..=900_000_000, 1 => Just(900_000_000i64), 1 => Just(-900_000_000i64)];
    let lon = prop_oneof![8 => -1_800_000_000i64..=1_800_000_000, 1 => Just(1_800_000_000i64), 1 => Just(-1_800_000_000i64)];
    (lat, lon).prop_map(|(lat, lon)| Position::try_new(lat, lon).expect("drawn on the earth"))
}

/// A position over the Gulf of Finland, inside the area of the fixture's terms with room round it.
pub fn gulf_position() -> impl Strategy<Value = Position> {
    (590_000_000i64..606_000_000, 230_000_000i64..295_000_000)
        .prop_map(|(lat, lon)| Position::try_new(lat, lon).expect("drawn on the earth"))
}

/// A volume that the rules accept, anywhere but within ten degrees of the poles; of a size between 1 m and 50 km; inside
/// the six hours from the fixtures' morning on.
pub fn volume() -> impl Strategy<Value = VolumeIn> {
    volume_round((-800_000_000i64..800_000_000, -1_800_000_000i64..1_800_000_000).prop_map(in_range))
}

/// The same over the Gulf of Finland, over the datum of the fixture's terms.
pub fn gulf_volume() -> impl Strategy<Value = VolumeIn> {
    volume_round(gulf_position()).prop_map(|volume| VolumeIn { datum: Datum::Amsl.code(), ..volume })
}

/// A notice that the rules accept by itself, of any kind, over the Gulf of Finland, in its first version.
pub fn notice() -> impl Strategy<Value = NoticeIn> {
    let kind = proptest::sample::select(NoticeKind::ALL);
    let precision = proptest::sample::select(Precision::ALL);
    let volumes = proptest::collection::vec(gulf_volume(), 1..VOLUMES_MAX.min(6));
    (kind, precision, any::<u64>(), volumes, proptest::option::of(line())).prop_map(|(kind, precision, id, volumes, title)| {
        let fixture = notices::notice(kind);
        let volumes = if fixture.volumes.is_empty() { Vec::new() } else { volumes };
        NoticeIn { id: notices::notice_id(id), precision: precision.code(), volumes, title, ..fixture }
    })
}

/// The same, checked.
pub fn valid_notice() -> impl Strategy<Value = Notice> {
    notice().prop_map(|input| Notice::try_new(input).expect("the strategy obeys the rules"))
}

/// Terms that the rules accept: the fixture's with other numbers.
pub fn terms() -> impl Strategy<Value = TermsIn> {
    let separation = (0..=SEPARATION_M_MAX, 0..=SEPARATION_M_MAX, 0..=SEPARATION_S_MAX);
    let datum = proptest::sample::select(Datum::ALL.to_vec());
    (1u32.., separation, datum, any::<bool>(), 100u32..1_000_000, line()).prop_map(
        |(version, (horizontal_m, vertical_m, time_s), datum, anywhere, entries_per_day, name)| {
            let mut terms = crate::terms();
            terms.version = version;
            terms.separation.horizontal_m = horizontal_m;
            terms.separation.vertical_m = vertical_m;
            terms.separation.time_s = time_s;
            terms.altitude.datum = datum.name().into();
            terms.quota.entries_per_day = entries_per_day;
            terms.area.name = name;
            if anywhere {
                terms.area.corners_e7.clear();
            }
            terms
        },
    )
}

/// A one-line text that the rules accept, in several scripts.
pub fn line() -> impl Strategy<Value = String> {
    "[A-Za-zА-Яа-яÅÄÖåäö0-9 .,:/()'\"-]{0,30}[A-Za-zА-Яа-я]".prop_map(|s: String| s)
}

/// Any 32 bytes.
pub fn bytes32() -> impl Strategy<Value = [u8; 32]> {
    any::<[u8; 32]>()
}

/// Any line.
pub fn line_id() -> impl Strategy<Value = LineId> {
    bytes32().prop_map(LineId::new)
}

/// Any party.
pub fn party_id() -> impl Strategy<Value = PartyId> {
    bytes32().prop_map(PartyId::new)
}

/// Any notice identity.
pub fn any_notice_id() -> impl Strategy<Value = NoticeId> {
    any::<[u8; 16]>().prop_map(NoticeId::new)
}

/// Any conflict identity.
pub fn conflict_id() -> impl Strategy<Value = ConflictId> {
    bytes32().prop_map(ConflictId::new)
}

/// Any leaf hash.
pub fn entry_hash() -> impl Strategy<Value = EntryHash> {
    bytes32().prop_map(EntryHash::new)
}

/// Any head.
pub fn head() -> impl Strategy<Value = Head> {
    (any::<u32>(), any::<u64>(), bytes32()).prop_map(|(generation, size, root)| Head {
        generation: Generation(generation),
        size,
        root: Root::new(root),
    })
}

/// Any reference to a statement.
pub fn statement_ref() -> impl Strategy<Value = StatementRef> {
    (party_id(), any::<u32>(), any::<u64>(), entry_hash()).prop_map(|(author, generation, index, hash)| StatementRef {
        author,
        generation: Generation(generation),
        index,
        hash,
    })
}

fn in_range((lat, lon): (i64, i64)) -> Position {
    Position::try_new(lat, lon).expect("drawn on the earth")
}

fn volume_round(centre: impl Strategy<Value = Position>) -> impl Strategy<Value = VolumeIn> {
    let reach_degrees = 0.000_1..0.3f64;
    let rim = proptest::collection::vec((-0.2..0.2f64, 0.5..1.0f64), 3..9);
    let window = (0i64..300, 1i64..60);
    let band = (-50i64..3_000, 0i64..3_000);
    let datum = proptest::sample::select(Datum::ALL.to_vec());
    (centre, 1u8..=3, reach_degrees, rim, 1i64..2_000_000, window, band, datum).prop_map(
        |(centre, shape, reach, rim, radius_cm, (start, length), (lower_m, height_m), datum)| {
            let ring = match shape {
                1 => vec![centre.into()],
                _ => star(centre, reach, &rim),
            };
            VolumeIn {
                shape,
                rings: vec![ring],
                radius_cm,
                lower_cm: lower_m * 100,
                upper_cm: (lower_m + height_m) * 100,
                datum: datum.code(),
                start_us: MORNING.micros() + start * MINUTE_US,
                end_us: MORNING.micros() + (start + length) * MINUTE_US,
                passage: None,
            }
        },
    )
}

/// Positions all round a centre, in order, each seen from it: joined up they make a ring that does not cross itself.
fn star(centre: Position, reach_degrees: f64, rim: &[(f64, f64)]) -> Vec<PositionIn> {
    let step = core::f64::consts::TAU / rim.len() as f64;
    let squeeze = (f64::from(centre.lat_e7()) / DEGREE_E7).to_radians().cos();
    let vertex = |(i, (turn, part)): (usize, &(f64, f64))| {
        let (sin, cos) = ((i as f64 + turn) * step).sin_cos();
        let e7 = reach_degrees * part * DEGREE_E7;
        let lat = i64::from(centre.lat_e7()) + (e7 * sin) as i64;
        let lon = i64::from(centre.lon_e7()) + (e7 * cos / squeeze) as i64;
        in_range((lat, wrapped(lon))).into()
    };
    rim.iter().enumerate().map(vertex).collect()
}

/// A longitude brought back into the range that is written.
fn wrapped(lon_e7: i64) -> i64 {
    (lon_e7 + 1_800_000_000).rem_euclid(3_600_000_000) - 1_800_000_000
}
