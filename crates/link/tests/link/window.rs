//! The window, going back after a loss, and repeating what got lost.

use detente_link::config::{NEED_AGAIN_US, RESEND_CEILING_US, RESEND_FIRST_US};
use detente_link::{Config, Event};
use detente_types::Generation;
use detente_wire::Frame;

use crate::side::{Side, head, note, packed};
use crate::world::{SECOND_US, World};

/// Two sides of which the second never makes anything durable.
fn stuck(seed: u64, window_bytes: usize, peer_window_bytes: usize) -> World {
    let mut world = World::new(seed, window_bytes);
    let config = Config { window_bytes: peer_window_bytes, ..world.sides[1].config.clone() };
    world.sides[1] = Side::new(config);
    world.sides[1].disk_us = i64::MAX / 2;
    world.connect();
    world.run_for(SECOND_US);
    world
}

#[test]
fn the_window_of_the_smaller_end_is_filled_and_not_exceeded() {
    for (ours, theirs) in [(256 << 10, 1 << 20), (1 << 20, 256 << 10)] {
        let mut world = stuck(1, ours, theirs);
        for _ in 0..1_000 {
            world.say(0, 512, false);
        }
        world.run_for(SECOND_US / 4);
        assert_eq!(world.sides[0].link.in_flight_bytes(), 256 << 10);
        assert_eq!(world.sides[0].link.not_sent(), 1_000 - 512, "the rest is not sent, and nothing stops it being said");
        assert_eq!(world.sides[1].copy.len(), 512);
    }
}

#[test]
fn an_entry_larger_than_the_window_goes_alone() {
    let mut world = World::met(2, 1_024);
    for length in [65_536, 512, 65_536, 512] {
        world.say(0, length, false);
    }
    world.settle(10 * SECOND_US);
    assert_eq!(world.sides[0].link.counters().resends, 0);
}

#[test]
fn what_is_not_acknowledged_is_sent_again_less_and_less_often() {
    let mut world = stuck(3, 1 << 20, 1 << 20);
    world.trace = Some(Vec::new());
    world.say(0, 512, false);
    let mut sent = Vec::new();
    let start = world.now;
    for _ in 0..6_000 {
        world.run_for(SECOND_US / 100);
        let parts = world.take_trace().into_iter().filter(|(_, _, frame)| matches!(frame, Frame::Part(_))).count();
        sent.extend(vec![world.now.since(start); parts]);
    }
    let waits: Vec<i64> = sent.windows(2).map(|pair| pair[1] - pair[0]).collect();
    for (n, wait) in waits.iter().enumerate() {
        let expected = (RESEND_FIRST_US << n).min(RESEND_CEILING_US);
        assert!((wait - expected).abs() <= SECOND_US / 10, "wait {n} was {wait}");
    }
    assert!(waits.len() >= 8);
    assert_eq!(world.sides[1].copy.len(), 1, "it was handed on once");
}

#[test]
fn a_lost_cosignature_is_repeated_once_duplicates_show_it() {
    let mut world = World::met(4, 1 << 20);
    for _ in 0..100 {
        world.say(0, 512, false);
    }
    // The entries have arrived by now, and what is said from here on gets lost.
    world.run_for(1_000);
    world.channel.faults.lost = 1_000;
    world.run_for(SECOND_US / 4);
    assert_eq!((world.sides[1].copy_durable, world.sides[0].acknowledged), (100, 0));
    world.channel.faults.lost = 0;
    world.trace = Some(Vec::new());
    world.settle(2 * SECOND_US);
    world.run_for(SECOND_US);
    let repeats = world.take_trace().into_iter().filter(|(_, _, frame)| matches!(frame, Frame::Cosignature(_))).count();
    assert!((1..=2).contains(&repeats), "{repeats} repeats for 100 duplicates");
}

#[test]
fn a_checkpoint_leaves_after_the_last_entry_it_covers() {
    let mut world = World::met(5, 64 << 10);
    world.trace = Some(Vec::new());
    for index in 0..200 {
        world.say(0, 512 << (index % 6), false);
    }
    world.settle(20 * SECOND_US);
    let mut whole = 0;
    for (_, _, frame) in world.take_trace().into_iter().filter(|(from, ..)| *from == 0) {
        match frame {
            Frame::Part(part) if part.part + 1 == part.parts => whole = part.index + 1,
            Frame::Checkpoint(bytes) => {
                let size: u64 = core::str::from_utf8(&bytes).unwrap()["checkpoint ".len()..].parse().unwrap();
                assert!(size <= whole, "the checkpoint at {size} left when {whole} entries had");
            }
            _ => {}
        }
    }
    assert_eq!(whole, 200);
}

#[test]
fn a_need_that_is_not_answered_is_told_again() {
    let mut world = World::met(6, 1 << 20);
    let link = &mut world.sides[0].link;
    link.set_own(head(3), note("checkpoint", 3));
    let need = Event::Need { own: true, generation: Generation::FIRST, from: 0, max_bytes: 1 << 20 };
    assert_eq!(link.poll_event(), Some(need.clone()));
    assert_eq!(link.poll_event(), None, "one at a time");
    let again = world.now.plus_micros(NEED_AGAIN_US);
    assert!(link.poll_timeout().is_some_and(|at| at <= again));
    link.handle_timeout(again, &mut world.rng);
    let events: Vec<Event> = core::iter::from_fn(|| link.poll_event()).collect();
    assert!(events.contains(&need));
    link.supply(true, Generation::FIRST, 2, packed(0, 2, 512));
    assert_eq!(link.poll_event(), Some(need), "what answers an older need does not stand in the way of this one");
    (0..3).for_each(|index| link.supply(true, Generation::FIRST, index, packed(0, index, 512)));
    assert_eq!(link.poll_event(), None);
}
