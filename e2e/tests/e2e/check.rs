//! `detente check FILE…`: conflicts between files, with no node; the example of the front page, word for word.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::day::{golden, write};
use crate::program::{Ended, Running, command, run};

const ASKED: [&str; 6] = ["--horizontal", "500m", "--vertical", "30m", "--time", "5min"];

fn house() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The check of the example, run from the root of the house.
fn example(more: &[&str]) -> Ended {
    let files = ["check", "examples/check/relief.kml", "examples/check/survey.geojson"];
    let mut command = command(&[&files, &ASKED[..], more].concat());
    command.current_dir(house());
    Running::spawn(command).finish()
}

#[test]
fn the_example_has_one_conflict_and_every_output_tells_it_word_for_word() {
    for (name, more) in [
        ("check.txt", &[][..]),
        ("check.json", &["--json"]),
        ("check.geojson", &["--output", "geojson"]),
        ("check.svg", &["--output", "svg"]),
    ] {
        let ended = example(more).expect(1);
        assert!(ended.err.is_empty(), "{}", ended.err);
        golden(name, &ended.out);
    }
    let table = example(&[]).out;
    assert!(table.lines().all(|line| line.chars().count() <= 100), "it fits a hundred columns:\n{table}");
    let told: Value = serde_json::from_str(&example(&["--json"]).out).unwrap();
    let conflicts = told["conflicts"].as_array().unwrap();
    assert_eq!(conflicts.len(), 1);
    let names: Vec<&str> = conflicts[0]["plans"].as_array().unwrap().iter().map(|plan| plan["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Relief flight 1", "Sea-bed survey, west block"]);
    let clear = run(&["check", house().join("examples/check/survey.geojson").to_str().unwrap()]).expect(0);
    assert!(clear.out.ends_with("no conflict among 3 plans\n") && clear.out.contains("touching counts"), "{}", clear.out);
}

#[test]
fn footprints_of_a_check_can_be_checked_again() {
    let root = tempfile::tempdir().unwrap();
    let drawn: Value = serde_json::from_str(&example(&["--output", "geojson"]).expect(1).out).unwrap();
    let plans: Vec<&Value> =
        drawn["features"].as_array().unwrap().iter().filter(|feature| feature["properties"]["role"] == "plan").collect();
    assert_eq!(plans.len(), 2);
    let file =
        write(root.path(), "again.geojson", &serde_json::json!({ "type": "FeatureCollection", "features": plans }).to_string());
    let again = run(&[&["check", &file, "--json"], &ASKED[..]].concat()).expect(1);
    let told: Value = serde_json::from_str(&again.out).unwrap();
    let first: Value = serde_json::from_str(&example(&["--json"]).out).unwrap();
    let [now, before] = [&told, &first].map(|told| &told["conflicts"][0]["meetings"]);
    assert_eq!(now, before, "what was drawn is what was checked");
}

#[test]
fn terms_give_the_separation_and_the_places_and_wrong_ones_are_no_conflict() {
    let root = tempfile::tempdir().unwrap();
    let house = house();
    let path = |name: &str| house.join(name).to_str().unwrap().to_owned();
    let [survey, relief, terms] =
        ["examples/check/survey.geojson", "examples/check/relief.kml", "examples/gulf/terms.toml"].map(path);
    let told = run(&["check", &survey, &relief, "--terms", &terms]).expect(1).out;
    assert!(told.contains("conflict/2, separation 9260 m, 300 m in height, 300 s in time\n"), "{told}");
    assert!(told.contains("kilometres") && told.contains(" км ") && !told.contains("′ north"), "{told}");
    let closer = run(&["check", &survey, &relief, "--terms", &terms, "--horizontal", "0m"]).expect(1).out;
    assert!(closer.contains("separation 0 m, 300 m in height"), "what an option says counts: {closer}");
    let broken = write(root.path(), "terms.toml", "parties = 5\n");
    for wrong in [broken.as_str(), "nowhere.toml"] {
        let refused = run(&["check", &survey, "--terms", wrong]).expect(2);
        assert!(
            refused.out.is_empty() && refused.err.contains("terms.toml") || refused.err.contains("nowhere.toml"),
            "{}",
            refused.err
        );
    }
}

