//! The meaning gate (PROTOCOL E4): from a statement's form to `Valid<Statement>`.
//!
//! It decides whether a statement is acted on, never whether it is kept. A verdict is a function of the statement,
//! the terms in force where it stands, and statements that its author provably had (its own log before it, the other
//! log below `seen`): so both sides reach the same verdict, in whatever order entries arrived.
//!
//! Foreign statements and our own officers' input pass here alike (DESIGN D5). [`Valid`] can be made only here.

mod blind;

use core::ops::Deref;

use detente_types::notice::{NOTICE_VERTICES_MAX, Notice, NoticeIn, NoticeKind, VOLUMES_MAX};
use detente_types::statement::{
    AnswerIn, BlindRunIn, CLIMB_CM_MAX, CancelIn, Change, ChangeIn, CheckAnswerIn, GenerationCloseIn, GenerationOpenIn,
    KeyCertIn, KeyRevokeIn, Kind, Level, OfferIn, ReceiptIn, SHIFT_US_MAX, SafetyActionIn, Statement, StatementIn,
};
use detente_types::text::{TextIn, check_line, check_text};
use detente_types::{
    ConflictId, Generation, Head, Index, LineId, NoticeId, PartyId, Rule, StatementRef, Terms, Timestamp, Violation, Volume,
    VolumeIn, Window,
};

use crate::certificate::{self, Certificate, Keys};
use crate::hash::domain;
use crate::key::{PublicKey, Scheme};

pub use blind::BlindSaid;

/// Proof that the value inside passed the meaning gate. It can be made only in `wire`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Valid<T>(T);

impl<T> Valid<T> {
    /// The value, without its proof.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Valid<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl Valid<Statement> {
    /// The notice inside, when it is one.
    pub fn notice(&self) -> Option<Valid<Notice>> {
        match &self.0 {
            Statement::Notice(notice) => Some(Valid(notice.clone())),
            _ => None,
        }
    }
}

/// What the gate may know of the statements that the author had.
pub trait Known {
    /// The kind of a statement that stands below the author's own index or below its `seen`; else `None`.
    fn kind(&self, reference: &StatementRef) -> Option<Kind>;
    /// The author's latest live version of a notice before this statement: its number and its name.
    fn latest(&self, id: &NoticeId) -> Option<(u32, StatementRef)>;
    /// Whether the author cancelled this notice before this statement. Its identity is then used up: nothing follows it.
    fn cancelled(&self, id: &NoticeId) -> bool;
    /// The author's party key, if its log has had this generation by this statement; `None` refuses a revocation of it.
    fn party_key(&self, generation: Generation) -> Option<PublicKey>;
    /// The generation in which the statement stands, with its keys as the author's log certified them before it.
    fn certified(&self) -> Option<(Generation, Keys)>;
    /// The last head of a generation of the other log, if a later one lies below the author's `seen`.
    fn ended(&self, generation: Generation) -> Option<Head>;
    /// Author, kind and challenge of a check; `None` when the reference is not one.
    fn challenge(&self, reference: &StatementRef) -> Option<[u8; 32]>;
    /// Whether a check was answered before this statement by its author.
    fn answered(&self, reference: &StatementRef) -> bool;
    /// What the author has said about a blind run before this statement; nothing, unless this is overridden.
    fn blind(&self, _: &BlindRunIn) -> BlindSaid {
        BlindSaid::default()
    }
    /// Whether a statement asks for a blind run; none does, unless this is overridden.
    fn asks_blind_run(&self, _: &StatementRef) -> bool {
        false
    }
    /// How many blind runs the author has asked for before this statement on the day of a time, UTC; none, unless this is
    /// overridden.
    fn blind_asked(&self, _: Timestamp) -> u32 {
        0
    }
}

