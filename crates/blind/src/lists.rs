//! The two first messages: this side's, made and given in pieces, and the peer's, heard and answered in pieces.

use std::sync::Arc;

use curve25519_dalek::RistrettoPoint;
use zeroize::Zeroizing;

use crate::cell::CellId;
use crate::fault::Breach;
use crate::hash::Digest;
use crate::job::{Form, Task};
use crate::lanes::Kept;
use crate::message::{Open, POINT_BYTES, POINTS_MAX, list_hash, piece_hash};
use crate::seed::{Item, Secrets};
use crate::setup::{Class, Role};

/// Most places of a piece. It is a message's most points, and what one job does.
pub(crate) const PIECE: usize = POINTS_MAX;

/// This side's first message.
pub(crate) struct Ours {
    secrets: Arc<Secrets>,
    cells: Zeroizing<Vec<CellId>>,
    order: Zeroizing<Vec<u32>>,
    size: usize,
    keep: bool,
    asked: usize,
    done: usize,
    list: Vec<u8>,
    pieces: Vec<Digest>,
    halves: Vec<Kept>,
}

impl Ours {
    /// Of a set that the class has room for. `keep` keeps the points for the check of a verified run.
    pub(crate) fn new(secrets: Arc<Secrets>, cells: Zeroizing<Vec<CellId>>, class: Class, keep: bool) -> Self {
        let size = class.size();
        let pieces = size.div_ceil(PIECE);
        let order = Zeroizing::new(secrets.order(size));
        Self {
            secrets,
            cells,
            order,
            size,
            keep,
            asked: 0,
            done: 0,
            list: vec![0; size * POINT_BYTES],
            pieces: vec![Digest::default(); pieces],
            halves: vec![Kept::none(); if keep { pieces } else { 0 }],
        }
    }

    pub(crate) fn next_task(&mut self) -> Option<Task> {
        let piece = self.asked;
        let places = self.order.get(piece * PIECE..self.size.min((piece + 1) * PIECE)).filter(|places| !places.is_empty())?;
        let items = places.iter().map(|&index| self.item(index)).collect();
        self.asked += 1;
        Some(Task::Mask { secrets: Arc::clone(&self.secrets), piece, items: Zeroizing::new(items), keep: self.keep })
    }

    pub(crate) fn take(&mut self, piece: usize, points: &[u8], hash: Digest, halves: Kept) {
        let start = piece * PIECE * POINT_BYTES;
        self.list[start..start + points.len()].copy_from_slice(points);
        self.pieces[piece] = hash;
        if self.keep {
            self.halves[piece] = halves;
        }
        self.done += 1;
    }

    pub(crate) fn is_done(&self) -> bool {
        self.done == self.pieces.len()
    }

    /// The hash of the whole list, once it is done.
    pub(crate) fn hash(&self) -> Digest {
        list_hash(&self.pieces)
    }

    /// What the commitment to it is made to.
    pub(crate) fn open(&self, plan_root: Digest) -> Open {
        Open { key: RistrettoPoint::mul_base(&self.secrets.key).compress().to_bytes(), list: self.hash(), plan_root }
    }

    /// The piece of a number, once the list is done.
    pub(crate) fn piece(&self, piece: usize) -> Option<(u32, &[u8])> {
        let start = piece * PIECE * POINT_BYTES;
        let end = self.list.len().min(start + PIECE * POINT_BYTES);
        let points = self.list.get(start..end).filter(|points| !points.is_empty())?;
        Some(((piece * PIECE) as u32, points))
    }

    /// Lets go of what was only to be sent.
    pub(crate) fn forget_list(&mut self) {
        self.list = Vec::new();
    }

    /// Halves of the points at places, which lie in one piece or are whole pieces.
    pub(crate) fn halves(&self, start: usize, count: usize) -> Kept {
        gathered(&self.halves, start, count)
    }

    /// Lets go of the halves of whole pieces.
    pub(crate) fn forget_halves(&mut self, start: usize, count: usize) {
        self.halves.iter_mut().skip(start / PIECE).take(count / PIECE).for_each(|halves| *halves = Kept::none());
    }

    /// The cell at a place; none for padding.
    pub(crate) fn cell_at(&self, place: u32) -> Option<CellId> {
        self.cells.get(*self.order.get(place as usize)? as usize).copied()
    }

    pub(crate) fn secrets(&self) -> &Arc<Secrets> {
        &self.secrets
    }

    fn item(&self, index: u32) -> Item {
        match self.cells.get(index as usize) {
            Some(cell) => Item::Cell(*cell),
            None => Item::Padding(index),
        }
    }
}

/// Points at places of lists that are kept by piece.
pub(crate) fn gathered(pieces: &[Kept], start: usize, count: usize) -> Kept {
    let mut points = pieces.get(start / PIECE).map_or_else(Kept::none, |piece| piece.room(count));
    let mut at = start;
    while at < start + count {
        let piece = &pieces[at / PIECE];
        let from = at % PIECE;
        let to = piece.len().min(from + start + count - at);
        points.extend(piece, from, to);
        at += to - from;
    }
    points
}

