//! Notices from a file or a form: all are checked before one is stated, and then stated as fast as the disk takes them.
//!
//! A long file never stands between the line and a SAFETY notice: what waits for the disk is bounded (PROTOCOL F3), and
//! the node is free between two shares.

#[cfg(test)]
pub(crate) mod tests;

use std::iter::Peekable;
use std::vec::IntoIter;

use axum::Json;
use axum::extract::{Extension, Path, State};
use detente_gateway::{Draft, NoticeForm};
use detente_node::{Command, CommandFault};
use detente_types::notice::Release;
use detente_types::{LineId, NoticeId};
use tokio::task::yield_now;

use crate::Api;
use crate::answer::Asked;
use crate::ask::{Done, DoubtView, NotifyAsk, doubts};
use crate::auth::{Officer, Role};
use crate::give::{Durable, Patience, give, kept};
use crate::port::{Seat, ask};
use crate::problem::{Detail, Problem};
use crate::routes::{Answer, find_line};

/// Notices that one job checks or states: the line waits for no more of them.
const SHARE: usize = 64;

/// States notices: all are checked before any is stated.
#[utoipa::path(post, path = "/v1/lines/{line}/notices", params(("line" = String, Path)), request_body = NotifyAsk, responses((status = 200, body = Vec<Done>), (status = 422, body = Problem)))]
pub(crate) async fn notify(
    State(api): State<Api>,
    Extension(officer): Extension<Officer>,
    Path(name): Path<String>,
    Asked(asked): Asked<NotifyAsk>,
) -> Answer<Vec<Done>> {
    officer.needs(Role::Officer)?;
    let (check, by) = (asked.check, officer.clone());
    let open: Vec<Vec<DoubtView>> = asked.notices.iter().map(|form| doubts(&form.volumes)).collect();
    let line = ask(&*api.host, move |seat| find_line(seat, &name)).await??;
    let drafts = checked(&api, line, &by, asked.notices).await?;
    let done = if check { drafts.iter().map(only_checked).collect() } else { stated(&api, line, officer, drafts).await? };
    Ok(Json(done.into_iter().zip(open).map(|(done, doubts)| Done { doubts, ..done }).collect()))
}

fn only_checked(draft: &Draft) -> Done {
    Done {
        book: 0,
        stated: None,
        note: Some("checked only".into()),
        notice: Some(draft.notice.id.to_string()),
        doubts: Vec::new(),
    }
}

/// All notices as they will be stated, or all that is wrong with them, checked share by share.
async fn checked(api: &Api, line: LineId, officer: &Officer, forms: Vec<NoticeForm>) -> Result<Vec<Draft>, Problem> {
    let mut drafts = Vec::with_capacity(forms.len());
    let mut broken: Option<Problem> = None;
    let mut rest = forms.into_iter().enumerate();
    loop {
        let share: Vec<(usize, NoticeForm)> = rest.by_ref().take(SHARE).collect();
        if share.is_empty() {
            return broken.map_or(Ok(drafts), Err);
        }
        let by = officer.clone();
        let judge =
            move |seat: &mut Seat<'_>| share.iter().map(|(i, form)| (*i, draft(seat, line, &by, form))).collect::<Vec<_>>();
        for (i, judged) in ask(&*api.host, judge).await? {
            match judged {
                Ok(draft) => drafts.push(draft),
                Err(problem) => broken = Some(merge(broken, i, problem)),
            }
        }
        // A share that was done here and then has let nobody else in.
        yield_now().await;
    }
}

/// States drafts share by share; each is durable before the next share is begun.
async fn stated(api: &Api, line: LineId, officer: Officer, drafts: Vec<Draft>) -> Result<Vec<Done>, Problem> {
    let count = drafts.len();
    let mut done: Vec<Done> = Vec::with_capacity(count);
    let mut patience = Patience::new();
    let mut rest = drafts.into_iter().peekable();
    while rest.peek().is_some() {
        let by = officer.clone();
        let (given, fault, left) = ask(&*api.host, move |seat| share(seat, line, &by, rest)).await?;
        rest = left;
        let mut took = Ok(());
        for (answer, durable) in given {
            took = took.and(kept(durable).await);
            done.push(answer);
            patience = Patience::new();
        }
        let told = took.and(match fault {
            None => Ok(()),
            Some(CommandFault::DiskBehind) => patience.pause().await,
            Some(fault) => Err(fault.into()),
        });
        told.map_err(|problem| after(done.len(), count, problem))?;
    }
    Ok(done)
}

