//! Sides that fix wrong answers from the start, and go on as if they were honest: with what they keep to themselves, so inside the
//! crate.

use std::collections::VecDeque;

use curve25519_dalek::Scalar;
use curve25519_dalek::ristretto::CompressedRistretto;

use super::{Effect, Outcome, Run, State};
use crate::fault::{Breach, Cause, PeerFault};
use crate::job::Given;
use crate::message::{Message, POINT_BYTES, decode};
use crate::proofs::Proved;
use crate::seed::Seed;
use crate::setup::{Agreement, Class, Mode, Role, Setup};
use crate::{CellId, Step};

const LOG2: u8 = 10;
/// Sixteen chunks.
const CHUNK: usize = 64;

/// What a liar does to all its answers, as bytes; and then to its proof.
type Lie<'a> = &'a dyn Fn(&mut [u8]);
type More<'a> = &'a dyn Fn(&mut Proved);

fn side(role: Role) -> Run {
    let agreement = Agreement { context: [7; 32], mode: Mode::Cells, verified: true, chunks_log2: 4 };
    let class = Class::new(LOG2).expect("a class");
    let first = if role == Role::First { 0 } else { 300 };
    let cells = (first..first + 600_u128).map(|number| CellId(number.to_be_bytes())).collect();
    let seed = Seed::new([1 + u8::from(role == Role::Second); 32]);
    Run::new(Setup { agreement, role, class, class_max: class, plan_root: [0; 32], cells, seed }).expect("a good setup")
}

/// Lets a side do all that it can, and lie once all is answered and nothing of it is fixed.
fn drain(run: &mut Run, lie: &mut Option<Lie<'_>>, more: Option<More<'_>>) -> VecDeque<Vec<u8>> {
    let mut said = VecDeque::new();
    loop {
        if let State::Releasing(release) = &mut run.state
            && release.theirs.is_answered_to(1 << LOG2)
            && let Some(lie) = lie.take()
        {
            lie(release.theirs.answers_mut());
        }
        if let Some(job) = run.poll_job() {
            let mut done = job.run();
            if let (Given::Proved(proved), Some(more)) = (&mut done.given, more) {
                more(proved);
            }
            run.handle_done(done);
        } else if let Some(effect) = run.poll_effect() {
            match effect {
                Effect::Persist(_) => run.handle_persisted(),
                Effect::Send(bytes) => said.push_back(bytes),
            }
        } else {
            return said;
        }
    }
}

/// The honest side after a run with a liar, and how many answers it gave.
fn play(role: Role, lie: Lie<'_>) -> (Run, usize) {
    play_on(role, lie, None)
}

fn play_on(role: Role, lie: Lie<'_>, more: Option<More<'_>>) -> (Run, usize) {
    let (mut honest, mut liar) = (side(role), side(role.other()));
    let mut lie = Some(lie);
    let mut given = 0;
    let (mut to_liar, mut to_honest) = (VecDeque::new(), VecDeque::new());
    loop {
        to_liar.extend(drain(&mut honest, &mut None, None));
        to_honest.extend(drain(&mut liar, &mut lie, more));
        match (to_liar.pop_front(), to_honest.pop_front()) {
            (None, None) => return (honest, given),
            (for_liar, for_honest) => {
                if let Some(bytes) = for_liar {
                    given += usize::from(matches!(decode(&bytes), Some(Message::Answer(..))));
                    liar.handle(&bytes);
                }
                if let Some(bytes) = for_honest {
                    honest.handle(&bytes);
                }
            }
        }
    }
}

fn fault(run: &Run) -> &PeerFault {
    match run.aborted().map(|aborted| &aborted.cause) {
        Some(Cause::Peer(fault)) => fault,
        other => panic!("expected a fault, found {other:?}, {:?}", run.outcome()),
    }
}

fn point(bytes: &mut [u8], place: usize) -> &mut [u8] {
    &mut bytes[place * POINT_BYTES..(place + 1) * POINT_BYTES]
}

fn times_two(bytes: &mut [u8]) {
    let value = CompressedRistretto::from_slice(bytes).expect("32 bytes").decompress().expect("an answer");
    bytes.copy_from_slice((value * Scalar::from(2_u8)).compress().as_bytes());
}

