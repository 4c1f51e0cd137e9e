//! Heavy work, handed out.
//!
//! A run computes nothing long in its own calls. It hands out jobs, each of some milliseconds, but those that sort a whole list, and
//! of the largest classes those that hash a whole chunk; whoever holds the run does them on as many threads as there are cores, in any order, and hands back what they gave.
//! Results do not depend on that order.

use std::sync::Arc;

use curve25519_dalek::RistrettoPoint;
use curve25519_dalek::ristretto::CompressedRistretto;
use curve25519_dalek::traits::IsIdentity as _;
use sha2::Digest as _;
use zeroize::{Zeroize as _, Zeroizing};

use crate::dleq::Dleq;
use crate::fault::Breach;
use crate::hash::{Digest, digest};
use crate::lanes::{Bad, Kept, Lanes, Sum};
use crate::message::{Mark, POINT_BYTES, piece_hash};
use crate::proofs::{Named, Proved, Sums, of_answers, place_weights};
use crate::seed::{Item, Secrets};
use crate::setup::Role;

/// A piece of work that depends on nothing else that is under way.
pub struct Job {
    pub(crate) mark: Mark,
    pub(crate) task: Task,
}

/// What a job gave, for the run that handed it out.
pub struct Done {
    pub(crate) mark: Mark,
    pub(crate) given: Given,
}

/// How answers look on the wire and are compared.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    /// Tags of so many bytes, bound to the run and to who answers.
    Tags(u8),
    /// Whole points.
    Points,
}

impl Form {
    pub(crate) const fn width(self) -> usize {
        match self {
            Self::Tags(width) => width as usize,
            Self::Points => POINT_BYTES,
        }
    }
}

pub(crate) enum Task {
    /// Points of a piece of this side's first message.
    Mask { secrets: Arc<Secrets>, piece: usize, items: Zeroizing<Vec<Item>>, keep: bool },
    /// Answers to a piece of the peer's.
    Answer { secrets: Arc<Secrets>, run: Digest, role: Role, form: Form, piece: usize, points: Vec<u8> },
    /// Whether no point of a list stands twice.
    Distinct { list: Arc<Vec<u8>> },
    /// Digests of whole chunks of answers, of so many places each, from the `first` on.
    Digest { first: usize, chunk: usize, answers: Vec<u8> },
    /// A portion of sums of what was asked, by us or of us: points from places on, a sum for each part.
    Weigh { lanes: Lanes, seed: Digest, is_ours: bool, portion: usize, parts: Vec<(usize, Kept)> },
    /// This side's proof, of all sums.
    Prove { named: Named, secrets: Arc<Secrets>, dleq: Arc<Dleq>, sums: Sums },
    /// Whether the other side's proof holds of all sums.
    Hold { named: Named, lanes: Lanes, dleq: Arc<Dleq>, sums: Sums, told: Proved },
    /// A share of the sum of a chunk's answers, from a place on.
    Sum { lanes: Lanes, seed: Digest, place: usize, answers: Vec<u8> },
    /// What two lists have in common.
    Match { ours: Vec<u128>, theirs: Vec<u128> },
}

pub(crate) enum Given {
    Masked { piece: usize, points: Vec<u8>, hash: Digest, halves: Kept },
    Answered { piece: usize, answers: Vec<u8>, expected: Vec<u128>, asked: Kept },
    BadPoint { piece: usize, points: Vec<u8>, breach: Breach },
    Distinct(Result<(), (u32, u32)>),
    Digests { first: usize, digests: Vec<Digest> },
    Weighed { is_ours: bool, portion: usize, sums: Vec<Sum> },
    Proved(Proved),
    Held(bool),
    Summed(Result<Sum, Breach>),
    Matched(Result<Vec<u32>, Twice>),
}

/// What the peer answered, when something of it stands twice.
pub(crate) struct Twice {
    pub(crate) place: u32,
    pub(crate) again: u32,
    pub(crate) theirs: Vec<u128>,
}

impl Job {
    /// Does the work. Takes milliseconds, or for the sorting of the largest class some seconds.
    pub fn run(self) -> Done {
        let given = match self.task {
            Task::Mask { secrets, piece, items, keep } => mask(&secrets, piece, &items, keep),
            Task::Answer { secrets, run, role, form, piece, points } => answer(&secrets, (&run, role), form, piece, points),
            Task::Distinct { list } => Given::Distinct(distinct(&list)),
            Task::Digest { first, chunk, answers } => {
                let digest = |answers| of_answers().chain_update(answers).finalize().into();
                Given::Digests { first, digests: answers.chunks_exact(chunk * POINT_BYTES).map(digest).collect() }
            }
            Task::Weigh { lanes, seed, is_ours, portion, parts } => {
                Given::Weighed { is_ours, portion, sums: weigh(lanes, &seed, &parts) }
            }
            Task::Prove { named, secrets, dleq, sums } => Given::Proved(Proved::new(&named, &secrets, &dleq, &sums)),
            Task::Hold { named, lanes, dleq, sums, told } => Given::Held(told.holds(&named, lanes, &dleq, &sums)),
            Task::Sum { lanes, seed, place, answers } => Given::Summed(sum(lanes, &seed, place, &answers)),
            Task::Match { ours, theirs } => Given::Matched(match matches(ours, &theirs) {
                Ok(hits) => Ok(hits),
                Err((place, again)) => Err(Twice { place, again, theirs }),
            }),
        };
        Done { mark: self.mark, given }
    }
}

