//! SAFETY overtakes.

use detente_link::config::{RESEND_CEILING_US, RESEND_FIRST_US};
use detente_types::Generation;
use detente_wire::Frame;
use detente_wire::frame::{Channel as Tag, decode};

use crate::side::{Judge, packed};
use crate::world::{SECOND_US, World};

const EARLY: Generation = Generation::FIRST;

fn early_frames(world: &mut World) -> usize {
    let early = |frame: &Frame| matches!(frame, Frame::Part(part) if part.early);
    world.take_trace().iter().filter(|(_, urgent, frame)| early(frame) && *urgent).count()
}

#[test]
fn a_safety_entry_leaves_before_all_bulk_that_waits() {
    let mut world = World::met(1, 1 << 20);
    for _ in 0..100 {
        world.sides[0].own.push(packed(0, 0, 32_768));
    }
    let size = world.sides[0].own.len();
    let now = world.time(0);
    world.sides[0].link.set_own(crate::side::head(size), crate::side::note("checkpoint", size as u64));
    world.sides[0].work(now);
    for _ in 0..5 {
        let bulk = world.sides[0].transmit(now).expect("a backlog");
        assert!(!bulk.urgent);
    }
    world.sides[0].link.send_early(EARLY, 500, packed(0, 1, 65_536));
    let tag = Tag { from: world.sides[0].config.session, to: world.sides[1].config.session };
    for number in 0..5 {
        let early = world.sides[0].transmit(now).unwrap();
        let Ok(Frame::Part(part)) = decode(&early.bytes, tag) else { panic!("a part") };
        assert!(early.urgent && part.early && part.part == number, "part {number} is the very next frame");
    }
    assert!(world.sides[0].transmit(now).is_some_and(|bulk| !bulk.urgent), "then the backlog goes on");
}

#[test]
fn a_safety_entry_is_handed_on_while_the_backlog_is_still_under_way() {
    let mut world = World::new(2, 1 << 20);
    world.channel.bytes_per_second = 100_000;
    world.connect();
    world.run_for(SECOND_US);
    for _ in 0..300 {
        world.say(0, 8_192, false);
    }
    world.run_for(2 * SECOND_US);
    let before = world.now;
    world.say(0, 4_096, true);
    while world.sides[1].heard.early.is_empty() {
        world.run_for(SECOND_US / 100);
    }
    let took_us = world.now.since(before);
    // What lies below the link already (100 ms) and one bulk frame (80 ms), its own 40 ms, and the way.
    assert!(took_us <= 260_000, "{took_us}");
    assert!(world.sides[0].link.not_sent() > 100, "the backlog is not through by far");
}

#[test]
fn it_is_sent_outside_a_full_window() {
    let mut world = World::new(3, 64 << 10);
    world.sides[1].disk_us = i64::MAX / 2;
    world.connect();
    world.run_for(SECOND_US);
    for _ in 0..200 {
        world.say(0, 512, false);
    }
    world.run_for(SECOND_US);
    assert_eq!(world.sides[0].link.in_flight_bytes(), 64 << 10);
    world.say(0, 65_536, true);
    world.run_for(SECOND_US / 5);
    assert_eq!(world.sides[1].heard.early.values().sum::<u32>(), 1);
}

#[test]
fn it_is_sent_again_until_it_is_done() {
    let mut world = World::met(4, 1 << 20);
    world.trace = Some(Vec::new());
    world.sides[0].link.send_early(EARLY, 0, packed(0, 0, 512));
    world.drive(0);
    assert_eq!(early_frames(&mut world), 1);
    world.run_for(RESEND_FIRST_US + RESEND_CEILING_US * 4);
    let sent = early_frames(&mut world);
    assert!((5..=9).contains(&sent), "{sent}");
    assert_eq!(world.sides[1].heard.early[&0], 1, "and handed on once");
    world.sides[0].link.early_done(Generation::FIRST, 0);
    world.run_for(RESEND_CEILING_US * 2);
    assert_eq!(early_frames(&mut world), 0);
}

#[test]
fn it_is_done_once_the_log_has_carried_it() {
    let mut world = World::met(5, 1 << 20);
    world.trace = Some(Vec::new());
    world.say(0, 512, true);
    world.settle(SECOND_US);
    assert!(early_frames(&mut world) >= 1);
    world.run_for(RESEND_CEILING_US * 2);
    assert_eq!(early_frames(&mut world), 0);
}

#[test]
fn parts_of_a_large_one_get_through_a_bad_channel() {
    for seed in 0..20 {
        let mut world = World::met(seed, 1 << 20);
        world.channel.faults.lost = 400;
        world.channel.faults.doubled = 200;
        world.channel.faults.late_us = 500_000;
        world.sides.iter_mut().for_each(|side| side.judge = Judge::Hold);
        world.sides[0].link.send_early(EARLY, 9, packed(0, seed, 65_536));
        world.run_for(60 * SECOND_US);
        assert_eq!(world.sides[1].heard.early.get(&9), Some(&1), "seed {seed}");
    }
}
