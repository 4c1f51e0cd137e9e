//! Sides that fix wrong answers from the start, and go on as if they were honest: with what they keep to themselves, so inside the
//! crate.

use std::collections::VecDeque;

use curve25519_dalek::Scalar;
use curve25519_dalek::ristretto::CompressedRistretto;

use super::{Effect, Found, Outcome, Run, State};
use crate::fault::{Breach, Cause, PeerFault};
use crate::job::Given;
use crate::lanes::Lanes;
use crate::message::{Message, POINT_BYTES, decode, piece_hash};
use crate::proofs::Proved;
use crate::seed::Seed;
use crate::setup::{Agreement, Class, Mode, Role, Setup};
use crate::{CellId, Step};

const LOG2: u8 = 10;
/// Sixteen chunks.
const CHUNK: usize = 64;

/// What a liar does to all its answers, as bytes.
type Lie<'a> = &'a dyn Fn(&mut [u8]);

/// What else it does: to its proof, and to what jobs of its first message gave.
#[derive(Clone, Copy, Default)]
struct Liar<'a> {
    to_proof: Option<&'a dyn Fn(&mut Proved)>,
    to_list: Option<&'a dyn Fn(&mut Given)>,
}

fn side(role: Role, chunks_log2: u8) -> Run {
    let agreement = Agreement { context: [7; 32], mode: Mode::Cells, verified: true, chunks_log2 };
    let class = Class::new(LOG2).expect("a class");
    let first = if role == Role::First { 0 } else { 300 };
    let cells = (first..first + 600_u128).map(|number| CellId(number.to_be_bytes())).collect();
    let seed = Seed::new([1 + u8::from(role == Role::Second); 32]);
    Run::new(Setup { agreement, role, class, classes: class..=class, plan_root: [0; 32], cells, seed }).expect("a good setup")
}

/// Lets a side do all that it can, and lie once all is answered and nothing of it is fixed.
fn drain(run: &mut Run, lie: &mut Option<Lie<'_>>, how: Liar<'_>) -> VecDeque<Vec<u8>> {
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
            match (&mut done.given, how) {
                (Given::Proved(proved), Liar { to_proof: Some(lie), .. }) => lie(proved),
                (given @ Given::Masked { .. }, Liar { to_list: Some(lie), .. }) => lie(given),
                _ => {}
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

/// What was said, and whether by the honest side.
type Said = Vec<(bool, Vec<u8>)>;

/// The honest side after a run with a liar, and how many answers it gave.
fn play(role: Role, lie: Lie<'_>) -> (Run, usize) {
    let (honest, said) = play_in(role, 4, lie, Liar::default());
    (honest, given(&said))
}

/// How many answers the honest side gave.
fn given(said: &Said) -> usize {
    said.iter().filter(|(is_honest, bytes)| *is_honest && matches!(decode(bytes), Some(Message::Answer(..)))).count()
}

/// The answers of one side.
fn answers(said: &Said, of_honest: bool) -> Vec<[u8; POINT_BYTES]> {
    let of_side = said.iter().filter(|(is_honest, _)| *is_honest == of_honest);
    let each = of_side.filter_map(|(_, bytes)| match decode(bytes) {
        Some(Message::Answer(_, _, answers)) => Some(answers.as_chunks().0.to_vec()),
        _ => None,
    });
    each.flatten().collect()
}

fn play_in(role: Role, chunks_log2: u8, lie: Lie<'_>, how: Liar<'_>) -> (Run, Said) {
    let (mut honest, mut liar) = (side(role, chunks_log2), side(role.other(), chunks_log2));
    let mut lie = Some(lie);
    let mut said = Said::new();
    let (mut to_liar, mut to_honest) = (VecDeque::new(), VecDeque::new());
    loop {
        to_liar.extend(drain(&mut honest, &mut None, Liar::default()));
        to_honest.extend(drain(&mut liar, &mut lie, how));
        match (to_liar.pop_front(), to_honest.pop_front()) {
            (None, None) => return (honest, said),
            (for_liar, for_honest) => {
                for (is_honest, bytes) in
                    for_liar.map(|bytes| (true, bytes)).into_iter().chain(for_honest.map(|bytes| (false, bytes)))
                {
                    if is_honest {
                        liar.handle(&bytes)
                    } else {
                        honest.handle(&bytes)
                    };
                    said.push((is_honest, bytes));
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
            let to_proof = |proved: &mut Proved| times_two(point(&mut proved.sums, chunk));
            let (honest, said) = play_in(role, 4, &lie, Liar { to_proof: Some(&to_proof), to_list: None });
            assert_eq!((&fault(&honest).breach, given(&said)), (&Breach::WrongKey, 0));
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

/// One chunk of four messages: what is at fault is kept as it came, with the link behind the last.
#[test]
fn the_message_at_fault_is_kept_as_it_came() {
    let not_a_point = |answers: &mut [u8]| point(answers, 5).fill(0xff);
    let wrong = |answers: &mut [u8]| times_two(point(answers, 5));
    let lies: [(Lie<'_>, Breach, usize); 2] =
        [(&not_a_point, Breach::NotAPoint { place: 5 }, 0), (&wrong, Breach::WrongAnswers { chunk: 0 }, 3)];
    for (lie, breach, message) in lies {
        let (honest, said) = play_in(Role::First, 0, lie, Liar::default());
        let of_liar = said.iter().filter(|(is_honest, bytes)| !is_honest && matches!(decode(bytes), Some(Message::Answer(..))));
        let sent: Vec<_> = of_liar.map(|(_, bytes)| bytes).collect();
        assert_eq!((sent.len(), &fault(&honest).breach), (4, &breach));
        assert_eq!(&fault(&honest).evidence.message, sent[message]);
    }
}

/// A proof is about answers. A list made with another key than the one committed to shows nothing of itself: the honest side finds
/// nothing, and the liar all. Only the audit tells, for the list does not follow from the seed.
#[test]
fn not_caught_verified_a_list_of_another_key_hides_every_hit() {
    let to_list = |given: &mut Given| {
        let Given::Masked { points, hash, halves, .. } = given else { return };
        *halves = Lanes::best().open(points.as_chunks().0).expect("its own points");
        points.chunks_exact_mut(POINT_BYTES).for_each(times_two);
        *hash = piece_hash(points);
    };
    let (honest, said) = play_in(Role::First, 4, &|_| (), Liar { to_proof: None, to_list: Some(&to_list) });
    let found = honest.outcome().map(|outcome| (&outcome.found, outcome.agrees));
    assert_eq!(found, Some((&Found::Cells(Vec::new()), true)), "{:?}", honest.aborted());
    let mut of_liar = answers(&said, false);
    of_liar.iter_mut().for_each(|answer| times_two(answer));
    let of_honest = answers(&said, true);
    assert_eq!(of_liar.iter().filter(|answer| of_honest.contains(answer)).count(), 300, "what both have");
}
