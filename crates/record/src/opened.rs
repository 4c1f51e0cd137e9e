//! A body of which only chosen slots are shown, and which still proves them (PROTOCOL E2).
//!
//! Each slot is either opened (salt and value) or closed (its hash alone). The 32 hashes together give the body
//! root that the leaf commits to. A closed slot tells nothing, not even whether it was used.

use std::collections::BTreeMap;

use detente_types::{EntryHash, Root};
use detente_wire::body::{Body, SLOTS, SlotOpening};
use detente_wire::merkle;
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

/// A partly opened body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedBody {
    opened: BTreeMap<u8, SlotOpening>,
    closed: BTreeMap<u8, EntryHash>,
}

/// The form that travels: the opened slots by rising number, and the hashes of all others by rising number.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(crate) struct OpenedBodyIn {
    #[n(0)]
    opened: Vec<SlotIn>,
    #[n(1)]
    closed: Vec<ByteArray<32>>,
}

/// One opened slot.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
struct SlotIn {
    #[n(0)]
    slot: u8,
    #[n(1)]
    salt: ByteArray<32>,
    /// Absent when the slot is proved to be unused.
    #[n(2)]
    value: Option<ByteVec>,
}

impl OpenedBody {
    /// Opens these slots of a body; numbers that no slot has are left out.
    pub fn of(body: &Body, slots: impl IntoIterator<Item = u8>) -> Self {
        let opened: BTreeMap<_, _> = slots.into_iter().filter_map(|slot| Some((slot, body.open(slot)?))).collect();
        let hashes = (0..).zip(body.slot_hashes());
        let closed = hashes.filter(|(slot, _)| !opened.contains_key(slot)).collect();
        Self { opened, closed }
    }

    /// The opened slots: the value of each, or `None` where it is proved to be unused.
    pub fn slots(&self) -> impl Iterator<Item = (u8, Option<&[u8]>)> {
        self.opened.values().map(|opening| (opening.slot, opening.value.as_deref()))
    }

    /// The value of an opened, used slot.
    pub fn value(&self, slot: u8) -> Option<&[u8]> {
        self.opened.get(&slot)?.value.as_deref()
    }

    /// The root that the leaf must commit to.
    pub fn root(&self) -> Root {
        let mut hashes = self.closed.clone();
        hashes.extend(self.opened.iter().map(|(slot, opening)| (*slot, opening.hash())));
        merkle::root(&hashes.into_values().collect::<Vec<_>>())
    }

    pub(crate) fn to_form(&self) -> OpenedBodyIn {
        let opened = self.opened.values().map(|opening| SlotIn {
            slot: opening.slot,
            salt: opening.salt.into(),
            value: opening.value.clone().map(ByteVec::from),
        });
        let closed = self.closed.values().map(|hash| (*hash.as_bytes()).into());
        OpenedBodyIn { opened: opened.collect(), closed: closed.collect() }
    }

    /// Reads the form; `None` when its slots are not 32 different ones. That opened slots rise is left to the caller,
    /// who compares the whole with its one encoding.
    pub(crate) fn from_form(form: OpenedBodyIn) -> Option<Self> {
        let opened: BTreeMap<_, _> = form.opened.into_iter().map(|slot| (slot.slot, slot.into_opening())).collect();
        let fits = opened.keys().all(|slot| *slot < SLOTS);
        if !fits || opened.len() + form.closed.len() != usize::from(SLOTS) {
            return None;
        }
        let numbers = (0..SLOTS).filter(|slot| !opened.contains_key(slot));
        let closed = numbers.zip(form.closed.iter().map(|hash| EntryHash::new(**hash))).collect();
        Some(Self { opened, closed })
    }
}

impl SlotIn {
    fn into_opening(self) -> SlotOpening {
        SlotOpening { slot: self.slot, salt: *self.salt, value: self.value.map(Into::into) }
    }
}
