//! What a watcher of the wire sees: the same of any set of a class, and nothing twice.

use std::collections::BTreeSet;

use detente_blind::message::{Message, decode};
use detente_blind::{CellId, Mode, Role};

use crate::pair::{Side, agreement, cells, drive, run, setup};

/// Kind and length of each message.
fn shape(side: &Side) -> Vec<(&'static str, usize)> {
    side.sent.iter().map(|bytes| (decode(bytes).expect("our own message").name(), bytes.len())).collect()
}

#[test]
fn every_set_of_a_class_gives_messages_of_equal_kind_count_length_and_order() {
    for (mode, verified) in [(Mode::Cells, false), (Mode::Cells, true), (Mode::Count, false)] {
        for log2 in [4, 7, 10] {
            let size = 1 << log2;
            let peer = cells(0..size / 2);
            let sets: [Vec<CellId>; 5] =
                [cells([]), cells([3]), cells(0..size / 2), cells(0..size), cells(1_000_000..1_000_000 + size)];
            let shapes: BTreeSet<_> = sets
                .into_iter()
                .map(|set| run(agreement(mode, verified), log2, [set, peer.clone()]).each_ref().map(shape))
                .collect();
            assert_eq!(shapes.len(), 1, "{mode:?}, class {log2}");
        }
    }
}

/// Everything of 8 bytes and more that a side says, but what the terms fix.
fn said(side: &Side, width: usize) -> BTreeSet<Vec<u8>> {
    let mut said = BTreeSet::new();
    for bytes in &side.sent {
        match decode(bytes).expect("our own message") {
            Message::Hello(hello) => said.extend([hello.nonce.to_vec()]),
            Message::Commit(mark, commitment) => said.extend([mark.to_vec(), commitment.to_vec()]),
            Message::Open(_, open) => said.extend([open.key.to_vec(), open.list.to_vec()]),
            Message::Points(_, _, points) => said.extend(points.chunks(32).map(<[u8]>::to_vec)),
            Message::Answer(_, _, answers) => said.extend(answers.chunks(width).map(<[u8]>::to_vec)),
            Message::Fixed(_, first) => said.extend([first.to_vec()]),
            Message::Challenge(_, challenge) => said.extend([challenge.to_vec()]),
            Message::Proof(_, sums, proof) => said.extend(sums.chunks(32).chain(proof.chunks(32)).map(<[u8]>::to_vec)),
            Message::Result(_, seal) => said.extend([seal.to_vec()]),
            Message::Abort(..) => panic!("honest sides do not leave"),
        }
    }
    said
}

#[test]
fn two_runs_of_one_set_share_no_bytes() {
    for (verified, width) in [(false, 8), (true, 32)] {
        let sides = |seeds: [u8; 2]| {
            let side = |role, seed| Side::new(setup(agreement(Mode::Cells, verified), role, 10, seed, cells(0..600)));
            let mut sides = [side(Role::First, seeds[0]), side(Role::Second, seeds[1])];
            drive(&mut sides);
            sides.map(|side| said(&side, width))
        };
        // The second run has both seeds new; in the third only the peer's is: the peer alone makes a run new.
        let (one, two, three) = (sides([1, 2]), sides([3, 4]), sides([1, 5]));
        assert!(one[0].len() > 2 * 1024);
        for (a, b) in [(&one, &two), (&two, &three)] {
            a.iter().for_each(|a| assert!(b.iter().all(|b| a.is_disjoint(b))));
        }
        // Only its nonce is the same: it comes from the seed and the context alone.
        assert_eq!(one[0].intersection(&three[0]).count(), 1);
        assert!(one[1].is_disjoint(&three[1]));
    }
}
