//! The routes. Each carries one job to the node and renders what comes back.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Extension, Path, Query, State};
use axum::{Json, middleware};
use detente_gateway::Problems;
use detente_gateway::form::TextForm;
use detente_node::{Command, Line, NoticeView};
use detente_types::statement::{AnswerIn, ChangeIn, Kind};
use detente_types::{ConflictId, EntryHash, Generation, LineId, NoticeId, PartyId, StatementRef, Timestamp};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::answer::{Asked, BODY_BYTES_MAX, answer_to};
use crate::ask::{
    AcceptTermsAsk, AmendAsk, AnswerAsk, BackupAsk, CancelAsk, CheckAsk, CheckView, Done, OfferAsk, ProposeAsk, ReceiptAsk,
    ReopenAsk, RevokeAsk, SafetyActionAsk, TermsAnswer, doubts,
};
use crate::auth::{Officer, Role, guard};
use crate::give::act;
use crate::matches;
use crate::port::{Seat, ask};
use crate::position::PositionView;
use crate::problem::{Fault, Problem};
use crate::resolutions::{self, Of};
use crate::view::{self, ConflictView, EvidenceItem, LineView, NoticeItem, StatusView, WarningItem};

pub(crate) type Answer<T> = Result<Json<T>, Problem>;

/// Notices of one page: they are rendered while the node waits. More than ever overtake their log: so a full page ends with one
/// that has its place among all others.
const NOTICES_PAGE: usize = 1_000;

/// Conflicts of one page: how they meet is computed while the node waits.
pub(crate) const CONFLICTS_PAGE: usize = 200;

/// All routes under `/v1`, each behind the guard.
pub(crate) fn routes(api: &Api) -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(status))
        .routes(routes!(line))
        .routes(routes!(notices, crate::notify::notify))
        .routes(routes!(cancel))
        .routes(routes!(receipt))
        .routes(routes!(conflicts))
        .routes(routes!(warnings))
        .routes(routes!(offer))
        .routes(routes!(answer))
        .routes(routes!(amend))
        .routes(routes!(safety_action))
        .routes(routes!(take_flood))
        .routes(routes!(check))
        .routes(routes!(checked))
        .routes(routes!(terms))
        .routes(routes!(propose))
        .routes(routes!(accept_terms))
        .routes(routes!(evidence))
        .routes(routes!(reopen))
        .routes(routes!(revoke))
        .routes(routes!(position))
        .routes(routes!(crate::plans::plans))
        .routes(routes!(crate::around::around))
        .routes(routes!(crate::density::density))
        .routes(routes!(resolutions::resolutions))
        .routes(routes!(crate::ground::ground))
        .routes(routes!(matches::matches, matches::run_match))
        .routes(routes!(matches::stop_match))
        .routes(routes!(matches::blind_conflicts))
        .routes(routes!(matches::show))
        .routes(routes!(matches::ask_to_show))
        .routes(routes!(backup))
        .routes(routes!(crate::events::events))
        .route_layer(middleware::from_fn_with_state(api.clone(), guard))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

/// The node and its lines.
#[utoipa::path(get, path = "/v1/status", responses((status = 200, body = StatusView), (status = 401, body = Problem)))]
async fn status(State(api): State<Api>) -> Answer<StatusView> {
    let about = Arc::clone(&api.about);
    Ok(Json(ask(&*api.host, move |seat| view::status(seat.node, seat.now, &about)).await?))
}

/// One line. `{line}` is its name, what we call the other party, or enough of either to be the only one.
#[utoipa::path(get, path = "/v1/lines/{line}", params(("line" = String, Path)), responses((status = 200, body = LineView), (status = 404, body = Problem)))]
async fn line(State(api): State<Api>, Path(name): Path<String>) -> Answer<LineView> {
    look(&api, name, |line, _| view::line(line)).await
}

/// Which page of the notices.
#[derive(serde::Deserialize)]
struct NoticesOf {
    after: Option<String>,
    kind: Option<String>,
}

