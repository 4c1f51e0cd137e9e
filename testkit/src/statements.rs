//! One statement of every kind, as full as it can be, between the parties of a line.

use detente_types::statement::{
    AnswerIn, BlindAskIn, BlindCommitIn, BlindReason, BlindResultIn, BlindRunIn, CancelIn, ChangeIn, CheckAnswerIn, CheckIn,
    GenerationCloseIn, Kind, Level, OfferIn, ReceiptIn, SafetyActionIn, StatementIn, TermsAcceptIn, TermsProposeIn,
};
use detente_types::{EntryHash, Generation, Head, NoticeKind, PartyId, Root, StatementRef, TermsIn};
use detente_wire::certificate::sign_revocation;
use detente_wire::codec::encode;
use detente_wire::meaning::conflict_id;
use detente_wire::{KeyPair, Scheme};

use crate::notices::{notice, notice_id, text};
use crate::parties::Parties;
use crate::{minutes, rng, terms_of_the_first_law as terms};

/// A reference to an entry that need not exist.
pub fn reference(author: PartyId, index: u64) -> StatementRef {
    let mut hash = [0xee; 32];
    hash[..8].copy_from_slice(&index.to_be_bytes());
    StatementRef { author, generation: Generation::FIRST, index, hash: EntryHash::new(hash) }
}

/// One statement of each kind that `low` might make: name and body. Kinds that this version only keeps hold a number.
pub fn statements(scheme: &dyn Scheme, parties: &Parties) -> Vec<(&'static str, StatementIn)> {
    Kind::ALL.iter().map(|&kind| (kind.name(), statement(scheme, parties, kind))).collect()
}

fn statement(scheme: &dyn Scheme, parties: &Parties, kind: Kind) -> StatementIn {
    let theirs = reference(parties.high.id(), 7);
    match kind {
        kind if kind.is_notice() => {
            StatementIn::Notice(notice(NoticeKind::from_code(kind.code()).expect("codes are those of notices")))
        }
        Kind::Cancel => StatementIn::Cancel(cancel(parties)),
        Kind::Receipt => StatementIn::Receipt(receipt(theirs)),
        Kind::Offer => StatementIn::Offer(offer(parties)),
        Kind::Accept => StatementIn::Accept(answer(kind, theirs)),
        Kind::Reject => StatementIn::Reject(answer(kind, theirs)),
        Kind::Withdraw => StatementIn::Withdraw(answer(kind, reference(parties.low.id(), 9))),
        Kind::Check => StatementIn::Check(check()),
        Kind::CheckAnswer => StatementIn::CheckAnswer(check_answer(theirs)),
        Kind::SafetyAction => StatementIn::SafetyAction(safety_action(theirs)),
        Kind::KeyCert => StatementIn::KeyCert(parties.low.names_witness(scheme, KeyPair::generate(scheme, &mut rng(8)).public())),
        Kind::KeyRevoke => {
            StatementIn::KeyRevoke(sign_revocation(scheme, &parties.low.party, parties.line, Generation::FIRST, 12))
        }
        Kind::GenerationOpen => StatementIn::GenerationOpen(parties.opening(scheme, &terms(), None)),
        Kind::GenerationClose => StatementIn::GenerationClose(GenerationCloseIn { kind: kind.code(), head: head(40) }),
        Kind::TermsPropose => StatementIn::TermsPropose(propose()),
        Kind::TermsAccept => StatementIn::TermsAccept(accept(theirs)),
        Kind::BlindCommit => StatementIn::BlindCommit(blind_commit()),
        Kind::BlindResult => StatementIn::BlindResult(blind_result()),
        Kind::BlindAsk => StatementIn::BlindAsk(blind_ask()),
        kept => StatementIn::Other { kind: kept.code(), slots: vec![(0, encode(&kept.code()).into()), (1, encode(&7u8).into())] },
    }
}

/// A head of some size, with a root of its own.
pub fn head(size: u64) -> Head {
    let mut root = [0x44; 32];
    root[..8].copy_from_slice(&size.to_be_bytes());
    Head { generation: Generation::FIRST, size, root: Root::new(root) }
}

