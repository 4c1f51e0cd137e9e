//! The release: this side's answers given, and the peer's taken, chunk by chunk in turns.
//!
//! In a verified run all answers are fixed and proved before ([`Proofs`]); each chunk that comes is held against that before the
//! next one of this side goes out.

use sha2::{Digest as _, Sha256};

use crate::fault::Breach;
use crate::job::{Form, Task, comparable};
use crate::lanes::{Lanes, Sum};
use crate::lists::Theirs;
use crate::message::{LINK_BYTES, Link, Mark, Message, POINT_BYTES, POINTS_MAX, TAGS_MAX};
use crate::proofs::{OfChunk, Proofs, of_answers};
use crate::setup::Class;

/// Most places that one job weighs.
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
        // A proved sum of a chunk must say less than its answers do.
        let most = if verified { class.log2() / 2 } else { class.log2() };
        let chunks = 1u16 << chunks_log2.min(most);
        let chunk = class.size() / usize::from(chunks);
        let most = if verified { POINTS_MAX } else { TAGS_MAX };
        Self { form, chunks, chunk, piece: chunk.min(most) }
    }

    /// The message that had the answer at a place, of all answers as they are compared. Whole points are compared by their first half:
    /// of those it is not known any more, and an answer that is proved stands once.
    pub(crate) fn message_at(self, mark: Mark, place: u32, found: &[u128]) -> Option<Message> {
        let Form::Tags(width) = self.form else { return None };
        let start = place as usize / self.piece * self.piece;
        let tags = found[start..start + self.piece].iter().flat_map(|tag| tag.to_be_bytes().into_iter().take(usize::from(width)));
        Some(Message::Answer(mark, start as u32, tags.collect::<Vec<_>>().into()))
    }

    /// The place at which a chunk begins.
    pub(crate) fn start(self, chunk: u16) -> usize {
        usize::from(chunk) * self.chunk
    }

    fn size(self) -> usize {
        usize::from(self.chunks) * self.chunk
    }

    /// Places of a portion, which one job sums: of a chunk, or several whole ones.
    pub(crate) fn portion(self) -> usize {
        SHARE.min(self.size())
    }

    pub(crate) fn portions(self) -> usize {
        self.size() / self.portion()
    }

    /// What a portion has of each chunk: which, from which place on, and how many places.
    pub(crate) fn parts(self, portion: usize) -> impl Iterator<Item = (usize, usize, usize)> {
        let count = self.chunk.min(self.portion());
        let starts = (portion * self.portion()..).step_by(count).take(self.portion() / count);
        starts.map(move |start| (start / self.chunk, start, count))
    }

    /// Places of a batch of whole chunks, whose digests one job makes.
    pub(crate) fn batch(self) -> usize {
        self.chunk.max(self.portion())
    }

    pub(crate) fn batches(self) -> usize {
        self.size() / self.batch()
    }
}

/// This side's answers, on their way out.
pub(crate) struct Giving {
    mark: Mark,
    cut: Cut,
    /// Whole chunks given.
    pub(crate) given: u16,
    place: usize,
}

impl Giving {
    pub(crate) const fn new(mark: Mark, cut: Cut) -> Self {
        Self { mark, cut, given: 0, place: 0 }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.given == self.cut.chunks
    }

    /// What comes next of the chunk that may be given, once it is answered; behind the last answers of a chunk of a verified run its
    /// link.
    pub(crate) fn next_message(&mut self, theirs: &Theirs, proofs: Option<&Proofs>) -> Option<Message> {
        let end = self.cut.start(self.given) + self.cut.chunk;
        if self.is_over() || !theirs.is_answered_to(end) {
            return None;
        }
        let (place, mut answers) = (self.place as u32, theirs.answers(self.place, self.cut.piece).to_vec());
        self.place += self.cut.piece;
        if self.place == end {
            answers.extend(proofs.and_then(|proofs| proofs.link_after(self.given)).into_iter().flatten());
            self.given += 1;
        }
        Some(Message::Answer(self.mark, place, answers.into()))
    }
}

/// A whole chunk, summed by shares.
#[derive(Default)]
struct Summing {
    /// Places that were handed out.
    next: usize,
    waiting: usize,
    shares: Vec<Sum>,
}

/// The peer's answers, as they come.
pub(crate) struct Taking {
    cut: Cut,
    /// Answers taken, to be compared.
    found: Vec<u128>,
    /// Whole answers of the chunk that comes, and their digest so far.
    points: Vec<u8>,
    digest: Sha256,
    /// What stands before that chunk.
    link: Link,
    summing: Option<Summing>,
    /// Whole chunks taken and found good.
    pub(crate) taken: u16,
}

impl Taking {
    pub(crate) fn new(cut: Cut) -> Self {
        let (digest, link) = (of_answers(), Link::default());
        Self { cut, found: Vec::new(), points: Vec::new(), digest, link, summing: None, taken: 0 }
    }

    /// Takes the first link, which fixes all answers.
    pub(crate) const fn fix(&mut self, first: Link) {
        self.link = first;
    }

    /// Whether every answer is here; the last chunk's check may be under way.
    pub(crate) fn is_heard(&self) -> bool {
        self.taken == self.cut.chunks || (self.taken + 1 == self.cut.chunks && self.summing.is_some())
    }

