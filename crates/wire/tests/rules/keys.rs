//! Rules of generations and keys: openings, closes, revocations, certificates.

use detente_types::statement::{GenerationCloseIn, KeyCertIn, KeyRevokeIn};
use detente_types::{Head, LineId, Root};
use detente_wire::certificate::sign_revocation;
use detente_wire::{Certificate, KeyPair, Keys};

use super::*;

#[test]
fn dv_072_entry_0_and_no_other_opens_a_generation() {
    let mut scene = Scene { terms: None, ..Scene::new() };
    let opening = StatementIn::GenerationOpen(scene.parties.opening(&MockScheme, &terms(), None));
    let wanted = "generation-open at index 0 and nowhere else";
    only(scene.judge(opening.clone()), Rule::OpeningFirst, "kind", wanted);
    scene.index = 0;
    passes(&scene.judge(opening));
    only(scene.judge_notice(NoticeKind::Text, |_| ()), Rule::OpeningFirst, "kind", wanted);
    let head = detente_testkit::chain::NOTHING;
    let close = GenerationCloseIn { kind: Kind::GenerationClose.code(), head };
    scene.heard.ended.insert(head.generation, head);
    only(scene.judge(StatementIn::GenerationClose(close.clone())), Rule::OpeningFirst, "kind", wanted);
    scene.index = 1;
    passes(&scene.judge(StatementIn::GenerationClose(close)));
}

#[test]
fn dv_073_an_opening_names_parties_keys_and_the_head_before() {
    let scene = Scene { terms: None, index: 0, ..Scene::new() };
    let wanted = "both parties' certificates for this line, and the last head of the generation before";
    let judge = |parties: &Parties, previous, spoil: fn(&mut detente_types::statement::GenerationOpenIn)| {
        let mut opening = parties.opening(&MockScheme, &terms(), previous);
        spoil(&mut opening);
        scene.judge(StatementIn::GenerationOpen(opening))
    };
    passes(&judge(&scene.parties, None, |_| ()));
    only(judge(&scene.parties.swapped(), None, |_| ()), Rule::OpeningMatches, "opening", wanted);
    only(judge(&parties(&MockScheme, 2), None, |_| ()), Rule::OpeningMatches, "opening", wanted);
    let spoils: [fn(&mut detente_types::statement::GenerationOpenIn); 5] = [
        |o| o.own.generation = Generation(0),
        |o| o.signature[0] ^= 1,
        |o| o.terms.version += 1,
        |o| o.own.holder_key[0] ^= 1,
        |o| o.other.tls_key = o.other.log_key,
    ];
    for spoil in spoils {
        only(judge(&scene.parties, None, spoil), Rule::OpeningMatches, "opening", wanted);
    }
    let head = |generation| Some(Head { generation: Generation(generation), size: 9, root: Root::new([4; 32]) });
    let mut second = scene.parties.clone();
    second.low = second.low.renewed(&MockScheme, Generation(2), &mut detente_testkit::rng(3));
    passes(&judge(&second, head(1), |_| ()));
    for previous in [None, head(0), head(2), head(u32::MAX)] {
        only(judge(&second, previous, |_| ()), Rule::OpeningMatches, "opening", wanted);
    }
    only(judge(&scene.parties, head(1), |_| ()), Rule::OpeningMatches, "opening", wanted);
    // Any step up is one that its author may have drawn; generation 0 is none.
    let mut later = scene.parties.clone();
    later.low = later.low.renewed(&MockScheme, Generation::FIRST.after(u32::MAX), &mut detente_testkit::rng(3));
    [head(1), head(1 << 20)].into_iter().for_each(|previous| passes(&judge(&later, previous, |_| ())));
    for previous in [None, head(0), head((1 << 20) + 1), head((1 << 20) + 2)] {
        only(judge(&later, previous, |_| ()), Rule::OpeningMatches, "opening", wanted);
    }
}

