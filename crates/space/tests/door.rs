//! Only a notice that passed the meaning gate reaches the index.

use detente_space::{Asked, Index, Law, Separation, Side};
use detente_types::notice::{NoticeIn, NoticeKind};
use detente_types::statement::{Kind, StatementIn};
use detente_types::unit::Metres;
use detente_types::volume::{PositionIn, VolumeIn};
use detente_types::{Generation, Head, LineId, Notice, NoticeId, PartyId, StatementRef, Timestamp, Violation};
use detente_wire::meaning::{self, Known, Standing};
use detente_wire::{Ed25519, Keys, PublicKey, Valid};

const NOON_US: i64 = 1_795_521_600_000_000;
const HOUR_US: i64 = 3_600_000_000;

/// Logs with nothing in them yet.
struct Nothing;

impl Known for Nothing {
    fn kind(&self, _: &StatementRef) -> Option<Kind> {
        None
    }

    fn latest(&self, _: &NoticeId) -> Option<(u32, StatementRef)> {
        None
    }

    fn cancelled(&self, _: &NoticeId) -> bool {
        false
    }

    fn party_key(&self, _: Generation) -> Option<PublicKey> {
        None
    }

    fn certified(&self) -> Option<(Generation, Keys)> {
        None
    }

    fn ended(&self, _: Generation) -> Option<Head> {
        None
    }

    fn challenge(&self, _: &StatementRef) -> Option<[u8; 32]> {
        None
    }

    fn answered(&self, _: &StatementRef) -> bool {
        false
    }
}

/// Through the gate, as a peer's statement or an officer's input goes.
fn stated(kind: NoticeKind, volumes: Vec<VolumeIn>) -> Result<Valid<Notice>, Vec<Violation>> {
    let notice = NoticeIn {
        kind: kind.code(),
        id: NoticeId::new([1; 16]),
        version: 1,
        replaces: None,
        precedence: 4,
        valid_from_us: NOON_US,
        valid_until_us: NOON_US + 24 * HOUR_US,
        volumes,
        precision: 0,
        title: None,
        text: None,
        translation: None,
        call_sign: None,
        contact: None,
        basis: None,
        detail: None,
        desk: None,
        officer: None,
    };
    let standing = Standing {
        line: LineId::new([0; 32]),
        author: PartyId::new([1; 32]),
        other: PartyId::new([2; 32]),
        index: 1,
        claimed: Timestamp::from_micros(NOON_US),
        urgent: false,
        terms: None,
        known: &Nothing,
        scheme: &Ed25519,
    };
    let statement = meaning::check(StatementIn::Notice(notice), &standing)?.expect("a notice is acted on");
    Ok(statement.notice().expect("it is a notice"))
}

fn circle(lat: f64, lon: f64, radius_m: i64) -> VolumeIn {
    let place = PositionIn { lat_e7: (lat * 1e7) as i64, lon_e7: (lon * 1e7) as i64 };
    VolumeIn {
        shape: 1,
        rings: vec![vec![place]],
        radius_cm: radius_m * 100,
        lower_cm: 0,
        upper_cm: 100_000,
        datum: 0,
        start_us: NOON_US,
        end_us: NOON_US + HOUR_US,
        passage: None,
    }
}

#[test]
fn stated_notices_are_filed_and_found() {
    let mut index = Index::new();
    let hospital = stated(NoticeKind::Site, vec![circle(59.60, 24.70, 50)]).unwrap();
    let patrol = stated(NoticeKind::Operation, vec![circle(60.60, 24.70, 50), circle(59.61, 24.70, 300)]).unwrap();
    index.insert("hospital", &hospital);
    index.insert("patrol", &patrol);
    assert!(index.contains(&"hospital") && index.len() == 2);

    let separation = Separation { horizontal: Metres::new(1_000), vertical: Metres::ZERO, time_us: 0 };
    let found = |notice: &Valid<Notice>| {
        let asked = Asked::new(notice, separation, Law::One, Side::First);
        index.query(&asked).map(|find| (find.pair.key, find.pair.asked, find.pair.found)).collect::<Vec<_>>()
    };
    let survey = stated(NoticeKind::Operation, vec![circle(59.605, 24.70, 10)]).unwrap();
    assert_eq!(found(&survey), [("hospital", 0, 0), ("patrol", 0, 1)]);
    let depot = stated(NoticeKind::Site, vec![circle(59.605, 24.70, 10)]).unwrap();
    assert_eq!(found(&depot), [("patrol", 0, 1)], "a site meets no site");

    let kept = Timestamp::from_micros(NOON_US + HOUR_US);
    assert_eq!(index.expire(kept), Vec::<&str>::new());
    assert_eq!(index.expire(kept.plus_micros(1)), ["hospital", "patrol"]);
    assert!(!index.remove(&"patrol"));
}

/// A bow tie has no clear inside; it never becomes a `Valid<Notice>`.
#[test]
fn a_crossing_shape_stops_at_the_gate() {
    let corner = |lat: i64, lon: i64| PositionIn { lat_e7: lat * 10_000_000, lon_e7: lon * 10_000_000 };
    let ring = vec![corner(0, 0), corner(1, 1), corner(1, 0), corner(0, 1)];
    let bow = VolumeIn { shape: 3, rings: vec![ring], ..circle(0.0, 0.0, 0) };
    let refused = stated(NoticeKind::Operation, vec![bow]).unwrap_err();
    assert_eq!(refused.len(), 1);
    assert!(refused[0].to_string().starts_with("DV-024: volumes[0].footprint.rings[0]"), "{}", refused[0]);
}