fn desk() -> Option<String> {
    Some("Helsinki watch".into())
}

fn officer() -> Option<String> {
    Some("Officer A".into())
}

fn cancel(parties: &Parties) -> CancelIn {
    CancelIn {
        kind: Kind::Cancel.code(),
        id: notice_id(1),
        version: 3,
        replaces: reference(parties.low.id(), 4),
        reason: Some(text("en", "Called off: fog.")),
        desk: desk(),
        officer: officer(),
    }
}

fn receipt(of: StatementRef) -> ReceiptIn {
    ReceiptIn {
        kind: Kind::Receipt.code(),
        level: Level::Listed.code(),
        of,
        list_number: Some("12/26".into()),
        read_back: Some("60°03′N 026°59′E, on Gogland".into()),
        rule: None,
        reason: None,
        desk: desk(),
        officer: officer(),
    }
}

fn offer(parties: &Parties) -> OfferIn {
    let statements = [reference(parties.low.id(), 4), reference(parties.high.id(), 7)];
    OfferIn {
        kind: Kind::Offer.code(),
        conflict: conflict_id(parties.line, &statements[0], &statements[1]),
        statements,
        changes: 1,
        change: ChangeIn { shift_us: Some(-1_800_000_000), climb_cm: Some(100_000), ..ChangeIn::default() },
        lapses_us: Some(minutes(45).micros()),
        text: Some(text("en", "Half an hour earlier and 1,000 m higher.")),
        desk: desk(),
        officer: officer(),
    }
}

fn answer(kind: Kind, offer: StatementRef) -> AnswerIn {
    AnswerIn { kind: kind.code(), offer, text: Some(text("en", "So be it.")), desk: desk(), officer: officer() }
}

fn check() -> CheckIn {
    CheckIn {
        kind: Kind::Check.code(),
        challenge: [0x5a; 32].into(),
        text: Some(text("ru", "Как слышно?")),
        desk: desk(),
        officer: officer(),
    }
}

fn check_answer(of: StatementRef) -> CheckAnswerIn {
    CheckAnswerIn {
        kind: Kind::CheckAnswer.code(),
        of,
        challenge: [0x5a; 32].into(),
        by_officer: true,
        desk: desk(),
        officer: officer(),
    }
}

fn safety_action(of: StatementRef) -> SafetyActionIn {
    SafetyActionIn {
        kind: Kind::SafetyAction.code(),
        of,
        action: text("en", "Firing has stopped."),
        by_us: Some(minutes(5).micros()),
        desk: desk(),
        officer: officer(),
    }
}

fn blind_commit() -> BlindCommitIn {
    BlindCommitIn {
        kind: Kind::BlindCommit.code(),
        run: BlindRunIn::at(minutes(60)),
        hello: vec![0x68; 120].into(),
        commitment: [0x63; 32].into(),
        sealed: Some([0x73; 32].into()),
    }
}

fn blind_result() -> BlindResultIn {
    BlindResultIn {
        kind: Kind::BlindResult.code(),
        run: BlindRunIn::at(minutes(60)),
        seal: None,
        step: Some(3),
        taken: Some(5),
        reason: Some(BlindReason::Officer.code()),
        desk: desk(),
        officer: officer(),
    }
}

fn blind_ask() -> BlindAskIn {
    BlindAskIn {
        kind: Kind::BlindAsk.code(),
        run: Some(BlindRunIn::at(minutes(60))),
        cells: Some(vec![[0, 4], [7, 1]]),
        reason: Some(text("en", "What have you there?")),
        desk: desk(),
        officer: officer(),
    }
}

fn propose() -> TermsProposeIn {
    let terms = TermsIn { version: 2, ..terms() };
    TermsProposeIn { kind: Kind::TermsPropose.code(), terms, desk: desk(), officer: officer() }
}

fn accept(proposal: StatementRef) -> TermsAcceptIn {
    TermsAcceptIn { kind: Kind::TermsAccept.code(), proposal, desk: desk(), officer: officer() }
}
