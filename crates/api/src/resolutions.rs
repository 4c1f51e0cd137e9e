//! Ways out of a conflict: shifts that were proved clear, the best first.
//!
//! A search is carried to the node turn by turn, one way to move or two at once in each job: nothing else waits long for it.

use axum::Json;
use axum::extract::{Path, Query, State};
use detente_gateway::VolumeForm;
use detente_node::sentence::Language;
use detente_node::{Found, Line, OwnShift, Search, Suggestion};
use detente_space::resolve::Shift;
use detente_types::statement::ChangeIn;
use detente_types::{ConflictId, LineId, StatementRef, Volume, VolumeIn};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Api;
use crate::port::{Seat, ask};
use crate::problem::{Fault, Problem};
use crate::routes::{Answer, find_line, no_line, only};
use crate::view::{SentenceView, languages};

/// Shifts of one notice of a conflict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ResolutionsView {
    /// The conflict's name, hex.
    pub conflict: String,
    /// Whose notice is shifted, and by what: `ours` or `theirs` by what both sides have disclosed; `book`, ours by our book
    /// besides.
    pub of: String,
    /// Whether an offer may state them as they are. What comes from the book is for our own eyes until an officer releases it.
    pub sendable: bool,
    /// What was found, in words.
    pub says: String,
    /// At most five, the best first.
    pub shifts: Vec<ShiftView>,
    /// Whether something that was not found may be there all the same: the work was bounded.
    pub cut_short: bool,
}

/// A shift after which nothing is in the way of a notice or a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ShiftView {
    /// Its place in the list, from 1.
    pub number: usize,
    /// What it is called in an offer: `later-22min`, `up-360m`, `bearing-135-400m`, or two of them, `later-22min-up-360m`.
    pub name: String,
    /// Minutes later (earlier, when negative).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shift_min: Option<i64>,
    /// Metres up (down, when negative).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub climb_m: Option<i64>,
    /// Aside: degrees clockwise from true north.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bearing_deg: Option<u16>,
    /// Aside: how far, metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aside_m: Option<i64>,
    /// By the weights of the terms: the smaller, the better.
    pub cost: f64,
    /// The sentence to read aloud, in both languages of the line.
    pub sentences: Vec<SentenceView>,
    /// Where, how high and when it is then.
    pub volumes: Vec<VolumeForm>,
}

/// Which shifts of a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    Ours,
    Theirs,
    Book,
}

impl Of {
    fn parse(name: &str) -> Result<Self, Problem> {
        match name {
            "ours" => Ok(Self::Ours),
            "theirs" => Ok(Self::Theirs),
            "book" => Ok(Self::Book),
            other => Err(Problem::new(Fault::Request, format!("of={other:?} is none of ours, theirs, book"))),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Theirs => "theirs",
            Self::Book => "book",
        }
    }
}

/// Which shifts.
#[derive(Deserialize)]
pub(crate) struct ShiftsOf {
    of: Option<String>,
}

/// Up to five shifts that clear one notice of a conflict and make nothing new, each proved by what is live. `of` says whose
/// notice is shifted: `ours` (as when it is left out) or `theirs`, by what both sides have disclosed, ready to be offered; or
/// `book`, ours by our exact plans and those held back besides, for our own eyes.
#[utoipa::path(get, path = "/v1/lines/{line}/conflicts/{conflict}/resolutions", params(("line" = String, Path), ("conflict" = String, Path), ("of" = Option<String>, Query)), responses((status = 200, body = ResolutionsView), (status = 404, body = Problem)))]
pub(crate) async fn resolutions(
    State(api): State<Api>,
    Path((name, conflict)): Path<(String, String)>,
    Query(asked): Query<ShiftsOf>,
) -> Answer<ResolutionsView> {
    let of = Of::parse(asked.of.as_deref().unwrap_or("ours"))?;
    let (line, conflict) = ask(&*api.host, move |seat| named(seat, &name, &conflict)).await??;
    search(&api, line, conflict, of).await.map(|(view, _)| Json(view))
}

