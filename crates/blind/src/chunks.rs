//! The release: this side's answers given, and the peer's taken, chunk by chunk in turns.

use std::sync::Arc;

use curve25519_dalek::Scalar;
use minicbor::bytes::ByteArray;
use zeroize::Zeroizing;

use crate::dleq::{Dleq, Proof, Told, weight_seed};
use crate::fault::Breach;
use crate::hash::{Digest, digest};
use crate::job::{Form, Task, comparable};
use crate::lanes::{Lanes, Sum};
use crate::lists::{Ours, Theirs};
use crate::message::{Mark, Message, POINT_BYTES, POINTS_MAX, TAGS_MAX};
use crate::seed::Secrets;
use crate::setup::{Class, Role};

/// Places that one job weighs.
const SHARE: usize = 1024;

/// How a run cuts its answers.
#[derive(Clone, Copy)]
pub(crate) struct Cut {
    pub(crate) form: Form,
    pub(crate) chunks: u16,
    pub(crate) chunk: usize,
    /// Places of a message.
    pub(crate) piece: usize,
}

impl Cut {
    pub(crate) fn new(class: Class, chunks_log2: u8, verified: bool) -> Self {
        let bits = 40 + 2 * class.log2();
        let form = if verified { Form::Points } else { Form::Tags(bits.div_ceil(8)) };
        let chunks = 1u16 << chunks_log2.min(class.log2());
        let chunk = class.size() / usize::from(chunks);
        let most = if verified { POINTS_MAX } else { TAGS_MAX };
        Self { form, chunks, chunk, piece: chunk.min(most) }
    }

    pub(crate) const fn is_verified(self) -> bool {
        matches!(self.form, Form::Points)
    }

    /// How many chunks are proved together: as many as have the places of one job.
    fn batch(self) -> u16 {
        (SHARE / self.chunk).max(1) as u16
    }

    /// The place at which a chunk begins.
    pub(crate) fn start(self, chunk: u16) -> usize {
        usize::from(chunk) * self.chunk
    }
}

/// Sums whose shares are under way: over one chunk, or over several that are small.
pub(crate) struct Summing {
    /// Of each chunk.
    seeds: Vec<Digest>,
    next: usize,
    waiting: usize,
    /// Each as a job gave it.
    shares: Vec<Vec<Sum>>,
}

impl Summing {
    const fn new(seeds: Vec<Digest>) -> Self {
        Self { seeds, next: 0, waiting: 0, shares: Vec::new() }
    }

    /// Which places of a chunk the next share is of: from where on, and how many.
    fn next_share(&mut self, chunk: usize) -> Option<(usize, usize)> {
        let (first, count) = (self.next, SHARE.min(chunk - self.next));
        self.next += count;
        self.waiting += usize::from(count > 0);
        (count > 0).then_some((first, count))
    }

    /// Takes a share; true for the last.
    fn take(&mut self, share: Vec<Sum>, chunk: usize) -> bool {
        self.shares.push(share);
        self.waiting -= 1;
        self.waiting == 0 && self.next == chunk
    }

    /// The shares of one of the sums of each job.
    fn of(&self, sum: usize) -> impl Iterator<Item = &Sum> {
        self.shares.iter().map(move |share| &share[sum])
    }

    /// The proof of each chunk.
    pub(crate) fn prove(&self, secrets: &Secrets, dleq: &Dleq, public: &[u8; POINT_BYTES]) -> Vec<Proof> {
        let shares: Vec<Vec<_>> = (0..self.seeds.len()).map(|chunk| self.of(chunk).collect()).collect();
        let composites = secrets.lanes.totals(&shares.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let nonce = |((_, m), seed): (&Told, &Digest)| secrets.proof_nonce(&digest("detente/blind/proof/1", &[seed, m]));
        let nonces: Zeroizing<Vec<Scalar>> = Zeroizing::new(composites.iter().zip(&self.seeds).map(nonce).collect());
        dleq.prove(&secrets.key, public, &composites, &nonces)
    }
}

/// How far the next proofs have come.
enum Proving {
    /// The answers that they are about are not all made.
    Waiting,
    Weighing(Summing),
    Weighed(Summing),
    /// A job makes them.
    Making,
}

/// What a side is called by in proofs.
#[derive(Clone)]
pub(crate) struct Named {
    pub(crate) role: Role,
    pub(crate) key: [u8; POINT_BYTES],
}

/// This side's answers, on their way out.
pub(crate) struct Giving {
    run: Digest,
    mark: Mark,
    cut: Cut,
    own: Named,
    asked: Digest,
    proving: Proving,
    proofs: Vec<Proof>,
    /// Whole chunks given, proofs and all.
    pub(crate) given: u16,
    place: usize,
}

impl Giving {
    /// `asked` is the hash of the peer's list, which is answered.
    pub(crate) fn new(run: Digest, mark: Mark, cut: Cut, own: Named, asked: Digest) -> Self {
        Self { run, mark, cut, own, asked, proving: Proving::Waiting, proofs: Vec::new(), given: 0, place: 0 }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.given == self.cut.chunks
    }