/// Says how far the file came.
fn after(done: usize, count: usize, mut problem: Problem) -> Problem {
    if done > 0 {
        problem.error = format!("the first {done} of {count} notices are taken, the others are not: {}", problem.error);
    }
    problem
}

type Drafts = Peekable<IntoIter<Draft>>;

/// One share: what was stated of it, what stopped it, and what is left. A draft that the disk had no time for is left.
fn share(
    seat: &mut Seat<'_>,
    line: LineId,
    officer: &Officer,
    mut drafts: Drafts,
) -> (Vec<(Done, Durable)>, Option<CommandFault>, Drafts) {
    let mut given = Vec::new();
    while given.len() < SHARE
        && let Some(draft) = drafts.peek()
    {
        let Draft { notice, release, reveal } = draft.clone();
        let id = notice.id.to_string();
        match give(seat, line, officer, Command::Notify { notice, release, reveal }) {
            Ok((done, durable)) => given.push((Done { notice: Some(id), ..done }, durable)),
            Err(fault) => return (given, Some(fault), drafts),
        }
        drafts.next();
    }
    (given, None, drafts)
}

fn draft(seat: &mut Seat<'_>, line: LineId, officer: &Officer, form: &NoticeForm) -> Result<Draft, Problem> {
    let mut id = [0; 16];
    seat.rng.fill_bytes(&mut id);
    let draft = form.to_draft(NoticeId::new(id))?;
    let mut check = |release, reveal: &[u8]| {
        seat.node.check_notice(seat.now, seat.rng, line, &officer.by(), &draft.notice, (release, reveal))
    };
    match check(draft.release, &draft.reveal) {
        Ok(()) => Ok(draft),
        Err(CommandFault::Violations(found)) => {
            let exact_is_good = check(Release::Hold, &[]).is_ok();
            let mut problem = Problem::from(CommandFault::Violations(form.name_violations(found)));
            if exact_is_good {
                problem.details.iter_mut().for_each(|detail| withheld(detail, &released(form)));
            }
            Err(problem)
        }
        Err(fault @ CommandFault::Disclosure(_)) => {
            let at = "release".into();
            Err(unfit(fault, at, released(form), "one that it can be let out at"))
        }
        Err(fault @ CommandFault::TooLarge(_)) => {
            let found = fault.to_string();
            Err(unfit(fault, String::new(), found, "a notice of fewer volumes or a shorter text"))
        }
        Err(fault) => Err(fault.into()),
    }
}

/// What a form asks to be let out, by the name that it uses.
fn released(form: &NoticeForm) -> String {
    form.release.clone().unwrap_or_else(|| "exact".into())
}

/// Says that the exact notice is good, and what its release withholds is missed.
fn withheld(detail: &mut Detail, release: &str) {
    let expected = detail.expected.take().map(|expected| format!("{expected}; ")).unwrap_or_default();
    detail.expected = Some(format!("{expected}it is withheld at `{release}`, unless it is named in `reveal`"));
}

/// A notice that cannot be stated, where no rule says why.
fn unfit(fault: CommandFault, at: String, found: String, expected: &str) -> Problem {
    let says = fault.to_string();
    let expected = Some(format!("{expected}: {says}"));
    Problem::from(fault).with(vec![Detail { rule: None, place: None, at, found, expected, says }])
}

/// Puts the problems of one row beside those of the others.
fn merge(before: Option<Problem>, row: usize, mut problem: Problem) -> Problem {
    if problem.details.is_empty() {
        return before.unwrap_or(problem);
    }
    for detail in &mut problem.details {
        detail.at = format!("notices[{row}].{}", detail.at);
    }
    match before {
        None => problem,
        Some(mut all) => {
            all.details.append(&mut problem.details);
            all.error = format!("{} problem(s); nothing was stated", all.details.len());
            all
        }
    }
}
