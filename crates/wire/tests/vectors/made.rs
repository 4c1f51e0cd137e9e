//! The vectors as this code makes them: every value a number, a name or lower-case hex.

use std::collections::BTreeMap;

use detente_testkit::chain::NOTHING;
use detente_testkit::statements::{head, reference, statements as kit};
use detente_testkit::{Author, MORNING, Parties, Side, parties, rng, terms_of_the_first_law as terms};
use detente_types::statement::StatementIn;
use detente_types::{Generation, Head, StatementRef, Timestamp};
use detente_wire::body::{SLOTS, Slots};
use detente_wire::certificate::terms_digest;
use detente_wire::codec::{encode, to_slots};
use detente_wire::entry::pack_rows;
use detente_wire::frame::{self, Channel};
use detente_wire::hash::{domain, hex};
use detente_wire::meaning::conflict_id;
use detente_wire::{Body, Ed25519, Entry, Frame, Leaf, LeafFields};
use serde_json::{Map, Value, json};

use crate::frames;

fn line() -> Parties {
    parties(&Ed25519, 1)
}

/// Leaves at the ends of every field's range.
pub(crate) fn leaves() -> Value {
    let parties = line();
    let side = &parties.low;
    let plain = LeafFields {
        line: parties.line,
        author: side.id(),
        generation: Generation::FIRST,
        index: 0,
        seen: NOTHING,
        claimed: MORNING,
        urgent: false,
        body_root: Body::new(&mut rng(1), Slots::new()).expect("an empty body fits").root(),
    };
    let far = LeafFields { generation: Generation(u32::MAX), index: u64::MAX, seen: head(u64::MAX), ..plain };
    let cases = [
        ("first of a log", plain),
        ("urgent", LeafFields { index: 7, seen: head(300), urgent: true, ..plain }),
        ("largest numbers", LeafFields { claimed: Timestamp::from_micros(i64::MAX), ..far }),
        ("before 1970", LeafFields { claimed: Timestamp::from_micros(-1), ..plain }),
    ];
    let leaf = |(name, fields): (&str, LeafFields)| {
        let leaf = Leaf::sign(&Ed25519, &side.log, fields);
        json!({ "name": name, "fields": leaf_fields(&fields), "leaf": hex(leaf.bytes()), "hash": leaf.hash().to_string() })
    };
    json!({
        "format": "leaf/1",
        "log_secret": hex(side.log.secret().danger_seed()),
        "log_key": side.log.public().to_string(),
        "leaves": cases.map(leaf),
    })
}

fn leaf_fields(f: &LeafFields) -> Value {
    json!({
        "line": f.line.to_string(),
        "author": f.author.to_string(),
        "generation": f.generation.0,
        "index": f.index,
        "seen": head_fields(&f.seen),
        "claimed_us": f.claimed.micros(),
        "urgent": f.urgent,
        "body_root": f.body_root.to_string(),
    })
}

fn head_fields(head: &Head) -> Value {
    json!({ "generation": head.generation.0, "size": head.size, "root": head.root.to_string() })
}

/// Bodies: empty, an empty value, one slot, all slots.
pub(crate) fn bodies() -> Value {
    let all = (0..SLOTS).map(|slot| (slot, vec![slot; usize::from(slot) * 10])).collect();
    let cases: [(&str, Slots); 4] = [
        ("no slot", Slots::new()),
        ("an empty value is not an absent one", BTreeMap::from([(5, Vec::new())])),
        ("a kind alone", BTreeMap::from([(0, vec![0x0e])])),
        ("every slot", all),
    ];
    let body = |(name, slots): (&str, Slots)| {
        let body = Body::new(&mut rng(slots.len() as u64), slots).expect("it fits");
        let leaf = [0x11; detente_wire::leaf::LEAF_BYTES];
        json!({
            "name": name,
            "seed": seed_of(&body),
            "slots": slot_values(body.slots()),
            "body": hex(&body.encode()),
            "salts": (0..SLOTS).map(|slot| hex(&body.open(slot).expect("a slot").salt)).collect::<Vec<_>>(),
            "slot_hashes": body.slot_hashes().map(|hash| hash.to_string()),
            "root": body.root().to_string(),
            "packed_with_leaf_of_0x11": hex(&pack_rows(&leaf, &body.encode()).expect("it fits")),
        })
    };
    json!({ "format": "body/1", "bodies": cases.map(body) })
}

/// The seed stands in the canonical bytes after the heads of the array and the string.
fn seed_of(body: &Body) -> String {
    hex(&body.encode()[3..35])
}

fn slot_values(slots: &Slots) -> Value {
    slots.iter().map(|(slot, value)| (slot.to_string(), hex(value).into())).collect::<Map<_, _>>().into()
}

/// A log of one statement of every kind, and everything that is computed beside entries.
pub(crate) fn statements() -> Value {
    let parties = line();
    let mut author = Author::new(&Ed25519, &parties.low, 3);
    let entries: Vec<Value> = kit(&Ed25519, &parties).iter().map(|(name, said)| entry(name, said, &author.say(said))).collect();
    json!({
        "format": "statement/1",
        "line": parties.line.to_string(),
        "parties": parties.sides().map(side),
        "terms": { "canonical": hex(&encode(&terms())), "digest": hex(&terms_digest(&terms())) },
        "conflict": conflict(&parties),
        "entries": entries,
    })
}

fn entry(name: &str, said: &StatementIn, entry: &Entry) -> Value {
    json!({
        "name": name,
        "kind": said.kind(),
        "slots": slot_values(&to_slots(said)),
        "body": hex(entry.body_bytes()),
        "leaf": hex(entry.leaf().bytes()),
        "hash": entry.hash().to_string(),
        "packed": hex(&entry.packed()),
    })
}

fn side(side: &Side) -> Value {
    json!({
        "party": side.id().to_string(),
        "party_key": side.party.public().to_string(),
        "log_key": side.log.public().to_string(),
        "holder_key": side.holder.public().to_string(),
        "tls_key": side.tls.public().to_string(),
        "certificate": hex(&encode(side.certificate.input())),
    })
}

fn conflict(parties: &Parties) -> Value {
    let statements = [reference(parties.low.id(), 4), reference(parties.high.id(), 7)];
    let id = conflict_id(parties.line, &statements[0], &statements[1]);
    json!({ "statements": statements.map(|r| statement_ref(&r)), "id": id.to_string() })
}

fn statement_ref(r: &StatementRef) -> Value {
    json!({
        "author": r.author.to_string(),
        "generation": r.generation.0,
        "index": r.index,
        "hash": r.hash.to_string(),
        "canonical": hex(&encode(r)),
    })
}

/// A frame of every form on one channel.
pub(crate) fn frames() -> Value {
    let channel = Channel { from: 0x0102_0304_0506_0708, to: 0xf1f2_f3f4_f5f6_f7f8 };
    let one = |(name, said): (&str, Frame)| {
        let bytes = frame::encode(&said, channel);
        assert_eq!(frame::decode(&bytes, channel), Ok(said), "{name}");
        json!({ "name": name, "form": hex(&bytes[..bytes.len() - 4]), "frame": hex(&bytes) })
    };
    json!({
        "format": "frame/1",
        "channel": { "from": format!("{:016x}", channel.from), "to": format!("{:016x}", channel.to) },
        "empty_domain_hash": hex(&domain("detente/frame/1", &[])),
        "frames": frames::frames(&line()).into_iter().map(one).collect::<Vec<_>>(),
    })
}
