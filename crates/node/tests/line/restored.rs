//! Nodes that were put back from a backup, and what their peers kept for them.

use detente_node::port::Write;
use detente_node::{Command, Phase};
use detente_testkit::notices::text;
use detente_testkit::{notice, notice_id};
use detente_types::{Generation, NoticeIn, NoticeKind, Release, StatementRef};

use crate::pair::Pair;

fn notify(kind: NoticeKind) -> Command {
    Command::Notify { notice: notice(kind), release: Release::Exact, reveal: Vec::new() }
}

#[test]
fn nodes_put_back_to_before_their_first_entry_say_nothing_in_the_first_generation() {
    let mut pair = Pair::new();
    let backups = [0, 1].map(|i: usize| pair.seats[i].store.clone());
    pair.connect();
    for (i, backup) in backups.into_iter().enumerate() {
        pair.seats[i].store = backup;
        pair.restart(i);
        pair.note_restored(i);
    }
    // Neither has anything of the other's left, as a peer may pretend that conceals what it holds.
    pair.connect();
    pair.pass(30);
    for i in 0..2 {
        assert_ne!(pair.line(i).view().own.generation, Generation::FIRST, "side {i} signs no place twice");
        assert_eq!(pair.line(i).view().phase, Phase::Open);
    }
    pair.assert_converged();
    pair.restart(0);
    pair.restart(1);
    pair.connect();
    pair.pass(30);
    pair.assert_converged();
}

#[test]
fn the_proof_of_a_rollback_outlives_the_process_that_heard_it() {
    let mut pair = Pair::new();
    pair.connect();
    let backup = pair.seats[0].store.clone();
    pair.command(0, notify(NoticeKind::Operation)).expect("a good notice");
    pair.seats[0].store = backup;
    pair.no_renewal = true;
    pair.restart(0);
    pair.connect();
    pair.pass(30);
    assert_eq!(pair.line(0).view().phase, Phase::Renewing, "everything is back, and the party key is elsewhere");
    pair.no_renewal = false;
    pair.restart(0);
    pair.connect();
    pair.pass(30);
    pair.assert_converged();
    assert_ne!(pair.line(0).view().own.generation, Generation::FIRST, "although the hello proves nothing any more");
    assert_eq!(pair.line(1).notices().count(), 1);
    let generation = pair.line(0).view().own.generation;
    pair.restart(0);
    pair.connect();
    pair.pass(30);
    assert_eq!(pair.line(0).view().own.generation, generation, "and one generation is enough");
}

/// Changes the body of an entry of side 0's on the disk of side 1, and back again when called twice.
fn spoil(pair: &mut Pair, place: u64) {
    let author = pair.line(0).us();
    let row = pair.seats[1].store.rows.values_mut().find_map(|row| match row {
        Write::Entry { author: of, index, body, .. } if *of == author && *index == place => Some(body),
        _ => None,
    });
    let last = row.and_then(|body| body.last_mut()).expect("it is there");
    *last ^= 1;
}

#[test]
fn what_is_given_back_and_refused_ends_the_meeting_and_comes_again_in_the_next() {
    let mut pair = Pair::new();
    pair.connect();
    let backup = pair.seats[0].store.clone();
    let at = pair.command(0, notify(NoticeKind::Operation)).expect("a good notice").stated.expect("stated");
    pair.seats[0].store = backup;
    pair.restart(0);
    spoil(&mut pair, at.index);
    pair.connect();
    assert_eq!(pair.seats[0].hangups, 1, "it does not wait for what cannot come in this meeting");
    assert_eq!(pair.line(0).view().faults, 1);
    spoil(&mut pair, at.index);
    pair.disconnect();
    pair.connect();
    pair.pass(30);
    assert_eq!(pair.line(0).view().phase, Phase::Open);
    assert_eq!(pair.line(1).view().copy, pair.line(0).view().own);
    assert!(pair.line(0).notice(&at).is_some(), "it is back");
}

/// Side 0 says SAFETY in a generation of which side 1 gets nothing else but its opening.
fn safety_in_a_new_generation(pair: &mut Pair) -> StatementRef {
    pair.restart(0);
    pair.note_restored(0);
    pair.only_urgent = true;
    pair.connect();
    pair.pass(5);
    let at = pair.command(0, notify(NoticeKind::Safety)).expect("safety is taken").stated.expect("stated");
    pair.pass(5);
    assert!(pair.line(1).is_ringing(&at));
    at
}

