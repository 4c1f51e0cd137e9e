//! The proof of a verified run, made and checked before any answer is given.
//!
//! Each side answers the other's whole list, and fixes its answers by a chain of digests from the last chunk to the first, of
//! which it says the first link. Whoever hears that draws a challenge, from which come weights of 63 bits for the places. By them
//! each chunk of what was asked is summed (M), and the other side says k times each sum (Z) and proves that of all at once. An
//! answer that is given is then held against the chain and its chunk's sum (docs/decisions/0132).
//!
//! Invariants: no challenge leaves before the other side's answers are fixed, and no proof before this side's challenge, so that
//! the order of what each side says is always the same.

use std::sync::Arc;

use minicbor::bytes::ByteArray;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::chunks::Cut;
use crate::dleq::{Dleq, Proof, Told, told};
use crate::fault::Breach;
use crate::hash::{DIGEST_BYTES, Digest, digest, named};
use crate::job::Task;
use crate::lanes::{Kept, Lanes, Sum};
use crate::lists::{Ours, Theirs};
use crate::message::{Link, Mark, Message, POINT_BYTES, encode};
use crate::seed::Secrets;
use crate::setup::Role;

/// What a side is called by in proofs, and what it answers.
#[derive(Clone)]
pub(crate) struct Named {
    pub(crate) run: Digest,
    pub(crate) role: Role,
    pub(crate) key: [u8; POINT_BYTES],
    /// The hash of the list that is answered.
    pub(crate) asked: Digest,
}

impl Named {
    /// A digest under a name that is bound to the side, to be fed.
    fn bound(&self, name: &str) -> Sha256 {
        let mut hash = named(name);
        hash.update(self.run);
        hash.update([u8::from(self.role == Role::Second)]);
        hash.update(self.key);
        hash.update(self.asked);
        hash
    }

    /// What the weights of places come from.
    fn seed_of_weights(&self, fixed: &Link, challenge: &Digest) -> Digest {
        let mut hash = self.bound("detente/blind/weights/2");
        hash.update(challenge);
        hash.update(fixed);
        hash.finalize().into()
    }

    /// What the weights of sums come from.
    fn seed_of_sums(&self, asked: &[u8], answered: &[u8]) -> Digest {
        let mut hash = self.bound("detente/blind/sums/1");
        hash.update(asked);
        hash.update(answered);
        hash.finalize().into()
    }

    /// The link that fixes a chunk's answers, by their digest, and all behind them by the next link.
    pub(crate) fn link(&self, chunk: u16, answers: &Digest, next: &Link) -> Link {
        let mut hash = self.bound("detente/blind/link/1");
        hash.update(chunk.to_be_bytes());
        hash.update(answers);
        hash.update(next);
        let whole: Digest = hash.finalize().into();
        *whole.first_chunk().expect("a digest is longer")
    }
}

/// The digest of a chunk's answers, to be fed.
pub(crate) fn of_answers() -> Sha256 {
    named("detente/blind/chunk/1")
}

/// Weights of `BYTES` each, of `count` places from `start` on.
fn weights<const BYTES: usize>(seed: &Digest, start: usize, count: usize) -> Vec<u128> {
    const { assert!(DIGEST_BYTES.is_multiple_of(BYTES) && BYTES <= 16) }
    let of_a_hash = DIGEST_BYTES / BYTES;
    let blocks = (start / of_a_hash..(start + count).div_ceil(of_a_hash)).flat_map(|block| {
        let mut hash = Sha256::new();
        hash.update(seed);
        hash.update((block as u64).to_be_bytes());
        let bytes: Digest = hash.finalize().into();
        (0..of_a_hash).map(move |i| {
            let mut wide = [0; 16];
            wide[..BYTES].copy_from_slice(&bytes[i * BYTES..(i + 1) * BYTES]);
            u128::from_le_bytes(wide)
        })
    });
    blocks.skip(start % of_a_hash).take(count).collect()
}