#[test]
fn standard_input_is_read_and_its_format_is_told() {
    let survey = std::fs::read(house().join("examples/check/survey.geojson")).unwrap();
    let relief = house().join("examples/check/relief.kml");
    let mut command = command(&["check", "-", relief.to_str().unwrap()]);
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(&survey).unwrap();
    let ended = child.wait_with_output().unwrap();
    let out = String::from_utf8(ended.stdout).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{out}");
    assert!(out.starts_with("-: geojson, 3 plans, 3 volumes\n"), "{out}");
    let twice = run(&["check", "-", "-"]).expect(2);
    assert!(twice.err.contains("standard input is given twice") && twice.err.contains("found nothing"), "{}", twice.err);
}

/// Twice a gigabyte may be addressed, and a gigabyte is handed over on one line.
#[test]
fn a_gigabyte_on_one_line_is_refused_before_it_is_read() {
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "ulimit -v 2097152; exec \"$0\" check - --format csv"]).arg(crate::program::program());
    crate::program::bare(&mut command);
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let piece = vec![b'a'; 1 << 20];
    let taken = (0..1_024).take_while(|_| stdin.write_all(&piece).is_ok()).count();
    drop(stdin);
    let ended = child.wait_with_output().unwrap();
    let told = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(2), "{told}");
    assert!(told.contains("file: found 134217729 bytes, expected at most 128 MiB") && taken < 256, "{taken} MiB taken: {told}");
}

#[test]
fn every_refusal_of_all_files_is_told_at_once_and_nothing_is_checked() {
    let root = tempfile::tempdir().unwrap();
    let open = write(root.path(), "open.csv", "name,lat,lon,lower,upper\nSurvey,60.46,26.95,0,400\nFar,95,26.95,0,400\n");
    let bomb = write(root.path(), "bomb.kml", "<?xml version=\"1.0\"?>\n<!DOCTYPE kml [<!ENTITY a \"aa\">]>\n<kml>&a;</kml>");
    let good = house().join("examples/check/survey.geojson").to_str().unwrap().to_owned();
    let refused = run(&["check", &open, &good, &bomb, "nowhere.kml"]).expect(2);
    for part in [
        "open.csv: 2 rows read, 11 errors, 0 warnings; nothing was taken",
        "row 2, lower: found 0 without a unit, expected lower_m or lower_ft",
        "row 2, datum: found nothing, expected WGS84, AMSL, AGL or FL, or --datum",
        "row 2, start: found nothing, expected an RFC 3339 time",
        "row 3, lat, lon: DV-020, a position lies on the earth: found latitude 95°",
        "line 2, column 1: found a document type (DTD), expected none",
        "nowhere.kml: No such file",
        "nothing was checked",
    ] {
        assert!(refused.err.contains(part), "{part}:\n{}", refused.err);
    }
    assert!(refused.out.is_empty(), "{}", refused.out);
    let told: Value = serde_json::from_str(&run(&["check", &open, &bomb, "--json"]).expect(2).out).unwrap();
    assert_eq!(told["wrong"][0]["findings"].as_array().map(Vec::len), Some(11), "{told}");

    let said =
        ["--units", "ft", "--datum", "AGL", "--from", "2026-11-25T06:00:00Z", "--until", "2026-11-25T07:00:00Z", "--over", "AGL"];
    let refused = run(&[&["check", &open], &said[..]].concat()).expect(2);
    assert!(refused.err.contains("1 error,"), "what an option says is open no more:\n{}", refused.err);
    for wrong in [
        &["--horizontal", "500"][..],
        &["--time", "5"],
        &["--units", "km"],
        &["--datum", "QNH"],
        &["--law", "conflict/0"],
        &["--format", "gpx"],
        &["--from", "2026-11-25"],
        &["--wait", "5"],
    ] {
        run(&[&["check", &good], wrong].concat()).expect(2);
    }
    run(&["check", "--horizontal", "5m"]).expect(2);
}

