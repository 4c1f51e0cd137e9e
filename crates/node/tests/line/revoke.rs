//! A revocation that the log cannot carry travels in the hello (PROTOCOL P2).

use detente_node::{Command, Hold, What};
use detente_types::{Generation, NoticeKind, StatementRef};
use detente_wire::Ed25519;
use detente_wire::certificate::sign_revocation;

use crate::pair::Pair;
use crate::{held, notify};

fn revoke(pair: &mut Pair, i: usize, from: u64) -> Option<StatementRef> {
    let party = pair.parties.sides()[i].party.clone();
    let revocation = sign_revocation(&Ed25519, &party, pair.line, Generation::FIRST, from);
    pair.command(i, Command::Revoke(revocation)).expect("the party key signed it").stated
}

fn is_disputed(pair: &Pair, i: usize, at: &StatementRef) -> bool {
    pair.line(i).notice(at).expect("nothing is removed").disputed
}

fn revoked(what: &What) -> bool {
    matches!(what, What::Revoked(..))
}

#[test]
fn a_revocation_on_a_held_line_reaches_the_other_side_by_the_hello() {
    let mut pair = Pair::new();
    pair.connect();
    let said = pair.command(0, notify(NoticeKind::Operation)).expect("a good notice").stated.expect("stated");
    held::finds_a_fork(&mut pair, 1);
    assert_eq!(pair.line(0).hold(), Hold::Evidence);
    assert_eq!(revoke(&mut pair, 0, said.index), None, "the log does not carry it now");
    pair.pass(5);
    assert_eq!([0, 1].map(|i| is_disputed(&pair, i, &said)), [true; 2], "the hello does, in the same meeting");
    assert_eq!([0, 1].map(|i| pair.heard(i, revoked)), [1; 2]);
    for _ in 0..2 {
        (0..2).for_each(|i| pair.restart(i));
        assert!(is_disputed(&pair, 0, &said), "it waits in the book, and counts");
        pair.connect();
        pair.pass(5);
        assert!(is_disputed(&pair, 1, &said), "and is in each hello, also after a start");
    }
    assert_eq!([0, 1].map(|i| pair.line(i).view().faults), [0; 2]);
    (0..2).for_each(|i| held::reopen(&mut pair, i));
    pair.pass(30);
    pair.assert_converged();
    assert_eq!(pair.line(1).revocations().count(), 1, "the log carries it now, and that is no news");
}

#[test]
fn of_several_revocations_the_lowest_size_counts_and_alone_is_told() {
    let mut pair = Pair::new();
    pair.connect();
    let said = pair.command(0, notify(NoticeKind::Operation)).expect("a good notice").stated.expect("stated");
    for (from, told) in [(said.index + 1, 1), (said.index, 2), (said.index + 1, 2)] {
        revoke(&mut pair, 0, from).expect("the log carries it");
        pair.pass(5);
        assert_eq!([0, 1].map(|i| pair.heard(i, revoked)), [told; 2]);
    }
    pair.assert_converged();
    (0..2).for_each(|i| pair.restart(i));
    let us = pair.line(0).view().us;
    for i in 0..2 {
        assert_eq!(pair.line(i).revocations().collect::<Vec<_>>(), [(us, Generation::FIRST, said.index)], "also after a start");
    }
}