    /// The next piece of work on proofs.
    pub(crate) fn next_task(&mut self, ours: &Ours, theirs: &Theirs, dleq: &Arc<Dleq>) -> Option<Task> {
        if !self.cut.is_verified() {
            return None;
        }
        let first = self.proofs.len() as u16;
        if matches!(self.proving, Proving::Waiting) {
            self.proving = self.weighing(first, theirs)?;
        }
        if let Proving::Weighing(sums) = &mut self.proving {
            let (start, count) = sums.next_share(self.cut.chunk)?;
            let part = |(chunk, seed): (u16, &Digest)| (*seed, theirs.points(self.cut.start(chunk) + start, count));
            let parts = (first..).zip(&sums.seeds).map(part).collect();
            return Some(Task::Weigh { lanes: ours.secrets().lanes, start, parts });
        }
        let Proving::Weighed(sums) = core::mem::replace(&mut self.proving, Proving::Making) else { return None };
        let (secrets, dleq) = (Arc::clone(ours.secrets()), Arc::clone(dleq));
        Some(Task::Prove { secrets, dleq, public: self.own.key, sums })
    }

    /// The next chunks that are proved together, from `first` on, once all of them are answered.
    fn weighing(&self, first: u16, theirs: &Theirs) -> Option<Proving> {
        let end = self.cut.chunks.min(first + self.cut.batch());
        let seed = |chunk| {
            let answers = theirs.answers(self.cut.start(chunk), self.cut.chunk);
            weight_seed(&self.run, &self.own, &self.asked, chunk, answers)
        };
        let is_ready = first < end && theirs.is_answered_to(self.cut.start(end));
        is_ready.then(|| Proving::Weighing(Summing::new((first..end).map(seed).collect())))
    }

    /// Takes a share of sums.
    pub(crate) fn weighed(&mut self, share: Vec<Sum>) {
        let Proving::Weighing(sums) = &mut self.proving else { return };
        if sums.take(share, self.cut.chunk) {
            let sums = core::mem::replace(sums, Summing::new(Vec::new()));
            self.proving = Proving::Weighed(sums);
        }
    }

    /// Takes proofs.
    pub(crate) fn proved(&mut self, proofs: &[Proof], theirs: &mut Theirs) {
        self.proofs.extend_from_slice(proofs);
        self.proving = Proving::Waiting;
        theirs.forget_points_before(self.cut.start(self.proofs.len() as u16));
    }

    /// What comes next of the chunk that may be given, once it is ready.
    pub(crate) fn next_message(&mut self, theirs: &Theirs) -> Option<Message> {
        let start = self.cut.start(self.given);
        let end = start + self.cut.chunk;
        let is_ready =
            if self.cut.is_verified() { self.proofs.len() > usize::from(self.given) } else { theirs.is_answered_to(end) };
        if self.is_over() || !is_ready {
            return None;
        }
        if self.place < end {
            let answers = theirs.answers(self.place, self.cut.piece).to_vec();
            let message = Message::Answer(self.mark, self.place as u32, answers.into());
            self.place += self.cut.piece;
            if self.place == end && !self.cut.is_verified() {
                self.given += 1;
            }
            return Some(message);
        }
        let chunk = self.given;
        self.given += 1;
        Some(Message::Proof(self.mark, chunk.into(), ByteArray::from(self.proofs[usize::from(chunk)])))
    }
}

/// The peer's answers, as they come.
pub(crate) struct Taking {
    run: Digest,
    cut: Cut,
    peer: Named,
    peer_key: Told,
    asked: Digest,
    /// Answers taken, to be compared.
    found: Vec<u128>,
    /// Whole answers of the chunk that is checked.
    points: Vec<u8>,
    checking: Option<(Summing, Proof)>,
    /// Whole chunks taken and found good.
    pub(crate) taken: u16,
}

impl Taking {
    /// `asked` is the hash of this side's list, which is answered.
    pub(crate) fn new(run: Digest, cut: Cut, peer: Named, lanes: Lanes, asked: Digest) -> Self {
        let peer_key = (lanes.point(&peer.key), peer.key);
        Self { run, cut, peer, peer_key, asked, found: Vec::new(), points: Vec::new(), checking: None, taken: 0 }
    }

