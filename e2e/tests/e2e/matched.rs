//! `detente match`: two processes find what their files have in common over loopback, without a line; and what becomes of
//! callers and connections that are not the other side of it. Golden output in `golden/match/`.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;

use serde_json::Value;

use crate::day::{golden, write};
use crate::program::{Ended, Running, command, run};

const SURVEY: &str = "examples/check/survey.geojson";
const RELIEF: &str = "examples/check/relief.kml";
/// Small enough to be quick, large enough for the example.
const CLASS: [&str; 2] = ["--class", "11"];

/// A command, run from the root of the house.
fn spawn(arguments: &[&str]) -> Running {
    let mut command = command(arguments);
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    Running::spawn(command)
}

/// A side that listens, with its address.
fn listen(file: &str, more: &[&str]) -> (Running, String) {
    let listening = spawn(&[&["match", "listen", file, "--at", "127.0.0.1:0"], more].concat());
    let told = listening.err_with("\n");
    let address = told.lines().find_map(|line| line.strip_prefix("listening at ")).expect("an address").to_owned();
    (listening, address)
}

fn join(file: &str, address: &str, more: &[&str]) -> Running {
    spawn(&[&["match", "join", file, address], more].concat())
}

/// Both sides with the same options.
fn matched(files: [&str; 2], more: &[&str]) -> [Ended; 2] {
    let (listening, address) = listen(files[0], more);
    let joining = join(files[1], &address, more).finish();
    [listening.finish(), joining]
}

/// The line of six words and their digits.
fn words(text: &str) -> String {
    let is_code = |line: &&str| line.starts_with("  ") && line.ends_with(')') && line.split_whitespace().count() == 10;
    text.lines().find(is_code).unwrap_or_else(|| panic!("no six words in\n{text}")).trim().to_owned()
}

fn told(ended: &Ended) -> String {
    ended.out.replace(&words(&ended.out), "<six words> (<digits>)")
}

#[test]
fn two_files_meet_and_each_side_reads_what_of_its_own_collides() {
    let sides = matched([SURVEY, RELIEF], &[&["--name", "Narva bay"], &CLASS[..]].concat());
    let [listening, joining] = sides.map(|side| side.expect(1));
    golden("match/listen.txt", &told(&listening));
    golden("match/join.txt", &told(&joining));
    let read = [&listening, &joining].map(|side| [words(&side.out), words(&side.err)]);
    assert!(
        read.iter().flatten().all(|words| *words == read[0][0]),
        "both sides read the same words, before and after: {read:?}"
    );
    assert!(listening.out.lines().chain(joining.out.lines()).all(|line| line.chars().count() <= 130));
}

#[test]
fn the_same_as_json_verified_with_the_terms_of_a_line() {
    let more = ["--name", "Narva bay", "--class", "12", "--verified", "--terms", "examples/gulf/terms.toml", "--json"];
    let sides = matched([SURVEY, RELIEF], &more).map(|side| side.expect(1));
    let [listening, joining] = sides.map(|side| serde_json::from_str::<Value>(&side.out).unwrap());
    for of in ["run", "words", "digits", "common"] {
        assert_eq!(listening[of], joining[of], "{of}");
    }
    let mut kept = listening.clone();
    for (of, stands) in [("run", "<run>"), ("words", "<words>"), ("digits", "<digits>")] {
        kept[of] = stands.into();
    }
    golden("match/listen.json", &format!("{}\n", serde_json::to_string_pretty(&kept).unwrap()));
    let cells = |told: &Value| {
        let places = told["collisions"].as_array().unwrap().iter().flat_map(|c| c["places"].as_array().unwrap());
        let mut cells: Vec<Value> = places.flat_map(|place| place["cells"].as_array().unwrap().clone()).collect();
        cells.sort_by_key(ToString::to_string);
        cells.dedup();
        cells
    };
    assert_eq!(cells(&listening), cells(&joining), "both learn of the same cells");
    assert_eq!(Some(cells(&listening).len() as u64), listening["common"].as_u64());
    assert_eq!(listening["authenticated"], false);
}

#[test]
fn a_count_is_a_number_and_nothing_else() {
    let more = [&["--name", "Narva bay", "--mode", "count"], &CLASS[..]].concat();
    let [listening, joining] = matched([SURVEY, RELIEF], &more).map(|side| side.expect(1));
    golden("match/count.txt", &told(&listening));
    let [_, joined] = matched([SURVEY, RELIEF], &[&more[..], &["--json"]].concat()).map(|side| side.expect(1));
    let told: Value = serde_json::from_str(&joined.out).unwrap();
    assert!(told["common"].as_u64().is_some_and(|common| common > 0) && told.get("collisions").is_none(), "{told}");
    assert!(joining.out.contains(&format!("{} cells in common", told["common"])), "{}", joining.out);
}