/// Live notices of both parties in the order of their statements, those first that overtook their log: a page of up to 1,000,
/// of one `kind` if it is named. The next page begins `after` the `author.generation.index` of the last one, and an empty page
/// is the end.
#[utoipa::path(get, path = "/v1/lines/{line}/notices", params(("line" = String, Path), ("after" = Option<String>, Query), ("kind" = Option<String>, Query)), responses((status = 200, body = Vec<NoticeItem>)))]
async fn notices(State(api): State<Api>, Path(name): Path<String>, Query(page): Query<NoticesOf>) -> Answer<Vec<NoticeItem>> {
    let after = page.after.as_deref().map(place_of).transpose()?;
    look(&api, name, move |line, _| {
        let us = line.view().us;
        let wanted = |n: &NoticeView<'_>| page.kind.as_ref().is_none_or(|kind| n.notice.kind().to_string() == *kind);
        line.notices_after(after.as_ref()).filter(wanted).take(NOTICES_PAGE).map(|n| view::notice(line, us, &n)).collect()
    })
    .await
}

/// The end of a page: everything at this place lies before the next one.
fn place_of(name: &str) -> Result<StatementRef, Problem> {
    let parts: Vec<&str> = name.split('.').collect();
    let read = |[author, generation, index]: [&str; 3]| {
        let (generation, index) = (Generation(generation.parse().ok()?), index.parse().ok()?);
        Some(StatementRef { author: PartyId::parse(author)?, generation, index, hash: EntryHash::new([0xff; 32]) })
    };
    let place = <[&str; 3]>::try_from(parts).ok().and_then(read);
    place.ok_or_else(|| Problem::new(Fault::Request, format!("{name:?} is no place: it is written author.generation.index")))
}

/// Ends a notice of ours, or a plan of ours of which nothing was told: that one ends in the book, and nothing is sent.
#[utoipa::path(post, path = "/v1/lines/{line}/cancellations", params(("line" = String, Path)), request_body = CancelAsk, responses((status = 200, body = Done)))]
async fn cancel(
    State(api): State<Api>,
    Extension(officer): Extension<Officer>,
    Path(name): Path<String>,
    Asked(asked): Asked<CancelAsk>,
) -> Answer<Done> {
    act(&api, officer, name, move |line| {
        let id = what_ends(line, &asked.id)?;
        Ok(Command::Cancel { id, reason: asked.reason.map(text) })
    })
    .await
}

/// Says how far an entry of theirs got: read, listed, passed.
#[utoipa::path(post, path = "/v1/lines/{line}/receipts", params(("line" = String, Path)), request_body = ReceiptAsk, responses((status = 200, body = Done)))]
async fn receipt(
    State(api): State<Api>,
    Extension(officer): Extension<Officer>,
    Path(name): Path<String>,
    Asked(asked): Asked<ReceiptAsk>,
) -> Answer<Done> {
    act(&api, officer, name, move |line| {
        let of = statement(line, &asked.of)?;
        let missing = |what: &str| Problem::new(Fault::Request, format!("`listed` takes {what}"));
        match asked.level.as_str() {
            "read" => Ok(Command::Read(of)),
            "passed" => Ok(Command::Passed(of)),
            "listed" => Ok(Command::Listed {
                of,
                number: asked.list_number.ok_or_else(|| missing("`list_number`"))?,
                read_back: asked
                    .read_back
                    .ok_or_else(|| missing("`read_back`: the position in another notation or against a place"))?,
            }),
            other => Err(Problem::new(Fault::Request, format!("level {other:?} is none of read, listed, passed"))),
        }
    })
    .await
}

/// Which page of a list.
#[derive(serde::Deserialize)]
pub(crate) struct PageOf {
    pub(crate) after: Option<String>,
}

/// Joint conflicts by name, with the sentences to read aloud and where their settlement stands: a page of up to 200. The next
/// page begins `after` the last name of this one, and an empty page is the end.
#[utoipa::path(get, path = "/v1/lines/{line}/conflicts", params(("line" = String, Path), ("after" = Option<String>, Query)), responses((status = 200, body = Vec<ConflictView>)))]
async fn conflicts(State(api): State<Api>, Path(name): Path<String>, Query(page): Query<PageOf>) -> Answer<Vec<ConflictView>> {
    let bad = |after: &String| Problem::new(Fault::Request, format!("{after:?} is no name of a conflict"));
    let after = page.after.as_ref().map(|after| ConflictId::parse(after).ok_or_else(|| bad(after))).transpose()?;
    look(&api, name, move |line, _| {
        let us = line.view().us;
        line.conflicts_after(after.as_ref()).take(CONFLICTS_PAGE).map(|c| view::conflict(line, us, &c)).collect()
    })
    .await
}

