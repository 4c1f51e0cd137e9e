//! The line between two honest nodes, step by step.

mod blind;
mod blind_audit;
mod blind_days;
mod blind_kept;
mod blind_left;
mod blind_liar;
mod blind_order;
mod blind_paths;
mod blind_shown;
mod held;
mod held_copy;
mod pair;
mod plans;
mod quota;
mod resolve;
mod restored;
mod revoke;
mod safety;
mod two_leaves;

use detente_node::port::{Batch, Store as _, Write};
use detente_node::{Command, CommandFault, Hold, Phase, What};
use detente_testkit::notice;
use detente_types::statement::{GenerationCloseIn, Kind, StatementIn};
use detente_types::{Generation, Head, NoticeKind, Release, Root, Rule};
use detente_wire::certificate::sign_revocation;
use detente_wire::{Ed25519, KeyPair};
use pair::Pair;

fn notify(kind: NoticeKind) -> Command {
    Command::Notify { notice: notice(kind), release: Release::Exact, reveal: Vec::new() }
}

#[test]
fn two_nodes_open_their_logs_and_cosign_them() {
    let mut pair = Pair::new();
    assert_eq!(pair.line(0).view().own.size, 0, "nothing is appended before the peer has said what it holds");
    pair.connect();
    pair.assert_converged();
    assert_eq!(pair.line(0).view().own.size, 1);
    assert_eq!(pair.line(0).view().phase, Phase::Open);
}

#[test]
fn a_notice_reaches_the_other_side_and_is_cosigned() {
    let mut pair = Pair::new();
    pair.connect();
    let accepted = pair.command(0, notify(NoticeKind::Operation)).expect("a good notice");
    let stated = accepted.stated.expect("it is stated at once");
    pair.assert_converged();
    let there = pair.line(1).notice(&stated).expect("it is there");
    assert_eq!(there.notice.kind(), NoticeKind::Operation);
    let here = pair.line(0).notice(&stated).expect("it is here");
    assert_eq!(here.level, 1, "stored by the other node");
}

#[test]
fn what_is_put_in_before_the_first_hello_waits_in_the_book() {
    let mut pair = Pair::new();
    let accepted = pair.command(0, notify(NoticeKind::Operation)).expect("a good notice");
    assert_eq!(accepted.stated, None);
    pair.restart(0);
    pair.connect();
    pair.assert_converged();
    assert_eq!(pair.line(1).notices().count(), 1, "it is stated once the peer has spoken");
    pair.restart(0);
    pair.restart(1);
    pair.connect();
    pair.assert_converged();
    assert_eq!(pair.line(1).notices().count(), 1, "and only once");
}

#[test]
fn notices_that_meet_are_one_joint_conflict_on_both_sides() {
    let mut pair = Pair::new();
    pair.connect();
    pair.command(0, notify(NoticeKind::Operation)).expect("a good notice");
    let mut other = notice(NoticeKind::Hazard);
    other.id = detente_testkit::notice_id(2);
    pair.command(1, Command::Notify { notice: other, release: Release::Exact, reveal: Vec::new() }).expect("a good notice");
    pair.assert_converged();
    assert_eq!(pair.line(0).conflicts().count(), 1);
    assert_eq!(pair.line(0).conflicts().collect::<Vec<_>>(), pair.line(1).conflicts().collect::<Vec<_>>());
    assert_eq!(pair.heard(0, |w| matches!(w, What::ConflictFound(_))), 1);
}

