//! A lying peer in blind runs: what is no part of a run, another commitment than the log's, an old run said again.

use detente_blind::message::{self, Message};
use detente_blind::{Agreement, Class, Effect, Run, Seed, Setup};
use detente_node::blind::{BlindNews, BookBlindFault, RunState};
use detente_node::{BookEntry, Input, What};
use detente_types::statement::{BlindCommitIn, BlindReason, BlindResultIn, Kind, StatementIn};
use detente_types::{NoticeKind, Release};
use detente_wire::frame::{self, Channel, Frame, decode};

use crate::blind::{at, matching, plan, put, state};
use crate::blind_audit::book;
use crate::pair::Pair;

/// What side 1 says to side 0 in their newest meeting.
fn channel(pair: &Pair) -> Channel {
    let session = |side: usize| {
        let frames = pair.wire.iter().rev().filter(|(from, _)| *from == side);
        let hello =
            |frame: &[u8]| if let Ok(Frame::Hello(hello)) = decode(frame, Channel::default()) { Some(hello) } else { None };
        frames.filter_map(|(_, frame)| hello(frame)).map(|hello| hello.session).next().expect("they met")
    };
    Channel { from: session(1), to: session(0) }
}

/// The latest message of a blind run that side 0 sent, with its stream.
fn latest(pair: &Pair) -> (u64, Vec<u8>) {
    said(pair, 0).pop().expect("a run is under way")
}

/// Messages of blind runs that a side sent in their newest meeting, with their streams.
pub(crate) fn said(pair: &Pair, side: usize) -> Vec<(u64, Vec<u8>)> {
    let Channel { from, to } = channel(pair);
    let channel = if side == 1 { Channel { from, to } } else { Channel { from: to, to: from } };
    let frames = pair.wire.iter().filter(|(from, _)| *from == side);
    frames.filter_map(|(_, frame)| message_of(frame, channel)).collect()
}

fn message_of(frame: &[u8], channel: Channel) -> Option<(u64, Vec<u8>)> {
    match decode(frame, channel) {
        Ok(Frame::Blind(stream, _, bytes)) => Some((stream, bytes.into())),
        _ => None,
    }
}

/// Says something on a stream in side 1's place.
fn inject(pair: &mut Pair, stream: u64, place: u32, message: Vec<u8>) {
    let frame = frame::encode(&Frame::Blind(stream, place, message.into()), channel(pair));
    pair.handle(0, Input::Frame(pair.line, frame));
    pair.settle();
}

fn has_ended(why: BlindReason) -> impl Fn(&What) -> bool {
    move |w| matches!(w, What::Blind(BlindNews::Ended { reason, .. }) if *reason == why)
}

#[test]
fn what_is_no_part_of_a_run_does_not_keep_it_from_ending() {
    let mut pair = Pair::connected(matching(true));
    pair.pass(14 * 60);
    pair.idle = true;
    pair.pass(61);
    let (stream, _) = latest(&pair);
    // From here on side 1 says nothing but, now and then, something of a run that is none.
    pair.cut_after = Some(0);
    for place in 1..6 {
        inject(&mut pair, stream, place, message::encode(&Message::Commit([9; 8], [9; 32])));
        pair.pass(20);
    }
    assert_eq!(pair.heard(0, has_ended(BlindReason::Timeout)), 1);
    assert_eq!(pair.line(0).blind(pair.now, 1).under_way, []);
}

/// Two nodes a few seconds before the run of minute 15, to which side 1's log commits already; nothing more is heard of side 1. An
/// honest node that finds a commitment of its own without a run ends it: side 1's end is the first thing that is lost.
fn committed_beforehand() -> Pair {
    let commit = BlindCommitIn {
        kind: Kind::BlindCommit.code(),
        run: at(15),
        hello: vec![1; 40].into(),
        commitment: [2; 32].into(),
        sealed: None,
    };
    let meet = |frames: usize| {
        let mut pair = Pair::connected(matching(true));
        pair.pass(15 * 60 - 5);
        pair.forge(1, &StatementIn::BlindCommit(commit.clone()));
        pair.disconnect();
        pair.cut_after = Some(frames);
        pair.connect();
        pair
    };
    let said = |pair: &Pair| pair.line(0).blind_run(&at(15)).map(|view| view.record);
    let stands_alone = |pair: &Pair| said(pair).is_some_and(|record| record.ended.iter().all(Option::is_none));
    (0..100).map(meet).find(stands_alone).expect("a commitment is carried before its end is stated")
}