/// Where a statement stands.
pub struct Standing<'a> {
    /// The line.
    pub line: LineId,
    /// Who says it.
    pub author: PartyId,
    /// The other party.
    pub other: PartyId,
    /// Its place in the author's log.
    pub index: Index,
    /// Its author's clock.
    pub claimed: Timestamp,
    /// Its urgent bit.
    pub urgent: bool,
    /// The terms in force there; `None` for the opening that brings the first.
    pub terms: Option<&'a Terms>,
    /// What its author had.
    pub known: &'a dyn Known,
    /// How signatures are checked.
    pub scheme: &'a dyn Scheme,
}

/// Passes a statement through the gate. All violations are reported at once.
///
/// # Errors
/// One violation per broken rule and field. `Ok(None)` is a kind that this version keeps and does not act on.
pub fn check(input: StatementIn, at: &Standing<'_>) -> Result<Option<Valid<Statement>>, Vec<Violation>> {
    let Some(kind) = Kind::from_code(input.kind()) else {
        return Ok(None);
    };
    let mut faults = Vec::new();
    check_urgent(kind, &input, at, &mut faults);
    check_opening_place(kind, at, &mut faults);
    let statement = match input {
        StatementIn::Notice(notice) => check_notice(notice, at, &mut faults).map(Statement::Notice),
        StatementIn::Cancel(s) => check_cancel(s, at, &mut faults).map(Statement::Cancel),
        StatementIn::Receipt(s) => check_receipt(s, at, &mut faults),
        StatementIn::Offer(s) => check_offer(s, at, &mut faults),
        StatementIn::Accept(s) => check_answer(s, at, &mut faults).map(Statement::Accept),
        StatementIn::Reject(s) => check_answer(s, at, &mut faults).map(Statement::Reject),
        StatementIn::Withdraw(s) => check_answer(s, at, &mut faults).map(Statement::Withdraw),
        StatementIn::Check(s) => {
            check_person(&s.desk, &s.officer, &mut faults);
            note_text("text", s.text.as_ref(), &mut faults);
            Some(Statement::Check(s))
        }
        StatementIn::CheckAnswer(s) => check_check_answer(s, at, &mut faults).map(Statement::CheckAnswer),
        StatementIn::SafetyAction(s) => check_safety_action(s, at, &mut faults).map(Statement::SafetyAction),
        StatementIn::GenerationOpen(s) => check_opening(s, at, &mut faults),
        StatementIn::GenerationClose(s) => check_close(s, at, &mut faults).map(Statement::GenerationClose),
        StatementIn::KeyCert(s) => check_key_cert(s, at, &mut faults).map(Statement::KeyCert),
        StatementIn::KeyRevoke(s) => check_revocation(s, at, &mut faults).map(Statement::KeyRevoke),
        StatementIn::TermsPropose(s) => {
            check_person(&s.desk, &s.officer, &mut faults);
            let terms = check_proposal(&s.terms, at, &mut faults);
            terms.map(|terms| Statement::TermsPropose(s, terms))
        }
        StatementIn::TermsAccept(s) => {
            check_person(&s.desk, &s.officer, &mut faults);
            refer(&s.proposal, at.other, &[Kind::TermsPropose], "proposal", at, &mut faults);
            Some(Statement::TermsAccept(s))
        }
        StatementIn::BlindCommit(s) => blind::check_commit(s, at, &mut faults).map(Statement::BlindCommit),
        StatementIn::BlindResult(s) => blind::check_result(s, at, &mut faults).map(Statement::BlindResult),
        StatementIn::BlindAsk(s) => blind::check_ask(s, at, &mut faults).map(Statement::BlindAsk),
        StatementIn::Other { .. } => return Ok(None),
    };
    match statement {
        Some(statement) if faults.is_empty() => Ok(Some(Valid(statement))),
        _ => Err(faults),
    }
}

/// The name of a joint conflict (PROTOCOL C3): the references in ascending order, the lower party's first.
pub fn conflict_id(line: LineId, a: &StatementRef, b: &StatementRef) -> ConflictId {
    let mut sorted = [a, b];
    sorted.sort_unstable();
    let encoded = sorted.map(|r| {
        let mut bytes = Vec::with_capacity(76);
        bytes.extend_from_slice(r.author.as_bytes());
        bytes.extend_from_slice(&r.generation.0.to_be_bytes());
        bytes.extend_from_slice(&r.index.to_be_bytes());
        bytes.extend_from_slice(r.hash.as_bytes());
        bytes
    });
    ConflictId::new(domain("detente/conflict/1", &[line.as_bytes(), &encoded[0], &encoded[1]]))
}