#[test]
fn a_crowd_of_sites_meets_one_operation_on_both_sides_and_after_a_start() {
    const SITES: u64 = 300;
    let mut pair = Pair::new();
    pair.connect();
    let release = Release::Exact;
    for site in 0..SITES {
        let mut notice = notice(NoticeKind::Site);
        notice.id = detente_testkit::notice_id(1_000 + site);
        notice.volumes = detente_testkit::notice(NoticeKind::Operation).volumes;
        pair.command(0, Command::Notify { notice, release, reveal: Vec::new() }).expect("a good notice");
        if site == SITES / 2 {
            pair.command(1, notify(NoticeKind::Operation)).expect("a good notice");
        }
    }
    pair.assert_converged();
    let conflicts = |pair: &Pair, i: usize| pair.line(i).conflicts().collect::<Vec<_>>();
    let found = conflicts(&pair, 0);
    assert_eq!(found.len() as u64, SITES);
    assert_eq!(conflicts(&pair, 1), found);
    let told = [0, 1].map(|i| pair.heard(i, |w| matches!(w, What::ConflictFound(_))) as u64);
    assert_eq!(told, [SITES; 2]);
    pair.restart(0);
    pair.restart(1);
    pair.connect();
    pair.assert_converged();
    assert_eq!([conflicts(&pair, 0), conflicts(&pair, 1)], [found.clone(), found]);
    let told = [0, 1].map(|i| pair.heard(i, |w| matches!(w, What::ConflictFound(_))) as u64);
    assert_eq!(told, [SITES; 2], "a start makes no news of it");
}

/// A notice that takes some kilobytes of the disk.
fn long_notice(number: u64) -> Command {
    let mut notice = notice(NoticeKind::Text);
    notice.id = detente_testkit::notice_id(number);
    notice.text = Some(detente_types::text::TextIn { language: "en".into(), text: "word ".repeat(600) });
    Command::Notify { notice, release: Release::Exact, reveal: Vec::new() }
}

/// What may wait for a disk, and what one SAFETY notice adds to it.
const WAITING_MOST: usize = (2 << 20) + (64 << 10);

#[test]
fn a_disk_that_is_behind_takes_safety_at_once_and_the_rest_in_a_moment() {
    let mut pair = Pair::new();
    pair.connect();
    let first = (1_000..10_000).find(|i| pair.give(0, "Lt Aalto", long_notice(*i)) == Err(CommandFault::DiskBehind));
    let taken = first.expect("a disk that writes nothing is behind in the end");
    pair.give(0, "Lt Aalto", notify(NoticeKind::Safety)).expect("safety is taken whatever waits");
    pair.settle();
    assert!(pair.largest_batch <= WAITING_MOST, "{} bytes in one batch", pair.largest_batch);
    pair.command(0, long_notice(taken)).expect("what was refused is taken once the disk has written");
    pair.assert_converged();
    assert_eq!(pair.line(1).notices().count() as u64, taken - 1_000 + 2);
}

#[test]
fn what_waited_long_is_stated_in_batches_that_a_full_disk_still_takes() {
    let mut pair = Pair::new();
    for number in 1_000..2_000 {
        pair.command(0, long_notice(number)).expect("it waits in the book");
    }
    pair.connect();
    pair.assert_converged();
    assert_eq!(pair.line(1).notices().count(), 1_000);
    assert!(pair.largest_batch <= WAITING_MOST, "{} bytes in one batch", pair.largest_batch);
}

#[test]
fn a_restarted_node_goes_on_where_it_was() {
    let mut pair = Pair::new();
    pair.connect();
    pair.command(0, notify(NoticeKind::Operation)).expect("a good notice");
    pair.disconnect();
    pair.restart(1);
    pair.connect();
    pair.command(1, Command::Check(None)).expect("a check");
    pair.assert_converged();
    assert_eq!(pair.line(0).view().own.size, 3, "opening, notice, the machine's answer to the check");
}