#[test]
fn another_commitment_in_the_log_than_on_the_stream_is_the_other_sides_fault() {
    let mut pair = committed_beforehand();
    // Nobody works at side 0's list, so that it looks at their commitment before its own is acknowledged.
    pair.idle = true;
    pair.pass(6);
    let (stream, hello) = latest(&pair);
    let Some(Message::Hello(theirs)) = message::decode(&hello) else { panic!("no hello") };
    let agreement =
        Agreement { context: theirs.context, mode: theirs.mode, verified: theirs.verified, chunks_log2: theirs.chunks_log2 };
    let (role, class) = (theirs.role.other(), theirs.class);
    let setup =
        Setup { agreement, role, class, classes: class..=class, plan_root: [0; 32], cells: Vec::new(), seed: Seed::new([5; 32]) };
    let mut liar = Run::new(setup).expect("a good setup");
    liar.handle(&hello);
    let (mut place, mut streamed) = (0, Vec::new());
    while place < 2 {
        while let Some(job) = liar.poll_job() {
            liar.handle_done(job.run());
        }
        match liar.poll_effect() {
            Some(Effect::Send(message)) => {
                streamed.push(message.clone());
                inject(&mut pair, stream, place, message);
                place += 1;
            }
            Some(Effect::Persist(_)) => liar.handle_persisted(),
            None => {}
        }
    }
    pair.pass(1);
    assert_eq!(pair.heard(0, has_ended(BlindReason::Fault)), 1);
    assert_eq!(pair.heard(0, |w| matches!(w, What::PeerFault(says) if says.contains("their log commits to another"))), 1);
    // Both commitments are kept: theirs stands in their log, and what they said on the stream in our book.
    let [fault] = &faults(&pair)[..] else { panic!("{:?}", faults(&pair)) };
    assert_eq!(fault.evidence.iter().take(2).map(|part| part.to_vec()).collect::<Vec<_>>(), streamed);
    let Some(Message::Commit(_, said)) = message::decode(&streamed[1]) else { panic!("{fault:?}") };
    let record = pair.line(0).blind_run(&fault.run).expect("it is in the record").record;
    let logged = record.committed.iter().flatten().find(|said| said.at.author == pair.line(1).us()).expect("theirs");
    assert_ne!(said, *logged.said.commitment);
}

/// What the book of side 0 has of faults of the other side.
fn faults(pair: &Pair) -> Vec<BookBlindFault> {
    let fault = |row| if let BookEntry::BlindFault(fault) = row { Some(fault) } else { None };
    book(pair, 0).into_iter().filter_map(fault).collect()
}

/// By the class in its hello the record tells how much a side can have probed: another than the terms' is refused at once.
#[test]
fn a_hello_of_another_class_than_the_terms_is_refused_with_evidence() {
    let mut pair = Pair::connected(matching(false));
    pair.pass(14 * 60 + 55);
    pair.cut_after = Some(0);
    pair.pass(10);
    let (stream, hello) = latest(&pair);
    let Some(Message::Hello(mut hello)) = message::decode(&hello) else { panic!("no hello") };
    (hello.class, hello.nonce, hello.role) = (Class::MIN, [7; 32], hello.role.other());
    let said = message::encode(&Message::Hello(hello));
    inject(&mut pair, stream, 0, said.clone());
    pair.pass(1);
    assert_eq!(pair.heard(0, has_ended(BlindReason::Fault)), 1);
    let [fault] = &faults(&pair)[..] else { panic!("{:?}", faults(&pair)) };
    assert!(fault.says.contains("the least allowed is 2^8") && *fault.evidence[0] == said, "{fault:?}");
}

#[test]
fn a_run_that_is_said_to_be_in_the_future_hides_none_that_was() {
    let mut pair = Pair::connected(matching(true));
    pair.pass(16 * 60);
    let end = BlindResultIn {
        kind: Kind::BlindResult.code(),
        run: at(15 * 40_000),
        seal: None,
        step: Some(0),
        taken: None,
        reason: Some(BlindReason::Class.code()),
        desk: None,
        officer: None,
    };
    pair.forge(1, &StatementIn::BlindResult(end));
    pair.disconnect();
    pair.connect();
    pair.pass(60);
    assert_eq!(state(&pair, at(15 * 40_000)), Some(RunState::Ended), "it counts");
    let shown: Vec<_> = pair.line(0).blind(pair.now, 9).runs.iter().map(|run| run.run).collect();
    assert_eq!(shown, [at(15), at(0), at(15 * 40_000)]);
}

