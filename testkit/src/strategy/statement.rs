//! Statements of every kind, well encoded, with any numbers, texts and references in them.

use detente_types::Generation;
use detente_types::statement::{
    AnswerIn, BlindAskIn, BlindCommitIn, BlindResultIn, BlindRunIn, CancelIn, CertificateIn, ChangeIn, CheckAnswerIn, CheckIn,
    GenerationCloseIn, GenerationOpenIn, KeyCertIn, KeyRevokeIn, Kind, OfferIn, ReceiptIn, SafetyActionIn, StatementIn,
    TermsAcceptIn, TermsProposeIn,
};
use minicbor::bytes::{ByteArray, ByteVec};
use proptest::option::of;
use proptest::prelude::*;
use proptest::strategy::Union;

use super::hostile::{any_notice, any_volume, number, text, words};
use super::{any_notice_id, bytes32, conflict_id, head, line_id, statement_ref, terms};

/// A statement of any kind of this version, and of kinds that it does not know.
pub fn statement() -> impl Strategy<Value = StatementIn> {
    Union::new_weighted(vec![
        (6, any_notice().prop_map(StatementIn::Notice).boxed()),
        (1, cancel().prop_map(StatementIn::Cancel).boxed()),
        (1, receipt().prop_map(StatementIn::Receipt).boxed()),
        (1, offer().prop_map(StatementIn::Offer).boxed()),
        (1, answer(Kind::Accept).prop_map(StatementIn::Accept).boxed()),
        (1, answer(Kind::Reject).prop_map(StatementIn::Reject).boxed()),
        (1, answer(Kind::Withdraw).prop_map(StatementIn::Withdraw).boxed()),
        (1, check().prop_map(StatementIn::Check).boxed()),
        (1, check_answer().prop_map(StatementIn::CheckAnswer).boxed()),
        (1, safety_action().prop_map(StatementIn::SafetyAction).boxed()),
        (1, generation_open().prop_map(StatementIn::GenerationOpen).boxed()),
        (1, generation_close().prop_map(StatementIn::GenerationClose).boxed()),
        (1, key_cert().prop_map(StatementIn::KeyCert).boxed()),
        (1, key_revoke().prop_map(StatementIn::KeyRevoke).boxed()),
        (1, terms_propose().prop_map(StatementIn::TermsPropose).boxed()),
        (1, terms_accept().prop_map(StatementIn::TermsAccept).boxed()),
        (1, blind_commit().prop_map(StatementIn::BlindCommit).boxed()),
        (1, blind_result().prop_map(StatementIn::BlindResult).boxed()),
        (1, blind_ask().prop_map(StatementIn::BlindAsk).boxed()),
        (2, other().boxed()),
    ])
}

fn person() -> impl Strategy<Value = (Option<String>, Option<String>)> {
    (of(words()), of(words()))
}

fn array32() -> impl Strategy<Value = ByteArray<32>> {
    bytes32().prop_map(ByteArray::from)
}

fn array64() -> impl Strategy<Value = ByteArray<64>> {
    any::<[u8; 64]>().prop_map(ByteArray::from)
}

fn cancel() -> impl Strategy<Value = CancelIn> {
    (any_notice_id(), any::<u32>(), statement_ref(), of(text()), person()).prop_map(
        |(id, version, replaces, reason, (desk, officer))| CancelIn {
            kind: Kind::Cancel.code(),
            id,
            version,
            replaces,
            reason,
            desk,
            officer,
        },
    )
}

fn receipt() -> impl Strategy<Value = ReceiptIn> {
    (any::<u8>(), statement_ref(), of(words()), of(words()), of(any::<u16>()), of(words()), person()).prop_map(
        |(level, of, list_number, read_back, rule, reason, (desk, officer))| ReceiptIn {
            kind: Kind::Receipt.code(),
            level,
            of,
            list_number,
            read_back,
            rule,
            reason,
            desk,
            officer,
        },
    )
}

fn change() -> impl Strategy<Value = ChangeIn> {
    (of(number()), of(number()), of(proptest::collection::vec(any_volume(), 0..3)), of(any::<bool>()))
        .prop_map(|(shift_us, climb_cm, volumes, cancel)| ChangeIn { shift_us, climb_cm, volumes, cancel })
}

fn offer() -> impl Strategy<Value = OfferIn> {
    let pair = (statement_ref(), statement_ref());
    (conflict_id(), pair, any::<u8>(), change(), of(number()), of(text()), person()).prop_map(
        |(conflict, (low, high), changes, change, lapses_us, text, (desk, officer))| OfferIn {
            kind: Kind::Offer.code(),
            conflict,
            statements: [low, high],
            changes,
            change,
            lapses_us,
            text,
            desk,
            officer,
        },
    )
}

fn answer(kind: Kind) -> impl Strategy<Value = AnswerIn> {
    (statement_ref(), of(text()), person()).prop_map(move |(offer, text, (desk, officer))| AnswerIn {
        kind: kind.code(),
        offer,
        text,
        desk,
        officer,
    })
}

fn check() -> impl Strategy<Value = CheckIn> {
    (array32(), of(text()), person()).prop_map(|(challenge, text, (desk, officer))| CheckIn {
        kind: Kind::Check.code(),
        challenge,
        text,
        desk,
        officer,
    })
}

