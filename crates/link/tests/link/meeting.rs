//! How a session begins, what it lets through, and how it ends.

use detente_link::config::{
    PING_EVERY_US, REDIAL_CEILING_US, REDIAL_FIRST_US, RESEND_CEILING_US, RESEND_FIRST_US, SILENT_AFTER_US, UP_LASTED_US,
};
use detente_link::{Config, DownReason, Event, Link, LinkFault, Plan};
use detente_types::{Generation, Head, LineId, Timestamp};
use detente_wire::Frame;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::side::{Judge, LINE, Side, head, note};
use crate::world::{SECOND_US, World};

const fn at(us: i64) -> Timestamp {
    Timestamp::from_micros(us)
}

fn events(link: &mut Link) -> Vec<Event> {
    core::iter::from_fn(|| link.poll_event()).collect()
}

#[test]
fn nothing_is_greeted_before_both_heads_are_told() {
    let mut link = Link::new(Config::new(LINE, 1));
    link.handle_connected(at(0));
    assert_eq!(link.poll_transmit(at(0)), None);
    link.set_own(head(0), Vec::new());
    assert_eq!(link.poll_transmit(at(0)), None);
    link.set_copy(head(0), Vec::new());
    assert!(link.poll_transmit(at(0)).is_some_and(|transmit| transmit.urgent));
}

#[test]
fn a_hello_is_repeated_until_answered_less_and_less_often() {
    let mut side = Side::new(Config::new(LINE, 1));
    side.link.handle_connected(at(0));
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let (mut now, mut waits) = (at(0), Vec::new());
    while waits.len() < 8 {
        assert!(side.link.poll_transmit(now).is_some());
        assert_eq!(side.link.poll_transmit(now), None);
        let mut next = side.link.poll_timeout().unwrap();
        if next.micros() == SILENT_AFTER_US {
            side.link.handle_timeout(next, &mut rng);
            next = side.link.poll_timeout().unwrap();
        }
        waits.push(next.since(now));
        now = next;
        side.link.handle_timeout(now, &mut rng);
    }
    let expected: Vec<i64> = (0..8).map(|n| (RESEND_FIRST_US << n).min(RESEND_CEILING_US)).collect();
    assert_eq!(waits, expected);
    assert!(side.link.is_silent() && events(&mut side.link).contains(&Event::Silent));
}

#[test]
fn only_hellos_and_keep_alives_flow_until_the_hello_is_judged() {
    let mut world = World::new(1, 1 << 20);
    world.trace = Some(Vec::new());
    world.sides.iter_mut().for_each(|side| side.judge = Judge::Nothing);
    for urgent in [false, true] {
        world.say(0, 512, urgent);
    }
    world.connect();
    world.run_for(60 * SECOND_US);
    let trace = world.take_trace();
    assert!(trace.len() > 20);
    assert!(
        trace.iter().all(|(_, urgent, frame)| *urgent && matches!(frame, Frame::Hello(_) | Frame::Ping(..) | Frame::Pong(..)))
    );
}

#[test]
fn entries_that_come_before_the_hello_is_judged_wait_for_it() {
    let mut world = World::new(15, 1 << 20);
    world.sides[0].judge = Judge::Nothing;
    world.say(1, 512, false);
    world.say(1, 512, false);
    world.connect();
    world.run_for(SECOND_US / 2);
    assert_eq!(world.sides[0].copy.len(), 0);
    world.sides[0].link.open(Plan { send_from: 0, give_back: None });
    world.run_for(SECOND_US / 10);
    assert_eq!(world.sides[0].copy, world.sides[1].own, "and nothing had to be sent again");
    assert_eq!(world.sides[1].link.counters().resends, 0);
}

#[test]
fn on_hold_only_safety_cosignatures_and_evidence_flow_too() {
    let mut world = World::new(2, 1 << 20);
    world.sides[0].judge = Judge::Hold;
    world.sides[0].link.send_evidence(b"two heads of one size".to_vec());
    world.trace = Some(Vec::new());
    for urgent in [false, false, true] {
        world.say(0, 20_000, urgent);
        world.say(1, 20_000, urgent);
    }
    world.connect();
    world.run_for(60 * SECOND_US);
    let trace = world.take_trace();
    let of = |kind: fn(&Frame) -> bool| trace.iter().filter(|(from, _, frame)| *from == 0 && kind(frame)).count();
    assert_eq!(of(|frame| matches!(frame, Frame::Checkpoint(_))), 0);
    assert_eq!(of(|frame| matches!(frame, Frame::Part(part) if !part.early)), 0);
    assert!(of(|frame| matches!(frame, Frame::Part(part) if part.early)) >= 2);
    assert_eq!(world.sides[0].copy.len(), 0, "what the other sends all the same is not taken");
    assert_eq!(world.sides[0].heard.early.values().sum::<u32>(), 1);
    assert_eq!(world.sides[1].heard.early.values().sum::<u32>(), 1);
    assert_eq!(world.sides[1].heard.evidence, [b"two heads of one size"], "said several times, heard once");
}

