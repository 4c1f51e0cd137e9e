//! The book: an officer's input that was accepted is never lost, and stated once.

use std::collections::{BTreeMap, BTreeSet};

use detente_node::BookEntry;
use detente_types::StatementRef;

use super::{Check, ensure};
use crate::rows::Rows;

/// What became of the inputs of one seat.
#[derive(Clone, Debug, Default)]
pub(crate) struct Books {
    inputs: BTreeMap<u64, Input>,
    /// Entries of the book that were looked at.
    read: u64,
    /// Statements that the book says were made of inputs.
    statements: BTreeSet<StatementRef>,
    /// Inputs that were dropped, and why.
    pub(crate) dropped: Vec<String>,
}

#[derive(Clone, Debug, Default)]
struct Input {
    /// Whether the caller was told that it is durable.
    told: bool,
    /// Whether it is to be stated.
    stateable: bool,
    stated: Option<StatementRef>,
    done: bool,
}

impl Books {
    /// A command was accepted under this number.
    pub(crate) fn accepted(&mut self, number: u64, stateable: bool) {
        self.inputs.insert(number, Input { stateable, ..Input::default() });
    }

    /// The node says that an input is durable.
    pub(crate) fn booked(&mut self, number: u64) {
        if let Some(input) = self.inputs.get_mut(&number) {
            input.told = true;
        }
    }

    /// A process is gone: what it had not written is gone, and nobody was told otherwise.
    pub(crate) fn crash(&mut self, disk: &Rows) -> Check {
        let kept = disk.book_size();
        let lost = self.inputs.range(kept..).find(|(_, input)| input.told).map(|(number, _)| *number);
        let _ = self.inputs.split_off(&kept);
        self.read = self.read.min(kept);
        accepted_is_kept(lost)
    }

    /// The machine has an older state of its disk: the book is not repaired by the peer (PROTOCOL section 1).
    pub(crate) fn restore(&mut self, disk: &Rows) {
        let kept = disk.book_size();
        let _ = self.inputs.split_off(&kept);
        for input in self.inputs.values_mut() {
            (input.stated, input.done) = (None, false);
        }
        self.read = 0;
    }

    /// Reads what the book has gained.
    pub(crate) fn read(&mut self, disk: &Rows) -> Check {
        for (number, bytes) in disk.book_from(self.read) {
            self.read = number + 1;
            match BookEntry::decode(bytes) {
                Some(BookEntry::Stated(input, stated)) => {
                    stated_is_there(disk.has_filed(&stated), input)?;
                    self.statements.insert(stated);
                    self.stated(input, stated)?;
                }
                Some(BookEntry::Dropped(input, why)) => self.drop_input(input, why),
                _ => {}
            }
        }
        Ok(())
    }

    fn stated(&mut self, number: u64, stated: StatementRef) -> Check {
        let Some(input) = self.inputs.get_mut(&number) else { return Ok(()) };
        let before = input.stated.replace(stated);
        let once = before.is_none_or(|before| before == stated) && !input.done;
        input.done = true;
        stated_once(once, number)
    }

    /// A notice in a log of ours on the disk. A machine that was restored has its log back, and its book not.
    pub(crate) fn notice(&self, notice: &StatementRef) -> Check {
        said_from_the_book(self.statements.contains(notice), notice)
    }

    fn drop_input(&mut self, number: u64, why: String) {
        if let Some(input) = self.inputs.get_mut(&number) {
            input.done = true;
        }
        if why != UNCHANGED {
            self.dropped.push(why);
        }
    }

    /// When all is quiet, every durable input is stated or dropped with a reason.
    pub(crate) fn check_end(&self) -> Check {
        let open = self.inputs.iter().find(|(_, input)| input.told && input.stateable && !input.done);
        ensure(open.is_none(), "accepted_is_stated", || format!("input {:?} was neither stated nor dropped", open.map(|o| o.0)))
    }
}

const UNCHANGED: &str = "unchanged at this precision";

/// An input that its officer was told is in the book is there after every crash (PROTOCOL E7).
fn accepted_is_kept(lost: Option<u64>) -> Check {
    ensure(lost.is_none(), "accepted_is_kept", || format!("input {lost:?} was told to be durable and is lost"))
}

/// What the book says was stated is in the log: both are written in one batch, whatever crashes (PROTOCOL S4, DESIGN D4).
fn stated_is_there(there: bool, number: u64) -> Check {
    ensure(there, "stated_is_there", || format!("input {number} is told to be stated, and its entry is not on the disk"))
}

/// No notice is said but one of an officer's whose book knows it: else a start would say it again (PROTOCOL S4).
fn said_from_the_book(known: bool, notice: &StatementRef) -> Check {
    ensure(known, "said_from_the_book", || format!("{notice} is in the log, and the book does not know that it was stated"))
}

/// An input is stated once, however long it waited and whatever crashed (PROTOCOL S4).
fn stated_once(once: bool, number: u64) -> Check {
    ensure(once, "stated_once", || format!("input {number} was stated again"))
}
