use super::*;

const ROW: &str = "| rule | meaning |\n|---|---|\n| DV-007 | a window ends after it begins |\n";
const NAME: &str = "rules! {\n    /// DV-007\n    EndAfterStart = 7, \"a window ends after it begins\";\n}\n";
const CHECK: &str = "fn a() { if end <= start { refuse(Rule::EndAfterStart) } }\n";
const TEST: &str = "#[test]\nfn dv_007_a_window_ends_after_it_begins() {}\n";

fn found(spec: &str, name: &str, check: &str, test: &str) -> Vec<String> {
    let sources = [
        Source::new(CATALOGUE, name),
        Source::new("crates/wire/src/window.rs", check),
        Source::new("crates/wire/tests/rules.rs", test),
    ];
    findings(spec, &sources)
}

#[test]
fn a_rule_in_all_three_places_passes() {
    assert_eq!(found(ROW, NAME, CHECK, TEST), Vec::<String>::new());
}

#[test]
fn each_missing_place_is_named() {
    assert_eq!(found("", NAME, CHECK, TEST), ["DV-007 lacks a table row in docs/spec/rules.md"]);
    assert_eq!(found(ROW, NAME, "", TEST), ["DV-007 lacks `Rule::EndAfterStart` in a check of a crate's src"]);
    assert_eq!(found(ROW, NAME, CHECK, ""), ["DV-007 lacks a test named dv_007_…"]);
    let all = found("", NAME, "", "");
    assert!(all.len() == 1 && all[0].matches(", and ").count() == 2, "{all:?}");
}

#[test]
fn a_rule_without_a_name_is_caught_wherever_it_is_mentioned() {
    for (spec, check, test) in [(ROW, "", ""), ("", "/// DV-007\n", ""), ("", "", TEST)] {
        let found = found(spec, "", check, test);
        assert!(found.len() == 1 && found[0].contains("a name in crates/types/src/rule.rs"), "{found:?}");
    }
}

#[test]
fn a_rule_twice_in_the_table_is_caught() {
    let twice = format!("{ROW}| `DV-007` | again |\n");
    assert_eq!(found(&twice, NAME, CHECK, TEST), ["DV-007 stands more than once in docs/spec/rules.md: lines [3, 4]"]);
}

#[test]
fn prose_is_no_row_and_a_later_cell_is_no_definition() {
    assert_eq!(rows("see DV-009\n| DV-001 | unlike DV-002 |\n").into_keys().collect::<Vec<_>>(), [1]);
}

#[test]
fn a_use_in_a_test_or_comment_is_no_check_and_a_helper_is_no_test() {
    let in_test = format!("#[cfg(test)]\nmod tests {{\n    {CHECK}}}\n");
    for check in [in_test.as_str(), "// Rule::EndAfterStart\n", "fn a() { Rule::EndAfterStartOrSo }\n"] {
        assert_eq!(found(ROW, NAME, check, TEST).len(), 1, "{check}");
    }
    assert_eq!(found(ROW, NAME, CHECK, "fn dv_007_helper() {}\n"), ["DV-007 lacks a test named dv_007_…"]);
}

#[test]
fn one_test_may_prove_two_rules_and_a_longer_number_is_none() {
    assert_eq!(numbers("dv_001_and_dv_002_hold", "dv_"), [1, 2]);
    assert_eq!(numbers("DV-0011 DV-01 DV-nnn", "DV-"), Vec::<u32>::new());
}

#[test]
fn no_rules_at_all_is_a_finding() {
    assert_eq!(found("", "", "", "").len(), 1);
}
