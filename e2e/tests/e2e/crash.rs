//! `kill -9`, and errors of the disk, at writes, syncs and renames of an exchange: what a side said was taken is there
//! afterwards, once, on both sides, and the record verifies. `strace` is the hand that does it; without it these tests
//! fail.
//!
//! A kill begins from the same two homes each time ([`Stage`]). Before the node is there again, half of them have
//! commands work on what the killed node left: each starts a node of its own. Errors of the disk come one after another
//! on one home, and commands state the notices.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crate::day;
use crate::exchange::{Said, Stage};
use crate::program::{Running, bare, program, soak, until};
use crate::side::{Pair, Side};

/// System calls at which the node is killed.
const CALLS: [&str; 6] = ["pwrite64", "write", "fdatasync", "fsync", "ftruncate", "rename"];
/// Points that are taken by default: a call, and how far into the calls of the dry run, in percent.
const SAMPLE: [(&str, usize); 6] =
    [("pwrite64", 35), ("pwrite64", 80), ("fdatasync", 40), ("fdatasync", 90), ("write", 60), ("rename", 100)];
/// Errors that a call gives from the n-th one on, for a while: a disk that fails, and one that is full.
const ERRORS: [(&str, &str, &str); 4] =
    [("fdatasync", "EIO", "4"), ("fsync", "EIO", "2"), ("pwrite64", "EIO", "12"), ("pwrite64", "ENOSPC", "12..18")];
/// Messages of one exchange in which a node is killed.
const EXCHANGE: usize = 8;
const SOAK_EXCHANGE: usize = 200;
/// Notices that are stated while the disk gives errors.
const STREAM: usize = 6;
const SOAK_STREAM: usize = 200;
/// Threads that take points. Nodes mostly wait for the disk and for each other.
const SHARDS: u8 = 1;
const SOAK_SHARDS: u8 = 4;
/// Points after which a soak says how far it came.
const TOLD_EVERY: usize = 50;

/// Where a node is killed: at which call, and how many of its kind a thread made by then.
type Point = (&'static str, usize);

fn stream() -> usize {
    if soak() { SOAK_STREAM } else { STREAM }
}

fn messages() -> usize {
    if soak() { SOAK_EXCHANGE } else { EXCHANGE }
}

/// `serve` under strace. The program stays the child (`-D`), so that signals reach it. (Every call stops it: with
/// `--seccomp-bpf`, which is faster, strace gives no signals.)
fn traced(side: &Side, strace: &[&str]) -> Command {
    let mut command = Command::new("strace");
    command.args(["-D", "-f", "-qq"]).args(strace);
    command.arg(program()).arg("--home").arg(&side.home).arg("serve");
    bare(&mut command);
    command
}

fn needs_strace() {
    let there = Command::new("strace").arg("-V").output().is_ok_and(|answer| answer.status.success());
    assert!(there, "strace is needed here: install it");
}

/// How often each call comes in the thread that makes most of them: strace counts by thread.
fn calls(trace: &str) -> BTreeMap<&'static str, usize> {
    let most = |call: &str| {
        let mut threads: BTreeMap<&str, usize> = BTreeMap::new();
        let mark = format!(" {call}(");
        for line in trace.lines().filter(|line| line.contains(&mark)) {
            *threads.entry(line.split(' ').next().unwrap_or_default()).or_default() += 1;
        }
        threads.into_values().max().unwrap_or(0)
    };
    CALLS.iter().map(|call| (*call, most(call))).filter(|(_, count)| *count > 0).collect()
}

/// Points in an order in which any beginning is spread over the whole: a soak that ends early has seen a bit of everything.
fn points(calls: &BTreeMap<&'static str, usize>) -> Vec<Point> {
    if soak() {
        let all = calls.iter().flat_map(|(call, count)| (1..=*count).map(move |when| (*call, when)));
        let mut all: Vec<Point> = all.collect();
        // Multiples of the golden ratio.
        all.sort_by_key(|(_, when)| (*when as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        return all;
    }
    let sampled = SAMPLE.iter().filter_map(|(call, percent)| {
        let (call, count) = calls.get_key_value(call)?;
        Some((*call, (count * percent / 100).max(1)))
    });
    sampled.collect()
}

/// The points, and how far the threads that take them came.
struct Course {
    points: Vec<Point>,
    next: AtomicUsize,
    killed: AtomicUsize,
    started: Instant,
}

impl Course {
    fn new(points: Vec<Point>) -> Self {
        Self { points, next: AtomicUsize::new(0), killed: AtomicUsize::new(0), started: Instant::now() }
    }

    /// The next point, if there is one.
    fn take(&self) -> Option<Point> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (count, killed) = (self.points.len(), self.killed.load(Ordering::Relaxed));
        if number > 0 && number <= count && number.is_multiple_of(TOLD_EVERY) {
            eprintln!("{number} of {count} points, {killed} kills, {} s", self.started.elapsed().as_secs());
        }
        self.points.get(number).copied()
    }

    /// Takes points until there are none, or until one fails: the other threads then end too.
    fn walk(&self, stage: &mut Stage) {
        let walked = catch_unwind(AssertUnwindSafe(|| {
            while let Some(point) = self.take() {
                let killed = kill_at(stage, point);
                self.killed.fetch_add(usize::from(killed), Ordering::Relaxed);
            }
        }));
        if let Err(fault) = walked {
            self.next.store(self.points.len(), Ordering::Relaxed);
            resume_unwind(fault);
        }
    }
}

/// An exchange in which Borea's node is killed, and what comes of it with and without commands on the home before. (Of two
/// writes the first is often the head of the second: so it is not every other one.) Says whether the point was reached.
fn kill_at(stage: &mut Stage, (call, when): Point) -> bool {
    let filter = format!("trace={call}");
    let inject = format!("inject={call}:signal=KILL:when={when}");
    let said = stage.exchange(messages(), |borea| traced(borea, &["-e", &filter, "-e", &inject, "-o", "/dev/null"]));
    let killed = said.killed;
    stage.take_up(said, (when / 2).is_multiple_of(2), &format!("{call}-{when}"));
    killed
}

/// An exchange in which nothing happens: how often each call comes.
fn dry_run(stage: &mut Stage) -> BTreeMap<&'static str, usize> {
    let trace = stage.root().join("trace");
    let filter = format!("trace={}", CALLS.join(","));
    let said = stage.exchange(messages(), |borea| traced(borea, &["-e", &filter, "-o", trace.to_str().unwrap()]));
    let Said { taken, killed, .. } = &said;
    assert!(taken.len() == messages() && !killed, "the dry run takes all");
    stage.take_up(said, false, "dry run");
    let calls = calls(&std::fs::read_to_string(&trace).unwrap());
    assert!(calls.contains_key("pwrite64") || calls.contains_key("write"), "the node writes: {calls:?}");
    assert!(calls.contains_key("fdatasync") || calls.contains_key("fsync"), "the node syncs: {calls:?}");
    calls
}