/// The change that an offer of a shift states: found anew, so that it is clear now. It goes by its name alone, which is all of
/// it: by then another may have its number. To ask for one of the book's is the release that PROTOCOL C6 wants.
pub(crate) async fn change_of(api: &Api, line: LineId, conflict: ConflictId, of: Of, name: &str) -> Result<ChangeIn, Problem> {
    let (view, found) = search(api, line, conflict, of).await?;
    let place = view.shifts.iter().position(|shift| shift.name == name);
    place.and_then(|place| found.take(place)).ok_or_else(|| {
        let names: Vec<&str> = view.shifts.iter().map(|shift| shift.name.as_str()).collect();
        let names = if names.is_empty() { view.says.clone() } else { format!("there are {}", names.join(", ")) };
        Problem::new(Fault::NotFound, format!("no shift {name:?} clears this conflict now: {names}"))
    })
}

/// A line and a conflict of it.
pub(crate) fn named(seat: &Seat<'_>, line: &str, conflict: &str) -> Result<(LineId, ConflictId), Problem> {
    let id = find_line(seat, line)?;
    let line = seat.node.line(&id).ok_or_else(|| no_line(line))?;
    Ok((id, only("conflict", conflict, line.conflict_pairs().map(|(id, _)| id))?))
}

/// Searches to the end, and gives the changes in the order of the shifts.
async fn search(api: &Api, line: LineId, conflict: ConflictId, of: Of) -> Result<(ResolutionsView, Shifts), Problem> {
    let gone = || Problem::new(Fault::NotFound, "the conflict is gone: there is nothing to resolve");
    let look = move |line: &Line| match of {
        Of::Book => line.search_own(&conflict).map(Ongoing::Own),
        of => line.search(&conflict, of == Of::Ours).map(Ongoing::Disclosed),
    };
    let mut ongoing = at(api, line, look).await?.ok_or_else(gone)?;
    loop {
        let (next, done) = at_seat(api, move |seat| {
            let now = seat.now;
            let line = seat.node.line(&line).ok_or_else(|| no_line(&line.to_string()))?;
            Ok(ongoing.turn(line, now, conflict, of))
        })
        .await?;
        match done {
            Some(done) => return Ok(done),
            None => ongoing = next,
        }
    }
}

async fn at<T: Send + 'static>(api: &Api, id: LineId, look: impl FnOnce(&Line) -> T + Send + 'static) -> Result<T, Problem> {
    at_seat(api, move |seat| Ok(look(seat.node.line(&id).ok_or_else(|| no_line(&id.to_string()))?))).await
}

pub(crate) async fn at_seat<T: Send + 'static>(
    api: &Api,
    look: impl FnOnce(&Seat<'_>) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    ask(&*api.host, move |seat| look(seat)).await?
}

/// What was found, in the order of its view.
enum Shifts {
    Disclosed(Vec<Suggestion>),
    Own(Vec<OwnShift>),
}

impl Shifts {
    /// What an offer of one states.
    fn take(self, place: usize) -> Option<ChangeIn> {
        match self {
            Self::Disclosed(shifts) => shifts.get(place).map(Suggestion::change),
            Self::Own(shifts) => shifts.into_iter().nth(place).map(OwnShift::release),
        }
    }
}

enum Ongoing {
    Disclosed(Search<detente_node::Disclosed>),
    Own(Search<detente_node::Own>),
}

impl Ongoing {
    fn turn(
        mut self,
        line: &Line,
        now: detente_types::Timestamp,
        conflict: ConflictId,
        of: Of,
    ) -> (Self, Option<(ResolutionsView, Shifts)>) {
        let done = match &mut self {
            Self::Disclosed(search) => line.search_turn(now, search).map(|found| disclosed(line, conflict, of, found)),
            Self::Own(search) => line.search_turn_own(now, search).map(|found| own(line, conflict, found)),
        };
        (self, done)
    }
}

fn disclosed(line: &Line, conflict: ConflictId, of: Of, found: Found<Suggestion>) -> (ResolutionsView, Shifts) {
    let view = |(number, found): (usize, &Suggestion)| {
        shift_view(
            number,
            found.shift(),
            found.cost(),
            found.volumes(),
            spoken(line, &found.statement, found.shift(), found.volumes()),
        )
    };
    let shifts = (1..).zip(&found.shifts).map(view).collect();
    let says = says(&found, "what both sides have disclosed");
    let view = ResolutionsView {
        conflict: conflict.to_string(),
        of: of.name().into(),
        sendable: true,
        says,
        shifts,
        cut_short: found.cut_short,
    };
    (view, Shifts::Disclosed(found.shifts))
}