    /// Whether every answer is here; the last chunk's check may be under way.
    pub(crate) fn is_heard(&self) -> bool {
        self.taken == self.cut.chunks || (self.taken + 1 == self.cut.chunks && self.checking.is_some())
    }

    pub(crate) fn is_over(&self) -> bool {
        self.taken == self.cut.chunks
    }

    /// Whether the next message of a chunk can come: the chunk before is checked.
    pub(crate) fn waits(&self) -> bool {
        !self.is_over() && self.checking.is_none()
    }

    /// What can come next.
    pub(crate) fn expects(&self) -> &'static str {
        if self.found.len() == self.cut.start(self.taken + 1) { "proof" } else { "answer" }
    }

    /// Takes the next piece of a chunk.
    pub(crate) fn hear(&mut self, place: u32, answers: &[u8]) -> Result<(), Breach> {
        let next = self.found.len();
        let width = self.cut.form.width();
        if place as usize != next {
            return Err(Breach::OutOfOrder { expected: next as u32, found: place });
        }
        let expected = self.cut.piece * width;
        if answers.len() != expected {
            return Err(Breach::WrongLength { place, expected, found: answers.len() });
        }
        self.found.extend(answers.chunks_exact(width).map(|answer| comparable(&answer[..width.min(16)])));
        if self.cut.is_verified() {
            self.points.extend_from_slice(answers);
        } else if self.found.len() == self.cut.start(self.taken + 1) {
            self.taken += 1;
        }
        Ok(())
    }

    /// Takes the proof of a whole chunk, to be checked.
    pub(crate) fn prove(&mut self, chunk: u32, proof: Proof) -> Result<(), Breach> {
        if chunk != u32::from(self.taken) {
            return Err(Breach::OutOfOrder { expected: self.taken.into(), found: chunk });
        }
        let seed = weight_seed(&self.run, &self.peer, &self.asked, self.taken, &self.points);
        self.checking = Some((Summing::new(vec![seed]), proof));
        Ok(())
    }

    /// The next share of a check.
    pub(crate) fn next_task(&mut self, ours: &Ours) -> Option<Task> {
        let (sums, _) = self.checking.as_mut()?;
        let (start, count) = sums.next_share(self.cut.chunk)?;
        let place = self.cut.start(self.taken) + start;
        let answers = self.points[start * POINT_BYTES..(start + count) * POINT_BYTES].to_vec();
        let (lanes, halves) = (ours.secrets().lanes, ours.halves(place, count));
        Some(Task::Check { lanes, seed: *sums.seeds.first()?, start, place, halves, answers })
    }

    /// Takes a share; the last of a chunk decides. The proof's bytes come back with a fault.
    pub(crate) fn checked(&mut self, share: Vec<Sum>, ours: &mut Ours, dleq: &Dleq) -> Result<(), (Breach, Proof)> {
        let Some((sums, proof)) = &mut self.checking else { return Ok(()) };
        if !sums.take(share, self.cut.chunk) {
            return Ok(());
        }
        // What is kept of what was asked are halves.
        let twice: Vec<_> = sums.of(0).chain(sums.of(0)).collect();
        let answered: Vec<_> = sums.of(1).collect();
        let composites = ours.secrets().lanes.totals(&[&twice, &answered]);
        let [m, z] = composites.as_slice() else { unreachable!("two lists were added up") };
        if !dleq.is_proved(&self.peer_key, m, z, proof) {
            return Err((Breach::WrongKey { chunk: self.taken }, *proof));
        }
        self.checking = None;
        self.points.clear();
        self.taken += 1;
        ours.forget_halves_before(self.cut.start(self.taken));
        Ok(())
    }

    /// The message of the answers that a place is in, of the chunk that is checked.
    pub(crate) fn answers_at(&self, place: u32) -> (u32, &[u8]) {
        let start = self.cut.start(self.taken);
        let within = (place as usize - start) / self.cut.piece * self.cut.piece;
        let at = within * POINT_BYTES;
        ((start + within) as u32, &self.points[at..at + self.cut.piece * POINT_BYTES])
    }

    pub(crate) fn into_found(self) -> Vec<u128> {
        self.found
    }
}
