//! What must not compile: proofs that nobody checked, unchecked values where proofs are wanted, and secrets that leak.
//!
//! They stand here and not beside each crate, so that one small project is compiled for all of them.

#[test]
fn proofs_are_not_forged_unchecked_values_not_taken_and_secrets_not_used_up() {
    trybuild::TestCases::new().compile_fail("tests/ui/*/*.rs");
}