/// Private warnings: our exact plans against what they disclosed. Only we see them.
#[utoipa::path(get, path = "/v1/lines/{line}/warnings", params(("line" = String, Path)), responses((status = 200, body = Vec<WarningItem>)))]
async fn warnings(State(api): State<Api>, Path(name): Path<String>) -> Answer<Vec<WarningItem>> {
    look(&api, name, |line, _| {
        line.warnings().map(|w| WarningItem { notice: w.notice.to_string(), with: (&w.with).into() }).collect()
    })
    .await
}

/// Offers a change that resolves a conflict: as written down, or a shift that the node finds.
#[utoipa::path(post, path = "/v1/lines/{line}/offers", params(("line" = String, Path)), request_body = OfferAsk, responses((status = 200, body = Done)))]
async fn offer(
    State(api): State<Api>,
    Extension(officer): Extension<Officer>,
    Path(name): Path<String>,
    Asked(asked): Asked<OfferAsk>,
) -> Answer<Done> {
    officer.needs(Role::Officer)?;
    let open = doubts(asked.volumes.as_deref().unwrap_or_default());
    let change = change(&api, &name, &asked).await?;
    let done = act(&api, officer, name, move |line| {
        let conflict: ConflictId = only("conflict", &asked.conflict, line.conflict_pairs().map(|(id, _)| id))?;
        let lapses = asked.lapses.as_deref().map(time).transpose()?;
        Ok(Command::Offer { conflict, ours: asked.ours, change, lapses, text: asked.text.map(text) })
    });
    let Json(done) = done.await?;
    Ok(Json(Done { doubts: open, ..done }))
}

/// The change that is offered: as it was written down, or as a shift that the node finds.
async fn change(api: &Api, line: &str, asked: &OfferAsk) -> Result<ChangeIn, Problem> {
    let written = written(asked)?;
    let (of, shift) = match (&asked.suggestion, &asked.own_side, asked.ours) {
        (None, None, _) => return Ok(written),
        (Some(shift), None, true) => (Of::Ours, shift.clone()),
        (Some(shift), None, false) => (Of::Theirs, shift.clone()),
        (None, Some(shift), true) => (Of::Book, shift.clone()),
        (None, Some(_), false) => return Err(Problem::new(Fault::Request, "our book finds shifts of our own notice only")),
        (Some(_), Some(_), _) => return Err(Problem::new(Fault::Request, "`suggestion` or `own_side`: one of them")),
    };
    if written != ChangeIn::default() {
        return Err(Problem::new(Fault::Request, "a shift that the node finds is offered as it is, without other changes"));
    }
    let (line, conflict) = (line.to_owned(), asked.conflict.clone());
    let (line, conflict) = ask(&*api.host, move |seat| resolutions::named(seat, &line, &conflict)).await??;
    resolutions::change_of(api, line, conflict, of, &shift).await
}

fn written(asked: &OfferAsk) -> Result<ChangeIn, Problem> {
    let mut problems = Problems::default();
    let volumes = asked.volumes.as_ref().map(|volumes| {
        let read = |v: &detente_gateway::VolumeForm| v.to_volume(&mut problems);
        volumes.iter().filter_map(read).collect()
    });
    if !problems.is_empty() {
        return Err(problems.into());
    }
    Ok(ChangeIn {
        shift_us: asked.shift_min.map(|m| m.saturating_mul(60_000_000)),
        climb_cm: asked.climb_m.map(|m| m.saturating_mul(100)),
        volumes,
        cancel: asked.cancel.then_some(true),
    })
}

/// Answers an offer: accepts or rejects theirs, withdraws ours.
#[utoipa::path(post, path = "/v1/lines/{line}/answers", params(("line" = String, Path)), request_body = AnswerAsk, responses((status = 200, body = Done)))]
async fn answer(
    State(api): State<Api>,
    Extension(officer): Extension<Officer>,
    Path(name): Path<String>,
    Asked(asked): Asked<AnswerAsk>,
) -> Answer<Done> {
    act(&api, officer, name, move |line| {
        let kind = match asked.answer.as_str() {
            "accept" => Kind::Accept,
            "reject" => Kind::Reject,
            "withdraw" => Kind::Withdraw,
            other => return Err(Problem::new(Fault::Request, format!("answer {other:?} is none of accept, reject, withdraw"))),
        };
        let offer = statement(line, &asked.offer)?;
        Ok(Command::Answer(AnswerIn { kind: kind.code(), offer, text: asked.text.map(text), desk: None, officer: None }))
    })
    .await
}

