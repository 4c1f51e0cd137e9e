//! The release: this side's answers given, and the peer's taken, chunk by chunk in turns.
//!
//! In a verified run some chunks in turn make a stretch, and the last of them is followed by a proof about all of it. Nothing of
//! the next stretch is given before the peer's proof about the one before holds (docs/decisions/0132).

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
/// Places that a proof is about, where chunks are smaller: with fewer, what a proof costs by itself would show.
const STRETCH_LOG2: u8 = 8;
/// Proofs of an answer at the least, as a power of two, where it has so many chunks.
const PROOFS_LOG2: u8 = 2;

/// How a run cuts its answers.
#[derive(Clone, Copy)]
pub(crate) struct Cut {
    pub(crate) form: Form,
    pub(crate) chunks: u16,
    pub(crate) chunk: usize,
    /// Places of a message.
    pub(crate) piece: usize,
    /// Chunks of a stretch.
    together: u16,
}

impl Cut {
    pub(crate) fn new(class: Class, chunks_log2: u8, verified: bool) -> Self {
        let bits = 40 + 2 * class.log2();
        let form = if verified { Form::Points } else { Form::Tags(bits.div_ceil(8)) };
        let chunks_log2 = chunks_log2.min(class.log2());
        let chunk_log2 = class.log2() - chunks_log2;
        let chunk = 1 << chunk_log2;
        let most = if verified { POINTS_MAX } else { TAGS_MAX };
        let together = 1 << STRETCH_LOG2.saturating_sub(chunk_log2).min(chunks_log2.saturating_sub(PROOFS_LOG2));
        Self { form, chunks: 1 << chunks_log2, chunk, piece: chunk.min(most), together }
    }

    pub(crate) const fn is_verified(self) -> bool {
        matches!(self.form, Form::Points)
    }

    /// The place at which a chunk begins.
    pub(crate) fn start(self, chunk: u16) -> usize {
        usize::from(chunk) * self.chunk
    }

    /// How many stretches there are, each with its proof.
    const fn stretches(self) -> u16 {
        self.chunks / self.together
    }

    /// Places of a stretch.
    fn stretch(self) -> usize {
        usize::from(self.together) * self.chunk
    }

    /// The place at which a stretch begins.
    fn start_of_stretch(self, stretch: u16) -> usize {
        usize::from(stretch) * self.stretch()
    }

    /// How many stretches are proved in one go: as many as have the places of one job.
    fn batch(self) -> u16 {
        (SHARE / self.stretch()).max(1) as u16
    }

    /// Whether a proof follows a chunk.
    const fn is_proved_after(self, chunk: u16) -> bool {
        self.is_verified() && (chunk + 1).is_multiple_of(self.together)
    }
}

/// Sums whose shares are under way: over one stretch, or over several that are small.
pub(crate) struct Summing {
    /// Of each stretch.
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

    /// Which places of a stretch the next share is of: from where on, and how many.
    fn next_share(&mut self, stretch: usize) -> Option<(usize, usize)> {
        let (first, count) = (self.next, SHARE.min(stretch - self.next));
        self.next += count;
        self.waiting += usize::from(count > 0);
        (count > 0).then_some((first, count))
    }

    /// Takes a share; true for the last.
    fn take(&mut self, share: Vec<Sum>, stretch: usize) -> bool {
        self.shares.push(share);
        self.waiting -= 1;
        self.waiting == 0 && self.next == stretch
    }

    /// The shares of one of the sums of each job.
    fn of(&self, sum: usize) -> impl Iterator<Item = &Sum> {
        self.shares.iter().map(move |share| &share[sum])
    }

