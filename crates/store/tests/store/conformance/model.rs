//! The simplest store that could be right: a list that is searched from end to end.

use detente_node::port::{Batch, StoreFault, Write};
use detente_types::{LineId, PartyId};

/// Rows in the order in which they came.
#[derive(Clone, Default)]
pub(crate) struct Model(Vec<Write>);

/// What the model says a store must answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Taken,
    Differs,
    Gap,
}

impl Answer {
    /// The model's word for a store's answer.
    pub(crate) fn of(answer: &Result<(), StoreFault>) -> Self {
        match answer {
            Ok(()) => Self::Taken,
            Err(StoreFault::Differs { .. }) => Self::Differs,
            Err(StoreFault::Gap { .. }) => Self::Gap,
            Err(other) => panic!("an answer that no healthy disk gives: {other}"),
        }
    }
}

impl Model {
    pub(crate) fn commit(&mut self, batch: &Batch) -> Answer {
        let mut after = self.clone();
        for write in &batch.writes {
            let answer = after.add(write);
            if answer != Answer::Taken {
                return answer;
            }
        }
        *self = after;
        Answer::Taken
    }

    /// In the order that the port names.
    pub(crate) fn replay(&self) -> Vec<Write> {
        let mut rows = self.0.clone();
        rows.sort_by_key(place);
        rows
    }

    fn add(&mut self, write: &Write) -> Answer {
        match self.0.iter().find(|there| place(there) == place(write)) {
            Some(there) if there == write => Answer::Taken,
            Some(_) => Answer::Differs,
            None if self.lacks_one_before(write) => Answer::Gap,
            None => {
                self.0.push(write.clone());
                Answer::Taken
            }
        }
    }

    fn lacks_one_before(&self, write: &Write) -> bool {
        let (first, line, kind, author, generation, role, number) = place(write);
        let is_counted = kind == 0 || kind == 3;
        let before = |n| (first, line, kind, author, generation, role, n);
        is_counted && number > 0 && !self.0.iter().any(|there| place(there) == before(number - 1))
    }
}

/// Book before lines, line, kind of row, author, generation, role, number.
type Place = (u8, LineId, u8, PartyId, u32, u8, u64);

fn place(write: &Write) -> Place {
    let nobody = PartyId::new([0; 32]);
    match write {
        Write::Book { number, .. } => (0, LineId::new([0; 32]), 0, nobody, 0, 0, *number),
        Write::Entry { line, author, generation, index, .. } => (1, *line, 0, *author, generation.0, 0, *index),
        Write::Early { line, author, generation, index, .. } => (1, *line, 1, *author, generation.0, 0, *index),
        Write::Note { line, author, generation, role, size, .. } => (1, *line, 2, *author, generation.0, *role as u8, *size),
        Write::Evidence { line, number, .. } => (1, *line, 3, nobody, 0, 0, *number),
    }
}