/// Publishes the amended notice that an agreement obliges us to.
#[utoipa::path(post, path = "/v1/lines/{line}/amendments", params(("line" = String, Path)), request_body = AmendAsk, responses((status = 200, body = Done)))]
async fn amend(
    State(api): State<Api>,
    Extension(officer): Extension<Officer>,
    Path(name): Path<String>,
    Asked(asked): Asked<AmendAsk>,
) -> Answer<Done> {
    act(&api, officer, name, move |line| {
        let conflict: ConflictId = only("conflict", &asked.conflict, line.conflict_pairs().map(|(id, _)| id))?;
        Ok(line.amendment(&conflict)?)
    })
    .await
}

/// States what is done about a safety notice of theirs; its alarm then stops.
#[utoipa::path(post, path = "/v1/lines/{line}/safety-actions", params(("line" = String, Path)), request_body = SafetyActionAsk, responses((status = 200, body = Done)))]
async fn safety_action(
    State(api): State<Api>,
    Extension(officer): Extension<Officer>,
    Path(name): Path<String>,
    Asked(asked): Asked<SafetyActionAsk>,
) -> Answer<Done> {
    act(&api, officer, name, move |line| {
        let of = statement(line, &asked.of)?;
        let by = asked.by.as_deref().map(time).transpose()?;
        Ok(Command::SafetyAction { of, action: text(asked.action), by })
    })
    .await
}

/// Takes the one alarm for a flood of their safety notices. It rests for a minute, and rings again if the flood goes on.
#[utoipa::path(post, path = "/v1/lines/{line}/safety-flood", params(("line" = String, Path)), responses((status = 200, body = Done), (status = 404, body = Problem)))]
async fn take_flood(State(api): State<Api>, Extension(officer): Extension<Officer>, Path(name): Path<String>) -> Answer<Done> {
    act(&api, officer, name, |_| Ok(Command::TakeFlood)).await
}

/// Checks the line: the other node answers by itself.
#[utoipa::path(post, path = "/v1/lines/{line}/checks", params(("line" = String, Path)), request_body = CheckAsk, responses((status = 200, body = Done)))]
async fn check(
    State(api): State<Api>,
    Extension(officer): Extension<Officer>,
    Path(name): Path<String>,
    Asked(asked): Asked<CheckAsk>,
) -> Answer<Done> {
    act(&api, officer, name, move |_| Ok(Command::Check(asked.text.map(text)))).await
}

/// From where on their log is searched for an answer.
#[derive(serde::Deserialize)]
struct Since {
    #[serde(default)]
    from: u64,
}

/// What became of a check of ours. `from` is the size that their log had when the check was made: the search begins there.
#[utoipa::path(get, path = "/v1/lines/{line}/checks/{check}", params(("line" = String, Path), ("check" = String, Path), ("from" = Option<u64>, Query)), responses((status = 200, body = CheckView), (status = 404, body = Problem)))]
async fn checked(
    State(api): State<Api>,
    Path((name, hash)): Path<(String, String)>,
    Query(since): Query<Since>,
) -> Answer<CheckView> {
    let seen = ask(&*api.host, move |seat| {
        let id = find_line(seat, &name)?;
        let line = seat.node.line(&id).ok_or_else(|| no_line(&name))?;
        let of = statement(line, &hash)?;
        let answer = answer_to(line, seat.store, &of, since.from)?;
        Ok::<_, Problem>(CheckView { of: (&of).into(), answer })
    });
    Ok(Json(seen.await??))
}

/// Terms in force and proposed.
#[utoipa::path(get, path = "/v1/lines/{line}/terms", params(("line" = String, Path)), responses((status = 200, body = TermsAnswer)))]
async fn terms(State(api): State<Api>, Path(name): Path<String>) -> Answer<TermsAnswer> {
    look(&api, name, |line, _| TermsAnswer {
        terms: line.terms().input().clone(),
        digest: detente_wire::hash::hex(&detente_wire::certificate::terms_digest(line.terms().input())),
        proposals: line.proposed_terms().iter().map(|(at, _)| at.into()).collect(),
    })
    .await
}