/// Weights of places: 63 bits are enough, for whoever answers has fixed its answers before it hears what they come from. With one
/// more, sums of small chunks would take a digit more.
pub(crate) fn place_weights(seed: &Digest, start: usize, count: usize) -> Vec<u128> {
    weights::<8>(seed, start, count).into_iter().map(|weight| weight >> 1).collect()
}

/// Sums of what was asked, by chunk, in the making: by portions, in any order.
pub(crate) struct Sums {
    seed: Digest,
    next: usize,
    left: usize,
    /// Of each chunk, as portions gave it.
    shares: Vec<Vec<Sum>>,
}

impl Sums {
    fn new(seed: Digest, cut: Cut) -> Self {
        let shares = (0..cut.chunks).map(|_| Vec::new()).collect();
        Self { seed, next: 0, left: cut.portions(), shares }
    }

    /// The number of the next portion to be summed.
    fn next_portion(&mut self, cut: Cut) -> Option<usize> {
        let portion = self.next;
        self.next += usize::from(portion < cut.portions());
        (portion < cut.portions()).then_some(portion)
    }

    /// Takes a portion.
    fn take(&mut self, cut: Cut, portion: usize, sums: Vec<Sum>) {
        for ((chunk, ..), sum) in cut.parts(portion).zip(sums) {
            self.shares[chunk].push(sum);
        }
        self.left -= 1;
    }

    const fn are_whole(&self) -> bool {
        self.left == 0
    }

    /// The sum of each chunk, and its encoding. Where halves were summed, each counts `times` 2.
    fn totals(&self, lanes: Lanes, times: usize) -> Vec<Told> {
        let lists: Vec<Vec<_>> =
            self.shares.iter().map(|shares| core::iter::repeat_n(shares, times).flatten().collect()).collect();
        lanes.totals(&lists.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }
}

fn encodings(told: &[Told]) -> Vec<u8> {
    told.iter().flat_map(|(_, bytes)| *bytes).collect()
}

fn points(told: &[Told]) -> Vec<&Sum> {
    told.iter().map(|(point, _)| point).collect()
}

/// Lists of sums put together, by weights of 128 bits: whoever proves may try as often as it likes.
fn composites(lanes: Lanes, seed: &Digest, lists: &[&Kept]) -> Vec<Told> {
    let weights = weights::<16>(seed, 0, lists.first().map_or(0, |list| list.len()));
    let weighed: Vec<_> = lists.iter().map(|list| (weights.as_slice(), *list)).collect();
    told(lanes, &lanes.sums(&weighed))
}

/// k times the sum of each chunk, and that k is the committed key.
#[derive(Clone)]
pub(crate) struct Proved {
    pub(crate) sums: Vec<u8>,
    pub(crate) proof: Proof,
}

impl Proved {
    /// Of all sums of what was asked.
    pub(crate) fn new(named: &Named, secrets: &Secrets, dleq: &Dleq, sums: &Sums) -> Self {
        let lanes = secrets.lanes;
        let asked = sums.totals(lanes, 1);
        let factors: Vec<_> = asked.iter().map(|(m, _)| (m, &secrets.key)).collect();
        let answered = encodings(&told(lanes, &lanes.products(&factors)));
        let seed = named.seed_of_sums(&encodings(&asked), &answered);
        let composites = composites(lanes, &seed, &[&lanes.keep(&points(&asked))]);
        let [m] = composites.as_slice() else { unreachable!("one list was put together") };
        let nonce = Zeroizing::new(secrets.proof_nonce(&digest("detente/blind/proof/2", &[&seed, &m.1])));
        Self { sums: answered, proof: dleq.prove(&secrets.key, &named.key, m, &nonce) }
    }

    /// Whether it holds of all sums of what this side asked. Of that there are halves.
    pub(crate) fn holds(&self, named: &Named, lanes: Lanes, dleq: &Dleq, sums: &Sums) -> bool {
        let Ok(answered) = lanes.open(self.sums.as_chunks().0) else { return false };
        let asked = sums.totals(lanes, 2);
        let seed = named.seed_of_sums(&encodings(&asked), &self.sums);
        let composites = composites(lanes, &seed, &[&lanes.keep(&points(&asked)), &answered]);
        let [m, z] = composites.as_slice() else { unreachable!("two lists were put together") };
        dleq.is_proved(&(lanes.point(&named.key), named.key), m, z, &self.proof)
    }