/// A whole run that is over, and the beginning of the next, in which side 1 says nothing by itself.
struct Replay {
    pair: Pair,
    /// What side 1 said in the first, as frames and as messages.
    frames: Vec<Vec<u8>>,
    messages: Vec<Vec<u8>>,
    /// Where on the wire the next one begins.
    since: usize,
}

impl Replay {
    fn new() -> Self {
        let mut pair = Pair::connected(matching(true));
        put(&mut pair, 1, plan(NoticeKind::Exercise, 3), Release::BlindOnly);
        pair.pass(14 * 60);
        let before = pair.wire.len();
        pair.pass(120);
        assert_eq!(state(&pair, at(15)), Some(RunState::Done));
        let of_it = pair.wire[before..].iter().filter(|(from, frame)| *from == 1 && frame[1] == 8);
        let frames: Vec<Vec<u8>> = of_it.map(|(_, frame)| frame.clone()).collect();
        let messages: Vec<Vec<u8>> =
            frames.iter().filter_map(|frame| message_of(frame, channel(&pair))).map(|(_, message)| message).collect();
        assert!(messages.len() > 10 && messages.len() == frames.len(), "{} messages of a whole run", messages.len());
        // What the first run could not find must not be found by saying it again.
        put(&mut pair, 0, plan(NoticeKind::Operation, 1), Release::BlindOnly);
        pair.pass(13 * 60 + 55);
        pair.cut_after = Some(0);
        let since = pair.wire.len();
        pair.pass(10);
        Self { pair, frames, messages, since }
    }

    /// Nothing but hellos and farewells left side 0 since, and nothing was found.
    fn assert_nothing_given_or_learnt(&self) {
        let Channel { from, to } = channel(&self.pair);
        let sent = self.pair.wire[self.since..].iter().filter(|(from, _)| *from == 0);
        let messages = sent.filter_map(|(_, frame)| message_of(frame, Channel { from: to, to: from }));
        for (_, bytes) in messages {
            assert!(matches!(message::decode(&bytes), Some(Message::Hello(_) | Message::Abort(..))), "{bytes:?}");
        }
        let line = self.pair.line(0);
        assert!(line.blind_conflicts().is_empty() && line.blind_found().all(|(run, ..)| run != at(30)));
    }
}

#[test]
fn a_whole_old_run_in_a_new_one_is_refused_with_evidence() {
    let mut replay = Replay::new();
    let (line, (stream, _)) = (replay.pair.line, latest(&replay.pair));
    for frame in core::mem::take(&mut replay.frames) {
        replay.pair.handle(0, Input::Frame(line, frame));
    }
    replay.pair.settle();
    assert_eq!(replay.pair.heard(0, |w| matches!(w, What::Blind(BlindNews::Ended { .. }))), 0, "their stream is closed");
    for (place, message) in (0..).zip(replay.messages.clone()) {
        inject(&mut replay.pair, stream, place, message);
    }
    replay.pair.pass(1);
    assert_eq!(replay.pair.heard(0, has_ended(BlindReason::Fault)), 1);
    let faults = faults(&replay.pair);
    let [fault] = faults.as_slice() else { panic!("{faults:?}") };
    assert!(fault.run == at(30) && fault.evidence.iter().any(|part| **part == replay.messages[0]), "{fault:?}");
    replay.assert_nothing_given_or_learnt();
}

#[test]
fn an_old_run_behind_a_new_hello_is_left_alone() {
    let mut replay = Replay::new();
    let (stream, hello) = said(&replay.pair, 1).pop().expect("side 1 has begun, too");
    assert_eq!(stream, latest(&replay.pair).0);
    inject(&mut replay.pair, stream, 0, hello);
    for (place, message) in (1..).zip(replay.messages[1..].to_vec()) {
        inject(&mut replay.pair, stream, place, message);
    }
    replay.pair.pass(60);
    assert_eq!(replay.pair.heard(0, has_ended(BlindReason::Timeout)), 1);
    assert_eq!(replay.pair.heard(0, |w| matches!(w, What::PeerFault(_))), 0);
    replay.assert_nothing_given_or_learnt();
}