fn check_urgent(kind: Kind, input: &StatementIn, at: &Standing<'_>, faults: &mut Vec<Violation>) {
    let must = match input {
        StatementIn::Receipt(r) => match at.known.kind(&r.of) {
            Some(kind) => kind == Kind::Safety || r.level == Level::StoredEarly.code(),
            None => r.level == Level::StoredEarly.code() || is_of_overtaken(r, at),
        },
        _ => matches!(kind, Kind::Safety | Kind::SafetyAction),
    };
    if must != at.urgent {
        let wanted = if must { "set" } else { "clear" };
        faults.push(Violation::new(Rule::UrgentBit, "leaf.urgent", at.urgent.to_string()).expected(wanted.into()));
    }
}

/// Whether an officer has read a safety notice that overtook its log.
fn is_of_overtaken(receipt: &ReceiptIn, at: &Standing<'_>) -> bool {
    receipt.level == Level::Read.code() && at.urgent && at.known.kind(&receipt.of).is_none()
}

fn check_opening_place(kind: Kind, at: &Standing<'_>, faults: &mut Vec<Violation>) {
    if (kind == Kind::GenerationOpen) != (at.index == 0) {
        faults.push(
            Violation::new(Rule::OpeningFirst, "kind", format!("{kind} at index {}", at.index))
                .expected("generation-open at index 0 and nowhere else".into()),
        );
    }
}

fn check_notice(input: NoticeIn, at: &Standing<'_>, faults: &mut Vec<Violation>) -> Option<Notice> {
    let replaces = input.replaces;
    let notice = Notice::try_new(input).map_err(|mut found| faults.append(&mut found)).ok()?;
    check_expiry(&notice.validity(), at.claimed, faults);
    let latest = at.known.latest(&notice.id());
    let cancelled = at.known.cancelled(&notice.id());
    let follows = match (&latest, replaces) {
        (None, None) => notice.version() == 1 && !cancelled,
        (Some((version, last)), Some(named)) => version.checked_add(1) == Some(notice.version()) && named == last.hash,
        _ => false,
    };
    if !follows {
        let wanted = match &latest {
            None if cancelled => "a new identity, since this notice was cancelled".into(),
            None => "version 1, since no earlier version is live in this log".into(),
            Some((version, last)) => next_version(*version, last),
        };
        faults.push(Violation::new(Rule::VersionFollows, "version", notice.version().to_string()).expected(wanted));
    }
    if let Some(terms) = at.terms {
        check_against_terms(notice.kind(), notice.volumes(), terms, faults);
    }
    Some(notice)
}

fn next_version(version: u32, last: &StatementRef) -> String {
    format!("version {}, replacing {last}", u64::from(version) + 1)
}

/// What the gate would say of volumes if they were stated at `claimed` under these terms, in a notice of this kind that is valid
/// for as long as they are: for those who ask before there is a notice. Each has passed its own rules; what a notice says
/// besides its volumes is not judged.
pub fn check_volumes(kind: NoticeKind, volumes: &[Volume], terms: &Terms, claimed: Timestamp) -> Vec<Violation> {
    let mut faults = Vec::new();
    let starts = volumes.iter().map(|volume| volume.window.start()).min();
    let ends = volumes.iter().map(|volume| volume.window.end()).max();
    if let (Some(start), Some(end)) = (starts, ends) {
        match Window::try_new(start, end) {
            Ok(validity) => check_expiry(&validity, claimed, &mut faults),
            Err(v) => faults.push(Violation { at: v.at.replacen("window", "validity", 1), ..v }),
        }
    }
    check_against_terms(kind, volumes, terms, &mut faults);
    faults
}

