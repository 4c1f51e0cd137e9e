//! The lives of one party's log on one line, from its first entry ever to the open one (PROTOCOL S5).
//!
//! The first generation is 1, and may have stayed empty. Each later one is greater than the one before, by a random step drawn by its author, so
//! that two restores of one backup do not open the same one.
//!
//! Each generation opens with an entry 0 that the party key signed. It certifies the generation's keys and, after
//! the first, names the head at which the one before ended. From then on that one is closed: nothing may be added
//! to it beyond that head, and what its log key signed beyond, having seen the other side's answer to that, is fork evidence.
//!
//! A revocation by the party key makes later entries disputed and removes none (PROTOCOL P2).

use std::collections::BTreeMap;

use detente_types::statement::{KeyRevokeIn, StatementIn};
use detente_types::{Generation, Head, Index, LineId, PartyId, Root};
use detente_wire::certificate::{CertificateFault, open_opening, open_revocation};
use detente_wire::codec::from_body;
use detente_wire::entry::EnvelopeFault;
use detente_wire::merkle::EMPTY_ROOT;
use detente_wire::{Body, Certificate, Entry, Place, Scheme, Verified, open_entry};

use crate::log::{AppendFault, Log};
use crate::seen::Heads;

/// An opened entry 0: the entry, and what it certifies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    entry: Verified<Entry>,
    own: Verified<Certificate>,
    other: Verified<Certificate>,
    previous: Option<Head>,
}

/// Why bytes are not the opening of a generation. In each case their author is at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpeningFault {
    /// The body does not hold an opening.
    #[error("entry 0 does not open a generation")]
    NotAnOpening,
    /// A certificate in it, or the party key's signature, is not good.
    #[error("failed to check the certificates of an opening")]
    Certificate(#[from] CertificateFault),
    /// The certificate is for another line, party or generation than the entry's.
    #[error("opening certifies the keys of another log")]
    OtherLog,
    /// It certifies a key of the other side that is not the other side's.
    #[error("opening certifies a key of a third party")]
    ThirdParty,
    /// The entry is not good under the key that it certifies.
    #[error("failed to open entry 0 under the key that it certifies")]
    Envelope(#[from] EnvelopeFault),
}

impl Opening {
    /// Opens an entry 0, whose key stands in its own body.
    ///
    /// Trust comes from the party: `author` is the hash of the party key that must have signed.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn open(
        scheme: &dyn Scheme,
        line: LineId,
        author: PartyId,
        generation: Generation,
        leaf: &[u8],
        body: &[u8],
    ) -> Result<Self, OpeningFault> {
        let opened = Body::decode(body).map_err(|_| OpeningFault::NotAnOpening)?;
        let Ok(StatementIn::GenerationOpen(said)) = from_body(&opened) else {
            return Err(OpeningFault::NotAnOpening);
        };
        let (own, other) = open_opening(scheme, &said)?;
        if (own.line(), own.party(), own.generation()) != (line, author, generation) {
            return Err(OpeningFault::OtherLog);
        }
        if other.line() != line || other.party() == author {
            return Err(OpeningFault::ThirdParty);
        }
        let place = Place { line, author, generation, index: Some(0), log_key: own.keys().log };
        let entry = open_entry(scheme, &place, leaf, body)?;
        Ok(Self { entry, own, other, previous: said.previous })
    }

    /// The entry.
    pub const fn entry(&self) -> &Verified<Entry> {
        &self.entry
    }

    /// The author's certificate of this generation's keys.
    pub const fn own(&self) -> &Verified<Certificate> {
        &self.own
    }

    /// The other side's certificate, as the author knew it.
    pub const fn other(&self) -> &Verified<Certificate> {
        &self.other
    }

    /// The head at which the generation before ended; `None` in the first.
    pub const fn previous(&self) -> Option<&Head> {
        self.previous.as_ref()
    }
}

/// All generations of one party's log on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenerationChain {
    line: LineId,
    author: PartyId,
    other: PartyId,
    lives: BTreeMap<Generation, Life>,
}

/// One generation: its log, its keys, and where the next one says it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Life {
    log: Log,
    certificate: Verified<Certificate>,
    end: Option<Head>,
    disputed_from: Option<u64>,
}

