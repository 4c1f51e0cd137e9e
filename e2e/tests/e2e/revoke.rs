//! Keys that their party takes back (PROTOCOL P2).

use crate::day;
use crate::side::Pair;

#[test]
fn a_revocation_by_the_command_disputes_what_the_key_said_on_both_sides() {
    let pair = Pair::serving();
    let root = pair.root.path().to_owned();
    pair.aster.ok(&["notify", &day::write(&root, "n.json", &day::site("Said by the key", 1))]);
    pair.converge();
    let from = pair.aster.titled("Said by the key")["at"]["index"].to_string();
    let revoked = pair.aster.ok(&["revoke", "--from", &from]);
    assert!(revoked.contains("stated as entry"), "{revoked}");
    pair.converge();
    for side in [&pair.aster, &pair.borea] {
        assert_eq!(side.titled("Said by the key")["disputed"], true, "{}", side.name);
    }
    assert_eq!(pair.borea.line()["revoked"][0]["by"], "theirs");
    let key = pair.aster.home.join("keys/party.key");
    std::fs::rename(&key, root.join("elsewhere")).unwrap();
    let without = pair.aster.run(&["revoke", "--from", "0"]).expect(5);
    assert!(without.err.contains("the key party is missing from the home"), "{}", without.err);
}
