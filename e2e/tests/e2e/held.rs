//! A line that fork evidence holds, and how two officers reopen it (PROTOCOL S3).

use std::path::Path;
use std::process::Command;

use crate::day;
use crate::program::until;
use crate::side::{Pair, Side, array};

/// Puts an image of a home's disk where another was, and marks nothing.
fn image(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    let copied = Command::new("cp").arg("-a").args([from, to]).status().unwrap();
    assert!(copied.success());
}

/// Makes a fork as it happens by accident: images of both disks are put back unmarked, and later one of the later ones is.
fn forked() -> Pair {
    let mut pair = Pair::serving();
    let root = pair.root.path().to_owned();
    let homes = [pair.aster.home.clone(), pair.borea.home.clone()];
    let images = ["aster-then", "borea-then", "aster-later"].map(|name| root.join(name));
    let notify = |pair: &Pair, name: &str| pair.aster.ok(&["notify", &day::write(&root, "n.json", &day::site(name, 1))]);
    let stop = |pair: &mut Pair| [&mut pair.aster, &mut pair.borea].into_iter().for_each(Side::stop);
    let serve = |pair: &mut Pair| [&mut pair.aster, &mut pair.borea].into_iter().for_each(Side::serve);
    stop(&mut pair);
    homes.iter().zip(&images).for_each(|(home, then)| image(home, then));
    serve(&mut pair);
    notify(&pair, "One history");
    pair.converge();
    stop(&mut pair);
    image(&homes[0], &images[2]);
    homes.iter().zip(&images).for_each(|(home, then)| image(then, home));
    serve(&mut pair);
    notify(&pair, "Another history");
    pair.converge();
    pair.aster.stop();
    image(&images[2], &homes[0]);
    pair.aster.serve();
    pair
}

#[test]
fn two_officers_reopen_a_held_line_by_the_command() {
    let pair = forked();
    let borea = &pair.borea;
    until("the contradiction to be found", || (borea.line()["undecided"] == 1).then_some(()));
    assert_eq!(borea.line()["phase"], "held");
    let to = pair.root.path().join("evidence");
    let kept = array(borea.json(&["record", "evidence", "--to", to.to_str().unwrap()]));
    let digest = kept[0]["digest"].as_str().unwrap();
    assert!(to.join(format!("{digest}.evidence")).exists());
    assert!(kept[0]["says"].as_str().unwrap().contains("exclude each other"), "{kept:?}");

    let refused = borea.run(&["say", "Good morning."]).expect(3);
    assert!(refused.err.contains("until two officers decide"), "{}", refused.err);
    let proposed = borea.json(&["record", "reopen", "their image was put back"]);
    let number = proposed["book"].to_string();
    let line = borea.line();
    assert_eq!(line["reopening"]["officer"], "Lind");
    assert_eq!(line["reopening"]["evidence"][0], digest);
    let same = borea.run(&["record", "reopen", "--agree", &number, "still me"]).expect(3);
    assert!(same.err.contains("the home's token names nobody"), "{}", same.err);

    let token = borea.json(&["officer", "add", "Tamm", "--desk", "Borea watch"])["token"].as_str().unwrap().to_owned();
    let mut agree = borea.command(&["record", "reopen", "--agree", &number, "spoken with Aster"]);
    let agreed = agree.env("DETENTE_TOKEN", token).output().unwrap();
    assert!(agreed.status.success(), "{agreed:?}");
    until("the line to be open", || (borea.line()["phase"] == "open").then_some(()));
    let line = borea.line();
    assert_eq!((&line["evidence"], &line["undecided"]), (&1.into(), &0.into()), "it stays: {line}");
    assert!(line["says"].as_str().unwrap().contains("does not continue our copy"), "{line}");
    borea.ok(&["say", "Good morning."]);

    let ours = pair.aster.run(&["record", "reopen", "we are the fork"]).expect(3);
    assert!(ours.err.contains("no decision mends that"), "{}", ours.err);
}