fn check_expiry(validity: &Window, claimed: Timestamp, faults: &mut Vec<Violation>) {
    if validity.end() < claimed {
        faults.push(
            Violation::new(Rule::NotExpired, "validity.end", validity.end().to_string())
                .expected(format!("later than {claimed}, when it is stated")),
        );
    }
}

fn check_against_terms(kind: NoticeKind, volumes: &[Volume], terms: &Terms, faults: &mut Vec<Violation>) {
    for (i, volume) in volumes.iter().enumerate() {
        let field = format!("volumes[{i}]");
        check_datum(&field, volume, terms, faults);
        // A safety notice counts wherever it is: nobody is left in danger for being outside an agreed area.
        if kind != NoticeKind::Safety {
            check_area(&field, volume, terms, faults);
        }
    }
}

fn check_area(field: &str, volume: &Volume, terms: &Terms, faults: &mut Vec<Violation>) {
    if terms.area().is_some_and(|area| volume.footprint.vertices().any(|p| !area.contains(p))) {
        faults.push(
            Violation::new(Rule::InArea, field, "a vertex outside the area")
                .expected(format!("a volume inside {}", terms.input().area.name)),
        );
    }
}

fn check_datum(field: &str, volume: &Volume, terms: &Terms, faults: &mut Vec<Violation>) {
    let datum = volume.band.datum();
    if terms.converts_altitudes() && !terms.heights().takes(datum) {
        faults.push(
            Violation::new(Rule::DatumBounded, format!("{field}.altitude.datum"), datum.name())
                .expected(format!("{}, or terms with bounds for this datum", terms.datum().name())),
        );
    }
    if !terms.converts_altitudes() && datum != terms.datum() {
        faults.push(
            Violation::new(Rule::DatumOfLine, format!("{field}.altitude.datum"), volume.band.datum().name())
                .expected(format!("{}, the datum of this line", terms.datum().name())),
        );
    }
}

fn check_cancel(s: CancelIn, at: &Standing<'_>, faults: &mut Vec<Violation>) -> Option<CancelIn> {
    check_person(&s.desk, &s.officer, faults);
    note_text("reason", s.reason.as_ref(), faults);
    match at.known.latest(&s.id) {
        Some((version, last)) if last == s.replaces && version.checked_add(1) == Some(s.version) => {}
        Some((version, last)) => faults
            .push(Violation::new(Rule::VersionFollows, "version", s.version.to_string()).expected(next_version(version, &last))),
        None => faults
            .push(Violation::new(Rule::AuthorOfNotice, "id", s.id.to_string()).expected("a live notice of this author".into())),
    }
    Some(s)
}

fn check_receipt(s: ReceiptIn, at: &Standing<'_>, faults: &mut Vec<Violation>) -> Option<Statement> {
    check_person(&s.desk, &s.officer, faults);
    for (field, line) in [("list_number", &s.list_number), ("read_back", &s.read_back), ("reason", &s.reason)] {
        if let Some(Err(v)) = line.as_ref().map(|l| check_line(field, l)) {
            faults.push(v);
        }
    }
    if s.of.author != at.other {
        faults.push(
            Violation::new(Rule::ReceiptByOther, "of", s.of.to_string()).expected("an entry of the other party's log".into()),
        );
    }
    let level = Level::from_code(s.level);
    let complete = match level {
        Some(Level::Listed) => s.list_number.is_some() && s.read_back.is_some(),
        Some(Level::Refused) => s.reason.is_some(),
        Some(Level::Read | Level::Passed | Level::StoredEarly) => true,
        None => false,
    };
    if !complete {
        faults.push(
            Violation::new(Rule::ReceiptLevel, "level", s.level.to_string())
                .expected("stored-early, read, listed with list number and read-back, passed, or refused with a reason".into()),
        );
    }
    // These name an entry that overtook: `seen` cannot cover it yet (PROTOCOL F2).
    if level != Some(Level::StoredEarly) && !is_of_overtaken(&s, at) {
        refer(&s.of, at.other, &[], "of", at, faults);
    }
    level.map(|level| Statement::Receipt(s, level))
}

