//! How the tests of rules look at a refusal.

use detente_types::{Rule, Violation};

/// One refusal: the rule, the field, and that the message tells what stood there and what was wanted.
#[track_caller]
pub fn refused<T: core::fmt::Debug>(result: Result<T, Violation>, rule: Rule, at: &str, wanted: &str) {
    told(&[result.expect_err("the rule refuses it")], rule, at, wanted);
}

/// One refusal among those of a whole noun: it is the only one.
#[track_caller]
pub fn only<T: core::fmt::Debug>(result: Result<T, Vec<Violation>>, rule: Rule, at: &str, wanted: &str) {
    let faults = result.expect_err("the rule refuses it");
    assert_eq!(faults.len(), 1, "{faults:#?}");
    told(&faults, rule, at, wanted);
}

/// Exactly one of the faults is of this rule at this field, and its message is whole.
#[track_caller]
pub fn told(faults: &[Violation], rule: Rule, at: &str, wanted: &str) {
    let found: Vec<_> = faults.iter().filter(|v| v.rule == rule && v.at == at).collect();
    let [fault] = found.as_slice() else { panic!("wanted one {rule} at {at}, found {faults:#?}") };
    let hint = fault.wanted.as_deref().unwrap_or_default();
    assert!(hint.contains(wanted), "expected `{wanted}` in `{hint}`");
    let message = fault.to_string();
    for part in [&rule.to_string(), at, rule.sentence(), "found ", hint] {
        assert!(message.contains(part), "`{part}` is missing in `{message}`");
    }
}
