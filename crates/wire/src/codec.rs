//! Statements to slots and back.
//!
//! A statement struct encodes as one CBOR map whose keys are slot numbers; each value becomes one slot. Decoding
//! puts the map together again, reads it, and re-encodes it: any other form of the same content is refused, so a
//! body has exactly one encoding (RFC 8949 section 4.2).

use detente_types::statement::{Kind, StatementIn};
use detente_types::{Rule, Violation};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Decoder, Encode, Encoder};

use crate::body::{Body, SLOTS, Slots};

/// Slot of the kind, in every body.
pub const SLOT_KIND: u8 = 0;

/// The slots of a statement.
pub fn to_slots(statement: &StatementIn) -> Slots {
    match statement {
        StatementIn::Notice(s) => split(s),
        StatementIn::Cancel(s) => split(s),
        StatementIn::Receipt(s) => split(s),
        StatementIn::Offer(s) => split(s),
        StatementIn::Accept(s) | StatementIn::Reject(s) | StatementIn::Withdraw(s) => split(s),
        StatementIn::Check(s) => split(s),
        StatementIn::CheckAnswer(s) => split(s),
        StatementIn::SafetyAction(s) => split(s),
        StatementIn::GenerationOpen(s) => split(s),
        StatementIn::GenerationClose(s) => split(s),
        StatementIn::KeyCert(s) => split(s),
        StatementIn::KeyRevoke(s) => split(s),
        StatementIn::TermsPropose(s) => split(s),
        StatementIn::TermsAccept(s) => split(s),
        StatementIn::BlindCommit(s) => split(s),
        StatementIn::BlindResult(s) => split(s),
        StatementIn::BlindAsk(s) => split(s),
        StatementIn::Other { slots, .. } => slots.iter().map(|(slot, value)| (*slot, value.to_vec())).collect(),
    }
}

/// The statement in a body's slots.
///
/// # Errors
/// DV-070 when the slots are not the canonical encoding of their kind.
pub fn from_body(body: &Body) -> Result<StatementIn, Violation> {
    from_slots(body.slots())
}

/// The statement in slots.
///
/// # Errors
/// DV-070 when the slots are not the canonical encoding of their kind.
pub fn from_slots(slots: &Slots) -> Result<StatementIn, Violation> {
    let code: u16 = match slots.get(&SLOT_KIND) {
        Some(value) => decode(value, "body.kind")?,
        None => return Err(Violation::new(Rule::BodyDecodes, "body.kind", "no kind in slot 0")),
    };
    let other = || StatementIn::Other {
        kind: code,
        slots: slots.iter().map(|(slot, value)| (*slot, ByteVec::from(value.clone()))).collect(),
    };
    let Some(kind) = Kind::from_code(code) else {
        return Ok(other());
    };
    match kind {
        k if k.is_notice() => join(slots).map(StatementIn::Notice),
        Kind::Cancel => join(slots).map(StatementIn::Cancel),
        Kind::Receipt => join(slots).map(StatementIn::Receipt),
        Kind::Offer => join(slots).map(StatementIn::Offer),
        Kind::Accept => join(slots).map(StatementIn::Accept),
        Kind::Reject => join(slots).map(StatementIn::Reject),
        Kind::Withdraw => join(slots).map(StatementIn::Withdraw),
        Kind::Check => join(slots).map(StatementIn::Check),
        Kind::CheckAnswer => join(slots).map(StatementIn::CheckAnswer),
        Kind::SafetyAction => join(slots).map(StatementIn::SafetyAction),
        Kind::GenerationOpen => join(slots).map(StatementIn::GenerationOpen),
        Kind::GenerationClose => join(slots).map(StatementIn::GenerationClose),
        Kind::KeyCert => join(slots).map(StatementIn::KeyCert),
        Kind::KeyRevoke => join(slots).map(StatementIn::KeyRevoke),
        Kind::TermsPropose => join(slots).map(StatementIn::TermsPropose),
        Kind::TermsAccept => join(slots).map(StatementIn::TermsAccept),
        Kind::BlindCommit => join(slots).map(StatementIn::BlindCommit),
        Kind::BlindResult => join(slots).map(StatementIn::BlindResult),
        Kind::BlindAsk => join(slots).map(StatementIn::BlindAsk),
        _ => Ok(other()),
    }
}

/// Deterministic bytes of a value that derives its encoding with ascending integer keys.
pub fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    minicbor::to_vec(value).expect("writing to memory cannot fail")
}

/// Reads a value and refuses every form but the one that [`encode`] gives.
///
/// # Errors
/// DV-070.
pub fn decode<T: Encode<()> + for<'b> Decode<'b, ()>>(bytes: &[u8], field: &str) -> Result<T, Violation> {
    let mut decoder = Decoder::new(bytes);
    let value: T = decoder.decode().map_err(|e| Violation::new(Rule::BodyDecodes, field, e.to_string()))?;
    if decoder.position() != bytes.len() || encode(&value) != bytes {
        return Err(Violation::new(Rule::BodyDecodes, field, "another form of the same content"));
    }
    Ok(value)
}

/// Cuts the map that a struct encodes to into its values.
fn split<T: Encode<()>>(statement: &T) -> Slots {
    let bytes = encode(statement);
    cut(&bytes).expect("a statement encodes as a map of small keys")
}

fn cut(bytes: &[u8]) -> Result<Slots, minicbor::decode::Error> {
    let mut d = Decoder::new(bytes);
    let count = d.map()?.unwrap_or_default();
    let mut slots = Slots::new();
    for _ in 0..count {
        let slot = d.u8()?;
        let start = d.position();
        d.skip()?;
        slots.insert(slot, bytes[start..d.position()].to_vec());
    }
    Ok(slots)
}

/// Puts the map together again and reads the struct.
fn join<T: Encode<()> + for<'b> Decode<'b, ()>>(slots: &Slots) -> Result<T, Violation> {
    debug_assert!(slots.keys().all(|&slot| slot < SLOTS));
    let mut bytes = Encoder::new(Vec::new());
    bytes.map(slots.len() as u64).expect("writing to memory cannot fail");
    let mut bytes = bytes.into_writer();
    for (slot, value) in slots {
        bytes.extend(encode(slot));
        bytes.extend_from_slice(value);
    }
    let statement: T = minicbor::decode(&bytes).map_err(|e| Violation::new(Rule::BodyDecodes, "body", e.to_string()))?;
    if split(&statement) != *slots {
        return Err(Violation::new(Rule::BodyDecodes, "body", "another form of the same content"));
    }
    Ok(statement)
}
