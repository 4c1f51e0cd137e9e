//! Commands: what officers, files and the API ask to have said.
//!
//! A command goes into the book first and exactly as it was put in, then through the meaning gate, then out at the
//! precision that its author lets out. What cannot be said yet waits in the book (PROTOCOL S4).

use detente_settle::{Amendment, Settlement, apply_change};
use detente_types::notice::Release;
use detente_types::statement::{
    AnswerIn, BlindAskIn, BlindRunIn, CancelIn, CheckIn, Kind, Level, OfferIn, ReceiptIn, SafetyActionIn, StatementIn,
    TermsAcceptIn, TermsProposeIn,
};
use detente_types::text::TextIn;
use detente_types::{ConflictId, LineId, Notice, NoticeIn, Rule, StatementRef, Timestamp};
use detente_wire::{Body, Scheme, Valid, codec};
use minicbor::bytes::ByteVec;
use rand_core::CryptoRng;

use crate::behind::Work;
use crate::blind::BlindNews;
use crate::book::{BookEntry, BookInput, BookNotice};
use crate::disclose::{WITHHELD_SLOTS, disclose};
use crate::held::Hold;
use crate::input::{Accepted, By, Command, CommandFault, What};
use crate::joint::Plan;
use crate::line::{Cx, Line, Phase};
use crate::node::Node;
use crate::out::{Disk, Then};
use crate::say::SayFault;

impl Node {
    /// Takes a command. Nothing is changed when it is not taken; that an officer asked for a blind run beyond the budget is booked.
    ///
    /// # Errors
    /// [`CommandFault`].
    pub fn command(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        line: LineId,
        by: &By,
        command: Command,
    ) -> Result<Accepted, CommandFault> {
        let disk = self.out.disk;
        let line = self.lines.get_mut(&line).ok_or(CommandFault::NoSuchLine(line))?;
        let reserved = command.is_reserved(|of| {
            line.early_notices.contains_key(of)
                || line.peer.kind_below(of, line.seen.generation, line.seen.size) == Some(Kind::Safety)
        });
        match disk {
            Disk::Failed => return Err(CommandFault::DiskFailed),
            Disk::Full { .. } if !reserved => return Err(CommandFault::DiskFull),
            Disk::Ample if !reserved && self.out.is_behind() => return Err(CommandFault::DiskBehind),
            _ => {}
        }
        match line.hold() {
            Hold::Evidence if !reserved && !command.passes_held() => return Err(CommandFault::Held),
            Hold::Unshown if !reserved && !command.passes_held() => return Err(CommandFault::HeldForGood),
            _ => {}
        }
        let mut cx = Cx { now, rng: &mut *rng, scheme: &*self.scheme, out: &mut self.out, book_size: &mut self.book_size };
        if reserved {
            cx.out.reserve();
        }
        let accepted = line.command(&mut cx, by, command);
        if let Ok(accepted) = &accepted {
            cx.out.then(Then::Booked(accepted.book));
        }
        self.run(now, rng);
        accepted
    }

    /// Checks a notice as [`Self::command`] would, in its exact form and in the form that is let out, and changes nothing:
    /// for a file whose rows are all checked before one is stated.
    ///
    /// # Errors
    /// What the command would answer: the violations of one notice, or that it cannot be let out so.
    pub fn check_notice(
        &self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        line: LineId,
        by: &By,
        notice: &NoticeIn,
        (release, reveal): (Release, &[u8]),
    ) -> Result<(), CommandFault> {
        let line = self.lines.get(&line).ok_or(CommandFault::NoSuchLine(line))?;
        let notice = line.numbered(signed_by(by, notice.clone()));
        let (_, form) = line.let_out(now, &*self.scheme, &notice, release, reveal)?;
        let Some(form) = form else { return Ok(()) };
        let slots = codec::to_slots(&StatementIn::Notice(form));
        Body::new(rng, slots).map(drop).map_err(|fault| CommandFault::TooLarge(fault.to_string()))
    }
}

impl Line {
    fn command(&mut self, cx: &mut Cx<'_>, by: &By, command: Command) -> Result<Accepted, CommandFault> {
        match command {
            Command::Notify { notice, release, reveal } => self.notify(cx, by, notice, release, reveal),
            Command::ProposeReopening(reason) => self.propose_reopening(cx, by, reason),
            Command::TakeFlood => self.take_flood(cx, by),
            Command::AgreeToReopen { proposal, reason } => self.agree_to_reopen(cx, by, proposal, reason),
            Command::StopBlind(run) => self.stop_blind(cx, by, run),
            Command::Cancel { id, reason } if self.untold_plans().contains(&id) => self.end_plan(cx, by, id, reason),
            Command::ShowBlind(conflict) => self.show_blind(cx, by, &conflict),
            other => {
                let input = self.statement_of(cx, by, other)?;
                self.input(cx, input)
            }
        }
    }

