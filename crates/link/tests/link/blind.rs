//! Streams of blind runs: in order, each once, whatever the bearer does; and nothing of what nobody opened.

use detente_link::config::BLIND_WINDOW;
use detente_wire::Frame;
use rand_chacha::rand_core::Rng;

use crate::channel::Faults;
use crate::world::{SECOND_US, World};

const STREAM: u64 = 77;

fn message(side: usize, number: u32) -> Vec<u8> {
    [&[side as u8][..], &number.to_be_bytes(), &vec![7; 3_000]].concat()
}

/// Gives each side messages as there is room, until so many have arrived at the other.
fn exchange(world: &mut World, count: u32) {
    let mut given = [0, 0];
    for _ in 0..400 {
        for (side, given) in given.iter_mut().enumerate() {
            while *given < count && world.sides[side].link.blind_has_room(STREAM) {
                world.sides[side].link.send_blind(STREAM, message(side, *given));
                *given += 1;
            }
            world.drive(side);
        }
        world.run_for(SECOND_US / 2);
        if (0..2)
            .all(|side| world.sides[side].heard.blind.len() == count as usize && world.sides[side].link.blind_is_through(STREAM))
        {
            return;
        }
    }
    panic!("{:?}", [0, 1].map(|side: usize| world.sides[side].heard.blind.len()));
}

fn assert_heard(world: &World, count: u32) {
    for side in 0..2 {
        let expected: Vec<_> = (0..count).map(|number| (STREAM, message(1 - side, number))).collect();
        assert!(world.sides[side].heard.blind == expected, "in order, each once");
        assert!(world.sides[side].heard.faults.is_empty());
    }
}

#[test]
fn messages_arrive_in_order_over_a_bad_channel() {
    for seed in 0..10 {
        let mut world = World::met(seed, 1 << 16);
        world.channel.faults = Faults { lost: 80, doubled: 60, damaged: 40, late_us: 300_000 };
        (0..2).for_each(|side| world.sides[side].link.open_blind(STREAM));
        let length = world.rng.next_u32() as usize % 3_000;
        world.say(0, 600 + length, false);
        exchange(&mut world, 200);
        assert_heard(&world, 200);
    }
}

#[test]
fn a_broken_bearer_loses_nothing_of_a_stream() {
    let mut world = World::met(3, 1 << 16);
    (0..2).for_each(|side| world.sides[side].link.open_blind(STREAM));
    for side in 0..2 {
        (0..10).for_each(|number| world.sides[side].link.send_blind(STREAM, message(side, number)));
    }
    world.drive(0);
    world.cut();
    world.connect();
    world.run_for(5 * SECOND_US);
    assert_heard(&world, 10);
}

#[test]
fn nothing_is_held_of_a_stream_that_nobody_opened() {
    let mut world = World::met(4, 1 << 16);
    world.sides[0].link.open_blind(STREAM);
    (0..20).for_each(|number| world.sides[0].link.send_blind(STREAM, message(0, number)));
    world.drive(0);
    world.run_for(SECOND_US / 5);
    assert!(world.sides[1].heard.knocks.iter().all(|stream| *stream == STREAM));
    assert!(!world.sides[1].heard.knocks.is_empty() && world.sides[1].heard.blind.is_empty());
    assert_eq!(world.sides[1].link.held_bytes(), 0);
    // It comes again for whoever opens it late.
    world.sides[1].link.open_blind(STREAM);
    world.run_for(10 * SECOND_US);
    assert_eq!(world.sides[1].heard.blind.len(), 20);
    assert!(world.sides[0].link.blind_is_through(STREAM));
}

#[test]
fn a_closed_stream_is_acknowledged_whole() {
    let mut world = World::met(5, 1 << 16);
    (0..2).for_each(|side| world.sides[side].link.open_blind(STREAM));
    world.sides[1].link.close_blind(STREAM);
    (0..20).for_each(|number| world.sides[0].link.send_blind(STREAM, message(0, number)));
    world.drive(0);
    world.run_for(3 * SECOND_US);
    assert!(world.sides[0].link.blind_is_through(STREAM), "the other end stops");
    assert!(world.sides[1].heard.blind.is_empty() && world.sides[1].heard.knocks.is_empty());
}

#[test]
fn what_comes_too_far_ahead_is_not_held() {
    let mut world = World::met(6, 1 << 16);
    world.sides[0].link.open_blind(STREAM);
    for place in (1..500).chain([u32::MAX]) {
        let bytes = world.sealed(1, &Frame::Blind(STREAM, place, vec![1; 12_000].into()));
        world.inject(0, &bytes);
    }
    assert!(world.sides[0].link.held_bytes() <= BLIND_WINDOW * 12_000);
    let taken = world.sealed(1, &Frame::BlindTaken(STREAM, u32::MAX));
    world.inject(0, &taken);
    assert!(world.sides[0].heard.blind.is_empty());
}