#[test]
fn a_side_that_fixes_nothing_wrong_is_honest() {
    let (honest, given) = play(Role::First, &|_| ());
    assert!(matches!(honest.outcome(), Some(Outcome { agrees: true, .. })), "{:?}", honest.aborted());
    assert_eq!(given, 16);
}

/// The proof before holds, for it is about what was asked and the key; the chunk does not give its sum.
#[test]
fn wrong_answers_are_caught_at_their_chunk_though_they_were_fixed() {
    for role in [Role::First, Role::Second] {
        for chunk in [0, 9, 15] {
            let at = chunk * CHUNK;
            let lies: [(&str, Lie<'_>); 5] = [
                ("another key for one", &|answers| times_two(point(answers, at + 63))),
                ("another key for all", &|answers| (at..at + CHUNK).for_each(|place| times_two(point(answers, place)))),
                ("two answers in the other order", &|answers| {
                    answers[at * POINT_BYTES..(at + 2) * POINT_BYTES].rotate_left(POINT_BYTES);
                }),
                ("one answer for another's place", &|answers| {
                    answers.copy_within(at * POINT_BYTES..(at + 1) * POINT_BYTES, (at + 1) * POINT_BYTES);
                }),
                ("all turned round", &|answers| answers[at * POINT_BYTES..(at + CHUNK) * POINT_BYTES].rotate_left(POINT_BYTES)),
            ];
            for (name, lie) in lies {
                let (honest, given) = play(role, lie);
                let fault = fault(&honest);
                assert_eq!(fault.breach, Breach::WrongAnswers { chunk: chunk as u16 }, "{name}");
                assert_eq!(fault.step, Step::Release { taken: chunk as u16 }, "{name}");
                // No chunk more than the liar gave in good faith, but one; and the one at fault is evidence.
                assert_eq!(given, chunk + usize::from(role == Role::First), "{name}");
                let kept = decode(&fault.evidence.message);
                assert!(matches!(kept, Some(Message::Answer(_, place, _)) if place as usize == at), "{name}: {kept:?}");
            }
        }
    }
}

/// The sums fit the wrong answers, so that no chunk would show it: but the proof does.
#[test]
fn sums_that_fit_wrong_answers_are_caught_before_anything_is_answered() {
    for role in [Role::First, Role::Second] {
        for chunk in [0, 15] {
            let at = chunk * CHUNK;
            let lie = |answers: &mut [u8]| (at..at + CHUNK).for_each(|place| times_two(point(answers, place)));
            let more = |proved: &mut Proved| times_two(point(&mut proved.sums, chunk));
            let (honest, given) = play_on(role, &lie, Some(&more));
            assert_eq!((&fault(&honest).breach, given), (&Breach::WrongKey, 0));
        }
    }
}

/// Weights that the liar knew when it fixed its answers would let these two pass: they give the right sum by equal weights.
#[test]
fn answers_that_are_wrong_by_opposite_amounts_are_caught() {
    let (honest, _) = play(Role::First, &|answers| {
        let by = curve25519_dalek::RistrettoPoint::mul_base(&Scalar::from(7_u8));
        for (place, by) in [(3, by), (4, -by)] {
            let answer = point(answers, place);
            let value = CompressedRistretto::from_slice(answer).expect("32 bytes").decompress().expect("an answer");
            answer.copy_from_slice((value + by).compress().as_bytes());
        }
    });
    assert_eq!(fault(&honest).breach, Breach::WrongAnswers { chunk: 0 });
}

#[test]
fn answers_that_are_no_points_are_caught_though_they_were_fixed() {
    for (place, bytes) in [(5, [0; POINT_BYTES]), (3 * 64 + 63, [0xff; POINT_BYTES])] {
        let (honest, _) = play(Role::First, &|answers| point(answers, place).copy_from_slice(&bytes));
        let fault = fault(&honest);
        let (place, start) = (place as u32, (place / CHUNK * CHUNK) as u32);
        let expected = if bytes[0] == 0 { Breach::Identity { place } } else { Breach::NotAPoint { place } };
        assert_eq!(fault.breach, expected);
        assert!(matches!(decode(&fault.evidence.message), Some(Message::Answer(_, at, _)) if at == start));
    }
}