    pub(crate) fn is_over(&self) -> bool {
        self.taken == self.cut.chunks
    }

    /// Whether the next message of a chunk can come: the chunk before is checked.
    pub(crate) fn waits(&self) -> bool {
        !self.is_over() && self.summing.is_none()
    }

    /// Takes the next piece of a chunk; of a verified run with what it is held against.
    pub(crate) fn hear(&mut self, place: u32, bytes: &[u8], proofs: Option<&Proofs>) -> Result<(), Breach> {
        let next = self.found.len();
        let width = self.cut.form.width();
        if place as usize != next {
            return Err(Breach::OutOfOrder { expected: next as u32, found: place });
        }
        let is_last = next + self.cut.piece == self.cut.start(self.taken + 1);
        let of_chunk = proofs.and_then(|proofs| proofs.of_chunk(self.taken));
        let answers = self.cut.piece * width;
        let expected = answers + if is_last && of_chunk.is_some() { LINK_BYTES } else { 0 };
        if bytes.len() != expected {
            return Err(Breach::WrongLength { place, expected, found: bytes.len() });
        }
        let (answers, link) = bytes.split_at(answers);
        self.found.extend(answers.chunks_exact(width).map(|answer| comparable(&answer[..width.min(16)])));
        let Some(of_chunk) = of_chunk else {
            self.taken += u16::from(is_last);
            return Ok(());
        };
        self.points.extend_from_slice(answers);
        self.digest.update(answers);
        if let Some(link) = link.first_chunk() {
            let digest = core::mem::replace(&mut self.digest, of_answers()).finalize().into();
            if of_chunk.named.link(self.taken, &digest, link) != self.link {
                return Err(Breach::OtherAnswers { chunk: self.taken });
            }
            (self.link, self.summing) = (*link, Some(Summing::default()));
        }
        Ok(())
    }

    /// The next share of a check, once the proof holds that it is about.
    pub(crate) fn next_task(&mut self, lanes: Lanes, proofs: &Proofs) -> Option<Task> {
        let summing = self.summing.as_mut().filter(|_| proofs.holds())?;
        let OfChunk { seed, .. } = proofs.of_chunk(self.taken)?;
        let (start, count) = (summing.next, SHARE.min(self.cut.chunk - summing.next));
        summing.next += count;
        summing.waiting += usize::from(count > 0);
        (count > 0).then(|| {
            let answers = self.points[start * POINT_BYTES..(start + count) * POINT_BYTES].to_vec();
            Task::Sum { lanes, seed: *seed, place: self.cut.start(self.taken) + start, answers }
        })
    }

    /// Takes a share; the last of a chunk decides.
    pub(crate) fn take(&mut self, share: Sum, lanes: Lanes, proofs: &Proofs) -> Result<(), Breach> {
        let Some(summing) = &mut self.summing else { return Ok(()) };
        summing.shares.push(share);
        summing.waiting -= 1;
        if summing.waiting > 0 || summing.next < self.cut.chunk {
            return Ok(());
        }
        let total = lanes.totals(&[&summing.shares.iter().collect::<Vec<_>>()]);
        let is_proved = proofs.of_chunk(self.taken).is_some_and(|of_chunk| total.iter().all(|(_, sum)| sum == of_chunk.sum));
        if !is_proved {
            return Err(Breach::WrongAnswers { chunk: self.taken });
        }
        self.summing = None;
        self.points.clear();
        self.taken += 1;
        Ok(())
    }

    /// The last place of the chunk that is checked.
    pub(crate) fn last_place(&self) -> u32 {
        (self.cut.start(self.taken + 1) - 1) as u32
    }

    /// The message of the answers that a place is in, of the chunk that is checked.
    pub(crate) fn answers_at(&self, place: u32) -> (u32, Vec<u8>) {
        let start = self.cut.start(self.taken);
        let within = (place as usize - start) / self.cut.piece * self.cut.piece;
        let at = within * POINT_BYTES;
        let mut bytes = self.points[at..at + self.cut.piece * POINT_BYTES].to_vec();
        if within + self.cut.piece == self.cut.chunk {
            bytes.extend_from_slice(&self.link);
        }
        ((start + within) as u32, bytes)
    }

    pub(crate) fn into_found(self) -> Vec<u128> {
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portions_and_batches_cover_every_place_once() {
        for class_log2 in 4..=14 {
            for chunks_log2 in 0..=8 {
                let class = Class::new(class_log2).expect("4 to 22");
                let cut = Cut::new(class, chunks_log2, true);
                let mut next = 0;
                for (chunk, start, count) in (0..cut.portions()).flat_map(|portion| cut.parts(portion)) {
                    assert_eq!((start, chunk), (next, start / cut.chunk), "2^{class_log2} in 2^{chunks_log2}");
                    assert!(count > 0 && start % cut.chunk + count <= cut.chunk, "a part lies in one chunk");
                    next += count;
                }
                assert_eq!(next, class.size());
                assert_eq!(cut.batches() * cut.batch(), class.size());
                assert_eq!(cut.batch() % cut.chunk, 0, "whole chunks");
            }
        }
    }
}