    pub(crate) fn message(&self, mark: Mark) -> Message {
        Message::Proof(mark, self.sums.clone().into(), ByteArray::from(self.proof))
    }
}

/// How far this side's proof has come.
enum Stage {
    /// Digests of chunks are made, job by job: which is next, and how many are not done.
    Fixing {
        next: usize,
        left: usize,
        digests: Vec<Digest>,
    },
    /// They are fixed, and no challenge is here.
    Fixed {
        is_said: bool,
    },
    Summing(Sums),
    /// A job makes the proof.
    Proving,
    Proved(Proved),
    Said,
}

/// This side's proof, in the making.
pub(crate) struct Proving {
    cut: Cut,
    own: Named,
    /// The chain, its last link first, once all is fixed.
    links: Zeroizing<Vec<Link>>,
    stage: Stage,
}

impl Proving {
    fn new(cut: Cut, own: Named) -> Self {
        let digests = vec![Digest::default(); cut.chunks.into()];
        let stage = Stage::Fixing { next: 0, left: cut.batches(), digests };
        Self { cut, own, links: Zeroizing::default(), stage }
    }

    fn next_task(&mut self, ours: &Ours, theirs: &mut Theirs, dleq: &Arc<Dleq>) -> Option<Task> {
        let cut = self.cut;
        let secrets = ours.secrets();
        match &mut self.stage {
            Stage::Fixing { next, .. } => {
                let (start, places) = (*next * cut.batch(), cut.batch());
                let is_ready = *next < cut.batches() && theirs.is_answered_to(start + places);
                *next += usize::from(is_ready);
                is_ready.then(|| {
                    let answers = theirs.answers(start, places).to_vec();
                    Task::Digest { first: start / cut.chunk, chunk: cut.chunk, answers }
                })
            }
            Stage::Summing(sums) if sums.are_whole() => {
                let Stage::Summing(sums) = core::mem::replace(&mut self.stage, Stage::Proving) else { return None };
                let (secrets, dleq) = (Arc::clone(secrets), Arc::clone(dleq));
                Some(Task::Prove { named: self.own.clone(), secrets, dleq, sums })
            }
            Stage::Summing(sums) => {
                let portion = sums.next_portion(cut)?;
                let parts = cut.parts(portion).map(|(_, start, count)| (start, theirs.points(start, count))).collect();
                theirs.forget_points(portion * cut.portion(), cut.portion());
                Some(Task::Weigh { lanes: secrets.lanes, seed: sums.seed, is_ours: false, portion, parts })
            }
            Stage::Fixed { .. } | Stage::Proving | Stage::Proved(_) | Stage::Said => None,
        }
    }

    /// Takes digests of chunks; after the last of them the chain is made.
    fn fix(&mut self, first: usize, made: &[Digest], secrets: &Secrets) {
        let Stage::Fixing { left, digests, .. } = &mut self.stage else { return };
        digests[first..first + made.len()].copy_from_slice(made);
        *left -= 1;
        if *left == 0 {
            let mut next = secrets.chain;
            self.links.reserve(usize::from(self.cut.chunks) + 1);
            self.links.push(next);
            for (chunk, digest) in (0..self.cut.chunks).zip(&*digests).rev() {
                next = self.own.link(chunk, digest, &next);
                self.links.push(next);
            }
            self.stage = Stage::Fixed { is_said: false };
        }
    }

    /// What stands before a chunk: the first link fixes all.
    fn link(&self, chunk: u16) -> Option<Link> {
        self.links.iter().rev().nth(chunk.into()).copied()
    }

    fn challenge(&mut self, challenge: &Digest) {
        let Some(first) = self.link(0) else { return };
        let seed = self.own.seed_of_weights(&first, challenge);
        self.stage = Stage::Summing(Sums::new(seed, self.cut));
    }

    fn take(&mut self, portion: usize, shares: Vec<Sum>) {
        if let Stage::Summing(sums) = &mut self.stage {
            sums.take(self.cut, portion, shares);
        }
    }