impl Life {
    /// The log.
    pub const fn log(&self) -> &Log {
        &self.log
    }

    /// The keys that entry 0 certifies.
    pub const fn certificate(&self) -> &Verified<Certificate> {
        &self.certificate
    }

    /// Where it ended; `None` while it is the open one.
    pub const fn end(&self) -> Option<&Head> {
        self.end.as_ref()
    }

    /// Whether the party key has revoked the key that signed the entry at `index`.
    pub fn is_disputed(&self, index: Index) -> bool {
        self.disputed_from.is_some_and(|from| index >= from)
    }
}

/// Why an entry or an opening does not continue the chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GenerationFault {
    /// The opening is of another line or party: the caller's fault.
    #[error("failed to add the opening of another party's log")]
    OtherLog,
    /// The opening certifies keys of a party that is not the other one of this line: its author's fault.
    #[error("opening certifies the keys of a third party")]
    ThirdParty,
    /// The log begins with a later generation than the first, whose opening does not say that nothing was said before: its
    /// author's fault.
    #[error("log was begun with generation {found}, and its first is 1")]
    NotFirst {
        /// Its number.
        found: Generation,
    },
    /// The opening's number does not lie above that of the generation before: its author's fault.
    #[error("generation {found} was opened after generation {last}, and each must be greater than the one before")]
    NotGreater {
        /// Its number.
        found: Generation,
        /// The number of the generation before.
        last: Generation,
    },
    /// The first generation names one before it, or a later one names none, or one that is not the one before: its
    /// author's fault.
    #[error("opening of generation {generation} does not name the head of the one before")]
    PreviousMissing {
        /// The generation that it opens.
        generation: Generation,
    },
    /// The opening names a head beyond what is here. No fault yet: fetch the entries between first.
    #[error("generation before ended at {named}, and only {held} entries of it are here")]
    Incomplete {
        /// The size that the opening names.
        named: u64,
        /// What is here.
        held: u64,
    },
    /// The opening ends the generation before its last signed entry here: its author disowns what it said, or
    /// was restored and could not know it. Only an entry beyond that was signed afterwards is fork evidence
    /// ([`crate::evidence::Examiner::examine_beyond_end`]).
    #[error("opening ends the generation before at {named} of the {held} entries that are here")]
    Disowns {
        /// The size that the opening names.
        named: u64,
        /// What is here.
        held: u64,
    },
    /// The opening names another root than the log here had at that size: its author's fault, and fork evidence
    /// together with a checkpoint of that size.
    #[error("opening names another root than the generation before had at {size}")]
    RootDiffers {
        /// The size at which they differ.
        size: u64,
    },
    /// The entry is of a generation that is not the open one.
    #[error("failed to append to generation {found}, since {open:?} is open")]
    Closed {
        /// The entry's generation.
        found: Generation,
        /// The open one; `None` before the first opening.
        open: Option<Generation>,
    },
    /// The entry does not come next in the open generation.
    #[error(transparent)]
    Append(#[from] AppendFault),
    /// The revocation is not the party key's, or of a generation that is not here: its sender's fault.
    #[error("revocation of the keys of generation {generation} is not good")]
    Revocation {
        /// The generation that it names.
        generation: Generation,
    },
}

impl GenerationChain {
    /// A chain that has not begun: `author`'s logs on a line with `other`.
    pub const fn new(line: LineId, author: PartyId, other: PartyId) -> Self {
        Self { line, author, other, lives: BTreeMap::new() }
    }

    /// The line.
    pub const fn line(&self) -> LineId {
        self.line
    }

    /// Whose logs they are.
    pub const fn author(&self) -> PartyId {
        self.author
    }

    /// The open generation; `None` before the first opening.
    pub fn open(&self) -> Option<&Life> {
        self.lives.last_key_value().map(|(_, life)| life)
    }

    /// One generation.
    pub fn life(&self, generation: Generation) -> Option<&Life> {
        self.lives.get(&generation)
    }

    /// All generations, the first one first.
    pub fn lives(&self) -> impl Iterator<Item = &Life> {
        self.lives.values()
    }

