//! Many pairs of volumes drawn where geometry goes wrong, of which it is known that they meet: the index must find each, and
//! tell a distance that is not above the known one.
//!
//! `cargo xtask soak` judges a hundred million, with new numbers each time; a test run judges a fixed share of them, and
//! that share must tell when an error is planted.

mod draw;
pub(crate) mod earth;
mod form;
mod pair;
mod sea;

use std::collections::BTreeMap;

use detente_types::notice::NoticeKind;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, TestRunner};

use crate::planted::{self, Planted};
use crate::testing::soak;
use crate::{Asked, Index, Law, Side};
use form::Kind;
use pair::{APART_IN_TIME, Contact, Known};
use sea::Sea;

/// How many pairs a test run judges, and how many a soak.
const SHARE: u64 = 100_000;
const ALL: u64 = 50_000_000;

/// What was judged, and what came of it.
#[derive(Default)]
struct Tally {
    judged: u64,
    unclear: u64,
    found: u64,
    /// Those that are known to meet, by where and how.
    known: BTreeMap<(&'static str, Contact), u64>,
    /// The same by what they are.
    kinds: BTreeMap<Kind, u64>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.judged += other.judged;
        self.unclear += other.unclear;
        self.found += other.found;
        for (class, count) in other.known {
            *self.known.entry(class).or_default() += count;
        }
        for (kind, count) in other.kinds {
            *self.kinds.entry(kind).or_default() += count;
        }
    }
}

/// Judges the pairs of some numbers of a seed, filed and asked many at a time.
///
/// # Errors
/// The first that is judged wrongly, with its number.
fn judge(seed: u64, numbers: core::ops::Range<u64>, sea: &Sea) -> Result<Tally, String> {
    let mut tally = Tally::default();
    let mut from = numbers.start;
    while from < numbers.end {
        let until = numbers.end.min(from + APART_IN_TIME);
        let drawn: Vec<(u64, Known)> = (from..until).filter_map(|n| pair::pair(seed, n, sea).map(|known| (n, known))).collect();
        tally.unclear += until - from - drawn.len() as u64;
        let mut index = Index::new();
        for (number, known) in &drawn {
            index.insert_volumes(*number, NoticeKind::Operation, &known.volumes[..1]);
        }
        for (number, known) in &drawn {
            tally.judged += 1;
            let wrong = |why: String| format!("pair {number} of seed {seed:#x}: {why}\n{known:#?}");
            tally.found += u64::from(judge_one(*number, known, &index).map_err(wrong)?);
            if known.meet {
                *tally.known.entry((known.spot, known.contact)).or_default() += 1;
                known.kinds.iter().for_each(|kind| *tally.kinds.entry(*kind).or_default() += 1);
            }
        }
        from = until;
    }
    Ok(tally)
}

/// Whether the index finds a pair; what is wrong with what it finds.
fn judge_one(number: u64, known: &Known, index: &Index<u64>) -> Result<bool, String> {
    let law = Law::Two(known.heights);
    let [filed, own] = &known.volumes;
    let asked = Asked::of_volumes(NoticeKind::Operation, core::slice::from_ref(own), known.separation, law, Side::Second);
    let found = index.query(&asked).find(|find| find.pair.key == number).map(|find| find.meeting);
    let Some(meeting) = found else {
        return match law.meet(filed, own, &known.separation) {
            Some(meeting) => Err(format!("the law finds {meeting:?}, the index nothing")),
            None if known.meet => Err("they meet, but nothing is found".into()),
            None => Ok(false),
        };
    };
    match known.apart_m {
        Some(most) if meeting.distance.as_f64() > most + 1e-6 => {
            Err(format!("told {}, in truth at most {most} m", meeting.distance))
        }
        _ => Ok(true),
    }
}

/// Many pairs on all processors, each in turn taking the next ten thousand.
#[expect(clippy::disallowed_methods, reason = "a soak of hours takes all processors")]
fn judge_all(seed: u64, count: u64, sea: &Sea) -> Tally {
    const TURN: u64 = 10_000;
    let next = std::sync::atomic::AtomicU64::new(0);
    let work = || {
        let mut tally = Tally::default();
        loop {
            let from = next.fetch_add(TURN, std::sync::atomic::Ordering::Relaxed);
            if from >= count {
                return tally;
            }
            match judge(seed, from..count.min(from + TURN), sea) {
                Ok(more) => tally.add(more),
                Err(wrong) => panic!("{wrong}"),
            }
        }
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let mut tally = Tally::default();
        all.into_iter().for_each(|worker| tally.add(worker.join().unwrap()));
        tally
    })
}

/// The same for every test run; new for a soak, which tells it when something is wrong.
pub(crate) fn seed() -> u64 {
    if !soak() {
        return 0x5EED;
    }
    let mut runner = TestRunner::new(Config::default());
    proptest::num::u64::ANY.new_tree(&mut runner).unwrap().current()
}

/// A whole number from the environment: how many pairs a soak judges, where someone wants fewer or more.
pub(crate) fn count(all: u64, share: u64) -> u64 {
    let asked =
        std::env::var("DETENTE_SOAK_PAIRS").ok().map(|count| count.parse().expect("DETENTE_SOAK_PAIRS is a whole number"));
    if soak() { asked.unwrap_or(all) } else { share }
}

#[test]
fn no_known_meeting_is_missed() {
    let (seed, count, sea) = (seed(), count(ALL, SHARE), Sea::sounded());
    let tally = judge_all(seed, count, &sea);
    println!("seed {seed:#x}: {} judged, {} found, {} without a clear form", tally.judged, tally.found, tally.unclear);
    for ((spot, contact), known) in &tally.known {
        println!("{known:>9} {contact:?} at {spot}");
        assert!(*known >= count / 2_000, "too few of {contact:?} at {spot}");
    }
    assert_eq!(tally.known.len(), 9 * 5, "every kind of contact at every kind of place");
    println!("{:?}", tally.kinds);
    assert!(tally.kinds.len() == 7 && tally.kinds.values().all(|known| *known >= count / 20), "{:?}", tally.kinds);
    assert!(tally.unclear * 10 < count, "{} of {count} have no clear form", tally.unclear);
}

#[test]
fn planted_errors_are_caught_by_the_share() {
    use Planted as P;
    let sea = Sea::sounded();
    for error in [P::FlatBox, P::ShortBox, P::NoTurn, P::DroppedEdge, P::WrongSign, P::LostSlack, P::NoGrowth] {
        assert!(planted::during(error, || judge(0x5EED, 0..SHARE, &sea)).is_err(), "{error:?} was not caught");
    }
}
