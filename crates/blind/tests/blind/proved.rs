//! A peer that lies about its answers in a verified run: what it fixed, what it proved, and what it gives.

use curve25519_dalek::Scalar;
use curve25519_dalek::ristretto::CompressedRistretto;
use detente_blind::message::{Message, decode, encode};
use detente_blind::{Breach, Heard, Mode, Role};
use minicbor::bytes::{ByteArray, ByteVec};

use crate::attacks::{Change, ROLES, check_fault, check_fault_of, points_of};
use crate::pair::Side;
use crate::script::{Stage, fault, places, taken};

/// What is not as it was fixed. Of answers that are fixed wrong from the start, `liars` in the crate tell.
#[test]
fn other_answers_than_were_fixed_are_caught_in_a_verified_run() {
    for role in ROLES {
        let stage = Stage::new(Mode::Cells, true, role);
        let script = stage.script();
        let answers = places(&script, "answer");
        let other = &points_of(&mut script[answers[5]].clone()).to_vec()[..];
        let times_two = |points: &mut ByteVec| {
            for point in points[..64 * 32].chunks_exact_mut(32) {
                let value = CompressedRistretto(point.try_into().unwrap()).decompress().unwrap();
                point.copy_from_slice(&(value * Scalar::from(2u8)).compress().to_bytes());
            }
        };
        for chunk in [0, 1, 9, 15] {
            let changes: [(&str, Change<ByteVec>); 7] = [
                ("another key", &times_two),
                ("one answer for another's place", &|points| points.copy_within(0..32, 32)),
                ("two answers in the other order", &|points| points[..64].rotate_left(32)),
                ("all answers turned round", &|points| points[..64 * 32].rotate_left(32)),
                ("no points at all", &|points| points.fill(0xff)),
                ("another link", &|points| *points.last_mut().unwrap() ^= 1),
                ("the answers of another chunk, its link and all", &|points| points.copy_from_slice(other)),
            ];
            for (name, change) in changes {
                let mut script = script.clone();
                change(points_of(&mut script[answers[chunk]]));
                let side = stage.play(&script);
                let breach = Breach::OtherAnswers { chunk: chunk as u16 };
                check_fault(&side, &breach, Some(&script[answers[chunk]]), name);
                // What the liar got for it: no chunk more than it had given in good faith, but one.
                assert_eq!(usize::from(taken(fault(&side).step)), chunk);
                let given = side.sent.iter().filter(|bytes| matches!(decode(bytes), Some(Message::Answer(..)))).count();
                assert_eq!(given, chunk + usize::from(role == Role::First), "{name}");
            }
        }
    }
}

fn answered(side: &Side) -> bool {
    side.sent.iter().any(|bytes| matches!(decode(bytes), Some(Message::Answer(..))))
}

#[test]
fn a_proof_that_does_not_hold_is_caught_before_anything_is_answered() {
    for role in ROLES {
        let stage = Stage::new(Mode::Cells, true, role);
        let script = stage.script();
        let at = places(&script, "proof")[0];
        let Message::Proof(mark, sums, proof) = script[at].clone() else { panic!() };
        let other_proof = |change: &dyn Fn(&mut [u8; 64])| {
            let mut proof = *proof;
            change(&mut proof);
            Message::Proof(mark, sums.clone(), ByteArray::from(proof))
        };
        let other_sums = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut sums = sums.to_vec();
            change(&mut sums);
            Message::Proof(mark, sums.into(), proof)
        };
        let changes = [
            ("another response", other_proof(&|proof| proof[32] ^= 1)),
            ("no scalars", other_proof(&|proof| proof.fill(0xff))),
            ("two sums in the other order", other_sums(&|sums| sums[..64].rotate_left(32))),
            ("one sum for another's chunk", other_sums(&|sums| sums.copy_within(0..32, 15 * 32))),
            ("a sum that is no point", other_sums(&|sums| sums[..32].fill(0xff))),
            ("a sum that is neutral", other_sums(&|sums| sums[..32].fill(0))),
        ];
        for (name, message) in changes {
            let mut script = script.clone();
            script[at] = message;
            let side = stage.play(&script);
            check_fault(&side, &Breach::WrongKey, Some(&script[at]), name);
            assert!(!answered(&side), "{name}");
        }
        for (name, length) in [("a sum too few", 15 * 32), ("half a sum more", 16 * 32 + 16)] {
            let mut script = script.clone();
            script[at] = other_sums(&|sums| sums.resize(length, 1));
            let breach = Breach::WrongLength { place: 0, expected: 16 * 32, found: length };
            check_fault(&stage.play(&script), &breach, Some(&script[at]), name);
        }
    }
}

/// Answers are fixed for one challenge: it is drawn from what fixes them, and no proof holds for another.
#[test]
fn what_fixes_answers_cannot_be_changed_after_the_challenge() {
    for role in ROLES {
        let stage = Stage::new(Mode::Cells, true, role);
        let script = stage.script();
        let [fixed, challenge, proof] = ["fixed", "challenge", "proof"].map(|kind| places(&script, kind)[0]);
        assert!(fixed < challenge && challenge < proof && proof < places(&script, "answer")[0]);
        let mut changed = script.clone();
        let Message::Fixed(_, first) = &mut changed[fixed] else { panic!() };
        first[0] ^= 1;
        let side = stage.play(&changed);
        check_fault(&side, &Breach::WrongKey, Some(&script[proof]), "a proof for another challenge");
        assert!(!answered(&side));
        let challenges = [&stage.play(&script), &side].map(|side| {
            let challenge = |bytes: &Vec<u8>| match decode(bytes) {
                Some(Message::Challenge(_, challenge)) => Some(challenge),
                _ => None,
            };
            side.sent.iter().find_map(challenge).expect("a challenge")
        });
        assert_ne!(challenges[0], challenges[1]);
        // Each in another's place, twice, or left out.
        for (expected, at) in [("fixed", fixed), ("challenge", challenge), ("proof", proof)] {
            let mut without = script.clone();
            without.remove(at);
            let found = script[at + 1].name();
            let breach = Breach::Unexpected { expected, found };
            check_fault(&stage.play(&without), &breach, Some(&script[at + 1]), "one left out");
            let mut twice = script.clone();
            twice.insert(at, script[at].clone());
            let side = stage.play(&twice);
            assert!(matches!(fault(&side).breach, Breach::Unexpected { found, .. } if found == expected), "{expected} twice");
        }
    }
}

/// The peer speaks before this side has: what could tell it something is not answered yet.
#[test]
fn a_challenge_or_a_proof_that_comes_too_early_is_refused() {
    let stage = Stage::new(Mode::Cells, true, Role::First);
    let script = stage.script();
    let [fixed, challenge, proof] = ["fixed", "challenge", "proof"].map(|kind| places(&script, kind)[0]);
    // This side has done no job since the first messages were through: its own answers are not fixed.
    let mut side = stage.honest_side(1);
    side.drain();
    for message in &script[..fixed] {
        side.run.handle(&encode(message));
        if message.name() != "points" {
            side.drain();
        }
    }
    side.run.handle(&encode(&script[fixed]));
    side.run.handle(&encode(&script[challenge]));
    let expected = "nothing before this side's answers are fixed";
    check_fault_of(&mut side, &Breach::Unexpected { expected, found: "challenge" }, &script[challenge]);
    let mut side = stage.play(&script[..=challenge]);
    assert_eq!(side.run.handle(&encode(&script[proof])), Heard::Taken);
    side.drain();
    assert_eq!(side.run.aborted(), None);
}
