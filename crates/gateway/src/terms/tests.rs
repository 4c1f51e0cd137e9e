use detente_testkit::strategy;
use proptest::prelude::*;

use super::*;

#[test]
fn what_is_written_is_read_again() {
    for terms in [detente_testkit::terms(), standard()] {
        assert_eq!(read(&write(&terms)), Ok(terms));
    }
}

#[test]
fn standard_terms_obey_the_rules_and_explain_every_section() {
    let text = write(&standard());
    assert!(Terms::try_new(standard()).is_ok());
    let sections = text.split("\n\n").skip(1);
    assert!(sections.clone().count() >= 10);
    for section in sections {
        assert!(section.starts_with('#') || section.starts_with("version"), "{section}");
    }
}

#[test]
fn what_is_no_toml_is_told_with_its_line() {
    let text = write(&standard()).replace("time_s = 300", "time_s = five minutes");
    let line = 1 + text.lines().position(|line| line.contains("five minutes")).unwrap();
    let Err(TermsFault::Unreadable { line: told, .. }) = read(&text) else { panic!("it was read") };
    assert_eq!(told, line);
}

#[test]
fn a_missing_and_an_unknown_key_are_told() {
    let missing = write(&standard()).replace("time_s = 300\n", "");
    let told = read(&missing).unwrap_err().to_string();
    assert!(told.contains("missing field `time_s`"), "{told}");
    let unknown = write(&standard()).replace("time_s = 300", "time_s = 300\nheight_m = 5");
    let told = read(&unknown).unwrap_err().to_string();
    assert!(told.contains("unknown field `height_m`"), "{told}");
}

#[test]
fn every_broken_rule_is_told_with_its_line() {
    let text = write(&detente_testkit::terms())
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
        prop_assert_eq!(read(&write(&terms)), Ok(terms));
    }

    #[test]
    fn no_text_panics(cut in 0usize..6_000, byte in any::<u8>(), put in 0usize..6_000) {
        let mut bytes = write(&detente_testkit::terms()).into_bytes();
        bytes.truncate(cut);
        if let Some(b) = bytes.get_mut(put) { *b = byte }
        let _ = read(&String::from_utf8_lossy(&bytes));
    }
}