fn check_offer(s: OfferIn, at: &Standing<'_>, faults: &mut Vec<Violation>) -> Option<Statement> {
    check_person(&s.desk, &s.officer, faults);
    note_text("text", s.text.as_ref(), faults);
    let [low, high] = &s.statements;
    let mut parties = [at.author, at.other];
    parties.sort_unstable();
    let named = conflict_id(at.line, low, high) == s.conflict;
    if [low.author, high.author] != parties || s.changes > 1 || !named {
        faults.push(
            Violation::new(Rule::OfferParties, "statements", format!("{low}, {high}, change {}", s.changes))
                .expected("one statement of each party, the lower party's first, under their conflict's name".into()),
        );
    }
    for (i, statement) in s.statements.iter().enumerate() {
        refer(statement, statement.author, NOTICE_KINDS, &format!("statements[{i}]"), at, faults);
    }
    check_time("lapses_us", s.lapses_us, faults);
    let change = change_of(&s.change, at, faults)?;
    Some(Statement::Offer(s, change))
}

/// What an offer may be about: every kind of notice. Which two of them can be in conflict is for the law to say.
const NOTICE_KINDS: &[Kind] = &[
    Kind::Operation,
    Kind::Airspace,
    Kind::Site,
    Kind::Movement,
    Kind::Exercise,
    Kind::Hazard,
    Kind::Launch,
    Kind::Force,
    Kind::Withdrawal,
    Kind::Question,
    Kind::Incident,
    Kind::Safety,
    Kind::Call,
    Kind::Text,
];

fn change_of(change: &ChangeIn, at: &Standing<'_>, faults: &mut Vec<Violation>) -> Option<Change> {
    let wanted = "one of: a move of at most a day and 10 km that is not zero, new volumes, or giving the activity up";
    let mut refuse = |found: String| {
        faults.push(Violation::new(Rule::OfferChanges, "change", found).expected(wanted.into()));
        None
    };
    let (shift_us, climb_cm) = (change.shift_us.unwrap_or(0), change.climb_cm.unwrap_or(0));
    let moves = change.shift_us.is_some() || change.climb_cm.is_some();
    match (moves, &change.volumes, change.cancel) {
        (true, None, None) => {
            let fits =
                shift_us.unsigned_abs() <= SHIFT_US_MAX.unsigned_abs() && climb_cm.unsigned_abs() <= CLIMB_CM_MAX.unsigned_abs();
            if !fits || (shift_us, climb_cm) == (0, 0) {
                return refuse(format!("{shift_us} µs later, {climb_cm} cm up"));
            }
            Some(Change::Move { shift_us, climb_cm })
        }
        (false, Some(volumes), None) => volumes_of(volumes, at, faults).map(Change::Volumes),
        (false, None, Some(true)) => Some(Change::Cancel),
        _ => refuse("none or several".into()),
    }
}

/// The volumes that an offer puts in the place of a notice's: what the notice's next version could carry.
fn volumes_of(input: &[VolumeIn], at: &Standing<'_>, faults: &mut Vec<Violation>) -> Option<Vec<Volume>> {
    let before = faults.len();
    let vertices: usize = input.iter().flat_map(|v| &v.rings).map(Vec::len).sum();
    if !(1..=VOLUMES_MAX).contains(&input.len()) || vertices > NOTICE_VERTICES_MAX {
        faults.push(
            Violation::new(Rule::VolumeCount, "change.volumes", format!("{} volumes, {vertices} vertices", input.len()))
                .expected(format!("1 to {VOLUMES_MAX} volumes with at most {NOTICE_VERTICES_MAX} vertices in all")),
        );
        return None;
    }
    let mut volumes = Vec::with_capacity(input.len());
    for (i, volume) in input.iter().enumerate() {
        let field = format!("change.volumes[{i}]");
        match Volume::try_from(volume) {
            Ok(volume) => {
                if let Some(terms) = at.terms {
                    check_datum(&field, &volume, terms, faults);
                    check_area(&field, &volume, terms, faults);
                }
                volumes.push(volume);
            }
            Err(v) => faults.push(v.inside(&field)),
        }
    }
    (faults.len() == before).then_some(volumes)
}

