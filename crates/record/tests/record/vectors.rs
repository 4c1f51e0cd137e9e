//! Vectors for a second implementation, in vectors/ at the root of the repository.
//!
//! `DETENTE_REGENERATE=1` writes them anew; otherwise they must be what this version gives, byte for byte.

use std::path::PathBuf;

use data_encoding::{BASE64, HEXLOWER};
use detente_record::{ForkEvidence, Log, Release};
use detente_types::{EntryHash, Generation};
use detente_wire::merkle::{Hash, leaf_hash};
use detente_wire::note::{SignatureType, verifier_key};
use detente_wire::{Ed25519, Leaf};
use serde_json::{Value, json};

use crate::evidence::EVERY_KIND;
use crate::line::{A, B, LINE, Line, Side};

#[expect(clippy::disallowed_methods, reason = "the vectors are files")]
fn check(name: &str, vectors: &Value) {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "..", "vectors", name].iter().collect();
    let text = format!("{}\n", serde_json::to_string_pretty(vectors).unwrap());
    if std::env::var_os("DETENTE_REGENERATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    assert!(kept == text, "{name} is not what this version gives; DETENTE_REGENERATE=1 writes it anew");
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    HEXLOWER.encode(bytes.as_ref())
}

fn path(proof: &[Hash]) -> Vec<String> {
    proof.iter().map(hex).collect()
}

#[test]
fn merkle_1() {
    let inputs: Vec<Vec<u8>> = (0..300_u16).map(|i| i.to_be_bytes().repeat(usize::from(i % 5))).collect();
    let leaves: Vec<EntryHash> = inputs.iter().map(|input| leaf_hash(input)).collect();
    let log = Log::rebuild(LINE, detente_types::PartyId::new([9; 32]), Generation::FIRST, leaves.iter().copied());
    let sizes = [0_u64, 1, 2, 3, 4, 5, 7, 8, 31, 255, 256, 257, 299, 300];
    let roots = sizes.map(|size| json!({ "size": size, "root": log.root_at(size).unwrap().to_string() }));
    let inclusions = [(0, 1), (0, 2), (1, 2), (2, 3), (4, 7), (6, 7), (0, 256), (256, 257), (123, 300), (299, 300)];
    let inclusions = inclusions
        .map(|(index, size)| json!({ "index": index, "size": size, "proof": path(&log.inclusion_proof(index, size).unwrap()) }));
    let consistencies = [(0, 3), (1, 2), (2, 3), (3, 7), (4, 7), (7, 7), (255, 257), (256, 300), (257, 300), (299, 300)];
    let consistencies = consistencies.map(|(first, second)| {
        json!({ "first": first, "second": second, "proof": path(&log.consistency_proof(first, second).unwrap()) })
    });
    let about = "Merkle trees by RFC 9162 section 2.1. Leaf i (0 to 299) is the big-endian 16-bit i, repeated i mod 5 times.";
    check(
        "merkle-1.json",
        &json!({
            "about": about,
            "leaf_hashes": leaves.iter().take(8).map(ToString::to_string).collect::<Vec<_>>(),
            "roots": roots,
            "inclusion": inclusions,
            "consistency": consistencies,
        }),
    );
}

#[test]
fn checkpoint_1() {
    let mut line = Line::new(21);
    for i in 0..3 {
        line.say(A, &format!("word {i}"));
    }
    let (a, b) = (&line.sides[A], &line.sides[B]);
    let cases: Vec<_> = [0_u64, 1, 4]
        .map(|size| {
            let signed = a.checkpoint(size);
            let cosignature = b.cosign(&signed, 60 * size as i64);
            json!({
                "size": size,
                "root": signed.checkpoint().root().to_string(),
                "text": signed.checkpoint().text(),
                "signed": signed.note(),
                "cosigned_at_unix_s": cosignature.time().seconds(),
                "cosigned": signed.note_with(&cosignature),
            })
        })
        .into();
    check(
        "checkpoint-1.json",
        &json!({
            "about": "Checkpoints (C2SP tlog-checkpoint) by A's log key, cosigned (tlog-cosignature v1, Ed25519) by B's holder key.",
            "line": LINE.to_string(),
            "author": side(a, SignatureType::Ed25519),
            "holder": side(b, SignatureType::CosignatureV1),
            "cases": cases,
        }),
    );
}