fn check_answer() -> impl Strategy<Value = CheckAnswerIn> {
    (statement_ref(), array32(), any::<bool>(), person()).prop_map(|(of, challenge, by_officer, (desk, officer))| CheckAnswerIn {
        kind: Kind::CheckAnswer.code(),
        of,
        challenge,
        by_officer,
        desk,
        officer,
    })
}

fn safety_action() -> impl Strategy<Value = SafetyActionIn> {
    (statement_ref(), text(), of(number()), person()).prop_map(|(of, action, by_us, (desk, officer))| SafetyActionIn {
        kind: Kind::SafetyAction.code(),
        of,
        action,
        by_us,
        desk,
        officer,
    })
}

/// A certificate of any keys; its signature is noise.
pub fn certificate() -> impl Strategy<Value = CertificateIn> {
    let keys = (array32(), array32(), array32(), array32(), of(array32()));
    (line_id(), any::<u32>(), keys, array64()).prop_map(|(line, generation, keys, signature)| CertificateIn {
        party_key: keys.0,
        line,
        generation: Generation(generation),
        log_key: keys.1,
        holder_key: keys.2,
        tls_key: keys.3,
        witness_key: keys.4,
        signature,
    })
}

fn generation_open() -> impl Strategy<Value = GenerationOpenIn> {
    (certificate(), certificate(), terms(), of(head()), array64()).prop_map(|(own, other, terms, previous, signature)| {
        GenerationOpenIn { kind: Kind::GenerationOpen.code(), own, other, terms, previous, signature }
    })
}

fn generation_close() -> impl Strategy<Value = GenerationCloseIn> {
    head().prop_map(|head| GenerationCloseIn { kind: Kind::GenerationClose.code(), head })
}

fn key_cert() -> impl Strategy<Value = KeyCertIn> {
    certificate().prop_map(|own| KeyCertIn { kind: Kind::KeyCert.code(), own })
}

fn key_revoke() -> impl Strategy<Value = KeyRevokeIn> {
    (any::<u32>(), any::<u64>(), array64()).prop_map(|(generation, from_size, signature)| KeyRevokeIn {
        kind: Kind::KeyRevoke.code(),
        generation: Generation(generation),
        from_size,
        signature,
    })
}

fn blind_run() -> impl Strategy<Value = BlindRunIn> {
    (of(number()), of(statement_ref())).prop_map(|(at_us, asked)| BlindRunIn { at_us, asked })
}

fn blind_commit() -> impl Strategy<Value = BlindCommitIn> {
    (blind_run(), proptest::collection::vec(any::<u8>(), 0..600), array32(), of(array32())).prop_map(
        |(run, hello, commitment, sealed)| BlindCommitIn {
            kind: Kind::BlindCommit.code(),
            run,
            hello: ByteVec::from(hello),
            commitment,
            sealed,
        },
    )
}

fn blind_result() -> impl Strategy<Value = BlindResultIn> {
    (blind_run(), of(array32()), of(any::<u8>()), of(any::<u16>()), of(any::<u8>()), person()).prop_map(
        |(run, seal, step, taken, reason, (desk, officer))| BlindResultIn {
            kind: Kind::BlindResult.code(),
            run,
            seal,
            step,
            taken,
            reason,
            desk,
            officer,
        },
    )
}

fn blind_ask() -> impl Strategy<Value = BlindAskIn> {
    let cells = proptest::collection::vec(any::<[u32; 2]>(), 0..5);
    (of(blind_run()), of(cells), of(text()), person()).prop_map(|(run, cells, reason, (desk, officer))| BlindAskIn {
        kind: Kind::BlindAsk.code(),
        run,
        cells,
        reason,
        desk,
        officer,
    })
}

fn terms_propose() -> impl Strategy<Value = TermsProposeIn> {
    (terms(), person()).prop_map(|(terms, (desk, officer))| TermsProposeIn {
        kind: Kind::TermsPropose.code(),
        terms,
        desk,
        officer,
    })
}

fn terms_accept() -> impl Strategy<Value = TermsAcceptIn> {
    (statement_ref(), person()).prop_map(|(proposal, (desk, officer))| TermsAcceptIn {
        kind: Kind::TermsAccept.code(),
        proposal,
        desk,
        officer,
    })
}

/// A kind that this version keeps as bytes: one that it does not act on yet, or one that it does not know.
fn other() -> impl Strategy<Value = StatementIn> {
    const KEPT: [Kind; 6] = [Kind::Suspend, Kind::Resume, Kind::Handover, Kind::ReadoutPropose, Kind::ReadoutAccept, Kind::Erase];
    let kept = proptest::sample::select(KEPT.to_vec()).prop_map(Kind::code);
    let unknown = any::<u16>().prop_filter("a kind without a name", |code| Kind::from_code(*code).is_none());
    let values = proptest::collection::btree_map(1u8..32, proptest::collection::vec(any::<u8>(), 0..40), 0..6);
    (prop_oneof![kept, unknown], values).prop_map(|(kind, values)| {
        let kind_slot = (0, ByteVec::from(minicbor::to_vec(kind).expect("memory takes all bytes")));
        let rest = values.into_iter().map(|(slot, value)| (slot, ByteVec::from(value)));
        StatementIn::Other { kind, slots: core::iter::once(kind_slot).chain(rest).collect() }
    })
}
