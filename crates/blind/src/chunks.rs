//! The release: this side's answers given, and the peer's taken, chunk by chunk in turns.

use curve25519_dalek::RistrettoPoint;
use curve25519_dalek::traits::Identity as _;
use minicbor::bytes::ByteArray;

use crate::dleq::{Dleq, Proof, weight_seed};
use crate::fault::Breach;
use crate::hash::{Digest, digest};
use crate::job::{Form, Task, comparable};
use crate::lanes::Lanes;
use crate::lists::{Ours, Theirs};
use crate::message::{Mark, Message, POINT_BYTES, POINTS_MAX, TAGS_MAX};
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

    /// The place at which a chunk begins.
    pub(crate) fn start(self, chunk: u16) -> usize {
        usize::from(chunk) * self.chunk
    }
}

/// A sum over a chunk whose shares are under way.
struct Sum<T> {
    seed: Digest,
    next: usize,
    waiting: usize,
    sum: T,
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
    proving: Option<Sum<RistrettoPoint>>,
    proofs: Vec<Proof>,
    /// Whole chunks given, proofs and all.
    pub(crate) given: u16,
    place: usize,
}

impl Giving {
    /// `asked` is the hash of the peer's list, which is answered.
    pub(crate) fn new(run: Digest, mark: Mark, cut: Cut, own: Named, asked: Digest) -> Self {
        Self { run, mark, cut, own, asked, proving: None, proofs: Vec::new(), given: 0, place: 0 }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.given == self.cut.chunks
    }

    /// The next share of a proof.
    pub(crate) fn next_task(&mut self, lanes: Lanes, theirs: &Theirs) -> Option<Task> {
        if !self.cut.is_verified() {
            return None;
        }
        let chunk = self.proofs.len() as u16;
        let start = self.cut.start(chunk);
        if self.proving.is_none() {
            if chunk == self.cut.chunks || !theirs.is_answered_to(start + self.cut.chunk) {
                return None;
            }
            let answers = theirs.answers(start, self.cut.chunk);
            let seed = weight_seed(&self.run, &self.own, &self.asked, chunk, answers);
            self.proving = Some(Sum { seed, next: 0, waiting: 0, sum: RistrettoPoint::identity() });
        }
        let proving = self.proving.as_mut().filter(|proving| proving.next < self.cut.chunk)?;
        let count = SHARE.min(self.cut.chunk - proving.next);
        let points = theirs.points(start + proving.next, count);
        let task = Task::Weigh { lanes, seed: proving.seed, start: proving.next, points };
        proving.next += count;
        proving.waiting += 1;
        Some(task)
    }

    /// Takes a share; the last of a chunk makes its proof.
    pub(crate) fn weighed(&mut self, share: RistrettoPoint, ours: &Ours, theirs: &mut Theirs, dleq: &Dleq) {
        let Some(proving) = &mut self.proving else { return };
        proving.sum += share;
        proving.waiting -= 1;
        if proving.waiting > 0 || proving.next < self.cut.chunk {
            return;
        }
        let m = proving.sum;
        let nonce = ours.secrets().proof_nonce(&digest("detente/blind/proof/1", &[&proving.seed, m.compress().as_bytes()]));
        self.proofs.push(dleq.prove(&ours.secrets().key, &self.own.key, &m, &nonce));
        self.proving = None;
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
    peer_key: RistrettoPoint,
    asked: Digest,
    /// Answers taken, to be compared.
    found: Vec<u128>,
    /// Whole answers of the chunk that is checked.
    points: Vec<u8>,
    checking: Option<(Sum<(RistrettoPoint, RistrettoPoint)>, Proof)>,
    /// Whole chunks taken and found good.
    pub(crate) taken: u16,
}

impl Taking {
    /// `asked` is the hash of this side's list, which is answered.
    pub(crate) fn new(run: Digest, cut: Cut, peer: Named, peer_key: RistrettoPoint, asked: Digest) -> Self {
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
        let sum = (RistrettoPoint::identity(), RistrettoPoint::identity());
        self.checking = Some((Sum { seed, next: 0, waiting: 0, sum }, proof));
        Ok(())
    }

    /// The next share of a check.
    pub(crate) fn next_task(&mut self, ours: &Ours) -> Option<Task> {
        let start = self.cut.start(self.taken);
        let (sum, _) = self.checking.as_mut().filter(|(sum, _)| sum.next < self.cut.chunk)?;
        let count = SHARE.min(self.cut.chunk - sum.next);
        let place = start + sum.next;
        let answers = self.points[sum.next * POINT_BYTES..(sum.next + count) * POINT_BYTES].to_vec();
        let (lanes, halves) = (ours.secrets().lanes, ours.halves(place, count));
        let task = Task::Check { lanes, seed: sum.seed, start: sum.next, place, halves, answers };
        sum.next += count;
        sum.waiting += 1;
        Some(task)
    }

    /// Takes a share; the last of a chunk decides. The proof's bytes come back with a fault.
    pub(crate) fn checked(
        &mut self,
        share: (RistrettoPoint, RistrettoPoint),
        ours: &mut Ours,
        dleq: &Dleq,
    ) -> Result<(), (Breach, Proof)> {
        let Some((sum, proof)) = &mut self.checking else { return Ok(()) };
        sum.sum.0 += share.0;
        sum.sum.1 += share.1;
        sum.waiting -= 1;
        if sum.waiting > 0 || sum.next < self.cut.chunk {
            return Ok(());
        }
        let (m, z) = sum.sum;
        if !dleq.is_proved(&self.peer.key, &self.peer_key, &m, &z, proof) {
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