#[test]
fn what_was_taken_survives_a_kill_at_any_write_or_sync() {
    needs_strace();
    let calls = dry_run(&mut Stage::new(0));
    eprintln!("calls: {calls:?}");
    let course = Course::new(points(&calls));
    std::thread::scope(|scope| {
        for number in 0..if soak() { SOAK_SHARDS } else { SHARDS } {
            let course = &course;
            scope.spawn(move || course.walk(&mut Stage::new(number)));
        }
    });
    // How writes group differs from run to run: the last points of a dry run are not always reached.
    let (killed, count) = (course.killed.into_inner(), course.points.len());
    eprintln!("{killed} kills at {count} points, {} s", course.started.elapsed().as_secs());
    assert!(killed * 2 >= count, "most points are reached: {killed} of {count}");
}

/// States the notices of a stream one by one; gives the titles that were taken.
fn state(side: &Side, root: &Path, stream_name: &str, count: usize) -> Vec<String> {
    let titles = (0..count).map(|i| (i, format!("{stream_name}-{i:03}")));
    let taken = titles.filter(|(i, title)| {
        let file = day::write(root, "stream.json", &day::site(title, *i));
        side.run(&["notify", &file]).code == 0
    });
    taken.map(|(_, title)| title).collect()
}

fn titles(side: &Side) -> BTreeMap<String, usize> {
    let mut titles = BTreeMap::new();
    for notice in side.notices() {
        if let Some(title) = notice["notice"]["title"].as_str() {
            *titles.entry(title.to_owned()).or_default() += 1;
        }
    }
    titles
}

#[track_caller]
fn assert_taken_once(pair: &Pair, taken: &BTreeSet<String>, at: &str) {
    // What waited in the book is stated once the other side has said what it holds; the two may meet just now.
    until(&format!("{at}: what was taken to arrive"), || {
        let held = [titles(&pair.aster), titles(&pair.borea)];
        held.iter().all(|held| taken.iter().all(|title| held.contains_key(title))).then_some(())
    });
    pair.converge();
    let [here, there] = [titles(&pair.aster), titles(&pair.borea)];
    assert_eq!(here, there, "{at}: both sides hold the same notices");
    for title in taken {
        assert_eq!(here.get(title), Some(&1), "{at}: {title} was taken");
    }
    assert!(here.values().all(|count| *count == 1), "{at}: nothing is there twice: {here:?}");
}

#[test]
fn what_was_taken_survives_errors_of_the_disk() {
    needs_strace();
    let mut pair = Pair::serving();
    let root = pair.root.path().to_owned();
    pair.aster.stop();
    let mut taken = BTreeSet::new();
    let mut told = 0;
    for (call, error, when) in ERRORS {
        let at = format!("{call}-{error}");
        told += usize::from(stream_with_an_error(&pair, &root, (call, error, when), &mut taken));
        pair.aster.serve();
        pair.borea.stop();
        pair.borea.serve();
        pair.converge();
        assert_taken_once(&pair, &taken, &at);
        pair.aster.stop();
    }
    assert!(told > 0, "no error was noticed by anybody");
    pair.aster.verify_a_copy(&root.join("aster-end"));
    pair.borea.verify_a_copy(&root.join("borea-end"));
}

/// One stream on a node whose disk gives errors; says whether the node said so, or would not start.
fn stream_with_an_error(pair: &Pair, root: &Path, (call, error, when): (&str, &str, &str), taken: &mut BTreeSet<String>) -> bool {
    let inject = format!("inject={call}:error={error}:when={when}");
    let filter = format!("trace={call}");
    let mut node = Running::spawn(traced(&pair.aster, &["-e", &filter, "-e", &inject, "-o", "/dev/null"]));
    node.serves_or_ends();
    let titles = state(&pair.aster, root, &format!("{call}-{error}"), stream());
    let refused = titles.len() < stream();
    taken.extend(titles);
    let disk = (!node.has_ended()).then(|| pair.aster.json(&["status"])["disk"].clone());
    drop(node);
    // A node that lives after a failed sync writes nothing more (decision 0041), and says why.
    assert!(!(refused && disk.as_ref().is_some_and(|disk| disk == "ample") && error == "EIO"), "{call}: {error} in silence");
    refused || disk.is_none_or(|disk| disk != "ample")
}
