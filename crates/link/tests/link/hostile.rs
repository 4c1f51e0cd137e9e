//! A peer that says anything: nothing makes the link panic, hold much, or say much.

use detente_link::config::{EARLY_ASSEMBLIES_MAX, REPEAT_GAP_US};
use detente_link::{DownReason, Plan};
use detente_types::{Generation, Head, Root};
use detente_wire::Frame;
use detente_wire::entry::PACKED_BYTES_MAX;
use detente_wire::frame::{Hello, PART_BYTES_MAX, Part};
use minicbor::bytes::ByteVec;
use proptest::prelude::*;

use crate::side::{LINE, Side, packed};
use crate::world::{SECOND_US, World};

const WINDOW: usize = 128 << 10;
/// A window and an entry in order, the same given back, and the early ones.
const HELD_MAX: usize = 2 * (WINDOW + PACKED_BYTES_MAX) + EARLY_ASSEMBLIES_MAX * PACKED_BYTES_MAX;

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![0..40_u64, Just(u64::MAX), Just(i64::MAX as u64), any::<u64>()]
}

fn generation() -> impl Strategy<Value = Generation> {
    prop_oneof![8 => Just(1), 1 => Just(2), 1 => any::<u32>()].prop_map(Generation)
}

fn bytes() -> impl Strategy<Value = ByteVec> {
    let length = prop_oneof![0..700_usize, Just(PART_BYTES_MAX), Just(PART_BYTES_MAX + 1), Just(1_536)];
    (length, any::<u8>()).prop_map(|(length, fill)| vec![fill; length].into())
}

fn part() -> impl Strategy<Value = Frame> {
    let place = (generation(), number(), prop_oneof![0..6_u8, any::<u8>()], prop_oneof![1..6_u8, any::<u8>()]);
    (any::<bool>(), place, bytes(), any::<bool>()).prop_map(|(own, (generation, index, part, parts), bytes, early)| {
        Frame::Part(Part { own, generation, index, part, parts, bytes, early })
    })
}

fn a_head() -> impl Strategy<Value = Head> {
    (generation(), number()).prop_map(|(generation, size)| Head { generation, size, root: Root::new([0; 32]) })
}

fn hello(session: u64, answers: u64) -> impl Strategy<Value = Frame> {
    let sessions = (prop_oneof![4 => Just(session), 1 => number()], prop_oneof![4 => Just(answers), 1 => number()]);
    let flags = (any::<bool>(), any::<bool>(), any::<u16>(), any::<i64>());
    (sessions, a_head(), a_head(), flags, number()).prop_map(
        |((session, answers), own, copy, (holds, asks, version_max, clock_us), window_bytes)| {
            Frame::Hello(Hello {
                version_min: 1,
                version_max,
                features: u64::MAX,
                line: LINE,
                session,
                answers,
                own,
                own_checkpoint: Vec::new().into(),
                copy,
                copy_checkpoint: Vec::new().into(),
                revocations: Vec::new(),
                clock_us,
                holds,
                asks,
                window_bytes,
                cosigned: Vec::new().into(),
                early: Vec::new(),
                more: Vec::new().into(),
                newest: Vec::new().into(),
            })
        },
    )
}

fn frame(session: u64, answers: u64) -> impl Strategy<Value = Frame> {
    prop_oneof![
        8 => part(),
        2 => hello(session, answers),
        1 => (number(), any::<i64>()).prop_map(|(number, clock)| Frame::Ping(number, clock)),
        1 => (number(), any::<i64>(), any::<i64>()).prop_map(|(number, echo, clock)| Frame::Pong(number, echo, clock)),
        1 => bytes().prop_filter("fits a frame", |b| b.len() <= PART_BYTES_MAX).prop_map(Frame::Evidence),
    ]
}

/// The sessions of `World::met(1, …)`, so that frames can be made before there is a world.
fn sessions() -> (u64, u64) {
    let world = World::new(1, WINDOW);
    (world.sides[0].config.session, world.sides[1].config.session)
}

