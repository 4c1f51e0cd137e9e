//! What must not compile: proofs that nobody checked, unchecked values where proofs are wanted, and secrets that leak.

#[test]
fn proofs_are_not_forged_unchecked_values_not_taken_and_secrets_not_used_up() {
    trybuild::TestCases::new().compile_fail("tests/ui/*/*.rs");
}