#[test]
fn files_of_cells_meet_as_the_plans_do_that_they_were_made_of() {
    let root = tempfile::tempdir().unwrap();
    let cells = |file: &str, name: &str| {
        let made = spawn(&["match", "cells", file]).finish().expect(0).out;
        assert!(made.lines().all(|line| line.len() == 32));
        write(root.path(), name, &format!("# our cells\n\n{made}"))
    };
    let (survey, relief) = (cells(SURVEY, "survey.cells"), cells(RELIEF, "relief.cells"));
    let more = [&["--name", "cells", "--json"], &CLASS[..]].concat();
    let [plans, of_plans] = matched([SURVEY, RELIEF], &more).map(|side| side.expect(1));
    let [made, _] = matched([&survey, &relief], &more).map(|side| side.expect(1));
    let common = |side: &Ended| serde_json::from_str::<Value>(&side.out).unwrap()["common"].clone();
    assert_eq!([common(&plans), common(&of_plans)], [common(&made), common(&made)]);
    // Nothing is a set, too.
    let nothing = write(root.path(), "nothing.cells", "# nothing today\n");
    let [empty, other] = matched([&nothing, &relief], &[&["--name", "cells"], &CLASS[..]].concat()).map(|side| side.expect(0));
    assert!(empty.out.contains("nothing in common: none of our 0 cells"), "{}", empty.out);
    assert!(other.out.contains("nothing in common: none of our "), "{}", other.out);

    let line = std::fs::read_to_string(&survey).unwrap().lines().last().unwrap().to_owned();
    for (text, said) in [
        (format!("{}\n", &line[..31]), "line 1: reading a cell: expected 32 hexadecimal digits, found 31 characters"),
        (format!("{line}\n{}\n", &line[..31]), "line 2: reading a cell: expected 32 hexadecimal digits, found 31 characters"),
        (format!("{line}\n\nsurvey\n"), "line 3: reading a cell"),
        (format!("{line}\nffffffff{}\n", &line[8..]), "is no cell of the grid of 5000 m x 500 m x 900 s"),
    ] {
        let wrong = write(root.path(), "wrong.cells", &text);
        let refused = run(&["match", "join", &wrong, "127.0.0.1:1", "--name", "x"]).expect(2);
        assert!(refused.err.contains("wrong.cells") && refused.err.contains(said), "{said}: {}", refused.err);
    }
}

#[test]
fn callers_that_differ_hear_in_what_and_the_listener_goes_on() {
    let ours = [&["--name", "Narva bay"], &CLASS[..]].concat();
    let (listening, address) = listen(SURVEY, &ours);
    let mut stranger = TcpStream::connect(&address).unwrap();
    stranger.write_all(b"GET / HTTP/1.1\r\nHost: there\r\n\r\n").unwrap();
    listening.err_with("it does not speak of a match; still listening");
    assert_eq!(answered(stranger), 0, "a stranger hears nothing");
    let named = join(RELIEF, &address, &["--name", "Kotka"]).finish().expect(3);
    assert!(named.err.contains("it may wait for a match of another name"), "{}", named.err);
    listening.err_with("it calls for the match “Kotka”");
    let more = ["--class", "10", "--mode", "count", "--cell", "2km", "--horizontal", "5nm", "--vertical", "100ft", "--confirm"];
    let differs = join(RELIEF, &address, &[&["--name", "Narva bay"], &more[..]].concat()).finish().expect(3);
    let differs = differs.err.replace(&address, "<address>");
    golden("match/differs.txt", &differs);
    listening.err_with("class: 11 here, 10 there");
    let joined = join(RELIEF, &address, &ours).finish().expect(1);
    assert_eq!(words(&joined.out), words(&listening.finish().expect(1).out));
}

/// How many bytes somebody answers before it closes.
fn answered(mut stream: TcpStream) -> usize {
    let mut bytes = Vec::new();
    // A reset is an end, too.
    let _ = stream.read_to_end(&mut bytes);
    bytes.len()
}

#[test]
fn with_confirm_both_people_say_that_the_words_are_the_same() {
    let more = [&["--name", "Narva bay", "--confirm"], &CLASS[..]].concat();
    for said in ["yes", "no"] {
        let (mut listening, address) = listen(SURVEY, &more);
        let mut joining = join(RELIEF, &address, &more);
        let read = [&listening, &joining].map(|side| words(&side.err_with("Type yes: ")));
        assert_eq!(read[0], read[1]);
        listening.type_line("yes");
        joining.type_line(said);
        let [listening, joining] = [listening.finish(), joining.finish()];
        if said == "yes" {
            let [listening, joining] = [listening.expect(1), joining.expect(1)];
            assert!(listening.out.contains("were confirmed here") && joining.out.contains("were confirmed here"));
        } else {
            let (listening, joining) = (listening.expect(3), joining.expect(3));
            assert!(joining.err.contains("not confirmed on this side: nothing was answered"), "{}", joining.err);
            assert!(listening.err.contains("a person there said no"), "{}", listening.err);
            assert!(listening.out.is_empty() && joining.out.is_empty());
        }
    }
}