#[test]
fn dv_075_a_revocation_is_signed_by_the_party_key_for_a_generation_of_its_log() {
    let mut scene = Scene::new();
    let (key, other) = (scene.parties.low.party.clone(), scene.parties.high.party.clone());
    let revoke = |key: &KeyPair, line, generation| {
        StatementIn::KeyRevoke(sign_revocation(&MockScheme, key, line, Generation(generation), 4))
    };
    let line = scene.parties.line;
    let wanted = "the party key's signature, for this line and a generation that the author's log has had";
    let refused = |scene: &Scene, said| only(scene.judge(said), Rule::RevocationSigned, "signature", wanted);
    refused(&scene, revoke(&key, line, 1));
    scene.heard.party_keys = [1, 9].map(|generation| (Generation(generation), key.public())).into();
    [1, 9].into_iter().for_each(|generation| passes(&scene.judge(revoke(&key, line, generation))));
    refused(&scene, revoke(&key, line, 2));
    refused(&scene, revoke(&other, line, 1));
    refused(&scene, revoke(&key, LineId::new([9; 32]), 1));
    let StatementIn::KeyRevoke(said) = revoke(&key, line, 1) else { unreachable!("it was just made") };
    refused(&scene, StatementIn::KeyRevoke(KeyRevokeIn { from_size: 3, ..said }));
    // Not even a key that the caller names: it must be the author's.
    scene.heard.party_keys.insert(Generation(1), other.public());
    refused(&scene, revoke(&other, line, 1));
}

#[test]
fn dv_076_a_close_names_the_last_head_of_a_generation_that_its_author_had() {
    let mut scene = Scene::new();
    let head = Head { generation: Generation(3), size: 9, root: Root::new([4; 32]) };
    let close = |head| StatementIn::GenerationClose(GenerationCloseIn { kind: Kind::GenerationClose.code(), head });
    let not_ended = "a generation of the other log that had ended by `seen`";
    only(scene.judge(close(head)), Rule::CloseMatches, "head", not_ended);
    scene.heard.ended.insert(head.generation, head);
    passes(&scene.judge(close(head)));
    only(scene.judge(close(Head { generation: Generation(4), ..head })), Rule::CloseMatches, "head", not_ended);
    let wanted = format!("9 entries with the root {}", head.root);
    for wrong in [Head { size: 8, ..head }, Head { size: 10, ..head }, Head { root: Root::new([5; 32]), ..head }] {
        only(scene.judge(close(wrong)), Rule::CloseMatches, "head", &wanted);
    }
}

#[test]
fn dv_077_a_certificate_within_a_generation_repeats_its_keys_and_may_add_a_witness() {
    let mut scene = Scene::new();
    let (side, line) = (scene.parties.low.clone(), scene.parties.line);
    let [witness, other] = [1, 2].map(|seed| KeyPair::generate(&MockScheme, &mut detente_testkit::rng(seed)).public());
    let wanted = "the keys of entry 0, for this line and generation, and the witness once named";
    let refused = |scene: &Scene, said: KeyCertIn| only(scene.judge(StatementIn::KeyCert(said)), Rule::KeysStay, "own", wanted);
    let names = |witness| side.names_witness(&MockScheme, witness);
    refused(&scene, names(witness));
    scene.heard.certified = Some((Generation::FIRST, side.certificate.keys()));
    passes(&scene.judge(StatementIn::KeyCert(names(witness))));
    let again = |party: &KeyPair, line, generation, keys: &Keys| {
        let own = Certificate::sign(&MockScheme, party, line, Generation(generation), keys).unwrap();
        KeyCertIn { kind: Kind::KeyCert.code(), own: own.input().clone() }
    };
    let keys = side.certificate.keys();
    passes(&scene.judge(StatementIn::KeyCert(again(&side.party, line, 1, &keys))));
    for changed in [Keys { log: other, ..keys }, Keys { holder: other, ..keys }, Keys { tls: other, ..keys }] {
        refused(&scene, again(&side.party, line, 1, &changed));
    }
    refused(&scene, again(&side.party, line, 2, &keys));
    refused(&scene, again(&side.party, LineId::new([9; 32]), 1, &keys));
    refused(&scene, again(&scene.parties.high.party, line, 1, &keys));
    let mut spoilt = names(witness);
    spoilt.own.signature[0] ^= 1;
    refused(&scene, spoilt);
    // Once named, a witness stays until the next generation.
    scene.heard.certified = Some((Generation::FIRST, Keys { witness: Some(witness), ..keys }));
    passes(&scene.judge(StatementIn::KeyCert(names(witness))));
    refused(&scene, names(other));
    refused(&scene, again(&side.party, line, 1, &keys));
}