#[test]
fn a_node_restored_from_a_backup_takes_its_entries_back() {
    let mut pair = Pair::new();
    pair.connect();
    let backup = pair.seats[0].store.clone();
    pair.command(0, notify(NoticeKind::Operation)).expect("a good notice");
    let before = pair.line(0).view().own;
    pair.seats[0].store = backup;
    pair.restart(0);
    pair.restart(1);
    pair.connect();
    assert_eq!(pair.heard(0, |w| matches!(w, What::Recovered(_))), 1);
    pair.pass(30);
    pair.assert_converged();
    let after = pair.line(0).view().own;
    assert!(after.generation > before.generation, "what is said now is in a new generation");
    assert_eq!(pair.line(1).notices().count(), 1, "what was said before counts");
    assert_eq!(pair.heard(1, |w| *w == What::PeerRenewed(after.generation)), 1);
    let closes = |w: &What| matches!(w, What::Said(_, Kind::GenerationClose));
    assert_eq!(pair.heard(1, closes), 1, "their log states where the old one ended");
    pair.restart(0);
    pair.restart(1);
    pair.connect();
    pair.pass(30);
    pair.assert_converged();
    assert_eq!(pair.line(0).view().own.generation, after.generation, "a restart is not a restore");
    assert_eq!(pair.heard(1, closes), 1);
}

#[test]
fn a_node_that_is_told_of_its_restore_opens_a_generation_although_nothing_is_missing() {
    let mut pair = Pair::new();
    pair.connect();
    pair.disconnect();
    pair.command(0, notify(NoticeKind::Operation)).expect("a good notice");
    pair.restart(0);
    pair.note_restored(0);
    pair.restart(0);
    pair.connect();
    pair.pass(30);
    pair.assert_converged();
    assert_ne!(pair.line(0).view().own.generation, Generation::FIRST);
    assert_eq!(pair.line(1).notices().count(), 1, "the end of the old generation came over first");
}

#[test]
fn both_restored_nodes_open_a_generation_and_converge() {
    let mut pair = Pair::new();
    pair.connect();
    pair.command(1, Command::Check(None)).expect("a check");
    let backups = [0, 1].map(|i: usize| pair.seats[i].store.clone());
    pair.command(0, notify(NoticeKind::Operation)).expect("a good notice");
    for (i, backup) in backups.into_iter().enumerate() {
        pair.seats[i].store = backup;
        pair.restart(i);
        pair.note_restored(i);
    }
    pair.connect();
    pair.pass(30);
    pair.assert_converged();
    for i in 0..2 {
        assert_ne!(pair.line(i).view().own.generation, Generation::FIRST);
    }
    assert_eq!(pair.command(0, notify(NoticeKind::Operation)).expect("a good notice").note, None);
    pair.pass(30);
    pair.assert_converged();
    assert_eq!(pair.line(1).notices().count(), 1);
}

#[test]
fn a_node_put_back_to_before_its_new_generation_gets_that_one_back_too() {
    let mut pair = Pair::new();
    pair.connect();
    let backup = pair.seats[0].store.clone();
    let keys = pair.seats[0].keys.clone();
    for _ in 0..2 {
        pair.command(0, notify(NoticeKind::Operation)).expect("a good notice");
        pair.seats[0].store = backup.clone();
        pair.seats[0].keys = keys.clone();
        pair.restart(0);
        pair.connect();
        pair.pass(30);
        pair.assert_converged();
    }
    let renewed = |w: &What| matches!(w, What::PeerRenewed(_));
    assert_eq!(pair.heard(1, renewed), 2, "one generation for each restore");
    let notices = pair.line(1).notices().count();
    assert_eq!(notices, 1, "the second version of the notice, said in the generation that was lost, counts");
    pair.restart(0);
    pair.connect();
    pair.pass(30);
    pair.assert_converged();
}

#[test]
fn a_restore_does_not_reopen_a_line_that_evidence_holds() {
    let mut pair = Pair::new();
    pair.connect();
    pair.disconnect();
    let evidence = Write::Evidence { line: pair.line, number: 0, bytes: vec![1] };
    pair.seats[0].store.commit(&Batch { writes: vec![evidence], reserve: false }).expect("it is new");
    pair.restart(0);
    pair.note_restored(0);
    pair.connect();
    pair.pass(30);
    let view = pair.line(0).view();
    assert_ne!(view.own.generation, Generation::FIRST, "it has opened its new generation");
    assert_eq!((view.phase, view.hold), (Phase::Open, Hold::Evidence));
    assert!(matches!(pair.command(0, notify(NoticeKind::Operation)), Err(CommandFault::Held)));
    let safety = pair.command(0, notify(NoticeKind::Safety)).expect("SAFETY is taken").stated.expect("and said");
    pair.pass(5);
    assert!(pair.line(1).is_ringing(&safety), "and heard, although the line is held");
}