#[test]
fn heights_over_the_ground_and_flight_levels_need_their_bounds() {
    let root = tempfile::tempdir().unwrap();
    let row = |lower: i64, upper: i64, datum: &str| {
        format!("{datum},60.46,26.95,{lower},{upper},{datum},2026-11-25T06:00:00Z,2026-11-25T07:00:00Z\n")
    };
    let head = "name,lat,lon,lower_m,upper_m,datum,start,end\n".to_owned();
    let ground = write(root.path(), "ground.csv", &(head.clone() + &row(0, 100, "AGL") + &row(150, 300, "AGL")));
    let sea = write(root.path(), "sea.csv", &(head.clone() + &row(120, 130, "AMSL") + &row(3_000, 3_100, "FL")));
    let refused = run(&["check", &ground, &sea]).expect(2);
    for part in [
        "ground.csv: 2 rows read, 2 errors, 0 warnings; nothing was taken",
        "row 3, datum: DV-043, an altitude over another datum than the line's is one that the terms give bounds for: found AGL, expected AMSL, \
         or the lowest and highest ground over it: --terrain-min and --terrain-max, or --terms that say it; or --over AGL if",
        "sea.csv: 2 rows read, 1 error, 0 warnings; nothing was taken",
        "row 3, datum: DV-043, an altitude over another datum than the line's is one that the terms give bounds for: found FL, expected AMSL, \
         or how far off a flight level can be: --pressure-error, or --terms that say it",
    ] {
        assert!(refused.err.contains(part), "{part}:\n{}", refused.err);
    }
    let told: Value = serde_json::from_str(&run(&["check", &ground, &sea, "--json"]).expect(2).out).unwrap();
    assert_eq!(told["wrong"][0]["findings"][1]["rule"], "DV-043", "{told}");
    // Grown by the ground, both of ground.csv meet each other, and the lower one what is over the sea.
    let bounds = ["--terrain-min", "-10m", "--terrain-max", "60m", "--pressure-error", "250m"];
    let met = run(&[&["check", &ground, &sea, "--json"], &bounds[..]].concat()).expect(1);
    let told: Value = serde_json::from_str(&met.out).unwrap();
    assert_eq!(told["conflicts"].as_array().map(Vec::len), Some(2), "{told}");
    assert_eq!(told["conflicts"][0]["meetings"][0]["band"]["datum"], "AMSL");
    // Over the ground alone they are compared as they were said, and nothing else is.
    run(&["check", &ground, "--over", "AGL"]).expect(0);
    let refused = run(&["check", &ground, &sea, "--over", "AGL"]).expect(2);
    assert!(refused.err.contains("found AMSL, expected AGL, as --over or the terms say"), "{}", refused.err);
    // Terms without bounds bound nothing; conflict/1 lays no datum against another.
    run(&["check", &ground, "--law", "conflict/1"]).expect(0);
    for wrong in [
        &["--terrain-min", "0m"][..],
        &["--terrain-min", "60m", "--terrain-max", "0m"],
        &["--terrain-min", "0m", "--terrain-max", "11km"],
        &["--pressure-error", "0m"],
        &["--over", "QNH"],
    ] {
        run(&[&["check", &ground], wrong].concat()).expect(2);
    }
}

#[test]
fn twenty_thousand_plans_are_checked_and_exactly_the_planted_pairs_are_found() {
    let root = tempfile::tempdir().unwrap();
    // A grid of flights two kilometres apart; every thousandth has a neighbour 100 m away.
    let head = "name,lat,lon,radius_m,lower_m,upper_m,datum,start,end\n".to_owned();
    let row = |n: usize, lat: f64, lon: f64| {
        format!("Flight {n},{lat:.6},{lon:.6},200,0,120,AGL,2026-11-25T06:00:00Z,2026-11-25T07:00:00Z\n")
    };
    let mut rows = head;
    for n in 0..20_000 {
        let (lat, lon) = (40.0 + (n / 200) as f64 * 0.02, 10.0 + (n % 200) as f64 * 0.04);
        rows += &row(n, lat, lon);
        if n % 1_000 == 0 {
            rows += &row(100_000 + n, lat + 0.0009, lon);
        }
    }
    let file = write(root.path(), "many.csv", &rows);
    let told: Value = serde_json::from_str(&run(&["check", &file, "--over", "AGL", "--json"]).expect(1).out).unwrap();
    let conflicts = told["conflicts"].as_array().unwrap();
    assert_eq!(conflicts.len(), 20);
    for (k, conflict) in conflicts.iter().enumerate() {
        let names = [0, 1].map(|side| conflict["plans"][side]["name"].as_str().unwrap());
        assert_eq!(names, [format!("Flight {}", k * 1_000), format!("Flight {}", 100_000 + k * 1_000)]);
    }
}