fn check_answer(s: AnswerIn, at: &Standing<'_>, faults: &mut Vec<Violation>) -> Option<AnswerIn> {
    check_person(&s.desk, &s.officer, faults);
    note_text("text", s.text.as_ref(), faults);
    let own = s.kind == Kind::Withdraw.code();
    let author = if own { at.author } else { at.other };
    if s.offer.author != author {
        faults.push(
            Violation::new(Rule::AnswerByOther, "offer", s.offer.to_string())
                .expected(if own { "an own offer" } else { "an offer of the other party" }.into()),
        );
    }
    // Whose it should be is said above.
    refer(&s.offer, s.offer.author, &[Kind::Offer], "offer", at, faults);
    Some(s)
}

fn check_check_answer(s: CheckAnswerIn, at: &Standing<'_>, faults: &mut Vec<Violation>) -> Option<CheckAnswerIn> {
    check_person(&s.desk, &s.officer, faults);
    refer(&s.of, at.other, &[Kind::Check], "of", at, faults);
    if at.known.challenge(&s.of) != Some(*s.challenge) || at.known.answered(&s.of) {
        faults.push(
            Violation::new(Rule::CheckAnswer, "challenge", s.of.to_string())
                .expected("the challenge of a check that is not answered yet".into()),
        );
    }
    Some(s)
}

fn check_safety_action(s: SafetyActionIn, at: &Standing<'_>, faults: &mut Vec<Violation>) -> Option<SafetyActionIn> {
    check_person(&s.desk, &s.officer, faults);
    note_text("action", Some(&s.action), faults);
    check_time("by_us", s.by_us, faults);
    if s.of.author != at.other {
        faults.push(
            Violation::new(Rule::ReceiptByOther, "of", s.of.to_string()).expected("a safety notice of the other party".into()),
        );
    }
    // The notice may have overtaken its log (PROTOCOL F1), so it need not lie below `seen`; if it does, it must be one.
    if at.known.kind(&s.of).is_some_and(|kind| kind != Kind::Safety) {
        faults.push(Violation::new(Rule::ReferenceKind, "of", s.of.to_string()).expected("a safety notice".into()));
    }
    Some(s)
}

fn check_opening(s: GenerationOpenIn, at: &Standing<'_>, faults: &mut Vec<Violation>) -> Option<Statement> {
    let mut refuse = |found: String| {
        faults.push(
            Violation::new(Rule::OpeningMatches, "opening", found)
                .expected("both parties' certificates for this line, and the last head of the generation before".into()),
        );
    };
    match certificate::open_opening(at.scheme, &s) {
        Err(fault) => refuse(fault.to_string()),
        Ok((own, other)) => {
            let fits = own.party() == at.author && other.party() == at.other;
            if !fits || own.line() != at.line || other.line() != at.line {
                refuse("another party or another line".into());
            }
            let opened = own.generation();
            let rises = |head: &Head| Generation::FIRST <= head.generation && head.generation < opened;
            if !s.previous.as_ref().map_or(opened == Generation::FIRST, rises) {
                let named = s.previous.map_or("no head".into(), |head| format!("a head of generation {}", head.generation));
                refuse(format!("generation {opened} after {named}"));
            }
        }
    }
    let terms = Terms::try_new(s.terms.clone()).map_err(|mut found| faults.append(&mut found)).ok()?;
    Some(Statement::GenerationOpen(s, terms))
}

fn check_close(s: GenerationCloseIn, at: &Standing<'_>, faults: &mut Vec<Violation>) -> Option<GenerationCloseIn> {
    let ended = at.known.ended(s.head.generation);
    if ended == Some(s.head) {
        return Some(s);
    }
    let words = |head: &Head| format!("{} entries with the root {}", head.size, head.root);
    let wanted = ended.as_ref().map_or("a generation of the other log that had ended by `seen`".into(), words);
    let found = format!("generation {}, {}", s.head.generation, words(&s.head));
    faults.push(Violation::new(Rule::CloseMatches, "head", found).expected(wanted));
    None
}

