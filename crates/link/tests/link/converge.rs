//! Whatever the channel and the processes do, once they stop doing it both ends have all, each entry once and in order.

use detente_wire::entry::PACKED_BYTES_MIN;
use rand_chacha::rand_core::Rng;

use crate::channel::{Faults, chance};
use crate::world::{SECOND_US, World};

/// Seeds of an ordinary run; `DETENTE_SOAK=1` takes many more.
fn seeds(few: u64) -> core::ops::Range<u64> {
    let many = std::env::var("DETENTE_SOAK").is_ok_and(|value| value == "1");
    0..if many { few * 50 } else { few }
}

/// Says which seed failed.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {} failed", self.0);
        }
    }
}

/// Mostly small entries, a few of each larger class.
fn length(world: &mut World) -> usize {
    PACKED_BYTES_MIN << (world.rng.next_u32() % 8).min(world.rng.next_u32() % 8).min(world.rng.next_u32() % 8)
}

fn talk(world: &mut World, count: u32, urgent_thousandths: u32) {
    for _ in 0..count {
        let side = (world.rng.next_u32() % 2) as usize;
        let (length, urgent) = (length(world), chance(&mut world.rng, urgent_thousandths));
        world.say(side, length, urgent);
    }
}

fn bad_channel(world: &mut World) -> Faults {
    let mut draw = |most: u32| world.rng.next_u32() % most;
    Faults { lost: draw(250), doubled: draw(200), damaged: draw(150), late_us: draw(400_000) }
}

#[test]
fn every_entry_arrives_once_and_in_order_over_a_bad_channel() {
    for seed in seeds(30) {
        let _seed = Seed(seed);
        let mut world = World::new(seed, 1 << (12 + seed % 9));
        world.channel.faults = bad_channel(&mut world);
        world.connect();
        for _ in 0..20 {
            talk(&mut world, 12, 100);
            let pause = i64::from(world.rng.next_u32() % 2_000_000);
            world.run_for(pause);
        }
        world.channel.faults = Faults::default();
        world.settle(60 * SECOND_US);
        let [a, b] = &world.sides;
        assert_eq!((a.said, b.said), (a.own.len() as u64, b.own.len() as u64));
        for side in [a, b] {
            assert!(side.heard.early.values().all(|&times| times == 1), "{:?}", side.heard.early);
            assert_eq!(side.heard.faults, [], "damage is never the peer's fault");
        }
    }
}

#[test]
fn restarts_and_broken_bearers_lose_nothing() {
    for seed in seeds(30) {
        let _seed = Seed(seed);
        let mut world = World::new(seed, 1 << (13 + seed % 8));
        world.channel.faults = bad_channel(&mut world);
        world.connect();
        for _ in 0..15 {
            talk(&mut world, 15, 50);
            let pause = i64::from(world.rng.next_u32() % 1_500_000);
            world.run_for(pause);
            match world.rng.next_u32() % 4 {
                0 => world.restart(0),
                1 => world.restart(1),
                2 => {
                    world.cut();
                    world.run_for(SECOND_US);
                    world.connect();
                }
                _ => {}
            }
        }
        world.channel.faults = Faults::default();
        world.settle(60 * SECOND_US);
        assert!(world.sides.iter().all(|side| side.heard.faults.is_empty()));
    }
}

#[test]
fn a_node_restored_from_a_backup_gets_its_own_entries_back() {
    for seed in seeds(30) {
        let _seed = Seed(seed);
        let mut world = World::new(seed, 1 << (12 + seed % 9));
        world.connect();
        for _ in 0..4 {
            world.channel.faults = bad_channel(&mut world);
            talk(&mut world, 60, 0);
            let pause = i64::from(world.rng.next_u32() % 3_000_000);
            world.run_for(pause);
            let side = (world.rng.next_u32() % 2) as usize;
            let most = world.sides[side].own.len() as u32;
            let size = (world.rng.next_u32() % (most + 1)) as usize;
            world.roll_back(side, size);
        }
        world.channel.faults = Faults::default();
        world.settle(60 * SECOND_US);
    }
}

#[test]
fn a_long_backlog_crosses_a_small_window_under_checkpoints_asked_for() {
    let mut world = World::new(1, 64 << 10);
    for _ in 0..2_000 {
        let length = length(&mut world);
        world.say(0, length, false);
    }
    world.connect();
    let took_us = world.settle(60 * SECOND_US);
    assert!(world.sides[0].heard.checkpoint_needs > 10, "{}", world.sides[0].heard.checkpoint_needs);
    assert_eq!(world.sides[0].link.counters().resends, 0, "nothing was lost, and nothing was sent twice");
    assert_eq!(world.sides[1].link.counters().duplicates, 0);
    assert!(took_us < 30 * SECOND_US, "{took_us}");
}

#[test]
fn an_idle_line_says_nothing_but_keep_alives() {
    let mut world = World::met(1, 1 << 20);
    world.say(0, 512, false);
    world.say(1, 512, false);
    world.settle(SECOND_US);
    world.run_for(30 * SECOND_US);
    let before = world.sides[0].link.counters().frames_out;
    world.run_for(600 * SECOND_US);
    let frames = world.sides[0].link.counters().frames_out - before;
    assert!((100..=130).contains(&frames), "{frames} frames in ten minutes: a ping and a pong every ten seconds");
}