/// Proposes the next version of the terms.
#[utoipa::path(post, path = "/v1/lines/{line}/terms/proposals", params(("line" = String, Path)), request_body = ProposeAsk, responses((status = 200, body = Done)))]
async fn propose(
    State(api): State<Api>,
    Extension(officer): Extension<Officer>,
    Path(name): Path<String>,
    Asked(asked): Asked<ProposeAsk>,
) -> Answer<Done> {
    officer.needs(Role::Principal)?;
    act(&api, officer, name, move |_| Ok(Command::ProposeTerms(asked.terms))).await
}

/// Accepts proposed terms.
#[utoipa::path(post, path = "/v1/lines/{line}/terms/acceptances", params(("line" = String, Path)), request_body = AcceptTermsAsk, responses((status = 200, body = Done)))]
async fn accept_terms(
    State(api): State<Api>,
    Extension(officer): Extension<Officer>,
    Path(name): Path<String>,
    Asked(asked): Asked<AcceptTermsAsk>,
) -> Answer<Done> {
    officer.needs(Role::Principal)?;
    act(&api, officer, name, move |line| Ok(Command::AcceptTerms(statement(line, &asked.proposal)?))).await
}

/// Fork evidence that is kept, as it came, with its portable bytes.
#[utoipa::path(get, path = "/v1/lines/{line}/evidence", params(("line" = String, Path)), responses((status = 200, body = Vec<EvidenceItem>)))]
async fn evidence(State(api): State<Api>, Path(name): Path<String>) -> Answer<Vec<EvidenceItem>> {
    look(&api, name, |line, _| line.evidence().iter().map(EvidenceItem::from).collect()).await
}

/// Reopens a line that fork evidence holds: one officer proposes, and a different one agrees, by a token of their own. The
/// evidence stays.
#[utoipa::path(post, path = "/v1/lines/{line}/reopenings", params(("line" = String, Path)), request_body = ReopenAsk, responses((status = 200, body = Done), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn reopen(
    State(api): State<Api>,
    Extension(officer): Extension<Officer>,
    Path(name): Path<String>,
    Asked(asked): Asked<ReopenAsk>,
) -> Answer<Done> {
    if asked.agree.is_some() {
        officer.is_named()?;
    }
    act(&api, officer, name, move |_| {
        Ok(match asked.agree {
            Some(proposal) => Command::AgreeToReopen { proposal, reason: asked.reason },
            None => Command::ProposeReopening(asked.reason),
        })
    })
    .await
}

/// Revokes the keys of a generation of our log, with the party key in the home. It is said in the log, and in every hello.
#[utoipa::path(post, path = "/v1/lines/{line}/revocations", params(("line" = String, Path)), request_body = RevokeAsk, responses((status = 200, body = Done), (status = 503, body = Problem)))]
async fn revoke(
    State(api): State<Api>,
    Extension(officer): Extension<Officer>,
    Path(name): Path<String>,
    Asked(asked): Asked<RevokeAsk>,
) -> Answer<Done> {
    officer.needs(Role::Principal)?;
    let host = Arc::clone(&api.host);
    act(&api, officer, name, move |line| {
        let detente_node::LineView { line: id, own, .. } = line.view();
        let generation = asked.generation.map_or(own.generation, Generation);
        let signed = host.sign_revocation(id, generation, asked.from);
        signed.map(Command::Revoke).map_err(|why| Problem::new(Fault::Unavailable, why))
    })
    .await
}

/// Which position.
#[derive(serde::Deserialize)]
struct PositionOf {
    text: String,
}

/// A position in every notation, from a text in any: MGRS, UTM, UPS, GARS, latitude and longitude in degrees, minutes and
/// seconds with English or Russian letters. What can be read in two ways is refused.
#[utoipa::path(get, path = "/v1/position", params(("text" = String, Query)), responses((status = 200, body = PositionView), (status = 400, body = Problem)))]
async fn position(Query(asked): Query<PositionOf>) -> Answer<PositionView> {
    let read = crate::position::position(&asked.text);
    read.map(Json).map_err(|error| Problem::new(Fault::Request, format!("{:?} is no position: {error}", asked.text)))
}

/// Copies the home of the running node.
#[utoipa::path(post, path = "/v1/backup", request_body = BackupAsk, responses((status = 200, body = BackupAsk)))]
async fn backup(
    State(api): State<Api>,
    Extension(officer): Extension<Officer>,
    Asked(asked): Asked<BackupAsk>,
) -> Answer<BackupAsk> {
    officer.needs(Role::Principal)?;
    let to = std::path::PathBuf::from(&asked.to);
    api.host.backup(to).await.map_err(|why| Problem::new(Fault::Unavailable, why))?;
    Ok(Json(asked))
}

