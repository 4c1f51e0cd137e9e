//! Decoders of `wire`.

use detente_testkit::MockScheme;
use detente_types::statement::{CertificateIn, GenerationOpenIn, KeyRevokeIn};
use detente_wire::body::{BODY_BYTES_MAX, SLOTS, SlotOpening, Slots};
use detente_wire::certificate::{open_opening, open_revocation};
use detente_wire::checkpoint::{Checkpoint, holder_name, log_name, open_checkpoint, open_cosignature};
use detente_wire::codec::{decode, encode, from_body, to_slots};
use detente_wire::entry::{self, pack_rows};
use detente_wire::frame::{self as frames, Channel};
use detente_wire::hash::domain;
use detente_wire::leaf::LEAF_BYTES;
use detente_wire::merkle;
use detente_wire::note::{Note, SIGNATURES_MAX};
use detente_wire::{Body, Certificate, Leaf, Place, open_entry};

use crate::scene::Scene;

/// Bytes of a leaf before its signature.
const SIGNED_BYTES: usize = LEAF_BYTES - 64;

/// A leaf: as it came, and with its signature put right.
pub(crate) fn leaf(data: &[u8]) {
    let log = &Scene::get().parties.low.log;
    if let Ok(leaf) = Leaf::open(&MockScheme, &log.public(), data) {
        assert_eq!(leaf.bytes().as_slice(), data);
        assert_eq!(Leaf::sign(&MockScheme, log, *leaf.fields()), leaf, "fields say all that a leaf says");
    }
    if let Some(signed) = data.get(..SIGNED_BYTES) {
        let signature = log.sign(&MockScheme, &[b"detente/leaf/1\0", signed].concat());
        let mended = [signed, &signature.0].concat();
        if let Ok(leaf) = Leaf::open(&MockScheme, &log.public(), &mended) {
            assert_eq!(Leaf::sign(&MockScheme, log, *leaf.fields()).bytes().as_slice(), mended);
        }
    }
}

/// A body's canonical bytes.
pub(crate) fn body(data: &[u8]) {
    let Ok(body) = Body::decode(data) else { return };
    assert_eq!(body.encode(), data);
    let hashes = body.slot_hashes();
    assert_eq!(merkle::root(&hashes), body.root());
    for slot in 0..SLOTS {
        let opening = body.open(slot).expect("there is such a slot");
        assert_eq!((opening.hash(), opening.value.as_ref()), (hashes[usize::from(slot)], body.slots().get(&slot)));
    }
}

/// A packed entry, taken apart.
pub(crate) fn unpack(data: &[u8]) {
    let Ok((leaf, body)) = entry::unpack(data) else { return };
    // Packing refuses what no size class holds; taking apart never finds it.
    assert!(body.len() <= BODY_BYTES_MAX);
    assert_eq!(pack_rows(leaf, body).as_deref(), Some(data));
}

/// A packed entry at the envelope gate, at whatever place it claims.
pub(crate) fn entry(data: &[u8]) {
    let Ok((leaf, body)) = entry::unpack(data) else { return };
    let side = &Scene::get().parties.low;
    let place = Place { index: None, ..side.place(0) };
    if let Ok(entry) = open_entry(&MockScheme, &place, leaf, body) {
        assert_eq!(entry.packed(), data);
        assert_eq!(entry.fields().body_root, entry.body().root());
        statement(body);
    }
}

/// The statement in a body, through both gates.
pub(crate) fn statement(data: &[u8]) {
    if let Ok(body) = Body::decode(data) {
        read(&body);
    }
}

/// The same, past the body's own encoding: the data are slot numbers, lengths and values.
pub(crate) fn slots(data: &[u8]) {
    let mut slots = Slots::new();
    let mut rest = data;
    while let [slot, high, low, after @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(after.len());
        slots.insert(slot % SLOTS, after[..length].to_vec());
        rest = &after[length..];
    }
    if let Ok(body) = Body::new(&mut detente_testkit::rng(1), slots) {
        assert_eq!(Body::decode(&body.encode()).as_ref(), Ok(&body));
        read(&body);
    }
}

fn read(body: &Body) {
    if let Ok(statement) = from_body(body) {
        assert_eq!(&to_slots(&statement), body.slots());
        Scene::get().judge(&statement);
    }
}