    const fn is_fixed_and_said(&self) -> bool {
        !matches!(self.stage, Stage::Fixing { .. } | Stage::Fixed { is_said: false })
    }

    const fn is_challenged(&self) -> bool {
        !matches!(self.stage, Stage::Fixing { .. } | Stage::Fixed { .. })
    }
}

/// What the other side's answers are weighed by, and what it is said for that.
struct Weighing {
    seed: Digest,
    challenge: Digest,
    is_said: bool,
}

/// How far the check of the other side's proof has come.
enum Check {
    /// Its answers are not fixed.
    Unfixed,
    Summing(Sums),
    /// A job checks the proof.
    Checking,
    Holds,
}

/// The other side's proof, as it comes.
pub(crate) struct Checking {
    cut: Cut,
    peer: Named,
    weighing: Option<Weighing>,
    told: Option<Proved>,
    check: Check,
}

impl Checking {
    const fn new(cut: Cut, peer: Named) -> Self {
        Self { cut, peer, weighing: None, told: None, check: Check::Unfixed }
    }

    fn next_task(&mut self, ours: &mut Ours, dleq: &Arc<Dleq>) -> Option<Task> {
        let (cut, lanes) = (self.cut, ours.secrets().lanes);
        let Check::Summing(sums) = &mut self.check else { return None };
        if let Some(portion) = sums.next_portion(cut) {
            let parts = cut.parts(portion).map(|(_, start, count)| (start, ours.halves(start, count))).collect();
            ours.forget_halves(portion * cut.portion(), cut.portion());
            return Some(Task::Weigh { lanes, seed: sums.seed, is_ours: true, portion, parts });
        }
        let told = self.told.clone().filter(|_| sums.are_whole())?;
        let Check::Summing(sums) = core::mem::replace(&mut self.check, Check::Checking) else { return None };
        Some(Task::Hold { named: self.peer.clone(), lanes, dleq: Arc::clone(dleq), sums, told })
    }

    fn fix(&mut self, fixed: &Link, secrets: &Secrets) {
        let challenge = secrets.challenge(fixed);
        let seed = self.peer.seed_of_weights(fixed, &challenge);
        self.weighing = Some(Weighing { seed, challenge, is_said: false });
        self.check = Check::Summing(Sums::new(seed, self.cut));
    }

    fn take(&mut self, portion: usize, shares: Vec<Sum>) {
        if let Check::Summing(sums) = &mut self.check {
            sums.take(self.cut, portion, shares);
        }
    }

    fn is_challenge_said(&self) -> bool {
        self.weighing.as_ref().is_some_and(|weighing| weighing.is_said)
    }
}

/// Both sides' proofs.
pub(crate) struct Proofs {
    proving: Proving,
    checking: Checking,
}

impl Proofs {
    pub(crate) fn new(cut: Cut, own: Named, peer: Named) -> Self {
        Self { proving: Proving::new(cut, own), checking: Checking::new(cut, peer) }
    }

    /// Whether answers may be given: this side's proof is said, and the other side's holds.
    pub(crate) const fn are_through(&self) -> bool {
        matches!((&self.proving.stage, &self.checking.check), (Stage::Said, Check::Holds))
    }

    pub(crate) fn next_task(&mut self, ours: &mut Ours, theirs: &mut Theirs, dleq: &Arc<Dleq>) -> Option<Task> {
        self.checking.next_task(ours, dleq).or_else(|| self.proving.next_task(ours, theirs, dleq))
    }

    /// What comes next before any answer.
    pub(crate) fn next_message(&mut self, mark: Mark) -> Option<Message> {
        if let Stage::Fixed { is_said: is_said @ false } = &mut self.proving.stage {
            *is_said = true;
            return self.proving.link(0).map(|first| Message::Fixed(mark, first));
        }
        let weighing = self.checking.weighing.as_mut().filter(|_| self.proving.is_fixed_and_said())?;
        if !core::mem::replace(&mut weighing.is_said, true) {
            return Some(Message::Challenge(mark, weighing.challenge));
        }
        let Stage::Proved(proved) = &self.proving.stage else { return None };
        let message = proved.message(mark);
        self.proving.stage = Stage::Said;
        Some(message)
    }

