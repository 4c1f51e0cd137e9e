//! Blind matching: two sides learn which cells of space and time their plans have in common, and nothing else of each
//! other's plans.
//!
//! A cell is an opaque name of 16 bytes ([`CellId`]); `space` makes them so that plans that come too close share one. Each
//! side brings a set, padded to a size class; at the end each knows which of its own cells the other has too (mode `cells`)
//! or only how many (mode `count`). Whether there is any at all is not offered as an answer of its own: a count tells more
//! than that, and a program that merely shows less has still learned it.
//!
//! ```text
//!  both    hello        the agreement, the class, a nonce            ─▶ the run's name
//!  both    (work)       P(x) = k · hash(run, x) of every cell and of padding, shuffled: the first message
//!  both    commit       H(run, role, class, K = kG, H(first message), plan root)
//!                       ── both commitments durable on both sides ──
//!  both    open         K, H(first message), plan root
//!  both    points       the first message, in pieces
//!  both    fixed        (verified) the first link of a chain of digests over all own answers
//!  both    challenge    (verified) what weights come from
//!  both    proof        (verified) k times each chunk's weighed sum of what was asked, and that K's key made them
//!  in turn answer       own k times each point of the other's, as tags or as points; in chunks, First before Second
//!  both    result       a seal over what was found
//! ```
//!
//! As k₁·k₂·hash(x) is the same in either order, equal cells end as equal points. The key k is fresh for each run, and the
//! run's name is in the hash, so that nothing of one run says anything about another. Hashing is RFC 9380's
//! `hash_to_ristretto255`, the group RFC 9496's, the proof RFC 9497's with shorter weights (docs/decisions/0101).
//!
//! [`Run`] is one side, sans-IO: no clock, no socket, no thread, and no randomness but the [`Seed`] that it is given.
//! Whoever drives it makes records durable, carries messages, and does [`Job`]s on as many threads as it likes. [`audit`]
//! makes a first message again from the seed. Formats, derivations and states stand in docs/spec/blind.md, enough for a second
//! implementation; `vectors/blind-2.json` holds whole runs. What is promised and what is not, each with its tests, stands in
//! docs/blind-threats.md.
//!
//! # What is proved, and on what it rests
//!
//! - *Of an honest run the other side learns what the mode says, and the class.* Semi-honest security of ECDH matching, by
//!   the decisional Diffie-Hellman assumption in ristretto255 with the hash as a random oracle. Padding is hashed and masked
//!   as cells are, so nobody without the seed tells them apart.
//! - *The set is fixed before anything of the other's is seen.* Both commit to key, list and plans first; a list that is not
//!   the one committed to is refused before anything is answered.
//! - *In a verified run every answer was made with the committed key*, in its place. All answers are fixed and
//!   proved before any is given, and each chunk is held against that before the next chunk of ours goes out (docs/decisions/0132).
//!   One wrong answer passes with a chance of 2^-63, once in a run.
//! - *Hits are not mistaken.* Two different points share a tag with a chance of about 2^-41 for a whole run: tags have
//!   40 + 2·log2(n) bits, rounded up. A tag says who answers, so what one side answered is no answer of the other's.
//! - *Equal classes give equal messages*: count, order and length, whatever the sets are. Multiplications by secrets take
//!   constant time, and padding takes as long as cells. Many points at once are multiplied in the lanes of AVX-512 IFMA or AVX2
//!   by arithmetic of this crate, as far as the machine has them ([`Backend`], docs/decisions/0119); all else is
//!   curve25519-dalek's.
//! - *The first message can be made again* to the byte by whoever is given the seed, and only by them.
//!
//! # What is not
//!
//! - **That the set is true.** A side can match cells that it does not plan to be in, or leave out cells that it does: no
//!   cryptography knows plans. What stands against it is the class cap, budgets, and the audit.
//! - **Unverified answers.** A liar that answers some places wrongly hides hits there, or moves them among places that do
//!   hit; and if it put a point into its list whose logarithm it knows, it invents hits where it likes. The seals then
//!   differ, unless the liar seals what it made the other side find. Verified runs exclude all of this.
//! - **A list of another key.** Proofs are about answers. A side that makes its list with another key than the one that it commits
//!   to and answers with hides every hit from the other, finds them itself, and can seal nothing as the other does; verified or not.
//!   Only the audit finds it out.
//! - **Full malicious security.** No simulator extracts a lying side's input and no such proof is claimed; points of a first
//!   message need not be hashes of anything.
//! - **Fairness.** Whoever leaves the turns has learned at most one chunk more than the other: 1/k of the list. That it
//!   left, and where, is recorded. In a verified run it has a proved sum of every other chunk too: whether the places of it that it left
//!   open are common, if all of them are, or one answer where it chose its list so that it knows all others.
//! - **Many runs.** Results add up: sets that differ by one cell tell about that cell, counts too. Peers that share what they
//!   learned learn the union. Cadence and budgets are the caller's.
//! - **What is in plain sight**: that a run took place, when, between whom, its class, mode and context, and how it ended. And
//!   a hit discloses presence to both.
//! - **Side channels of the machine.** Shuffles and sorts touch memory in an order that depends on secrets, and lookups of
//!   which place is padding do too: somebody who watches the caches of this machine learns of them. Seeds, keys, their digits,
//!   names of cells, orders, points that are multiplied and encodings of which only tags are sent are wiped. Freed memory of
//!   sorting, of weighed sums and of dependencies is not, nor are tables of multiples on the stack, nor lists, answers and tags,
//!   even those that were not sent when a run ended.
//! - **Later quantum computers.** Whoever keeps the messages and can take discrete logarithms one day learns the sets.
//! - **Denial.** A peer may be silent, slow, or leave. What it can make this side hold and compute is bounded by the class.
//! - **Safety.** "Nothing in common" is as good as both grids, both clocks and the cells' growth by half the separation. It
//!   is no assurance of separation.
//!
//! Each refusal is a [`PeerFault`]: the step, the rule that was broken, and the peer's bytes that it lies in.

pub mod audit;
mod cell;
mod chunks;
mod dleq;
mod fault;
mod hash;
mod job;
mod lanes;
mod lists;
pub mod message;
mod proofs;
mod run;
mod seal;
mod seed;
mod setup;
mod states;
#[cfg(test)]
mod vectors;

pub use cell::{CELL_BYTES, CellId};
pub use fault::{Aborted, Breach, Cause, Evidence, PeerFault, Reason, Step};
pub use hash::{DIGEST_BYTES, Digest};
pub use job::{Done, Job};
pub use lanes::Backend;
pub use run::{Effect, Found, Heard, Outcome, Record, Run};
pub use seal::{AuditorKey, AuditorSecret, FRESH_BYTES, SEALED_BYTES};
pub use seed::{SEED_BYTES, Seed};
pub use setup::{Agreement, CHUNKS_LOG2_MAX, CallerFault, Class, Mode, Role, Setup};
