//! `kill -9`, and errors of the disk, at writes, syncs and renames of a stream of notices: what a command said was taken is
//! there afterwards, once, on both sides, and the record verifies. `strace` is the hand that does it; without it these
//! tests fail.
//!
//! After the node was killed, commands go on without it: each starts a node of its own on the home, so the stream also
//! crosses the recovery of whatever the killed one left.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use crate::day;
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
/// Notices of one stream.
const STREAM: usize = 6;
const SOAK_STREAM: usize = 200;

fn stream() -> usize {
    if soak() { SOAK_STREAM } else { STREAM }
}

/// `serve` under strace. The program stays the child (`-D`), so that signals reach it.
fn traced(side: &Side, strace: &[&str]) -> Command {
    let mut command = Command::new("strace");
    command.args(["-D", "-f", "-qq"]).args(strace).arg(program()).arg("--home").arg(&side.home).arg("serve");
    bare(&mut command);
    command
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

/// Each point once: its name is in the titles of its stream.
fn points(calls: &BTreeMap<&'static str, usize>) -> BTreeSet<(&'static str, usize)> {
    if soak() {
        return calls.iter().flat_map(|(call, count)| (1..=*count).map(move |when| (*call, when))).collect();
    }
    let sampled = SAMPLE.iter().filter_map(|(call, percent)| {
        let (call, count) = calls.get_key_value(call)?;
        Some((*call, (count * percent / 100).max(1)))
    });
    sampled.collect()
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
fn what_was_taken_survives_a_kill_at_any_write_or_sync() {
    needs_strace();
    let mut pair = Pair::serving();
    let root = pair.root.path().to_owned();
    pair.aster.stop();

    let trace = root.join("trace");
    let filter = format!("trace={}", CALLS.join(","));
    pair.aster.serve_by(traced(&pair.aster, &["-e", &filter, "-o", trace.to_str().unwrap()]));
    let mut taken: BTreeSet<String> = state(&pair.aster, &root, "dry", stream()).into_iter().collect();
    assert_eq!(taken.len(), stream(), "the dry run takes all");
    pair.converge();
    pair.aster.stop();
    let calls = calls(&std::fs::read_to_string(&trace).unwrap());
    assert!(calls.contains_key("pwrite64") || calls.contains_key("write"), "the node writes: {calls:?}");
    assert!(calls.contains_key("fdatasync") || calls.contains_key("fsync"), "the node syncs: {calls:?}");

    let mut killed = 0;
    for (call, when) in points(&calls) {
        let at = format!("{call}-{when}");
        killed += usize::from(stream_with_a_kill(&pair, &root, call, when, &mut taken));
        pair.aster.serve();
        // A fresh start calls at once; the running node would by now wait long between its calls.
        pair.borea.stop();
        pair.borea.serve();
        pair.converge();
        assert_taken_once(&pair, &taken, &at);
        pair.aster.stop();
    }
    assert!(killed * 2 >= points(&calls).len(), "most points are reached: {killed} kills");
    pair.aster.verify_a_copy(&root.join("aster-end"));
    pair.borea.verify_a_copy(&root.join("borea-end"));
}

fn needs_strace() {
    let there = Command::new("strace").arg("-V").output().is_ok_and(|answer| answer.status.success());
    assert!(there, "strace is needed here: install it");
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

/// One stream on a node that is killed at the given call; says whether it was.
fn stream_with_a_kill(pair: &Pair, root: &Path, call: &str, when: usize, taken: &mut BTreeSet<String>) -> bool {
    let inject = format!("inject={call}:signal=KILL:when={when}");
    let filter = format!("trace={call}");
    let mut node = Running::spawn(traced(&pair.aster, &["-e", &filter, "-e", &inject, "-o", "/dev/null"]));
    // It may be killed before it serves.
    node.serves_or_ends();
    taken.extend(state(&pair.aster, root, &format!("{call}-{when}"), stream()));
    let killed = node.has_ended();
    drop(node);
    killed
}