    /// Begins the next generation and ends the one before where the opening says.
    ///
    /// # Errors
    /// What does not fit; the chain is then unchanged.
    pub fn begin(&mut self, opening: &Opening) -> Result<Head, GenerationFault> {
        let mut log = self.check_begin(opening)?;
        let head = log.append(opening.entry())?;
        if let Some(mut last) = self.lives.last_entry() {
            last.get_mut().end = opening.previous().copied();
        }
        let certificate = opening.own().clone();
        self.lives.insert(log.generation(), Life { log, certificate, end: None, disputed_from: None });
        Ok(head)
    }

    /// Appends the next entry of the open generation.
    ///
    /// # Errors
    /// What does not fit; the chain is then unchanged.
    pub fn append(&mut self, entry: &Verified<Entry>) -> Result<Head, GenerationFault> {
        let found = entry.fields().generation;
        let open = self.lives.last_key_value().map(|(generation, _)| *generation);
        match self.lives.get_mut(&found) {
            Some(life) if open == Some(found) => Ok(life.log.append(entry)?),
            _ => Err(GenerationFault::Closed { found, open }),
        }
    }

    /// Takes a revocation: entries of its generation from its size on are disputed. Of several the lowest size counts.
    ///
    /// # Errors
    /// `Revocation` when the party key did not sign it for a generation that is here.
    pub fn revoke(&mut self, scheme: &dyn Scheme, revocation: &KeyRevokeIn) -> Result<(), GenerationFault> {
        let fault = GenerationFault::Revocation { generation: revocation.generation };
        let line = self.line;
        let life = self.lives.get_mut(&revocation.generation).ok_or(fault.clone())?;
        open_revocation(scheme, life.certificate.party_key(), line, revocation).map_err(|_| fault)?;
        let from = revocation.from_size;
        life.disputed_from = Some(life.disputed_from.map_or(from, |known| known.min(from)));
        Ok(())
    }

    /// The log that the opening begins, once everything about it fits.
    fn check_begin(&self, opening: &Opening) -> Result<Log, GenerationFault> {
        let (own, generation) = (opening.own(), opening.own().generation());
        if (own.line(), own.party()) != (self.line, self.author) {
            return Err(GenerationFault::OtherLog);
        }
        if opening.other().party() != self.other {
            return Err(GenerationFault::ThirdParty);
        }
        let last = self.open().map(Life::log);
        match (last, opening.previous()) {
            (None, Some(named)) if generation > Generation::FIRST && is_unspoken(named) => {}
            (None, _) if generation != Generation::FIRST => return Err(GenerationFault::NotFirst { found: generation }),
            (Some(log), _) if generation <= log.generation() => {
                return Err(GenerationFault::NotGreater { found: generation, last: log.generation() });
            }
            (None, None) => {}
            (Some(log), Some(named)) if named.generation == log.generation() => check_end(log, named)?,
            _ => return Err(GenerationFault::PreviousMissing { generation }),
        }
        Ok(Log::new(self.line, self.author, generation))
    }
}

/// Whether an opening names the first generation as one in which nothing was said: a log put back to before its first entry
/// begins with a later one.
pub(crate) fn is_unspoken(previous: &Head) -> bool {
    *previous == Head { generation: Generation::FIRST, size: 0, root: EMPTY_ROOT }
}

/// Whether a generation can have ended at the head that the next one names.
fn check_end(log: &Log, named: &Head) -> Result<(), GenerationFault> {
    let (size, held) = (named.size, log.size());
    match log.root_at(size) {
        None => Err(GenerationFault::Incomplete { named: size, held }),
        Some(root) if root != named.root => Err(GenerationFault::RootDiffers { size }),
        Some(_) if size < held => Err(GenerationFault::Disowns { named: size, held }),
        Some(_) => Ok(()),
    }
}

impl Heads for GenerationChain {
    fn root_at(&self, generation: Generation, size: u64) -> Option<Root> {
        self.life(generation)?.log().root_at(size)
    }

    fn newest(&self) -> Head {
        let empty = || Log::new(self.line, self.author, Generation::FIRST).head();
        self.open().map_or_else(empty, |life| life.log().head())
    }
}