    /// What can come next; none once the proof is here.
    pub(crate) const fn next(&self) -> Option<Next> {
        match (&self.checking.weighing, &self.checking.told) {
            (None, _) => Some(Next::Fixed),
            (Some(_), None) if !self.proving.is_challenged() => Some(Next::Challenge),
            (Some(_), None) => Some(Next::Proof),
            (Some(_), Some(_)) => None,
        }
    }

    /// Whether the other side's proof holds.
    pub(crate) const fn holds(&self) -> bool {
        matches!(self.checking.check, Check::Holds)
    }

    /// What stands behind this side's answers of a chunk.
    pub(crate) fn link_after(&self, chunk: u16) -> Option<Link> {
        self.proving.link(chunk + 1)
    }

    /// Takes what fixes the other side's answers.
    pub(crate) fn hear_fixed(&mut self, fixed: &Link, secrets: &Secrets) {
        self.checking.fix(fixed, secrets);
    }

    /// Takes a challenge. None is expected before this side's answers are fixed and said.
    pub(crate) fn hear_challenge(&mut self, challenge: &Digest) -> Result<(), Breach> {
        if !self.proving.is_fixed_and_said() {
            return Err(Breach::Unexpected { expected: "nothing before this side's answers are fixed", found: "challenge" });
        }
        self.proving.challenge(challenge);
        Ok(())
    }

    /// Takes the other side's proof, to be checked. None is expected before this side's challenge.
    pub(crate) fn hear_proof(&mut self, sums: Vec<u8>, proof: Proof) -> Result<(), Breach> {
        if !self.checking.is_challenge_said() {
            return Err(Breach::Unexpected { expected: "nothing before this side's challenge", found: "proof" });
        }
        let (expected, found) = (usize::from(self.checking.cut.chunks) * POINT_BYTES, sums.len());
        if found != expected {
            return Err(Breach::WrongLength { place: 0, expected, found });
        }
        self.checking.told = Some(Proved { sums, proof });
        Ok(())
    }

    pub(crate) fn take_digests(&mut self, first: usize, digests: &[Digest], secrets: &Secrets) {
        self.proving.fix(first, digests, secrets);
    }

    /// Takes a portion of sums, of what this side asked or was asked.
    pub(crate) fn take_sums(&mut self, is_ours: bool, portion: usize, shares: Vec<Sum>) {
        if is_ours { self.checking.take(portion, shares) } else { self.proving.take(portion, shares) }
    }

    pub(crate) fn take_proof(&mut self, proved: Proved) {
        self.proving.stage = Stage::Proved(proved);
    }

    /// Takes whether the other side's proof holds; the message comes back with a fault.
    pub(crate) fn take_check(&mut self, holds: bool, mark: Mark) -> Result<(), (Breach, Vec<u8>)> {
        self.checking.check = Check::Holds;
        match &self.checking.told {
            Some(told) if !holds => Err((Breach::WrongKey, encode(&told.message(mark)))),
            _ => Ok(()),
        }
    }

    /// What the answers of a chunk are held against.
    pub(crate) fn of_chunk(&self, chunk: u16) -> Option<OfChunk<'_>> {
        let (weighing, told) = (self.checking.weighing.as_ref()?, self.checking.told.as_ref()?);
        let sum = told.sums.as_chunks().0.get(usize::from(chunk))?;
        Some(OfChunk { named: &self.checking.peer, sum, seed: &weighing.seed })
    }
}

/// What the answers of a chunk are held against, beside the link before them.
pub(crate) struct OfChunk<'a> {
    pub(crate) named: &'a Named,
    /// k times their sum.
    pub(crate) sum: &'a [u8; POINT_BYTES],
    /// What their weights come from.
    pub(crate) seed: &'a Digest,
}

/// What can come next of the other side before any answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    Fixed,
    Challenge,
    Proof,
}

impl Next {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Challenge => "challenge",
            Self::Proof => "proof",
        }
    }
}
