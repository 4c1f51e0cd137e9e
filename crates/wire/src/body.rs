//! Bodies: 32 slots, each salted and hashed on its own, so that a release can open one and prove nothing else
//! (PROTOCOL E2).
//!
//! - salt of slot i = HMAC-SHA-256(seed, i), i as one byte; the seed is random per entry
//! - slot input = `detente/slot/1`, a zero byte, i, 1 when present and 0 when absent, the salt, the value
//! - slot hash = RFC 9162 leaf hash of the slot input; body root = RFC 9162 root over the 32 of them
//! - canonical bytes = CBOR array of the seed and a map from slot number to value, both as byte strings
//!
//! An absent slot has a salt too, so a released body does not tell which of the others were used.

use std::collections::BTreeMap;

use detente_types::{EntryHash, Root};
use hmac::{Hmac, KeyInit, Mac};
use minicbor::{Decoder, Encoder};
use rand_core::CryptoRng;
use sha2::Sha256;

use crate::merkle;

/// Slots of a body.
pub const SLOTS: u8 = 32;
/// Largest canonical body: with its leaf and length it fills the largest size class.
pub const BODY_BYTES_MAX: usize = 65_536 - crate::leaf::LEAF_BYTES - 4;

const SLOT_DOMAIN: &[u8] = b"detente/slot/1\0";

/// Slot values by slot number.
pub type Slots = BTreeMap<u8, Vec<u8>>;

/// A full body: seed and slots.
#[derive(Clone, PartialEq, Eq)]
pub struct Body {
    seed: [u8; 32],
    slots: Slots,
}

/// Why bytes are not a body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyFault {
    /// Longer than any body may be.
    #[error("a body has at most {BODY_BYTES_MAX} bytes, not {found}")]
    TooLarge {
        /// How many there were.
        found: usize,
    },
    /// Not the canonical encoding of a seed and slots.
    #[error("the body is not the canonical encoding of a seed and slots")]
    NotCanonical,
}

/// One slot, opened: enough to recompute its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotOpening {
    /// Which slot.
    pub slot: u8,
    /// Its salt.
    pub salt: [u8; 32],
    /// Its value; `None` proves that it is absent.
    pub value: Option<Vec<u8>>,
}

impl SlotOpening {
    /// The hash that the body root covers.
    pub fn hash(&self) -> EntryHash {
        slot_hash(self.slot, &self.salt, self.value.as_deref())
    }
}

impl Body {
    /// A new body with a seed of its own.
    ///
    /// # Errors
    /// [`BodyFault`] when a slot number or the whole is out of range.
    pub fn new(rng: &mut dyn CryptoRng, slots: Slots) -> Result<Self, BodyFault> {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        let body = Self { seed, slots };
        if body.slots.keys().any(|&slot| slot >= SLOTS) {
            return Err(BodyFault::NotCanonical);
        }
        match body.encode().len() {
            found if found > BODY_BYTES_MAX => Err(BodyFault::TooLarge { found }),
            _ => Ok(body),
        }
    }

    /// Reads the canonical form and refuses any other.
    ///
    /// # Errors
    /// [`BodyFault`].
    pub fn decode(bytes: &[u8]) -> Result<Self, BodyFault> {
        if bytes.len() > BODY_BYTES_MAX {
            return Err(BodyFault::TooLarge { found: bytes.len() });
        }
        let body = read(bytes).map_err(|_| BodyFault::NotCanonical)?;
        if body.encode() != bytes {
            return Err(BodyFault::NotCanonical);
        }
        Ok(body)
    }

    /// The canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut e = Encoder::new(Vec::new());
        write(self, &mut e).expect("writing to memory cannot fail");
        e.into_writer()
    }

    /// Slot values.
    pub const fn slots(&self) -> &Slots {
        &self.slots
    }

    /// The commitment that the leaf carries.
    pub fn root(&self) -> Root {
        merkle::root(&self.slot_hashes())
    }

    /// The hashes of all 32 slots, in order.
    pub fn slot_hashes(&self) -> [EntryHash; SLOTS as usize] {
        let salts = Salts::new(&self.seed);
        core::array::from_fn(|i| {
            let slot = i as u8;
            slot_hash(slot, &salts.salt(slot), self.slots.get(&slot).map(Vec::as_slice))
        })
    }

    /// Opens one slot; `None` when there is no such slot.
    pub fn open(&self, slot: u8) -> Option<SlotOpening> {
        (slot < SLOTS).then(|| SlotOpening {
            slot,
            salt: Salts::new(&self.seed).salt(slot),
            value: self.slots.get(&slot).cloned(),
        })
    }
}

impl core::fmt::Debug for Body {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Body(slots {:?})", self.slots.keys().collect::<Vec<_>>())
    }
}

/// The keyed state is set up once per body; 32 salts are drawn from it.
struct Salts(Hmac<Sha256>);

impl Salts {
    fn new(seed: &[u8; 32]) -> Self {
        Self(Hmac::new_from_slice(seed).expect("HMAC takes a key of any length"))
    }

    fn salt(&self, slot: u8) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(&[slot]);
        mac.finalize().into_bytes().into()
    }
}

fn slot_hash(slot: u8, salt: &[u8; 32], value: Option<&[u8]>) -> EntryHash {
    let value_bytes = value.unwrap_or_default();
    let mut input = Vec::with_capacity(SLOT_DOMAIN.len() + 34 + value_bytes.len());
    input.extend_from_slice(SLOT_DOMAIN);
    input.extend_from_slice(&[slot, u8::from(value.is_some())]);
    input.extend_from_slice(salt);
    input.extend_from_slice(value_bytes);
    merkle::leaf_hash(&input)
}

type EncodeError = minicbor::encode::Error<core::convert::Infallible>;

fn write(body: &Body, e: &mut Encoder<Vec<u8>>) -> Result<(), EncodeError> {
    e.array(2)?.bytes(&body.seed)?.map(body.slots.len() as u64)?;
    for (slot, value) in &body.slots {
        e.u8(*slot)?.bytes(value)?;
    }
    Ok(())
}

fn read(bytes: &[u8]) -> Result<Body, minicbor::decode::Error> {
    let mut d = Decoder::new(bytes);
    let shape = minicbor::decode::Error::message("not a seed and slots");
    if d.array()? != Some(2) {
        return Err(shape);
    }
    let Ok(seed) = <[u8; 32]>::try_from(d.bytes()?) else {
        return Err(shape);
    };
    let count = match d.map()? {
        Some(count) if count <= u64::from(SLOTS) => count,
        _ => return Err(shape),
    };
    let mut slots = Slots::new();
    for _ in 0..count {
        let slot = d.u8()?;
        if slot >= SLOTS || slots.insert(slot, d.bytes()?.to_vec()).is_some() {
            return Err(shape);
        }
    }
    Ok(Body { seed, slots })
}