fn mask(secrets: &Secrets, piece: usize, items: &[Item], keep: bool) -> Given {
    let uniform: Zeroizing<Vec<[u8; 64]>> = Zeroizing::new(items.iter().map(|item| secrets.uniform(item)).collect());
    let (points, halves) = secrets.lanes.mask(&uniform, &secrets.half, keep);
    let hash = piece_hash(&points);
    Given::Masked { piece, points, hash, halves }
}

fn answer(secrets: &Secrets, (run, role): (&Digest, Role), form: Form, piece: usize, points: Vec<u8>) -> Given {
    let place = piece * crate::lists::PIECE;
    let keep = matches!(form, Form::Points);
    let (mut products, asked) = match secrets.lanes.answer(points.as_chunks().0, &secrets.half, keep) {
        Ok(done) => done,
        Err(bad) => return Given::BadPoint { piece, points, breach: breach_of(bad, place) },
    };
    let (each, _) = products.as_chunks::<POINT_BYTES>();
    match form {
        Form::Points => {
            let expected = each.iter().map(|point| comparable(&point[..16])).collect();
            Given::Answered { piece, answers: products, expected, asked }
        }
        Form::Tags(width) => {
            let width = usize::from(width);
            let mut answers = Vec::with_capacity(each.len() * width);
            each.iter().for_each(|point| answers.extend_from_slice(&tag(run, role, point)[..width]));
            let expected = each.iter().map(|point| comparable(&tag(run, role.other(), point)[..width])).collect();
            products.zeroize();
            Given::Answered { piece, answers, expected, asked }
        }
    }
}

/// The tag by which `role` answers: it depends on who answers, so that a tag cannot be sent back as an answer.
fn tag(run: &Digest, role: Role, point: &[u8; POINT_BYTES]) -> Digest {
    digest("detente/blind/tag/1", &[run, &[u8::from(role == Role::Second)], point])
}

/// At most sixteen bytes as a number, to compare and sort.
pub(crate) fn comparable(bytes: &[u8]) -> u128 {
    let mut wide = [0; 16];
    wide[..bytes.len()].copy_from_slice(bytes);
    u128::from_be_bytes(wide)
}

/// What a bad encoding among those from `place` on breaks.
const fn breach_of(bad: Bad, place: usize) -> Breach {
    match bad {
        Bad::NotAPoint { index } => Breach::NotAPoint { place: (place + index) as u32 },
        Bad::Identity { index } => Breach::Identity { place: (place + index) as u32 },
    }
}

/// A point that is in its one form and is not the neutral element.
pub(crate) fn opened(bytes: &[u8; POINT_BYTES], place: u32) -> Result<RistrettoPoint, Breach> {
    match CompressedRistretto(*bytes).decompress() {
        None => Err(Breach::NotAPoint { place }),
        Some(point) if point.is_identity() => Err(Breach::Identity { place }),
        Some(point) => Ok(point),
    }
}

/// Encodings are canonical, so equal points are equal bytes.
fn distinct(list: &[u8]) -> Result<(), (u32, u32)> {
    let (each, _) = list.as_chunks::<POINT_BYTES>();
    let head = |point: &[u8; POINT_BYTES]| u64::from_be_bytes(point[..8].try_into().expect("eight bytes"));
    let mut places: Vec<(u64, u32)> = (0..).zip(each).map(|(place, point)| (head(point), place)).collect();
    let point = |place: u32| &each[place as usize];
    places.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| point(a.1).cmp(point(b.1))).then(a.1.cmp(&b.1)));
    repeated(&places, |a, b| point(a) == point(b))
}

fn repeated<T: PartialEq>(sorted: &[(T, u32)], is_same: impl Fn(u32, u32) -> bool) -> Result<(), (u32, u32)> {
    let found = sorted.windows(2).find(|pair| pair[0].0 == pair[1].0 && is_same(pair[0].1, pair[1].1));
    found.map_or(Ok(()), |pair| Err((pair[0].1, pair[1].1)))
}

fn weigh(lanes: Lanes, seed: &Digest, parts: &[(usize, Kept)]) -> Vec<Sum> {
    let weights: Vec<_> = parts.iter().map(|(start, points)| place_weights(seed, *start, points.len())).collect();
    let lists: Vec<_> = weights.iter().zip(parts).map(|(weights, (_, points))| (weights.as_slice(), points)).collect();
    lanes.sums(&lists)
}

/// The weighed sum of answers from a place on.
fn sum(lanes: Lanes, seed: &Digest, place: usize, answers: &[u8]) -> Result<Sum, Breach> {
    let answered = lanes.open(answers.as_chunks().0).map_err(|bad| breach_of(bad, place))?;
    let weights = place_weights(seed, place, answered.len());
    Ok(lanes.sums(&[(&weights, &answered)]).pop().expect("a sum for the one list"))
}

/// Places of `theirs` whose value is in `ours`.
fn matches(mut ours: Vec<u128>, theirs: &[u128]) -> Result<Vec<u32>, (u32, u32)> {
    ours.sort_unstable();
    let mut places: Vec<(u128, u32)> = theirs.iter().copied().zip(0..).collect();
    places.sort_unstable();
    repeated(&places, |_, _| true)?;
    let mut hits: Vec<u32> = Vec::new();
    let mut at = 0;
    for (value, place) in places {
        at += ours[at..].iter().take_while(|own| **own < value).count();
        if ours.get(at) == Some(&value) {
            hits.push(place);
        }
    }
    hits.sort_unstable();
    Ok(hits)
}