fn check_key_cert(s: KeyCertIn, at: &Standing<'_>, faults: &mut Vec<Violation>) -> Option<KeyCertIn> {
    let found = match (Certificate::open(at.scheme, s.own.clone()), at.known.certified()) {
        (Err(fault), _) => fault.to_string(),
        (Ok(named), Some((generation, keys))) => {
            let own = (named.party(), named.line(), named.generation()) == (at.author, at.line, generation);
            let witness = named.keys().witness;
            let stays = named.keys() == Keys { witness, ..keys } && (keys.witness.is_none() || keys.witness == witness);
            if own && stays {
                return Some(s);
            }
            if own { "other keys" } else { "another party, line or generation" }.into()
        }
        (Ok(_), None) => "a certificate where no keys are known".into(),
    };
    faults.push(
        Violation::new(Rule::KeysStay, "own", found)
            .expected("the keys of entry 0, for this line and generation, and the witness once named".into()),
    );
    None
}

fn check_revocation(s: KeyRevokeIn, at: &Standing<'_>, faults: &mut Vec<Violation>) -> Option<KeyRevokeIn> {
    let party_key = at.known.party_key(s.generation).filter(|key| key.party() == at.author);
    if party_key.is_some_and(|key| certificate::open_revocation(at.scheme, key, at.line, &s).is_ok()) {
        return Some(s);
    }
    faults.push(
        Violation::new(Rule::RevocationSigned, "signature", format!("a revocation of generation {}", s.generation))
            .expected("the party key's signature, for this line and a generation that the author's log has had".into()),
    );
    None
}

fn check_proposal(input: &detente_types::TermsIn, at: &Standing<'_>, faults: &mut Vec<Violation>) -> Option<Terms> {
    let terms = Terms::try_new(input.clone()).map_err(|mut found| faults.append(&mut found)).ok()?;
    let next = at.terms.map_or(1, |current| current.version().saturating_add(1));
    if terms.version() != next {
        faults.push(
            Violation::new(Rule::TermsVersion, "terms.version", terms.version().to_string()).expected(format!("version {next}")),
        );
    }
    Some(terms)
}

/// Checks that a reference names a statement that the author of this one had, said by `author`, of one of these kinds
/// (any, when empty).
fn refer(r: &StatementRef, author: PartyId, kinds: &[Kind], field: &str, at: &Standing<'_>, faults: &mut Vec<Violation>) {
    match at.known.kind(r) {
        None => faults.push(
            Violation::new(Rule::ReferenceKnown, field, r.to_string())
                .expected("a statement below the author's own index or below its `seen`".into()),
        ),
        Some(kind) if r.author != author || (!kinds.is_empty() && !kinds.contains(&kind)) => {
            let names: Vec<&str> = kinds.iter().map(|k| k.name()).collect();
            let one_of = if names.is_empty() { "a statement".into() } else { format!("one of {}", names.join(", ")) };
            let wanted = format!("{one_of}, by {}", author.short());
            faults.push(Violation::new(Rule::ReferenceKind, field, format!("{kind} {r}")).expected(wanted));
        }
        Some(_) => {}
    }
}

fn check_person(desk: &Option<String>, officer: &Option<String>, faults: &mut Vec<Violation>) {
    for (field, line) in [("desk", desk), ("officer", officer)] {
        if let Some(Err(v)) = line.as_ref().map(|l| check_line(field, l)) {
            faults.push(v);
        }
    }
}

fn check_time(field: &str, micros: Option<i64>, faults: &mut Vec<Violation>) {
    faults.extend(micros.and_then(|us| Timestamp::from_micros(us).checked(field).err()));
}

fn note_text(field: &str, text: Option<&TextIn>, faults: &mut Vec<Violation>) {
    if let Some(Err(v)) = text.map(|t| check_text(field, t)) {
        faults.push(v);
    }
}