    /// The proof about each stretch.
    pub(crate) fn prove(&self, secrets: &Secrets, dleq: &Dleq, public: &[u8; POINT_BYTES]) -> Vec<Proof> {
        let shares: Vec<Vec<_>> = (0..self.seeds.len()).map(|stretch| self.of(stretch).collect()).collect();
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
            let (start, count) = sums.next_share(self.cut.stretch())?;
            let part = |(stretch, seed): (u16, &Digest)| {
                let first = self.cut.start_of_stretch(stretch) + start;
                (*seed, theirs.points(first, count))
            };
            let parts = (first..).zip(&sums.seeds).map(part).collect();
            return Some(Task::Weigh { lanes: ours.secrets().lanes, start, parts });
        }
        let Proving::Weighed(sums) = core::mem::replace(&mut self.proving, Proving::Making) else { return None };
        let (secrets, dleq) = (Arc::clone(ours.secrets()), Arc::clone(dleq));
        Some(Task::Prove { secrets, dleq, public: self.own.key, sums })
    }

    /// The next stretches that are proved in one go, from `first` on, once all of them are answered.
    fn weighing(&self, first: u16, theirs: &Theirs) -> Option<Proving> {
        let cut = self.cut;
        let end = cut.stretches().min(first + cut.batch());
        let seed = |stretch| {
            let answers = theirs.answers(cut.start_of_stretch(stretch), cut.stretch());
            weight_seed(&self.run, &self.own, &self.asked, stretch, answers)
        };
        let is_ready = first < end && theirs.is_answered_to(cut.start_of_stretch(end));
        is_ready.then(|| Proving::Weighing(Summing::new((first..end).map(seed).collect())))
    }

    /// Takes a share of sums.
    pub(crate) fn weighed(&mut self, share: Vec<Sum>) {
        let Proving::Weighing(sums) = &mut self.proving else { return };
        if sums.take(share, self.cut.stretch()) {
            let sums = core::mem::replace(sums, Summing::new(Vec::new()));
            self.proving = Proving::Weighed(sums);
        }
    }

    /// Takes proofs.
    pub(crate) fn proved(&mut self, proofs: &[Proof], theirs: &mut Theirs) {
        self.proofs.extend_from_slice(proofs);
        self.proving = Proving::Waiting;
        theirs.forget_points_before(self.cut.start_of_stretch(self.proofs.len() as u16));
    }

    /// What comes next of the chunk that may be given, once it is ready: of a verified run, once the proof that it falls under is.
    pub(crate) fn next_message(&mut self, theirs: &Theirs) -> Option<Message> {
        let cut = self.cut;
        let (start, stretch) = (cut.start(self.given), usize::from(self.given / cut.together));
        let end = start + cut.chunk;
        let is_ready = if cut.is_verified() { self.proofs.len() > stretch } else { theirs.is_answered_to(end) };
        if self.is_over() || !is_ready {
            return None;
        }
        if self.place < end {
            let answers = theirs.answers(self.place, cut.piece).to_vec();
            let message = Message::Answer(self.mark, self.place as u32, answers.into());
            self.place += cut.piece;
            if self.place == end && !cut.is_proved_after(self.given) {
                self.given += 1;
            }
            return Some(message);
        }
        self.given += 1;
        Some(Message::Proof(self.mark, stretch as u32, ByteArray::from(self.proofs[stretch])))
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
    /// Whole answers of the stretch that is not proved yet.
    points: Vec<u8>,
    checking: Option<(Summing, Proof)>,
    /// Whole chunks taken; a stretch's last one once its proof holds.
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

    /// Whether the next message of a chunk can come: no check is under way.
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
        }
        if self.found.len() == self.cut.start(self.taken + 1) && !self.cut.is_proved_after(self.taken) {
            self.taken += 1;
        }
        Ok(())
    }

    /// The stretch that is not proved yet.
    fn stretch(&self) -> u16 {
        self.taken / self.cut.together
    }

    /// Takes the proof about a whole stretch, to be checked.
    pub(crate) fn prove(&mut self, number: u32, proof: Proof) -> Result<(), Breach> {
        let stretch = self.stretch();
        if number != u32::from(stretch) {
            return Err(Breach::OutOfOrder { expected: stretch.into(), found: number });
        }
        let seed = weight_seed(&self.run, &self.peer, &self.asked, stretch, &self.points);
        self.checking = Some((Summing::new(vec![seed]), proof));
        Ok(())
    }

    /// The next share of a check.
    pub(crate) fn next_task(&mut self, ours: &Ours) -> Option<Task> {
        let first = self.cut.start_of_stretch(self.stretch());
        let (sums, _) = self.checking.as_mut()?;
        let (start, count) = sums.next_share(self.cut.stretch())?;
        let place = first + start;
        let answers = self.points[start * POINT_BYTES..(start + count) * POINT_BYTES].to_vec();
        let (lanes, halves) = (ours.secrets().lanes, ours.halves(place, count));
        Some(Task::Check { lanes, seed: *sums.seeds.first()?, start, place, halves, answers })
    }

    /// Takes a share; the last of a stretch decides. A proof that does not hold comes back with its number.
    pub(crate) fn checked(&mut self, share: Vec<Sum>, ours: &mut Ours, dleq: &Dleq) -> Result<(), (u16, Proof)> {
        let stretch = self.stretch();
        let Some((sums, proof)) = &mut self.checking else { return Ok(()) };
        if !sums.take(share, self.cut.stretch()) {
            return Ok(());
        }
        // What is kept of what was asked are halves.
        let twice: Vec<_> = sums.of(0).chain(sums.of(0)).collect();
        let answered: Vec<_> = sums.of(1).collect();
        let composites = ours.secrets().lanes.totals(&[&twice, &answered]);
        let [m, z] = composites.as_slice() else { unreachable!("two lists were added up") };
        if !dleq.is_proved(&self.peer_key, m, z, proof) {
            return Err((stretch, *proof));
        }
        self.checking = None;
        self.points.clear();
        self.taken += 1;
        ours.forget_halves_before(self.cut.start(self.taken));
        Ok(())
    }

    /// The message of the answers that a place is in, of the stretch that is checked.
    pub(crate) fn answers_at(&self, place: u32) -> (u32, &[u8]) {
        let start = self.cut.start_of_stretch(self.stretch());
        let within = (place as usize - start) / self.cut.piece * self.cut.piece;
        let at = within * POINT_BYTES;
        ((start + within) as u32, &self.points[at..at + self.cut.piece * POINT_BYTES])
    }

    pub(crate) fn into_found(self) -> Vec<u128> {
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Docs/spec/blind.md, section 2, as loops.
    #[test]
    fn a_proof_is_about_small_chunks_together_but_a_quarter_at_most() {
        for class_log2 in 4..=22 {
            for chunks_log2 in 0..=8 {
                let class = Class::new(class_log2).expect("4 to 22");
                let cut = Cut::new(class, chunks_log2, true);
                let mut together = 1;
                while together * cut.chunk < 256 && together * 4 < usize::from(cut.chunks) {
                    together *= 2;
                }
                assert_eq!(cut.stretch(), together * cut.chunk, "2^{class_log2} in 2^{chunks_log2}");
                assert_eq!(cut.stretch() * usize::from(cut.stretches()), class.size());
                assert_eq!((0..cut.chunks).filter(|&chunk| cut.is_proved_after(chunk)).count(), usize::from(cut.stretches()));
            }
        }
    }
}