/// The peer's first message, and this side's answers to it.
pub(crate) struct Theirs {
    run: Digest,
    role: Role,
    form: Form,
    size: usize,
    list: Arc<Vec<u8>>,
    pieces: Vec<Digest>,
    asked: usize,
    answered: Vec<bool>,
    /// Every piece before it is answered.
    frontier: usize,
    answers: Vec<u8>,
    expected: Vec<u128>,
    points: Vec<Kept>,
}

impl Theirs {
    /// `role` is ours: who answers.
    pub(crate) fn new(run: Digest, role: Role, form: Form, class: Class) -> Self {
        let size = class.size();
        let pieces = size.div_ceil(PIECE);
        Self {
            run,
            role,
            form,
            size,
            list: Arc::new(Vec::with_capacity(size * POINT_BYTES)),
            pieces: Vec::with_capacity(pieces),
            asked: 0,
            answered: vec![false; pieces],
            frontier: 0,
            answers: vec![0; size * form.width()],
            expected: vec![0; size],
            points: vec![Kept::none(); if matches!(form, Form::Points) { pieces } else { 0 }],
        }
    }

    /// Takes the next piece.
    pub(crate) fn hear(&mut self, place: u32, points: &[u8]) -> Result<(), Breach> {
        let heard = self.list.len() / POINT_BYTES;
        if place as usize != heard {
            return Err(Breach::OutOfOrder { expected: heard as u32, found: place });
        }
        let expected = (self.size - heard).min(PIECE) * POINT_BYTES;
        if points.len() != expected {
            return Err(Breach::WrongLength { place, expected, found: points.len() });
        }
        let list = Arc::get_mut(&mut self.list).expect("a list is lent when it is whole, and takes nothing then");
        list.extend_from_slice(points);
        self.pieces.push(piece_hash(points));
        Ok(())
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.pieces.len() == self.answered.len()
    }

    /// The hash of the whole list.
    pub(crate) fn hash(&self) -> Digest {
        list_hash(&self.pieces)
    }

    /// The whole list, to be looked through.
    pub(crate) fn list(&self) -> Arc<Vec<u8>> {
        Arc::clone(&self.list)
    }

    /// The piece that a place is in.
    pub(crate) fn piece_of(&self, place: u32) -> (u32, &[u8]) {
        let piece = place as usize / PIECE;
        let start = piece * PIECE * POINT_BYTES;
        ((piece * PIECE) as u32, &self.list[start..self.list.len().min(start + PIECE * POINT_BYTES)])
    }

    pub(crate) fn next_task(&mut self, secrets: &Arc<Secrets>) -> Option<Task> {
        let piece = self.asked;
        let start = piece * PIECE * POINT_BYTES;
        let points =
            self.list.get(start..self.list.len().min(start + PIECE * POINT_BYTES)).filter(|points| !points.is_empty())?;
        let points = points.to_vec();
        self.asked += 1;
        Some(Task::Answer { secrets: Arc::clone(secrets), run: self.run, role: self.role, form: self.form, piece, points })
    }

    pub(crate) fn take(&mut self, piece: usize, answers: &[u8], expected: &[u128], asked: Kept) {
        let start = piece * PIECE;
        let at = start * self.form.width();
        self.answers[at..at + answers.len()].copy_from_slice(answers);
        self.expected[start..start + expected.len()].copy_from_slice(expected);
        if let Some(points) = self.points.get_mut(piece) {
            *points = asked;
        }
        self.answered[piece] = true;
        self.frontier += self.answered[self.frontier..].iter().take_while(|answered| **answered).count();
    }

    /// Whether the places up to `end` are answered.
    pub(crate) fn is_answered_to(&self, end: usize) -> bool {
        self.frontier >= end.div_ceil(PIECE)
    }

    /// Answers to places.
    pub(crate) fn answers(&self, start: usize, count: usize) -> &[u8] {
        let width = self.form.width();
        &self.answers[start * width..(start + count) * width]
    }

    /// For a liar.
    #[cfg(test)]
    pub(crate) fn answers_mut(&mut self) -> &mut [u8] {
        &mut self.answers
    }

    /// Puts the answers in another order: that of mode `count`.
    pub(crate) fn reorder(&mut self, order: &[u32]) {
        let width = self.form.width();
        let answer = |&place: &u32| &self.answers[place as usize * width..(place as usize + 1) * width];
        self.answers = order.iter().flat_map(answer).copied().collect();
    }

    /// Points at places, for a proof.
    pub(crate) fn points(&self, start: usize, count: usize) -> Kept {
        gathered(&self.points, start, count)
    }

    /// Lets go of the points of whole pieces.
    pub(crate) fn forget_points(&mut self, start: usize, count: usize) {
        self.points.iter_mut().skip(start / PIECE).take(count / PIECE).for_each(|points| *points = Kept::none());
    }

    /// Lets go of the list, once every piece is answered and it was looked through.
    pub(crate) fn forget_list(&mut self) {
        if self.is_answered_to(self.size) {
            self.list = Arc::default();
        }
    }

    /// What the peer's answers are compared with.
    pub(crate) fn into_expected(self) -> Vec<u128> {
        self.expected
    }
}
