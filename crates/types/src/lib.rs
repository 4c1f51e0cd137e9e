//! The words of Detente: validated nouns and units that every other crate speaks.
//!
//! Each noun that can arrive from outside has two forms. The `…In` form is what a decoder or a form
//! yields: plain numbers and strings, nothing promised. The plain form (`Volume`, `Notice`, `Terms`)
//! has private fields and one fallible constructor, so an ill-formed one cannot exist. Every refusal
//! is a [`Violation`] that names a numbered rule (`DV-nnn`, listed in docs/spec/rules.md), the field,
//! what was found and what was expected.
//!
//! Invariants: no I/O, no clock, no randomness; positions are integers of 1e-7 degree, lengths and
//! altitudes integers of one centimetre, times integers of one microsecond UTC.

pub mod area;
pub mod conflict;
pub mod geometry;
pub mod height;
pub mod id;
pub mod notice;
pub mod passage;
pub mod rule;
pub mod statement;
pub mod terms;
pub mod text;
pub mod time;
pub mod unit;
pub mod volume;

pub use conflict::{Conflict, Meeting};
pub use height::Heights;
pub use id::{BlindConflictId, ConflictId, EntryHash, Generation, Head, Index, LineId, NoticeId, PartyId, Root, StatementRef};
pub use notice::{Notice, NoticeIn, NoticeKind, Precedence, Precision, Release};
pub use passage::{Passage, PassageIn};
pub use rule::{Rule, Violation};
pub use statement::{Kind, Statement, StatementIn};
pub use terms::{Terms, TermsIn};
pub use time::{Timestamp, Window};
pub use unit::Metres;
pub use volume::{AltitudeBand, Datum, Footprint, Position, Shape, Volume, VolumeIn};