    /// An input other than a notice: checked, booked, stated or waiting.
    fn input(&mut self, cx: &mut Cx<'_>, input: StatementIn) -> Result<Accepted, CommandFault> {
        if let Err(fault) = self.check_input(cx, &input) {
            self.note_refused(cx, &input, &fault);
            return Err(fault.into());
        }
        let book = self.book_input(cx, &input);
        if let StatementIn::KeyRevoke(revocation) = &input {
            cx.out.then(Then::Revocation { line: self.id, revocation: revocation.clone() });
        }
        self.stated(cx, book, input, None)
    }

    fn book_input(&self, cx: &mut Cx<'_>, input: &StatementIn) -> u64 {
        let slots = codec::to_slots(input).into_iter().map(|(slot, value)| (slot, ByteVec::from(value))).collect();
        cx.book(&BookEntry::Input(BookInput { line: self.id, at_us: cx.now.micros(), slots }))
    }

    /// An asking for a blind run beyond the budget stays with the reason for its refusal, for whoever comes on watch: who probes from
    /// within tries often. Its own words do not: they may be anything.
    fn note_refused(&self, cx: &mut Cx<'_>, input: &StatementIn, fault: &SayFault) {
        let (StatementIn::BlindAsk(ask), SayFault::Violations(broken)) = (input, fault) else { return };
        if !broken.iter().any(|violation| violation.rule == Rule::BlindBudget) {
            return;
        }
        let book = self.book_input(cx, &StatementIn::BlindAsk(BlindAskIn { reason: None, ..ask.clone() }));
        cx.book(&BookEntry::Dropped(book, format!("refused: {fault}")));
        let by = ask.officer.clone().or_else(|| ask.desk.clone());
        self.event(cx, What::Blind(BlindNews::Refused { by, why: fault.to_string() }));
    }

    fn stated(&mut self, cx: &mut Cx<'_>, book: u64, input: StatementIn, note: Option<String>) -> Result<Accepted, CommandFault> {
        let stated = self.say_or_wait(cx, book, input).map_err(CommandFault::from)?;
        let waits = stated.is_none().then(|| format!("waits in the book: {}", self.waits_for()));
        Ok(Accepted { book, stated, note: waits.or(note) })
    }

