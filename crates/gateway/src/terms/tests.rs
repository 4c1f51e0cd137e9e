use detente_testkit::strategy;
use proptest::prelude::*;

use super::*;

fn file(terms: TermsIn) -> TermsFile {
    TermsFile { parties: ["Aster".into(), "Borea".into()], terms }
}

fn text_of(terms: TermsIn) -> String {
    write(&file(terms))
}

#[test]
fn what_is_written_is_read_again() {
    for terms in [detente_testkit::terms(), standard()] {
        assert_eq!(read(&text_of(terms.clone())), Ok(file(terms)));
    }
}

#[test]
fn either_party_is_put_first_by_what_it_calls_itself() {
    let terms = detente_testkit::terms();
    let (first, other) = file(terms.clone()).of("aster").unwrap();
    assert_eq!((&first, other.as_str()), (&terms, "Borea"));
    let (first, other) = file(terms.clone()).of("Borea").unwrap();
    assert_eq!((&first, other.as_str()), (&turned(terms.clone()), "Aster"));
    assert_eq!(first.languages, ["ru", "en"]);
    assert_eq!(first.place[0].names, terms.place[0].names.iter().rev().cloned().collect::<Vec<_>>());
    let parties = |terms: &TermsIn| terms.desk.iter().map(|desk| desk.party).collect::<Vec<_>>();
    assert_eq!(parties(&first), parties(&terms).iter().map(|party| 1 - party).collect::<Vec<_>>());
    assert_eq!(turned(first), terms);
    assert_eq!(file(terms).of("Cygna"), Err(["Aster".into(), "Borea".into()]));
}

#[test]
fn a_file_says_whose_terms_and_whose_desks_they_are() {
    let text = text_of(detente_testkit::terms());
    let parties = "parties = [\"Aster\", \"Borea\"]";
    for (put, found) in [
        ("", "found nothing, expected what the two parties call themselves"),
        ("parties = [\"Aster\"]", "found [\"Aster\"], expected"),
        ("parties = [\"Aster\", \"aster\"]", "found [\"Aster\", \"aster\"], expected"),
        ("parties = [\"Aster\", 2]", "found [\"Aster\", 2], expected"),
        ("parties = [\"Aster\", \"Cygna\"]", "desk[1].party: found \"Borea\", expected \"Aster\" or \"Cygna\""),
    ] {
        let told = read(&text.replace(parties, put)).unwrap_err().to_string();
        assert!(told.contains(found), "{put}: {told}");
    }
    let told = read(&text.replace("party = \"Borea\"", "party = 1")).unwrap_err();
    let TermsFault::Parties { line, at, found, .. } = told else { panic!("{told}") };
    assert_eq!((at.as_str(), found.as_str()), ("desk[1].party", "1"));
    assert!(text.lines().nth(line - 1).unwrap().starts_with("party = "));
}

#[test]
fn standard_terms_obey_the_rules_and_explain_every_section() {
    let text = text_of(standard());
    assert!(Terms::try_new(standard()).is_ok());
    let sections = text.split("\n\n").skip(1);
    assert!(sections.clone().count() >= 10);
    for section in sections {
        assert!(section.starts_with('#') || section.starts_with("version"), "{section}");
    }
}

#[test]
fn what_is_no_toml_is_told_with_its_line() {
    let text = text_of(standard()).replace("time_s = 300", "time_s = five minutes");
    let line = 1 + text.lines().position(|line| line.contains("five minutes")).unwrap();
    let Err(TermsFault::Unreadable { line: told, .. }) = read(&text) else { panic!("it was read") };
    assert_eq!(told, line);
}

#[test]
fn a_missing_and_an_unknown_key_are_told() {
    let missing = text_of(standard()).replace("time_s = 300\n", "");
    let told = read(&missing).unwrap_err().to_string();
    assert!(told.contains("missing field `time_s`"), "{told}");
    let unknown = text_of(standard()).replace("time_s = 300", "time_s = 300\nheight_m = 5");
    let told = read(&unknown).unwrap_err().to_string();
    assert!(told.contains("unknown field `height_m`"), "{told}");
}

#[test]
fn every_broken_rule_is_told_with_its_line() {
    let text = text_of(detente_testkit::terms())
        .replace("horizontal_m = 9260", "horizontal_m = 999999")
        .replace("answer_s = 120", "answer_s = 1")
        .replace("\"Гогланд\"", "\"\"")
        .replace("datum = \"AMSL\"", "datum = \"MSL\"");
    let Err(TermsFault::Refused(problems)) = read(&text) else { panic!("it was read") };
    let lines: Vec<&str> = text.lines().collect();
    let at = |key: &str| {
        lines[problems.iter().find(|p| p.violation.at == key).unwrap_or_else(|| panic!("{key}: {problems:?}")).line - 1]
    };
    assert_eq!(at("separation.horizontal_m"), "horizontal_m = 999999");
    assert_eq!(at("line_check.answer_s"), "answer_s = 1");
    assert_eq!(at("altitude.datum"), "datum = \"MSL\"");
    assert_eq!(at("place[3].names"), "names = [\"Gogland\", \"\"]");
    assert_eq!(problems.len(), 4);
}

#[test]
fn too_large_a_file_is_not_parsed() {
    assert_eq!(read(&"#".repeat(TERMS_BYTES_MAX + 1)), Err(TermsFault::TooLarge { bytes: TERMS_BYTES_MAX + 1 }));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, rng_seed: proptest::test_runner::RngSeed::Fixed(5), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_terms_are_written_and_read_again(terms in strategy::terms()) {
        prop_assert_eq!(read(&text_of(terms.clone())), Ok(file(terms)));
    }

    #[test]
    fn no_text_panics(cut in 0usize..6_000, byte in any::<u8>(), put in 0usize..6_000) {
        let mut bytes = text_of(detente_testkit::terms()).into_bytes();
        bytes.truncate(cut);
        if let Some(b) = bytes.get_mut(put) { *b = byte }
        let _ = read(&String::from_utf8_lossy(&bytes));
    }
}