fn side(side: &Side, signature_type: SignatureType) -> Value {
    let keys = side.identity().certificate.keys();
    let (name, key) = match signature_type {
        SignatureType::Ed25519 => (side.origin(), keys.log),
        SignatureType::CosignatureV1 => (side.holder_name(), keys.holder),
    };
    json!({
        "party_key": side.party_key.public().to_string(),
        "party": side.party().to_string(),
        "generation": side.generation().0,
        "name": name,
        "public_key": key.to_string(),
        "verifier_key": verifier_key(&name, signature_type, &key),
    })
}

/// A whole small record, and a release and evidence from it: what a verifier written from docs/spec must accept.
#[test]
fn record_1() {
    let mut line = Line::new(22);
    let mut notes = Vec::new();
    for i in 0..4 {
        for who in [A, B] {
            line.say(who, &format!("side {who} says {i}"));
            let signed = line.sides[who].checkpoint(line.sides[who].log().size());
            let cosignature = line.sides[1 - who].cosign(&signed, i);
            notes.push(signed.note_with(&cosignature));
        }
    }
    let entries: Vec<_> = line.rows().iter().map(|row| {
        json!({ "leaf": hex(&row.leaf), "leaf_hash": leaf_hash(&row.leaf).to_string(), "body": BASE64.encode(&row.body) })
    }).collect();
    let (release, evidence) = (release(&line), evidence(&mut line));
    assert!(Release::open(&Ed25519, &release).is_ok() && ForkEvidence::open(&Ed25519, &evidence).is_ok());
    check(
        "record-1.json",
        &json!({
            "about": "A record of two logs with its notes; a release of A's entries 1 (slot 5 only) and 2 (whole); evidence that A signed two leaves as entry 2. Hex, except bodies, release and evidence in base64.",
            "line": LINE.to_string(),
            "parties": [line.sides[A].party().to_string(), line.sides[B].party().to_string()],
            "entries": entries,
            "notes": notes,
            "release": BASE64.encode(&release),
            "evidence": BASE64.encode(&evidence),
        }),
    );
}

/// One piece of evidence of each kind: what a verifier written from docs/spec must accept, and what it says.
#[test]
fn evidence_1() {
    let cases: Vec<_> = EVERY_KIND
        .iter()
        .map(|evidence| {
            json!({
                "line": evidence.line().to_string(),
                "accused": evidence.accused().to_string(),
                "generation": evidence.generation().0,
                "words": evidence.describe(),
                "evidence": BASE64.encode(&evidence.encode()),
            })
        })
        .collect();
    let about = "Fork evidence (docs/spec/record.md section 7), one of each kind in the order of their numbers.";
    check("evidence-1.json", &json!({ "about": about, "cases": cases }));
}

fn release(line: &Line) -> Vec<u8> {
    let (a, b) = (&line.sides[A], &line.sides[B]);
    let signed = a.checkpoint(4);
    let cosignature = b.cosign(&signed, 30);
    let (author, holder) = (a.identity().certificate.clone(), b.identity().certificate.clone());
    let mut part = detente_record::release::Part::new(author, holder, signed, cosignature).unwrap();
    part.release_slots(a.log(), a.entry(1), [crate::line::SLOT_TEXT]).unwrap();
    part.release_whole(a.log(), a.entry(2)).unwrap();
    Release::new(vec![part]).encode()
}

fn evidence(line: &mut Line) -> Vec<u8> {
    let seen = line.sides[B].log().head();
    let other = line.sealed(A, 2, "something else", seen);
    let a = &line.sides[A];
    let certificate = &a.identity().certificate;
    let said: &Leaf = a.entry(2).leaf();
    let examiner = detente_record::evidence::Examiner::new(&Ed25519, certificate);
    examiner.examine_leaves(said.bytes(), other.leaf().bytes()).unwrap().encode()
}