#[test]
fn a_revocation_is_heard_at_once_also_on_hold_and_again_in_each_meeting() {
    let mut world = World::new(4, 1 << 20);
    world.sides.iter_mut().for_each(|side| side.judge = Judge::Hold);
    world.connect();
    world.run_for(5 * SECOND_US);
    world.sides[0].link.set_revocations(vec![vec![7; 80]]);
    world.run_for(5 * SECOND_US);
    assert_eq!(world.sides[1].heard.revocations, [1], "a later hello of the same meeting");
    world.sides[0].link.set_revocations(vec![vec![7; 80]]);
    world.run_for(5 * SECOND_US);
    assert_eq!(world.sides[1].heard.revocations, [1], "said anew, it is no news");
}

#[test]
fn version_n_and_n_minus_one_meet_both_ways() {
    for (ours, theirs, spoken) in
        [((1, 2), (1, 1), Some(1)), ((1, 1), (1, 2), Some(1)), ((1, 2), (2, 3), Some(2)), ((1, 1), (2, 2), None)]
    {
        let mut world = World::new(3, 1 << 20);
        for (side, (min, max)) in world.sides.iter_mut().zip([ours, theirs]) {
            let config = Config { version_min: min, version_max: max, ..side.config.clone() };
            *side = Side::new(config);
        }
        world.say(0, 512, false);
        world.connect();
        world.run_for(5 * SECOND_US);
        for (side, other) in [(0, theirs), (1, ours)] {
            let side = &world.sides[side];
            assert_eq!(side.link.version(), spoken);
            assert_eq!(side.heard.hellos.len(), usize::from(spoken.is_some()));
            let fault = LinkFault::NoCommonVersion { min: other.0, max: other.1 };
            assert_eq!(side.heard.faults.first(), spoken.is_none().then_some(&fault));
        }
        assert_eq!(world.is_settled(), spoken.is_some());
    }
}

#[test]
fn a_hello_for_another_line_is_a_fault_and_gets_no_answer() {
    let mut world = World::new(4, 1 << 20);
    let other = Config::new(LineId::new([8; 32]), 77);
    world.sides[1] = Side::new(other.clone());
    world.connect();
    world.run_for(SECOND_US / 2);
    let side = &world.sides[0];
    assert_eq!(side.heard.faults, [LinkFault::WrongLine { found: other.line }]);
    assert_eq!((side.heard.hellos.len(), side.link.counters().frames_out), (0, 1), "our own hello only");
}

#[test]
fn a_hello_from_before_our_start_is_not_judged() {
    let mut world = World::new(5, 1 << 20);
    world.trace = Some(Vec::new());
    world.connect();
    world.run_for(SECOND_US);
    let late: Vec<Frame> = world.take_trace().into_iter().filter(|(from, ..)| *from == 1).map(|(_, _, frame)| frame).collect();
    assert!(late.iter().filter(|frame| matches!(frame, Frame::Hello(hello) if hello.answers != 0)).count() > 0);
    let late: Vec<Vec<u8>> = late.iter().map(|frame| world.sealed(1, frame)).collect();
    world.cut();
    world.restart(0);
    let now = world.time(0);
    world.sides[0].link.handle_connected(now);
    for bytes in &late {
        world.inject(0, bytes);
    }
    assert_eq!(world.sides[0].heard.hellos, []);
    assert_eq!(world.sides[0].heard.ups, 0);
}

#[test]
fn frames_of_an_earlier_session_count_as_damaged() {
    let mut world = World::met(6, 1 << 20);
    world.say(0, 512, false);
    let late = [
        Frame::Cosignature(note("cosignature", 1).into()),
        Frame::Checkpoint(note("checkpoint", 1).into()),
        Frame::Ping(1, 1),
        Frame::Bye(0, String::new()),
    ]
    .map(|frame| world.sealed(1, &frame));
    for bytes in &late {
        world.inject(0, bytes);
    }
    assert!(!world.sides[0].link.is_open(), "in its session each of them counts");
    let mut world = World::met(6, 1 << 20);
    world.restart(1);
    world.run_for(5 * SECOND_US);
    assert!(world.sides.iter().all(|side| side.link.is_open()));
    let before = world.sides[0].link.counters();
    for bytes in &late {
        world.inject(0, bytes);
    }
    assert!(world.sides[0].link.is_open());
    assert_eq!(world.sides[0].link.counters().damaged, before.damaged + 4);
    assert_eq!(world.sides[0].link.counters().faults, 0);
}

#[test]
fn a_peer_that_is_started_anew_ends_the_session_and_begins_the_next() {
    let mut world = World::met(7, 1 << 20);
    world.restart(1);
    world.run_for(SECOND_US);
    assert_eq!(world.sides[0].heard.downs, [DownReason::PeerRestarted]);
    assert_eq!(world.sides[0].heard.hellos.len(), 2);
    assert_ne!(world.sides[0].heard.hellos[0].session, world.sides[0].heard.hellos[1].session);
    assert!(world.sides.iter().all(|side| side.link.is_open()));
}