#[test]
fn safety_does_not_wait_for_a_copy_that_a_restored_node_lost() {
    let mut pair = Pair::new();
    pair.connect();
    pair.command(0, notify(NoticeKind::Safety)).expect("a safety notice");
    let backup = pair.seats[0].store.clone();
    pair.command(1, notify(NoticeKind::Operation)).expect("a good notice");
    pair.command(0, Command::Check(None)).expect("a check, whose `seen` covers the notice");
    pair.seats[0].store = backup;
    pair.restart(0);
    pair.connect();
    pair.pass(30);
    pair.assert_converged();
}

#[test]
fn safety_rings_once_and_its_receipt_comes_back() {
    let mut pair = Pair::new();
    pair.connect();
    let stated = pair.command(0, notify(NoticeKind::Safety)).expect("a safety notice").stated.expect("stated");
    pair.pass(5);
    pair.assert_converged();
    assert_eq!(pair.heard(1, |w| matches!(w, What::SafetyRings(of, _) if *of == stated)), 1);
    let receipts: Vec<_> = pair.line(0).notice(&stated).expect("live").receipts.iter().map(|r| r.level).collect();
    assert_eq!(receipts, [detente_types::statement::Level::StoredEarly]);
}

#[test]
fn safety_that_overtook_is_shown_read_and_acted_on_before_it_is_filed() {
    let mut pair = Pair::new();
    pair.connect();
    pair.only_urgent = true;
    pair.command(0, notify(NoticeKind::Operation)).expect("a good notice");
    let of = pair.command(0, notify(NoticeKind::Safety)).expect("a safety notice").stated.expect("stated");
    assert_eq!(pair.line(1).view().copy.size, 1, "the log has not caught up");
    let shown = pair.line(1).notice(&of).expect("it is shown all the same");
    assert_eq!(shown.notice.kind(), NoticeKind::Safety);
    assert!(pair.line(1).is_ringing(&of));
    pair.command(1, Command::Read(of)).expect("it is read");
    let action = detente_types::text::TextIn { language: "en".into(), text: "Firing has stopped".into() };
    pair.command(1, Command::SafetyAction { of, action: action.clone(), by: None }).expect("an action is stated");
    assert!(!pair.line(1).is_ringing(&of));
    pair.restart(1);
    assert!(pair.line(1).notice(&of).is_some(), "also after a restart");
    assert!(!pair.line(1).is_ringing(&of));
    pair.only_urgent = false;
    pair.disconnect();
    pair.connect();
    pair.pass(30);
    pair.assert_converged();
    assert_eq!(pair.line(1).notices().filter(|n| n.at == of).count(), 1, "once, now that it is filed");
    let told = pair.line(0).notice(&of).expect("live").action.expect("its author learns what was done");
    assert_eq!(told.input.action, action);
}

#[test]
fn a_later_version_of_a_safety_notice_overtakes_too() {
    let mut pair = Pair::new();
    pair.connect();
    pair.only_urgent = true;
    pair.command(0, notify(NoticeKind::Operation)).expect("a good notice");
    pair.seats[0].connected = false;
    pair.command(0, notify(NoticeKind::Safety)).expect("a safety notice");
    pair.seats[0].connected = true;
    let mut changed = notice(NoticeKind::Safety);
    changed.call_sign = Some("RESCUE 2".into());
    let again = Command::Notify { notice: changed, release: Release::Exact, reveal: Vec::new() };
    let second = pair.command(0, again).expect("another version").stated.expect("stated");
    pair.pass(5);
    assert!(pair.line(1).is_ringing(&second), "it rings before the log has caught up");
    assert_eq!(pair.line(1).notices().filter(|n| n.notice.kind() == NoticeKind::Safety).count(), 1, "the newest is shown");
}