#[test]
fn safety_of_a_generation_of_which_nothing_is_filed_rings_on_after_a_start() {
    let mut pair = Pair::new();
    pair.connect();
    let at = safety_in_a_new_generation(&mut pair);
    pair.restart(1);
    assert!(pair.line(1).is_ringing(&at), "at once, whoever is connected");
    assert!(pair.line(1).notice(&at).is_some());
    pair.only_urgent = false;
    pair.connect();
    pair.pass(30);
    pair.assert_converged();
    assert_eq!(pair.line(0).view().own.generation, at.generation, "nothing was lost");
    assert_eq!(pair.line(1).notices().filter(|n| n.at == at).count(), 1, "it is filed");
    pair.restart(1);
    assert!(pair.line(1).is_ringing(&at));
}

#[test]
fn a_home_put_back_to_before_a_generation_that_is_known_by_safety_alone_goes_on_in_a_later_one() {
    for (marked, restarted) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut pair = Pair::new();
        pair.connect();
        let (backup, keys) = (pair.seats[0].store.clone(), pair.seats[0].keys.clone());
        let at = safety_in_a_new_generation(&mut pair);
        (pair.seats[0].store, pair.seats[0].keys) = (backup, keys);
        pair.restart(0);
        if marked {
            pair.note_restored(0);
        }
        if restarted {
            pair.restart(1);
        }
        pair.only_urgent = false;
        pair.connect();
        pair.pass(30);
        pair.assert_converged();
        let own = pair.line(0).view().own.generation;
        assert!(own > at.generation, "{own} is drawn above the one that was lost");
        assert!(pair.line(1).is_ringing(&at), "it stays with who was warned, as an orphan");
        pair.command(0, notify(NoticeKind::Operation)).expect("a good notice").stated.expect("stated");
        pair.restart(0);
        pair.restart(1);
        pair.connect();
        pair.pass(30);
        pair.assert_converged();
        assert!(pair.line(1).is_ringing(&at), "also after a start");
        assert_eq!(pair.line(0).view().own.generation, own);
    }
}

#[test]
fn a_peer_that_conceals_what_it_holds_makes_no_evidence_of_it() {
    let mut pair = Pair::new();
    pair.connect();
    let (backup, end) = (pair.seats[0].store.clone(), pair.line(0).view().own);
    pair.command(0, notify(NoticeKind::Operation)).expect("a good notice");
    pair.seats[0].store = backup;
    pair.restart(0);
    pair.note_restored(0);
    pair.pretends = Some(end);
    pair.connect();
    pair.pass(30);
    let (author, holder) = (pair.line(0).view(), pair.line(1).view());
    assert!(author.own.generation > end.generation, "it went on behind what it was told");
    assert_eq!(author.phase, Phase::Open);
    assert_eq!(holder.hold, detente_node::Hold::Unshown, "whoever conceals has two histories now");
    assert_eq!(holder.faults, 1, "it is said once, however often the opening comes");
    assert!(pair.line(1).evidence().is_empty(), "an honest author is not convicted");
}

#[test]
fn a_backlog_larger_than_the_window_crosses_in_a_generation_that_is_over() {
    let mut pair = Pair::new();
    pair.connect();
    pair.disconnect();
    let words = text("en", &"Said at length. ".repeat(220));
    for id in 0..350 {
        let notice =
            NoticeIn { id: notice_id(1_000 + id), text: Some(words.clone()), translation: None, ..notice(NoticeKind::Text) };
        pair.command(0, Command::Notify { notice, release: Release::Exact, reveal: Vec::new() }).expect("a good notice");
    }
    let bytes = |row: &Write| if let Write::Entry { body, .. } = row { body.len() } else { 0 };
    let written: usize = pair.seats[0].store.rows.values().map(bytes).sum();
    assert!(written > 1 << 20, "{written} bytes are more than a window");
    pair.restart(0);
    pair.note_restored(0);
    pair.connect();
    pair.pass(30);
    assert_ne!(pair.line(0).view().own.generation, Generation::FIRST);
    pair.assert_converged();
    assert_eq!(pair.line(1).notices().count(), 350);
}

#[test]
fn a_lost_generation_of_which_nothing_is_held_is_not_what_the_next_one_follows() {
    let mut pair = Pair::new();
    pair.connect();
    pair.disconnect();
    // Side 1 lacks the last of the generation that ends, so all that it gets of the next are SAFETY and its opening.
    pair.command(0, notify(NoticeKind::Operation)).expect("a good notice");
    let (backup, keys) = (pair.seats[0].store.clone(), pair.seats[0].keys.clone());
    let at = safety_in_a_new_generation(&mut pair);
    (pair.seats[0].store, pair.seats[0].keys) = (backup, keys);
    pair.restart(0);
    pair.connect();
    pair.pass(30);
    pair.only_urgent = false;
    pair.connect();
    pair.pass(30);
    pair.assert_converged();
    assert!(pair.line(0).view().own.generation > at.generation);
    for i in 0..2 {
        pair.restart(i);
    }
    pair.connect();
    pair.pass(30);
    pair.assert_converged();
}