    /// What an input that is not stated waits for.
    fn waits_for(&self) -> &'static str {
        match self.phase {
            Phase::Unproven => "since the start of this node the other side has not said what it holds of our log",
            Phase::Recovering { .. } => "this node was restored, and takes its own entries back from the other side first",
            Phase::Renewing => {
                "this node was restored, and opens a new generation of its log first: that needs the party key in the home"
            }
            Phase::Open if self.is_held() => {
                "the line is held: only safety notices, what answers them and line checks are stated"
            }
            Phase::Open => "our copy of the other log does not reach yet what this node has signed that it had of it",
        }
    }

    /// A notice: the exact form goes into the book, the disclosed form into the log.
    pub(crate) fn notify(
        &mut self,
        cx: &mut Cx<'_>,
        by: &By,
        notice: NoticeIn,
        release: Release,
        reveal: Vec<u8>,
    ) -> Result<Accepted, CommandFault> {
        let notice = self.numbered(signed_by(by, notice));
        let (exact, disclosed) = self.let_out(cx.now, cx.scheme, &notice, release, &reveal)?;
        #[cfg(feature = "plant")]
        let disclosed = self.planted_disclosure(&exact, disclosed);
        let work = if disclosed.as_ref() == Some(&notice) {
            Work::Plain(notice.id)
        } else {
            Work::Exact(Plan { notice: exact, release, reveal: reveal.clone() })
        };
        let book = cx.book(&BookEntry::Notice(BookNotice {
            line: self.id,
            at_us: cx.now.micros(),
            notice: notice.clone(),
            release: release.code(),
            reveal,
        }));
        self.follow_up(cx, work);
        self.drop_waiting(cx, &notice.id, "its author has put it anew since");
        self.matching.note_put(&notice.id);
        match disclosed {
            None => Ok(Accepted { book, stated: None, note: Some(self.kept_back(release)) }),
            Some(form) if self.says_nothing_new(&form) => {
                cx.book(&BookEntry::Dropped(book, "unchanged at this precision".into()));
                Ok(Accepted {
                    book,
                    stated: None,
                    note: Some("nothing is sent: at this precision the notice is unchanged".into()),
                })
            }
            Some(form) => self.stated(cx, book, StatementIn::Notice(form), None),
        }
    }

    /// A notice in its exact form, and the form that is let out; both have passed the meaning gate.
    fn let_out(
        &self,
        now: Timestamp,
        scheme: &dyn Scheme,
        notice: &NoticeIn,
        release: Release,
        reveal: &[u8],
    ) -> Result<(Valid<Notice>, Option<NoticeIn>), CommandFault> {
        let exact = self.check_exact(now, scheme, notice)?;
        let Some(precision) = release.precision() else {
            return Ok((exact, None));
        };
        let form = disclose(&exact, precision, reveal, self.current_terms().area())?;
        // What is withheld may be what the kind cannot do without.
        if form != *notice {
            self.check_exact(now, scheme, &form)?;
        }
        Ok((exact, Some(form)))
    }

    fn kept_back(&self, release: Release) -> String {
        let every_min = self.current_terms().input().blind.every_min;
        match release {
            Release::BlindOnly if every_min == 0 => {
                "stays in the book: it is matched blind only when an officer asks for a run, for the terms have no fixed ones"
                    .into()
            }
            Release::BlindOnly => format!("stays in the book, and is matched blind every {every_min} minutes"),
            _ => "stays in the book: held back by its author".into(),
        }
    }

    /// Version and `replaces` as they come next in our log.
    pub(crate) fn numbered(&self, mut notice: NoticeIn) -> NoticeIn {
        let recalled = self.own.recalled(&notice.id).map(|(said, at)| (said.version, *at));
        let latest = self.own.latest(&notice.id).into_iter().chain(recalled).max_by_key(|(version, _)| *version);
        notice.version = latest.map_or(1, |(version, _)| version + 1);
        notice.replaces = latest.map(|(_, last)| last.hash);
        notice
    }

    /// Whether a disclosed form differs from the one before in nothing but its number (PROTOCOL C7).
    pub(crate) fn says_nothing_new(&self, form: &NoticeIn) -> bool {
        let live = self.joint.current(self.us(), &form.id).and_then(|at| self.joint.live().get(&at));
        let said = live.map(|live| live.notice.input()).into_iter().chain(self.own.recalled(&form.id).map(|(said, _)| said));
        said.into_iter().any(|said| NoticeIn { version: form.version, replaces: form.replaces, ..said.clone() } == *form)
    }

    fn statement_of(&self, cx: &mut Cx<'_>, by: &By, command: Command) -> Result<StatementIn, CommandFault> {
        let (desk, officer) = (by.desk.clone(), by.officer.clone());
        Ok(match command {
            Command::Notify { .. }
            | Command::TakeFlood
            | Command::ProposeReopening(_)
            | Command::AgreeToReopen { .. }
            | Command::StopBlind(_)
            | Command::ShowBlind(_) => {
                unreachable!("taken before: what they put in the book is no statement as it stands")
            }
            Command::RunBlind(reason) => StatementIn::BlindAsk(ask_blind(None, None, reason, by)),
            Command::AskBlind { conflict, reason } => {
                let (run, cells) = self.blind_part(&conflict)?;
                StatementIn::BlindAsk(ask_blind(Some(run), Some(cells), reason, by))
            }
            Command::Cancel { id, reason } => StatementIn::Cancel(self.cancel(by, id, reason)?),
            Command::Read(of) => self.receipt(Level::Read, of, None, None, desk, officer),
            Command::Passed(of) => self.receipt(Level::Passed, of, None, None, desk, officer),
            Command::Listed { of, number, read_back } => {
                self.receipt(Level::Listed, of, Some(number), Some(read_back), desk, officer)
            }
            Command::Offer { conflict, ours, change, lapses, text } => {
                let found = self.joint.conflict(&conflict).ok_or_else(|| not_found("conflict", &conflict))?;
                let changes = found.statements.iter().position(|s| (s.author == self.us()) == ours).unwrap_or(0) as u8;
                StatementIn::Offer(OfferIn {
                    kind: Kind::Offer.code(),
                    conflict,
                    statements: found.statements,
                    changes,
                    change,
                    lapses_us: lapses.map(Timestamp::micros),
                    text,
                    desk,
                    officer,
                })
            }
            Command::Answer(answer) => {
                let answer = AnswerIn { desk, officer, ..answer };
                match Kind::from_code(answer.kind) {
                    Some(Kind::Accept) => StatementIn::Accept(answer),
                    Some(Kind::Reject) => StatementIn::Reject(answer),
                    _ => StatementIn::Withdraw(AnswerIn { kind: Kind::Withdraw.code(), ..answer }),
                }
            }
            Command::SafetyAction { of, action, by } => StatementIn::SafetyAction(SafetyActionIn {
                kind: Kind::SafetyAction.code(),
                of,
                action,
                by_us: by.map(Timestamp::micros),
                desk,
                officer,
            }),
            Command::Check(text) => {
                let mut challenge = [0; 32];
                cx.rng.fill_bytes(&mut challenge);
                StatementIn::Check(CheckIn { kind: Kind::Check.code(), challenge: challenge.into(), text, desk, officer })
            }
            Command::ProposeTerms(terms) => {
                StatementIn::TermsPropose(TermsProposeIn { kind: Kind::TermsPropose.code(), terms, desk, officer })
            }
            Command::Revoke(revocation) => StatementIn::KeyRevoke(revocation),
            Command::AcceptTerms(proposal) => {
                StatementIn::TermsAccept(TermsAcceptIn { kind: Kind::TermsAccept.code(), proposal, desk, officer })
            }
        })
    }

    fn cancel(&self, by: &By, id: detente_types::NoticeId, reason: Option<TextIn>) -> Result<CancelIn, CommandFault> {
        let (version, replaces) = self.own.latest(&id).ok_or_else(|| not_found("notice", &id))?;
        let (desk, officer) = (by.desk.clone(), by.officer.clone());
        Ok(CancelIn { kind: Kind::Cancel.code(), id, version: version + 1, replaces, reason, desk, officer })
    }

    /// The command that does what an agreement on a conflict obliges us to (PROTOCOL T3). The change is made to the exact
    /// plan, and that is let out at the precision of before.
    ///
    /// # Errors
    /// [`CommandFault`] when nothing is agreed, the other side is obliged, the change cannot be made, or our newest plan of the
    /// notice is another than what was told.
    pub fn amendment(&self, conflict: &ConflictId) -> Result<Command, CommandFault> {
        let found = self.joint.conflict(conflict).ok_or_else(|| not_found("conflict", conflict))?;
        let Settlement::Agreed(agreed) = self.settlement(&found.statements) else {
            return Err(not_found("agreement that is not amended yet on conflict", conflict));
        };
        if agreed.agreement.obliged() != self.us() {
            return Err(not_found("amendment of ours that is owed on conflict", conflict));
        }
        let stated = agreed.amends;
        let live = self.joint.live().get(&stated).ok_or_else(|| not_found("notice", &stated))?;
        let plan = self.joint.plan_behind(live);
        let id = live.notice.id();
        // Stating or cancelling what was told would forget the plan, and nothing would be matched or warned by it any more.
        if plan.is_none() && self.joint.exact(&id).is_some() {
            return Err(CommandFault::OtherPlan(id));
        }
        let exact = plan.map_or(&live.notice, |plan| &plan.notice);
        // Without a plan, all that is in the notice has been let out.
        let (release, reveal) = plan.map_or_else(
            || (Release::from(live.notice.precision()), WITHHELD_SLOTS.to_vec()),
            |plan| (plan.release, plan.reveal.clone()),
        );
        match apply_change(exact, &stated, &agreed.agreement.change)? {
            Amendment::Version(notice) => Ok(Command::Notify { notice, release, reveal }),
            Amendment::Cancel => Ok(Command::Cancel { id, reason: None }),
        }
    }

    fn receipt(
        &self,
        level: Level,
        of: StatementRef,
        list_number: Option<String>,
        read_back: Option<String>,
        desk: Option<String>,
        officer: Option<String>,
    ) -> StatementIn {
        StatementIn::Receipt(ReceiptIn {
            kind: Kind::Receipt.code(),
            level: level.code(),
            of,
            list_number,
            read_back,
            rule: None,
            reason: None,
            desk,
            officer,
        })
    }
}

/// A notice in the name of who gives the command.
fn signed_by(by: &By, mut notice: NoticeIn) -> NoticeIn {
    notice.desk = by.desk.clone().or(notice.desk);
    notice.officer = by.officer.clone().or(notice.officer);
    notice
}

fn ask_blind(run: Option<BlindRunIn>, cells: Option<Vec<[u32; 2]>>, reason: Option<TextIn>, by: &By) -> BlindAskIn {
    let (desk, officer) = (by.desk.clone(), by.officer.clone());
    BlindAskIn { kind: Kind::BlindAsk.code(), run, cells, reason, desk, officer }
}

pub(crate) fn not_found(what: &'static str, name: &impl ToString) -> CommandFault {
    CommandFault::NotFound { what, name: name.to_string() }
}

impl From<SayFault> for CommandFault {
    fn from(fault: SayFault) -> Self {
        match fault {
            SayFault::Violations(violations) => Self::Violations(violations),
            SayFault::TooLarge(what) => Self::TooLarge(what),
        }
    }
}