#[test]
fn what_was_said_under_a_revoked_key_is_disputed_and_stays() {
    let mut pair = Pair::new();
    pair.connect();
    let before = pair.command(0, notify(NoticeKind::Operation)).expect("a good notice").stated.expect("stated");
    let mut other = notice(NoticeKind::Hazard);
    other.id = detente_testkit::notice_id(2);
    let after = pair.command(0, Command::Notify { notice: other, release: Release::Exact, reveal: Vec::new() });
    let after = after.expect("a good notice").stated.expect("stated");
    let side = pair.parties.sides()[0].clone();
    let revocation = sign_revocation(&Ed25519, &side.party, pair.line, Generation::FIRST, after.index);
    pair.command(0, Command::Revoke(revocation)).expect("the party key signed it");
    pair.pass(5);
    pair.assert_converged();
    for i in 0..2 {
        let disputed = |at| pair.line(i).notice(&at).expect("nothing is removed").disputed;
        assert_eq!([disputed(before), disputed(after)], [false, true], "side {i}");
    }
}

#[test]
fn a_close_of_our_log_where_it_did_not_end_is_kept_refused_and_blamed() {
    let mut pair = Pair::new();
    pair.connect();
    pair.command(0, notify(NoticeKind::Operation)).expect("a good notice");
    pair.note_restored(0);
    pair.restart(0);
    pair.connect();
    pair.pass(30);
    pair.assert_converged();
    pair.disconnect();
    let end = Head { generation: Generation::FIRST, size: 1, root: Root::new([7; 32]) };
    let close = GenerationCloseIn { kind: Kind::GenerationClose.code(), head: end };
    pair.forge(1, &StatementIn::GenerationClose(close));
    pair.connect();
    pair.pass(30);
    let refused = |w: &What| matches!(w, What::Unusable(_, broken) if broken[0].rule == Rule::CloseMatches);
    assert_eq!(pair.heard(0, refused), 1);
    let (ours, theirs) = (pair.line(0).view(), pair.line(1).view());
    assert_eq!((ours.faults, ours.evidence), (1, 0), "without a note of ours it is a claim");
    assert_eq!((ours.copy, theirs.copy), (theirs.own, ours.own), "it is kept and cosigned all the same");
    let refusals = |w: &What| matches!(w, What::Said(_, Kind::Receipt));
    assert_eq!(pair.heard(0, refusals), 1, "and answered once");
}

#[test]
fn a_witness_that_is_named_within_a_generation_is_kept_and_shown_and_other_keys_are_refused() {
    let mut pair = Pair::new();
    pair.connect();
    pair.disconnect();
    let (side, them) = (pair.parties.sides()[1].clone(), pair.line(1).view().us);
    let [witness, other] = [3, 4].map(|seed| KeyPair::generate(&Ed25519, &mut detente_testkit::rng(seed)).public());
    assert_eq!(pair.line(0).witness(&them), None);
    for named in [witness, other] {
        pair.forge(1, &StatementIn::KeyCert(side.names_witness(&Ed25519, named)));
    }
    pair.connect();
    pair.pass(30);
    let refused = |w: &What| matches!(w, What::Unusable(_, broken) if broken[0].rule == Rule::KeysStay);
    assert_eq!(pair.heard(0, refused), 1, "once named, a witness stays until the next generation");
    for _ in 0..2 {
        assert_eq!([0, 1].map(|i| pair.line(i).witness(&them)), [Some(witness); 2]);
        (0..2).for_each(|i| pair.restart(i));
    }
    pair.connect();
    pair.pass(30);
    pair.assert_converged();
}