/// Looks at a line.
pub(crate) async fn look<T: Send + 'static>(
    api: &Api,
    name: String,
    see: impl FnOnce(&Line, Timestamp) -> T + Send + 'static,
) -> Answer<T> {
    let seen = ask(&*api.host, move |seat| {
        let id = find_line(seat, &name)?;
        let line = seat.node.line(&id).ok_or_else(|| no_line(&name))?;
        Ok::<_, Problem>(see(line, seat.now))
    });
    Ok(Json(seen.await??))
}

/// A line by its name, by what we call the other party, or by enough of either; `-` when there is only one.
pub fn find_line(seat: &Seat<'_>, name: &str) -> Result<LineId, Problem> {
    let fits = |id: &LineId| {
        let called = || seat.node.line(id).map(|l| l.view().name.to_lowercase()).unwrap_or_default();
        name == "-" || id.to_string().starts_with(&name.to_lowercase()) || called().starts_with(&name.to_lowercase())
    };
    let found: Vec<LineId> = seat.node.line_ids().filter(fits).collect();
    match found.as_slice() {
        [one] => Ok(*one),
        [] if seat.node.line_ids().next().is_none() => {
            Err(Problem::new(Fault::NotFound, "no line yet: `detente invite` or `detente join`"))
        }
        [] => Err(no_line(name)),
        _ => Err(Problem::new(Fault::Request, format!("{} lines fit {name:?}: name it more exactly", found.len()))),
    }
}

pub(crate) fn no_line(name: &str) -> Problem {
    Problem::new(Fault::NotFound, format!("there is no line {name:?} here"))
}

pub(crate) fn statement(line: &Line, hash: &str) -> Result<StatementRef, Problem> {
    let found = line.statements_named(hash);
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(Problem::new(Fault::NotFound, format!("no statement of this line has a hash that begins with {hash:?}"))),
        _ => Err(Problem::new(Fault::Request, format!("several statements begin with {hash:?}: give more digits"))),
    }
}

/// A live notice of ours, by its identity or by the entry that states it: lists show the entry.
pub(crate) fn notice_of_ours(line: &Line, name: &str) -> Result<NoticeId, Problem> {
    let us = line.view().us;
    let ours: Vec<_> = line.notices().filter(|n| n.at.author == us).map(|n| (n.notice.id(), n.at.hash)).collect();
    let entry = only("entry of ours", name, ours.iter().map(|(_, hash)| *hash));
    match entry {
        Ok(hash) => ours.iter().find(|(_, h)| *h == hash).map(|(id, _)| *id).ok_or_else(|| no_line(name)),
        Err(_) => only("live notice of ours", name, ours.iter().map(|(id, _)| *id)),
    }
}

/// A live notice of ours, or a plan of which nothing was told; never one for the other.
pub(crate) fn what_ends(line: &Line, name: &str) -> Result<NoticeId, Problem> {
    let plan = only("live notice or untold plan of ours", name, line.untold_plans().into_iter());
    match (notice_of_ours(line, name), plan) {
        (Err(none), plan) if none.status == 404 => plan,
        (Ok(_), Ok(_)) => Err(Problem::new(Fault::Request, format!("a notice and a plan begin with {name:?}: give more digits"))),
        (notice, _) => notice,
    }
}

/// The only one of these whose name begins so.
pub(crate) fn only<T: ToString + Copy>(what: &'static str, name: &str, among: impl Iterator<Item = T>) -> Result<T, Problem> {
    let name = name.to_lowercase();
    let found: Vec<T> = among.filter(|t| !name.is_empty() && t.to_string().starts_with(&name)).collect();
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(Problem::new(Fault::NotFound, format!("there is no {what} that begins with {name:?}"))),
        _ => Err(Problem::new(Fault::Request, format!("several begin with {name:?}: give more digits"))),
    }
}

pub(crate) fn text(form: TextForm) -> detente_types::text::TextIn {
    detente_types::text::TextIn { language: form.language, text: form.text }
}

pub(crate) fn time(text: &str) -> Result<Timestamp, Problem> {
    Timestamp::parse(text).ok_or_else(|| Problem::new(Fault::Request, format!("{text:?} is no RFC 3339 time with its zone")))
}