fn own(line: &Line, conflict: ConflictId, found: Found<OwnShift>) -> (ResolutionsView, Shifts) {
    let ours = line.conflict(&conflict).and_then(|c| c.statements.into_iter().find(|at| at.author == line.us()));
    let view = |(number, found): (usize, &OwnShift)| {
        let sentences = ours.map(|at| spoken(line, &at, found.shift(), found.volumes())).unwrap_or_default();
        shift_view(number, found.shift(), found.cost(), found.volumes(), sentences)
    };
    let shifts = (1..).zip(&found.shifts).map(view).collect();
    let says = format!("only we see this: {}", says(&found, "our book and what they have disclosed"));
    let view = ResolutionsView {
        conflict: conflict.to_string(),
        of: Of::Book.name().into(),
        sendable: false,
        says,
        shifts,
        cut_short: found.cut_short,
    };
    (view, Shifts::Own(found.shifts))
}

fn spoken(line: &Line, of: &StatementRef, shift: Shift, volumes: &[Volume]) -> Vec<SentenceView> {
    let told = |(tag, language): (String, Language)| {
        Some(SentenceView { language: tag, text: line.shift_sentence(of, shift, volumes, language)? })
    };
    languages(line, line.us()).into_iter().filter_map(told).collect()
}

/// What a search came to.
pub(crate) fn says<T>(found: &Found<T>, by: &str) -> String {
    let more = if found.cut_short { "; so much is live round it that not every way was searched to its end" } else { "" };
    let own = if found.own_left_out { "; notices of its own side were not counted: too many are as near already" } else { "" };
    let count = found.shifts.len();
    let what = match count {
        _ if found.clear => "nothing is in the way any more".to_owned(),
        _ if found.fixed => "nothing about this notice may be shifted: it is a site, or the terms say so".to_owned(),
        0 => "no shift within the limits of the terms clears it, nor two at once".to_owned(),
        1 => format!("one shift clears it, by {by}"),
        _ => format!("{count} shifts clear it, by {by}"),
    };
    format!("{what}{more}{own}")
}

pub(crate) fn shift_view(number: usize, shift: Shift, cost: u64, volumes: &[Volume], sentences: Vec<SentenceView>) -> ShiftView {
    let moved = |n: i64| Some(n).filter(|&n| n != 0);
    ShiftView {
        number,
        name: name_of(shift),
        shift_min: moved(shift.shift_us / 60_000_000),
        climb_m: moved(shift.climb_cm / 100),
        bearing_deg: shift.aside.map(|aside| aside.bearing_deg),
        aside_m: shift.aside.map(|aside| aside.distance.cm() / 100),
        cost: cost as f64 / 20.0,
        sentences,
        volumes: volumes.iter().map(|volume| VolumeForm::from(&VolumeIn::from(volume))).collect(),
    }
}

/// Names a shift by what it does, part by part: with its notice, that is all of it.
fn name_of(shift: Shift) -> String {
    let way = |n: i64, [up, down]: [&'static str; 2]| if n < 0 { down } else { up };
    let Shift { shift_us, climb_cm, aside } = shift;
    let parts = [
        (shift_us != 0).then(|| format!("{}-{}min", way(shift_us, ["later", "earlier"]), shift_us.abs() / 60_000_000)),
        (climb_cm != 0).then(|| format!("{}-{}m", way(climb_cm, ["up", "down"]), climb_cm.abs() / 100)),
        aside.map(|aside| format!("bearing-{}-{}m", aside.bearing_deg, aside.distance.cm() / 100)),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use detente_types::unit::Metres;

    use super::*;

    #[test]
    fn a_shift_is_named_by_each_of_its_parts() {
        let (later, down) = (Shift::in_time(22 * 60_000_000), Shift::in_altitude(-36_000));
        let aside = Shift::aside(135, Metres::new(400));
        let named = [later, down, aside, later.and(down), later.and(aside), down.and(aside)].map(name_of);
        assert_eq!(
            named,
            [
                "later-22min",
                "down-360m",
                "bearing-135-400m",
                "later-22min-down-360m",
                "later-22min-bearing-135-400m",
                "down-360m-bearing-135-400m"
            ]
        );
        let view = shift_view(1, later.and(down), 20, &[], Vec::new());
        assert_eq!((view.shift_min, view.climb_m, view.bearing_deg, view.aside_m), (Some(22), Some(-360), None, None));
    }
}