#[test]
fn an_end_that_missed_its_peers_restart_finds_out_by_itself() {
    let mut world = World::met(8, 1 << 20);
    // Side 1 is started anew and met; side 0 then believes a late hello of the old process.
    let old = world.sides[0].heard.hellos[0].clone();
    world.restart(1);
    world.run_for(SECOND_US);
    let now = world.time(0);
    world.sides[0].link.handle_connected(now);
    let bytes = world.sealed(1, &Frame::Hello(old.clone()));
    world.inject(0, &bytes);
    assert_eq!(world.sides[0].heard.hellos.last(), Some(&old), "it cannot know better yet");
    world.say(0, 512, false);
    world.say(1, 512, false);
    world.settle(SILENT_AFTER_US + 10 * SECOND_US);
}

#[test]
fn a_new_generation_is_judged_anew_by_both() {
    let mut world = World::met(9, 1 << 20);
    world.sides.iter_mut().for_each(|side| side.judge = Judge::Hold);
    let reborn = Head { generation: Generation(2), ..head(0) };
    world.sides[0].link.set_own(reborn, Vec::new());
    world.run_for(SECOND_US);
    assert!(world.sides.iter().all(|side| side.heard.hellos.len() == 2 && side.heard.downs.is_empty()));
    assert_eq!(world.sides[1].heard.hellos[1].own, reborn);
}

#[test]
fn round_trip_and_skew_are_measured() {
    let mut world = World::new(10, 1 << 20);
    world.skew_us = [0, 5 * SECOND_US];
    world.connect();
    world.run_for(PING_EVERY_US * 3);
    for (side, skew_us) in [(0, 5 * SECOND_US), (1, -5 * SECOND_US)] {
        let side = &world.sides[side];
        assert!(side.heard.round_trips.len() >= 3);
        for &(rtt, skew) in &side.heard.round_trips {
            assert!((20_000..21_000).contains(&rtt), "{rtt}");
            assert!((skew - skew_us).abs() <= rtt / 2, "{skew}");
        }
        assert_eq!((side.link.round_trip_us(), side.link.skew_us()), side.heard.round_trips.last().copied().unzip());
    }
}

#[test]
fn a_dead_bearer_is_silent_once_and_heard_again() {
    let mut world = World::met(11, 1 << 20);
    world.channel.faults.lost = 1_000;
    world.run_for(3 * SILENT_AFTER_US);
    assert!(world.sides.iter().all(|side| side.heard.silent == 1 && side.link.is_silent()));
    world.channel.faults.lost = 0;
    world.run_for(2 * PING_EVERY_US);
    assert!(world.sides.iter().all(|side| !side.link.is_silent() && side.link.is_open() && side.heard.hellos.len() == 1));
}

#[test]
fn dialling_backs_off_and_starts_over_after_a_meeting_that_lasted() {
    let mut rng = ChaCha20Rng::seed_from_u64(12);
    let mut side = Side::new(Config::new(LINE, 1));
    assert_eq!(events(&mut side.link), [Event::Dial], "at once");
    let mut now = at(0);
    for failures in 0..12 {
        side.link.handle_disconnected(now, &mut rng);
        let due = side.link.poll_timeout().unwrap();
        let longest = (REDIAL_FIRST_US << failures).min(REDIAL_CEILING_US);
        assert!((longest / 2..=longest).contains(&due.since(now)), "{} after {failures}", due.since(now));
        side.link.handle_timeout(due.plus_micros(-1), &mut rng);
        assert_eq!(events(&mut side.link), []);
        side.link.handle_timeout(due, &mut rng);
        assert_eq!(events(&mut side.link), [Event::Dial]);
        assert_eq!(side.link.poll_timeout(), None, "once");
        now = due;
    }
    for (lasts, longest) in [(UP_LASTED_US / 2, 0), (UP_LASTED_US, REDIAL_FIRST_US)] {
        let mut world = World::met(13, 1 << 20);
        (0..8).for_each(|_| world.cut());
        world.connect();
        world.run_for(lasts + SECOND_US);
        world.cut();
        let wait = world.sides[0].link.poll_timeout().unwrap().since(world.time(0));
        assert_eq!(wait <= longest, lasts == UP_LASTED_US, "{wait}");
    }
}

#[test]
fn a_bye_is_the_last_word() {
    let mut world = World::met(14, 1 << 20);
    world.trace = Some(Vec::new());
    world.sides[0].link.bye(3, &"x".repeat(1_000));
    world.say(0, 512, true);
    world.run_for(60 * SECOND_US);
    assert_eq!(world.sides[0].heard.downs, [DownReason::Parted]);
    assert!(matches!(&world.sides[1].heard.downs[..], [DownReason::Bye { code: 3, text }] if text.len() == 200));
    let after = world.take_trace();
    assert!(after.iter().filter(|(from, ..)| *from == 0).all(|(_, _, frame)| matches!(frame, Frame::Bye(3, _))));
    assert!(world.sides.iter().all(|side| !side.link.is_open() && side.link.is_connected()));
}
