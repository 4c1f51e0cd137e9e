//! What a peer might send: well encoded, with any numbers and texts in it.
//!
//! Boxed one by one: as one type they would not fit the stack of a test's thread.

use detente_types::notice::DetailIn;
use detente_types::text::TextIn;
use detente_types::volume::{PositionIn, VolumeIn};
use detente_types::{NoticeIn, NoticeKind, PassageIn};
use proptest::option::of;
use proptest::prelude::*;
use proptest::strategy::Union;

use super::{any_notice_id, entry_hash, notice, volume};

/// Numbers at which code breaks, and any others.
pub fn number() -> BoxedStrategy<i64> {
    prop_oneof![
        Just(i64::MIN),
        Just(i64::MIN + 1),
        Just(-1),
        Just(0),
        Just(1),
        Just(i64::MAX),
        -2_000_000_000i64..2_000_000_000,
        any::<i64>(),
    ]
    .boxed()
}

/// Texts with everything that could steer a screen, empty and overlong ones among them.
pub fn words() -> BoxedStrategy<String> {
    prop_oneof![
        Just(String::new()),
        Just(" \t\n".to_owned()),
        Just("safe\u{202e}txt".to_owned()),
        Just("line\u{2028}break".to_owned()),
        Just("\u{1b}[2J".to_owned()),
        Just("ж".repeat(300)),
        ".{0,40}",
    ]
    .boxed()
}

/// A text with any language.
pub fn text() -> BoxedStrategy<TextIn> {
    (prop_oneof![Just("en".to_owned()), words()], words()).prop_map(|(language, text)| TextIn { language, text }).boxed()
}

/// A volume of any numbers.
pub fn any_volume() -> BoxedStrategy<VolumeIn> {
    let vertex = (number(), number()).prop_map(|(lat_e7, lon_e7)| PositionIn { lat_e7, lon_e7 });
    let ring = proptest::collection::vec(vertex, 0..6);
    let rings = proptest::collection::vec(ring, 0..4);
    let passage =
        (proptest::collection::vec(number(), 0..6), number()).prop_map(|(times_us, slack_us)| PassageIn { times_us, slack_us });
    (0u8..6, rings, number(), number(), number(), any::<u8>(), number(), number(), of(passage))
        .prop_map(|(shape, rings, radius_cm, lower_cm, upper_cm, datum, start_us, end_us, passage)| VolumeIn {
            shape,
            rings,
            radius_cm,
            lower_cm,
            upper_cm,
            datum,
            start_us,
            end_us,
            passage,
        })
        .boxed()
}

/// Details that may or may not fit the kind.
pub fn detail() -> BoxedStrategy<DetailIn> {
    let said = || of(words());
    let first = (said(), said(), said(), said(), said(), said(), said(), of(any::<u32>()));
    let second = (of(any::<u32>()), said(), of(any::<bool>()), said(), of(any::<u32>()));
    let third = (of(any::<u8>()), said(), of(number()), said());
    (first, second, third)
        .prop_map(|(a, b, c)| DetailIn {
            activity: a.0,
            frequency: a.1,
            measure: a.2,
            function: a.3,
            operator: a.4,
            position_source: a.5,
            markings: a.6,
            vehicles: a.7,
            people: b.0,
            cargo: b.1,
            armed_escort: b.2,
            designation: b.3,
            troops: b.4,
            ask: c.0,
            endangered: c.1,
            since_us: c.2,
            list_number: c.3,
        })
        .boxed()
}

/// A notice of any numbers and texts, and valid ones with a few fields spoilt. Its kind is that of a notice.
pub fn any_notice() -> BoxedStrategy<NoticeIn> {
    prop_oneof![wild_notice(), spoilt_notice()].boxed()
}

fn wild_notice() -> BoxedStrategy<NoticeIn> {
    let kind = proptest::sample::select(NoticeKind::ALL);
    let head = (kind, any_notice_id(), any::<u32>(), of(entry_hash()), any::<u8>(), number(), number());
    let shown = (proptest::collection::vec(any_volume(), 0..4), any::<u8>(), of(words()), of(text()), of(text()));
    let rest = (of(words()), of(words()), of(words()), of(detail()), of(words()), of(words()));
    (head, shown, rest)
        .prop_map(|(a, b, c)| NoticeIn {
            kind: a.0.code(),
            id: a.1,
            version: a.2,
            replaces: a.3,
            precedence: a.4,
            valid_from_us: a.5,
            valid_until_us: a.6,
            volumes: b.0,
            precision: b.1,
            title: b.2,
            text: b.3,
            translation: b.4,
            call_sign: c.0,
            contact: c.1,
            basis: c.2,
            detail: c.3,
            desk: c.4,
            officer: c.5,
        })
        .boxed()
}

fn spoilt_notice() -> BoxedStrategy<NoticeIn> {
    (notice(), proptest::collection::vec(spoiler(), 0..3))
        .prop_map(|(mut notice, spoilers)| {
            for spoil in spoilers {
                spoil.apply(&mut notice);
            }
            notice
        })
        .boxed()
}

/// One way to spoil a valid notice.
#[derive(Clone, Debug)]
enum Spoiler {
    Version(u32),
    Precedence(u8),
    From(i64),
    Until(i64),
    Volume(VolumeIn),
    Title(String),
    Text(TextIn),
    Detail(Box<DetailIn>),
}

impl Spoiler {
    fn apply(self, notice: &mut NoticeIn) {
        match self {
            Self::Version(version) => notice.version = version,
            Self::Precedence(code) => notice.precedence = code,
            Self::From(us) => notice.valid_from_us = us,
            Self::Until(us) => notice.valid_until_us = us,
            Self::Volume(volume) => notice.volumes.push(volume),
            Self::Title(title) => notice.title = Some(title),
            Self::Text(text) => notice.text = Some(text),
            Self::Detail(detail) => notice.detail = Some(*detail),
        }
    }
}

fn spoiler() -> impl Strategy<Value = Spoiler> {
    Union::new([
        any::<u32>().prop_map(Spoiler::Version).boxed(),
        any::<u8>().prop_map(Spoiler::Precedence).boxed(),
        number().prop_map(Spoiler::From).boxed(),
        number().prop_map(Spoiler::Until).boxed(),
        volume().prop_map(Spoiler::Volume).boxed(),
        any_volume().prop_map(Spoiler::Volume).boxed(),
        words().prop_map(Spoiler::Title).boxed(),
        text().prop_map(Spoiler::Text).boxed(),
        detail().prop_map(|d| Spoiler::Detail(Box::new(d))).boxed(),
    ])
}
