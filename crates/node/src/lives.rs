//! What a line knows of the lives of its two logs besides the growing ones (PROTOCOL S5): kept together, since all of it
//! is idle on a line that was never restored.

use std::collections::BTreeMap;

use detente_record::Opening;
use detente_types::{Generation, Head, Timestamp};
use detente_wire::checkpoint::SignedCheckpoint;

use crate::line::{LineKeys, empty_head};

/// Earlier generations of both logs, and the way to the next.
pub(crate) struct Lives {
    /// The generation of our log that the link carries: an earlier one until their copy of it is whole.
    pub(crate) tells: Generation,
    /// What they hold of our log, as they said in this session; of its root nothing is kept.
    pub(crate) peer_copy: Head,
    /// Their newest cosignature of each of our generations: whoever was restored learns from it what it once had.
    pub(crate) cosignatures: BTreeMap<Generation, Vec<u8>>,
    /// The keys of our earlier generations, as far as the home has them.
    pub(crate) old_keys: BTreeMap<Generation, LineKeys>,
    /// Our checkpoints of the ends of earlier generations, as read from the store.
    pub(crate) ends: BTreeMap<Generation, SignedCheckpoint>,
    /// We were rolled back, as the home's mark or the peer proved: a new generation must be opened before anything is said.
    /// The book knows it too.
    pub(crate) renews: bool,
    /// When the caller was asked last for the keys of a new generation.
    pub(crate) asked_renewal: Option<Timestamp>,
    /// A generation of ours that they hold and we lost.
    pub(crate) later: Option<Generation>,
    /// The newest generation of ours that they proved to hold anything of.
    pub(crate) peer_newest: Generation,
    /// The opening of the next generation of ours that is to be taken back.
    pub(crate) lost_opening: Option<Opening>,
    /// Our own checkpoint as they gave it back: where the keys are lost nobody can make another.
    pub(crate) copy_note: Vec<u8>,
    /// The keys of our present generation are lost: it must not grow.
    pub(crate) keys_lost: bool,
    /// How much of that generation came back, and was written.
    pub(crate) back: u64,
    /// The generation of their log that our hello speaks of.
    pub(crate) tells_copy: Generation,
    /// Their checkpoints of the ends of their earlier generations.
    pub(crate) peer_ends: BTreeMap<Generation, SignedCheckpoint>,
    /// Their next generation, until our copy of the one before is whole.
    pub(crate) next_opening: Option<Opening>,
    /// Their newest opening that came, whether or not our copy can begin it: what comes early is opened by it.
    pub(crate) ahead_opening: Option<Opening>,
    /// The opening of the generation that our copy has begun, until something of it is on the disk.
    pub(crate) begun_opening: Option<Opening>,
    /// The opening of a generation of theirs of which only early entries are on the disk, and this one with them.
    pub(crate) early_opening: Option<Opening>,
    /// A generation of ours that we lost and of which nothing can be had: the next one has a greater number.
    pub(crate) void: Generation,
    /// The cosignature of ours in their last hello: it may speak of a generation that our copy begins only now.
    pub(crate) hello_cosigned: Vec<u8>,
}

impl Lives {
    /// Of a line on which these generations are the present ones.
    pub(crate) fn new(own: Generation, peer: Generation) -> Self {
        Self {
            tells: own,
            peer_copy: empty_head(),
            cosignatures: BTreeMap::new(),
            old_keys: BTreeMap::new(),
            ends: BTreeMap::new(),
            renews: false,
            asked_renewal: None,
            later: None,
            peer_newest: Generation::FIRST,
            lost_opening: None,
            copy_note: Vec::new(),
            keys_lost: false,
            back: 0,
            tells_copy: peer,
            peer_ends: BTreeMap::new(),
            next_opening: None,
            ahead_opening: None,
            begun_opening: None,
            early_opening: None,
            void: Generation::FIRST,
            hello_cosigned: Vec::new(),
        }
    }
}