/// Takes all events and answers none, and counts what would be sent.
fn drain(side: &mut Side, world_now: detente_types::Timestamp) -> usize {
    while side.link.poll_event().is_some() {}
    core::iter::from_fn(|| side.link.poll_transmit(world_now)).count()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_damage(frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..40)) {
        let mut world = World::met(1, WINDOW);
        let before = world.sides[0].link.counters();
        for bytes in &frames {
            world.inject(0, bytes);
        }
        let after = world.sides[0].link.counters();
        prop_assert_eq!(after.damaged - before.damaged, frames.len() as u64);
        prop_assert_eq!(after.frames_out, before.frames_out, "nothing is answered");
        prop_assert!(world.sides[0].link.is_open());
    }

    #[test]
    fn whole_frames_that_lie_are_bounded(
        frames in prop::collection::vec({ let (us, them) = sessions(); frame(them, us) }, 1..150),
        open in any::<bool>(),
    ) {
        let mut world = World::met(1, WINDOW);
        if !open {
            world.sides[0].link.hold();
        }
        let now = world.now;
        for (number, frame) in frames.iter().enumerate() {
            let now = now.plus_micros(number as i64 * 1_000);
            let bytes = world.sealed(1, frame);
            let side = &mut world.sides[0];
            side.link.handle_frame(now, &bytes);
            if number % 7 == 0 {
                side.link.open(Plan { send_from: 0, give_back: Some((Generation::FIRST, 0..number as u64)) });
            }
            side.link.acknowledged(0);
            side.link.handle_timeout(now, &mut world.rng);
            prop_assert!(side.link.held_bytes() <= HELD_MAX, "{} bytes held", side.link.held_bytes());
            prop_assert!(drain(side, now) <= 4, "answers stay in proportion");
        }
    }
}

fn cases() -> u32 {
    if std::env::var("DETENTE_SOAK").is_ok_and(|value| value == "1") { 20_000 } else { 300 }
}

#[test]
fn a_whole_frame_of_nonsense_is_the_peers_fault() {
    let mut world = World::met(1, WINDOW);
    let mut part = packed_part(0);
    part.parts = 200;
    let bytes = world.sealed(1, &Frame::Part(part));
    world.inject(0, &bytes);
    assert_eq!(world.sides[0].heard.faults.len(), 1);
    assert_eq!(world.sides[0].link.counters().faults, 1);
}

#[test]
fn a_flood_ahead_of_a_withheld_entry_is_bounded() {
    let mut world = World::met(1, WINDOW);
    for index in 1..5_000 {
        let bytes = world.sealed(1, &Frame::Part(packed_part(index)));
        world.inject(0, &bytes);
        assert!(world.sides[0].link.held_bytes() <= WINDOW + PACKED_BYTES_MAX);
    }
    assert!(world.sides[0].link.counters().dropped > 4_000);
    assert_eq!(world.sides[0].copy.len(), 0);
}

#[test]
fn a_flood_faster_than_the_disk_is_bounded() {
    let mut world = World::met(1, WINDOW);
    world.sides[0].disk_us = i64::MAX / 2;
    for index in 0..5_000 {
        let bytes = world.sealed(1, &Frame::Part(packed_part(index)));
        world.sides[0].link.handle_frame(world.now, &bytes);
        world.sides[0].work(world.now);
    }
    let handed: usize = world.sides[0].copy.iter().map(Vec::len).sum();
    assert!(handed <= WINDOW + PACKED_BYTES_MAX, "{handed} bytes wait for the disk");
}

#[test]
fn duplicates_and_hellos_are_answered_at_a_bounded_rate() {
    let mut world = World::met(1, WINDOW);
    world.say(1, 512, false);
    world.settle(SECOND_US);
    let hello = world.sides[0].heard.hellos[0].clone();
    let mut sent = 0;
    let duration = 20 * REPEAT_GAP_US;
    for step in 0..2_000 {
        let now = world.now.plus_micros(step * duration / 2_000);
        for frame in [Frame::Part(packed_part(0)), Frame::Hello(Hello { asks: true, ..hello.clone() })] {
            let bytes = world.sealed(1, &frame);
            world.sides[0].link.handle_frame(now, &bytes);
        }
        world.sides[0].link.handle_timeout(now, &mut world.rng);
        sent += drain(&mut world.sides[0], now);
    }
    assert!(sent <= 2 * 21 + 2, "{sent} frames for 4000");
}

#[test]
fn nothing_is_taken_back_that_the_peer_did_not_claim_to_hold() {
    let mut world = World::met(1, WINDOW);
    let given = Part { own: false, ..packed_part(0) };
    let bytes = world.sealed(1, &Frame::Part(given));
    world.inject(0, &bytes);
    assert_eq!(world.sides[0].own.len(), 0);
    assert_eq!(world.sides[0].heard.downs, Vec::<DownReason>::new());
}

fn packed_part(index: u64) -> Part {
    let bytes = packed(1, index, 512).into();
    Part { own: true, generation: Generation::FIRST, index, part: 0, parts: 1, bytes, early: false }
}
