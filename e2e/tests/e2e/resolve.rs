//! Ways out of a conflict, from the list to the amendment; and plans before they are stated.

use serde_json::Value;

use crate::day;
use crate::http::Api;
use crate::side::{Pair, array};
use crate::story::conflict_of;

/// Patrol flight 2 meets the live fire.
fn met() -> (Pair, String) {
    let pair = Pair::serving();
    pair.aster.ok(&["notify", &day::tomorrow(pair.root.path(), "aster/patrol-flights.json")]);
    pair.borea.ok(&["notify", &day::tomorrow(pair.root.path(), "borea/live-fire.geojson")]);
    pair.converge();
    let conflict = conflict_of(&pair.aster, "Patrol flight 2");
    (pair, conflict)
}

fn names(found: &Value) -> Vec<String> {
    array(found["shifts"].clone()).iter().map(|shift| shift["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_conflict_is_settled_by_the_first_suggestion() {
    let (pair, conflict) = met();
    let short = &conflict[..8];
    let listed = pair.aster.ok(&["conflicts"]);
    assert!(listed.contains("a way out: Move the operation") && listed.contains(&format!("detente resolve {short}")), "{listed}");
    day::golden("resolve.txt", &(day::normalised(&pair.aster.ok(&["resolve", short])) + "\n"));
    let ours = pair.aster.json(&["resolve", short]);
    assert_eq!(names(&ours), names(&pair.borea.json(&["resolve", short, "--theirs"])), "both find the same of our notice");
    assert_eq!((ours["sendable"].as_bool(), ours["cut_short"].as_bool()), (Some(true), Some(false)));

    let first = &names(&ours)[0];
    // By its name alone: by then another may have its number.
    let refused = pair.aster.run(&["settle", "offer", short, "--suggestion", "1"]).expect(4);
    assert!(refused.err.contains(first.as_str()), "it says what there is: {}", refused.err);
    pair.aster.run(&["settle", "offer", short, "--suggestion", first, "--shift", "5"]).expect(2);
    let offer = pair.borea.json(&["settle", "offer", short, "--theirs", "--suggestion", first]);
    pair.converge();
    pair.aster.ok(&["settle", "accept", &offer["stated"]["hash"].as_str().unwrap()[..12]]);
    pair.converge();
    pair.aster.ok(&["settle", "amend", short]);
    pair.converge();
    assert_eq!([pair.aster.conflicts().len(), pair.borea.conflicts().len()], [0, 0]);
    pair.aster.run(&["resolve", short]).expect(4);
}

#[test]
fn what_the_book_finds_is_offered_only_when_it_is_released() {
    let (pair, conflict) = met();
    let short = &conflict[..8];
    let before = pair.aster.json(&["resolve", short]);
    // Later on that way Aster plans something that it keeps to itself.
    let text = std::fs::read_to_string(day::examples().join("aster/patrol-flights.json")).unwrap();
    let mut held: Vec<Value> = serde_json::from_str(&text.replace("2026-11-25", &day::date(1))).unwrap();
    let mut plan = held.remove(1);
    plan["release"] = "hold".into();
    plan["title"] = "Kept back".into();
    plan["volumes"][0]["start"] = format!("{}T11:10:00Z", day::date(1)).into();
    plan["volumes"][0]["end"] = format!("{}T12:00:00Z", day::date(1)).into();
    let path = day::write(pair.root.path(), "held.json", &serde_json::to_string(&[plan]).unwrap());
    pair.aster.ok(&["notify", &path]);
    assert_eq!(names(&pair.aster.json(&["resolve", short])), names(&before), "what is sent does not depend on the book");
    let book = pair.aster.json(&["resolve", short, "--book"]);
    assert_eq!(book["sendable"], false);
    let later = |found: &Value| names(found).into_iter().find(|name| name.starts_with("later-"));
    assert!(later(&before).is_some() && later(&book) != later(&before) && !names(&book).is_empty(), "{book}");
    assert!(pair.aster.ok(&["resolve", short, "--book"]).contains("only we see"), "it says so");
    // Its names are no names of suggestions.
    let only_there = names(&book).into_iter().find(|name| !names(&before).contains(name)).expect("it goes on past that");
    pair.aster.run(&["settle", "offer", short, "--suggestion", &only_there]).expect(4);
    let offered = pair.aster.ok(&["settle", "offer", short, "--release-own", &only_there]);
    assert!(offered.contains("stated as entry"), "{offered}");
}

#[test]
fn plans_are_looked_at_before_they_are_stated() {
    let (mut pair, _) = met();
    let path = day::tomorrow(pair.root.path(), "aster/drone-survey.geojson");
    let looked = pair.aster.ok(&["around", &path]);
    assert!(looked.contains("theirs: The nearest is the hazard"), "{looked}");
    assert!(looked.contains("when: Nothing is in the way ") && looked.contains("Свободное время: "), "{looked}");
    let of = pair.aster.titled("Patrol flight 2")["at"]["hash"].as_str().unwrap().to_owned();
    let text = std::fs::read_to_string(day::examples().join("aster/patrol-flights.json")).unwrap();
    let flights: Vec<Value> = serde_json::from_str(&text.replace("2026-11-25", &day::date(1))).unwrap();
    let mut next = flights[1].clone();
    next["volumes"][0]["start"] = format!("{}T10:45:00Z", day::date(1)).into();
    next["volumes"][0]["end"] = format!("{}T12:30:00Z", day::date(1)).into();
    let path = day::write(pair.root.path(), "next.json", &serde_json::to_string(&[next]).unwrap());
    let looked = array(pair.aster.json(&["around", &path, "--instead-of", &of[..12]]));
    assert_eq!(looked[0]["clear"], true);
    assert_eq!(looked[0]["changes"][0]["change"], "gone");
    assert_eq!(pair.aster.notices().len(), pair.borea.notices().len(), "nothing was stated");

    let picture = pair.aster.ok(&["density", "--from", &format!("{}T00:00:00Z", day::date(1))]);
    assert!(picture.lines().count() == 22 && picture.contains('2'), "{picture}");
    let mut api = Api::of(&pair.aster.node().out_with("serving")).unwrap();
    let path = format!("/v1/lines/-/density?south=59&west=22&north=61&east=30&rows=8&columns=16&from={}T00:00:00Z", day::date(1));
    let view = api.get(&path).unwrap();
    assert_eq!(array(view["ours"].clone()).len(), 8 * 16);
    let most = |side: &str| array(view[side].clone()).iter().filter_map(Value::as_u64).max();
    assert_eq!((most("ours"), most("theirs")), (Some(2), Some(1)), "{view}");
}

#[test]
fn the_ground_of_a_conflict_is_that_of_the_files() {
    let (mut pair, conflict) = met();
    let mut api = Api::of(&pair.aster.node().out_with("serving")).unwrap();
    let view = api.get(&format!("/v1/lines/-/conflicts/{conflict}/ground")).unwrap();
    let ground = &array(view["grounds"].clone())[0];
    assert!(!array(ground["polygons"].clone()).is_empty() && ground["error_m"].as_f64().unwrap() < 5.0, "{view}");
    let files = ["aster/patrol-flights.json", "borea/live-fire.geojson"].map(|name| day::tomorrow(pair.root.path(), name));
    let terms = day::examples().join("terms.toml");
    let asked = ["check", &files[0], &files[1], "--terms", terms.to_str().unwrap(), "--json"];
    let told: Value = serde_json::from_str(&crate::program::run(&asked).expect(1).out).unwrap();
    assert_eq!(array(told["conflicts"].clone()).len(), 1);
    let [line, file] = [ground, &told["conflicts"][0]["meetings"][0]["overlap"]].map(|from| from["area_m2"].as_f64().unwrap());
    assert!(line > 1e6 && (line / file - 1.0).abs() < 1e-4, "{line} m² on the line, {file} m² of the files");
}
