//! What leaves a node to the byte, but for what is a hash, a signature or a mask of something that is not shown.
//!
//! Draws do not depend on plans, so two worlds that draw alike say the same in every field that is none of those: a length, a
//! count or a check of a plan has no room in a nonce, a salt, a key or a time.

use detente_blind::message::{Message, decode as message_of, encode};
use detente_node::port::Write;
use detente_types::{Head, Root};
use detente_wire::Ed25519;
use detente_wire::frame::{Channel, Frame, decode};
use detente_wire::leaf::Leaf;

use super::names::Names;
use crate::pair::Pair;

/// Every frame of both sides, and every entry on a side's disk.
pub(crate) fn said(pair: &Pair, disk: usize, names: &Names) -> Vec<String> {
    let entries = pair.seats[disk].store.rows.values().filter_map(|row| entry(pair, row, names));
    frames(pair, names).into_iter().chain(entries).collect()
}

fn frames(pair: &Pair, names: &Names) -> Vec<String> {
    let mut sessions = [vec![0], vec![0]];
    let mut said = Vec::new();
    for (from, bytes) in &pair.wire {
        let pairs = sessions[*from]
            .iter()
            .rev()
            .flat_map(|from_session| sessions[1 - from].iter().rev().map(|to| Channel { from: *from_session, to: *to }));
        let frame = pairs.into_iter().find_map(|channel| decode(bytes, channel).ok()).expect("a frame of a session");
        if let Frame::Hello(hello) = &frame {
            sessions[*from].push(hello.session);
        }
        said.push(format!("{from}: {:?}", plain(frame, names)));
    }
    said
}

/// A frame without what follows from hashes. Entries, which come in parts, are looked at on the disk.
fn plain(frame: Frame, names: &Names) -> Frame {
    match frame {
        Frame::Hello(mut hello) => {
            hello.own = rootless(hello.own);
            hello.copy = rootless(hello.copy);
            for note in [&mut hello.own_checkpoint, &mut hello.copy_checkpoint, &mut hello.cosigned] {
                *note = unsigned(note).into();
            }
            Frame::Hello(hello)
        }
        Frame::Part(mut part) => {
            part.bytes.fill(0);
            Frame::Part(part)
        }
        Frame::Checkpoint(note) => Frame::Checkpoint(unsigned(&note).into()),
        Frame::Cosignature(note) => Frame::Cosignature(unsigned(&note).into()),
        Frame::Blind(stream, place, bytes) => {
            let message = unmasked(message_of(&bytes).expect("a message of a run"), names.is_asked_on(stream));
            Frame::Blind(stream_of(stream, names), place, encode(&message).into())
        }
        Frame::BlindTaken(stream, place) => Frame::BlindTaken(stream_of(stream, names), place),
        other => other,
    }
}

/// A stream is named by its run's context.
fn stream_of(stream: u64, names: &Names) -> u64 {
    if names.is_asked_on(stream) { 0 } else { stream }
}

fn rootless(head: Head) -> Head {
    Head { root: Root::new([0; 32]), ..head }
}

/// A signed note without its root and its signatures: those are its long words.
fn unsigned(note: &[u8]) -> Vec<u8> {
    const LONG: usize = 40;
    let text = core::str::from_utf8(note).expect("a note is text");
    let word = |word: &str| if word.len() < LONG { word.to_owned() } else { "#".repeat(word.len()) };
    text.split(' ')
        .map(|part| part.split('\n').map(word).collect::<Vec<_>>().join("\n"))
        .collect::<Vec<_>>()
        .join(" ")
        .into_bytes()
}

/// A message of a run without what is made of a set; of a run whose context follows from a hash, without what follows from that.
fn unmasked(mut message: Message, is_asked: bool) -> Message {
    match &mut message {
        Message::Hello(hello) if is_asked => (hello.context, hello.nonce) = ([0; 32], [0; 32]),
        Message::Hello(_) | Message::Abort(..) => {}
        Message::Commit(_, hash) | Message::Challenge(_, hash) | Message::Result(_, hash) => hash.fill(0),
        Message::Open(_, open) => {
            open.list.fill(0);
            open.plan_root.fill(0);
            if is_asked {
                open.key.fill(0);
            }
        }
        Message::Points(_, _, points) | Message::Answer(_, _, points) => points.fill(0),
        Message::Fixed(_, first) => first.fill(0),
        Message::Proof(_, sums, proof) => {
            sums.fill(0);
            proof.fill(0);
        }
    }
    if is_asked { unmarked(message) } else { message }
}

fn unmarked(mut message: Message) -> Message {
    match &mut message {
        Message::Hello(_) => {}
        Message::Commit(mark, _)
        | Message::Open(mark, _)
        | Message::Points(mark, ..)
        | Message::Answer(mark, ..)
        | Message::Proof(mark, ..)
        | Message::Result(mark, _)
        | Message::Abort(mark, ..)
        | Message::Fixed(mark, _)
        | Message::Challenge(mark, _) => mark.fill(0),
    }
    message
}

/// An entry: all of its leaf but roots, and the bytes of its body, the seed of its salts among them.
fn entry(pair: &Pair, row: &Write, names: &Names) -> Option<String> {
    let Write::Entry { author, leaf, body, .. } = row else { return None };
    let side = usize::from(pair.line(0).us() != *author);
    let key = pair.parties.sides()[side].log.public();
    let mut fields = *Leaf::open(&Ed25519, &key, leaf).expect("an entry of its author's").fields();
    (fields.seen, fields.body_root) = (rootless(fields.seen), Root::new([0; 32]));
    Some(format!("{fields:?} {:?}", names.plain(body)))
}