/// One slot of a release: number, whether it is present, salt and value. Its hash is the documented one.
pub(crate) fn slot_opening(data: &[u8]) {
    let [slot, present, rest @ ..] = data else { return };
    let Some((salt, value)) = rest.split_first_chunk::<32>() else { return };
    let value = (present % 2 == 1).then(|| value.to_vec());
    let opening = SlotOpening { slot: *slot, salt: *salt, value };
    let content = opening.value.as_deref().unwrap_or_default();
    let input = [b"detente/slot/1\0".as_slice(), &[*slot, present % 2], salt, content].concat();
    assert_eq!(opening.hash(), merkle::leaf_hash(&input));
    let lies = [None, Some(Vec::new()), Some([content, &[0]].concat())];
    for value in lies.into_iter().filter(|value| *value != opening.value) {
        assert_ne!(SlotOpening { value, ..opening.clone() }.hash(), opening.hash());
    }
}

/// A link frame: as it came, and as a form whose check was put right.
pub(crate) fn frame(data: &[u8]) {
    let channel = Channel { from: 1, to: 2 };
    frame_on(data, channel);
    let checked = |from: u64, to: u64| {
        let hash = domain("detente/frame/1", &[&from.to_be_bytes(), &to.to_be_bytes(), data]);
        [data, &hash[..4]].concat()
    };
    frame_on(&checked(1, 2), channel);
    frame_on(&checked(0, 0), channel);
    assert!(frames::decode(&checked(2, 1), channel).is_err(), "the other direction is another channel");
}

fn frame_on(bytes: &[u8], channel: Channel) {
    if let Ok(frame) = frames::decode(bytes, channel) {
        assert_eq!(frames::encode(&frame, channel), bytes);
    }
}

/// A signed note.
pub(crate) fn note(data: &[u8]) {
    let Ok(note) = Note::parse(data) else { return };
    assert!(note.text().ends_with('\n') && note.text().len() < data.len());
    assert!((1..=SIGNATURES_MAX).contains(&note.signatures().len()));
    let again = Note::parse(data);
    assert_eq!(again.as_ref(), Ok(&note));
    if let Ok(checkpoint) = Checkpoint::parse(note.text()) {
        assert_eq!(checkpoint.text(), note.text(), "one head, one text");
    }
}

/// A checkpoint note under the lower party's log key.
pub(crate) fn checkpoint(data: &[u8]) {
    let Scene { parties, .. } = Scene::get();
    let side = &parties.low;
    let origin = log_name(&parties.line, &side.id(), side.certificate.generation());
    let key = side.log.public();
    if let Ok(signed) = open_checkpoint(&MockScheme, &key, &origin, data) {
        let note = signed.note();
        assert_eq!(open_checkpoint(&MockScheme, &key, &origin, note.as_bytes()), Ok(signed));
    }
}

/// A cosignature note under the higher party's holder key.
pub(crate) fn cosignature(data: &[u8]) {
    let Scene { parties, .. } = Scene::get();
    let generation = parties.high.certificate.generation();
    let origin = log_name(&parties.line, &parties.low.id(), generation);
    let name = holder_name(&parties.line, &parties.high.id(), generation);
    let key = parties.high.holder.public();
    if let Ok(cosignature) = open_cosignature(&MockScheme, &key, &name, &origin, data) {
        let note = cosignature.note();
        assert!(cosignature.time().micros() >= 0);
        assert_eq!(open_cosignature(&MockScheme, &key, &name, &origin, note.as_bytes()), Ok(cosignature));
    }
}

/// A certificate.
pub(crate) fn certificate(data: &[u8]) {
    let Ok(input) = decode::<CertificateIn>(data, "certificate") else { return };
    assert_eq!(encode(&input), data);
    if let Ok(certificate) = Certificate::open(&MockScheme, input.clone()) {
        assert_eq!(certificate.input(), &input);
        assert_eq!(certificate.party(), certificate.party_key().party());
    }
}

/// The content of entry 0.
pub(crate) fn opening(data: &[u8]) {
    let Ok(opening) = decode::<GenerationOpenIn>(data, "opening") else { return };
    assert_eq!(encode(&opening), data);
    if let Ok((own, other)) = open_opening(&MockScheme, &opening) {
        assert_eq!((own.input(), other.input()), (&opening.own, &opening.other));
    }
    Scene::get().judge(&detente_types::StatementIn::GenerationOpen(opening));
}

/// A revocation.
pub(crate) fn revocation(data: &[u8]) {
    let Ok(revocation) = decode::<KeyRevokeIn>(data, "revocation") else { return };
    assert_eq!(encode(&revocation), data);
    let Scene { parties, .. } = Scene::get();
    let sides = parties.sides().map(|side| open_revocation(&MockScheme, side.party.public(), parties.line, &revocation));
    assert!(sides.iter().filter(|verdict| verdict.is_ok()).count() <= 1, "one key signed it");
}