/// Carries so many bytes from one to the other.
fn carry(mut from: TcpStream, mut to: TcpStream, most: usize) {
    let mut left = most;
    let mut piece = [0; 1024];
    while left > 0 {
        let taken = left.min(piece.len());
        let count = from.read(&mut piece[..taken]).unwrap_or(0);
        if count == 0 || to.write_all(&piece[..count]).is_err() {
            return;
        }
        left -= count;
    }
}

/// A match through somebody who carries so many bytes each way and then cuts the connection, or carries nothing more.
fn through(most: usize, is_cut: bool, more: &[&str]) -> [Ended; 2] {
    let (listening, address) = listen(SURVEY, more);
    let between = TcpListener::bind("127.0.0.1:0").unwrap();
    let joining = join(RELIEF, &between.local_addr().unwrap().to_string(), more);
    let (calling, called) = (between.accept().unwrap().0, TcpStream::connect(&address).unwrap());
    let ways = [(&calling, &called), (&called, &calling)].map(|(from, to)| {
        let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
        std::thread::spawn(move || carry(from, to, most))
    });
    ways.into_iter().for_each(|way| way.join().unwrap());
    if is_cut {
        let _ = [calling.shutdown(Shutdown::Both), called.shutdown(Shutdown::Both)];
    }
    [listening.finish(), joining.finish()]
}

#[test]
fn a_connection_that_is_cut_or_falls_silent_is_told_and_nothing_is_found() {
    let more = [&["--name", "Narva bay", "--patience", "3s"], &CLASS[..]].concat();
    for side in through(5_000, true, &more) {
        let side = side.expect(5);
        assert!(side.out.is_empty() && side.err.contains("at step first message"), "{}", side.err);
    }
    for side in through(5_000, false, &more) {
        let side = side.expect(7);
        assert!(side.out.is_empty() && side.err.contains("the other side was silent for 3 s, at step"), "{}", side.err);
    }
}

#[test]
fn what_is_wrong_here_is_told_before_anything_is_sent() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(SURVEY);
    let file = file.to_str().unwrap();
    for (more, said) in [
        (&["--name", "x", "--class", "6"][..], "cells, and class 6 has 64 places; --class"),
        (&["--name", "x", "--mode", "count", "--verified"], "--verified does not go with --mode count"),
        (&["--name", " "], "--name: expected 1 to 200 bytes"),
        (&["--name", "x", "--patience", "1s"], "expected 3s or more"),
        (&["--name", "x", "--cell", "12.5m"], "expected whole metres"),
        (&["--name", "x", "--cell", "5m"], "a grid of 5 m x 500 m x 900 s: expected 10 m"),
        (&["--name", "x", "--cell", "10m", "--slot", "10s"], "a grid of "),
        (&["--name", "x", "--terms", "nowhere.toml"], "nowhere.toml"),
        (&[], "--name"),
    ] {
        let refused = run(&[&["match", "join", file, "127.0.0.1:1"], more].concat()).expect(2);
        assert!(refused.out.is_empty() && refused.err.contains(said), "{said}: {}", refused.err);
    }
    let open = tempfile::tempdir().unwrap();
    let open = write(open.path(), "open.csv", "name,lat,lon,lower,upper\nSurvey,60.46,26.95,0,400\n");
    let wrong = run(&["match", "join", &open, "127.0.0.1:1", "--name", "x"]).expect(2);
    assert!(wrong.err.contains("open.csv") && wrong.err.contains("datum"), "{}", wrong.err);
    let told: Value =
        serde_json::from_str(&run(&["match", "join", &open, "127.0.0.1:1", "--name", "x", "--json"]).expect(2).out).unwrap();
    assert!(told["details"].as_array().is_some_and(|details| details.len() > 3), "{told}");
    let stdin = run(&["match", "join", "-", "127.0.0.1:1", "--name", "x", "--confirm"]).expect(2);
    assert!(stdin.err.contains("the file cannot be read from there"), "{}", stdin.err);
    let absent = run(&["match", "listen", "nowhere.kml", "--name", "x"]).expect(2);
    assert!(absent.err.contains("nowhere.kml: No such file"), "{}", absent.err);
    let nowhere = run(&["match", "join", file, "aster.example", "--name", "x"]).expect(2);
    assert!(nowhere.err.contains("expected a host and a port"), "{}", nowhere.err);
    let nobody = run(&["match", "join", file, "127.0.0.1:1", "--name", "x"]).expect(5);
    assert!(nobody.err.contains("calling 127.0.0.1:1"), "{}", nobody.err);
    for verb in ["listen", "join"] {
        let help = run(&["match", verb, "--help"]).expect(0).out;
        assert!(help.contains("A plain socket authenticates nobody"), "{help}");
    }
}
