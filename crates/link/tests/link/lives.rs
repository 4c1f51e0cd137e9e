//! Logs that begin another life: what one end must hear of it, whatever gets lost.

use detente_types::{Generation, Head};
use detente_wire::Frame;
use detente_wire::frame::{Hello, Part};

use crate::side::{Judge, head, packed};
use crate::world::{SECOND_US, World};

const SECOND: Generation = Generation(2);

fn hellos(world: &mut World, from: usize) -> Vec<Hello> {
    let said = world.take_trace().into_iter().filter(|(side, ..)| *side == from);
    said.filter_map(|(_, _, frame)| if let Frame::Hello(hello) = frame { Some(hello) } else { None }).collect()
}

#[test]
fn an_entry_of_a_life_that_is_over_is_answered_by_what_our_copy_has_begun() {
    let mut world = World::met(1, 1 << 20);
    world.trace = Some(Vec::new());
    let begun = Head { generation: SECOND, ..head(0) };
    world.sides[1].link.set_copy(begun, Vec::new());
    world.run_for(SECOND_US);
    assert_eq!(hellos(&mut world, 1), [], "nobody asked");
    world.say(0, 512, false);
    world.run_for(SECOND_US);
    let said = hellos(&mut world, 1);
    assert!(!said.is_empty() && said.iter().all(|hello| hello.copy == begun), "{said:?}");
    assert_eq!(world.sides[0].heard.begun.first(), Some(&(SECOND, 0)));
}

#[test]
fn an_opening_overtakes_while_another_hello_is_waited_for() {
    let mut world = World::met(2, 1 << 20);
    let end = &mut world.sides[0];
    end.judge = Judge::Nothing;
    end.link.send_early(SECOND, 0, packed(0, 0, 512));
    end.link.send_early(SECOND, 7, packed(0, 7, 512));
    end.link.greet_again();
    world.trace = Some(Vec::new());
    world.drive(0);
    let said: Vec<Frame> = world.take_trace().into_iter().map(|(_, _, frame)| frame).collect();
    let is_opening = |frame: &Frame| matches!(frame, Frame::Part(Part { early: true, generation: SECOND, index: 0, .. }));
    assert!(said.iter().any(is_opening), "{said:?}");
    let is_other = |frame: &Frame| matches!(frame, Frame::Part(part) if part.index != 0);
    assert!(!said.iter().any(is_other), "SAFETY waits for the hello: {said:?}");
    world.run_for(SECOND_US);
    assert_eq!(world.sides[1].heard.early.get(&0), Some(&1));
}

#[test]
fn nothing_overtakes_before_the_first_meeting() {
    let mut world = World::new(3, 1 << 20);
    world.sides[0].link.send_early(SECOND, 0, packed(0, 0, 512));
    world.trace = Some(Vec::new());
    world.sides[0].link.handle_connected(world.now);
    world.drive(0);
    let said = world.take_trace();
    assert!(!said.is_empty() && said.iter().all(|(_, _, frame)| matches!(frame, Frame::Hello(_))), "{said:?}");
}

/// Two ends that have met, after one has said ten entries that the other has.
fn after_ten(seed: u64) -> World {
    let mut world = World::met(seed, 1 << 20);
    for _ in 0..10 {
        world.say(0, 512, false);
    }
    world.settle(SECOND_US);
    world
}

#[test]
fn a_cosignature_made_anew_lets_the_window_slide_as_far_as_it_once_had() {
    let mut world = after_ten(4);
    // It is restored to before all of that, and takes nothing yet: what was acknowledged is sent again, and is in flight.
    (world.sides[1].copy_durable, world.sides[1].judge) = (0, Judge::Nothing);
    world.restart(1);
    world.run_for(SECOND_US);
    let link = &mut world.sides[0].link;
    let flight = link.in_flight_bytes();
    assert_eq!(flight, 10 * 512);
    link.acknowledged_anew(4);
    assert_eq!(link.in_flight_bytes(), 6 * 512);
    link.acknowledged_anew(1_000);
    assert_eq!(link.in_flight_bytes(), 0, "ten were acknowledged, and no more counts");
}

#[test]
fn how_far_a_restored_copy_has_come_is_told_until_it_is_heard() {
    let mut world = after_ten(6);
    world.sides[1].copy_durable = 0;
    world.restart(1);
    world.sides[1].link.cosign(Vec::new());
    while world.sides[1].copy.len() < 10 {
        world.run_for(1_000);
    }
    // Nothing that it says of this is heard.
    world.channel.faults.lost = 1_000;
    world.run_for(SECOND_US / 2);
    world.channel.faults.lost = 0;
    assert_eq!(world.sides[1].copy_durable, 10);
    assert_eq!(world.sides[0].link.in_flight_bytes(), 10 * 512);
    world.run_for(20 * SECOND_US);
    assert_eq!(world.sides[0].link.in_flight_bytes(), 0);
}

#[test]
fn an_entry_of_a_later_life_than_the_hello_named_asks_for_the_one_that_got_lost() {
    let mut world = World::met(5, 1 << 20);
    world.channel.faults.lost = 1_000;
    world.sides[0].link.set_own(Head { generation: SECOND, ..head(0) }, Vec::new());
    world.run_for(SECOND_US / 10);
    world.channel.faults.lost = 0;
    // What the other end says of its own accord ends the greeting, though it heard nothing.
    world.sides[1].link.tell_copy();
    world.drive(1);
    world.run_for(SECOND_US / 10);
    assert_eq!(world.sides.each_ref().map(|side| side.heard.hellos.len()), [2, 1]);
    let part = Part { own: true, generation: SECOND, index: 0, part: 0, parts: 1, bytes: packed(0, 0, 512).into(), early: false };
    let bytes = world.sealed(0, &Frame::Part(part));
    world.inject(1, &bytes);
    world.run_for(SECOND_US);
    assert_eq!(world.sides[1].heard.hellos.last().map(|hello| hello.own.generation), Some(SECOND));
}
