//! Our own JSON form of notices, read field by field so that all that is wrong is told at once.

use detente_types::unit::Metres;

use crate::fields::Fields;
use crate::form::{DetailForm, NoticeForm, TextForm, VolumeForm};
use crate::place::{self, Places};
use crate::problem::{Problem, Problems};
use crate::raw::{Layout, Raw, RawRow};
use crate::read::ROWS_MAX;
use crate::tree::Tree;

/// The notices of a file: one object, or a list of them.
pub(crate) fn read(root: &Tree) -> Raw {
    let notices = root.as_list().unwrap_or(core::slice::from_ref(root));
    let rows = notices.iter().enumerate().map(|(i, notice)| row(format!("notice {}", i + 1), notice));
    Raw { rows: rows.take(ROWS_MAX + 1).collect(), ..Raw::default() }
}

fn row(place: String, notice: &Tree) -> RawRow {
    let mut row = RawRow::new(place, Layout::Nested);
    match notice.as_map() {
        Some(members) => {
            let (form, problems, doubts) = notice_form(members);
            (row.form, row.problems, row.doubts) = (Some(form), problems, doubts);
        }
        None => row.problems.push(Problem::new("", &notice.to_string(), "a notice as an object")),
    }
    row
}

fn notice_form(members: &[(String, Tree)]) -> (NoticeForm, Problems, Vec<Problem>) {
    let mut f = Fields::of_map(members);
    let volumes = volumes(&mut f);
    let mut form = NoticeForm { volumes, ..named(&mut f) };
    form.text = nested(&mut f, "text", text_form);
    form.translation = nested(&mut f, "translation", text_form);
    form.detail = nested(&mut f, "detail", detail_form);
    let doubts = core::mem::take(&mut f.doubts);
    (form, f.finish(), doubts)
}

/// The fields of a notice that are plain values in every format.
pub(crate) fn named(f: &mut Fields<'_>) -> NoticeForm {
    NoticeForm {
        kind: f.text("kind").unwrap_or_default(),
        id: f.text("id"),
        version: f.whole("version"),
        precedence: f.text("precedence"),
        valid_from: f.time("valid_from"),
        valid_until: f.time("valid_until"),
        precision: f.text("precision"),
        title: f.text("title"),
        call_sign: f.text("call_sign"),
        contact: f.text("contact"),
        basis: f.text("basis"),
        desk: f.text("desk"),
        officer: f.text("officer"),
        release: f.text("release"),
        reveal: f.texts("reveal"),
        ..NoticeForm::default()
    }
}

/// The kind's own fields.
pub(crate) fn detail_form(f: &mut Fields<'_>) -> DetailForm {
    DetailForm {
        activity: f.text("activity"),
        frequency: f.text("frequency"),
        measure: f.text("measure"),
        function: f.text("function"),
        operator: f.text("operator"),
        position_source: f.text("position_source"),
        markings: f.text("markings"),
        vehicles: f.whole("vehicles"),
        people: f.whole("people"),
        cargo: f.text("cargo"),
        armed_escort: f.truth("armed_escort"),
        designation: f.text("designation"),
        troops: f.whole("troops"),
        ask: f.text("ask"),
        endangered: f.text("endangered"),
        since: f.time("since"),
        list_number: f.text("list_number"),
    }
}

pub(crate) fn text_form(f: &mut Fields<'_>) -> TextForm {
    let language = f.need_text("language", "a BCP 47 language tag such as en or ru");
    TextForm { language, text: f.need_text("text", "the words") }
}

/// What an inner object holds; its problems are told under its name.
pub(crate) fn nested<'a, T>(f: &mut Fields<'a>, name: &'static str, read: impl Fn(&mut Fields<'a>) -> T) -> Option<T> {
    let mut inner = f.map(name)?;
    let value = read(&mut inner);
    f.absorb(name, inner);
    Some(value)
}

fn volumes(f: &mut Fields<'_>) -> Vec<VolumeForm> {
    each_volume(f, |inner, _| Some(volume_form(inner)))
}

/// What is read of each object of `volumes`, by its fields and its place; its problems are told under its place.
pub(crate) fn each_volume<T>(f: &mut Fields<'_>, read_one: impl Fn(&mut Fields<'_>, &str) -> Option<T>) -> Vec<T> {
    let mut read = Vec::new();
    for (i, volume) in f.list("volumes", "a list of volumes").iter().enumerate() {
        let place = format!("volumes[{i}]");
        let Some(members) = volume.as_map() else {
            f.problems.push(Problem::new(place, &volume.to_string(), "a volume as an object"));
            continue;
        };
        let mut inner = Fields::of_map(members);
        read.extend(read_one(&mut inner, &place));
        f.absorb(&place, inner);
    }
    read
}

fn volume_form(f: &mut Fields<'_>) -> VolumeForm {
    let shape = f.need_text("shape", "point, path or polygon");
    let listed = f.take("positions");
    if listed.is_none() {
        f.problems.push(Problem::missing("positions", "a list of [latitude, longitude]"));
    }
    let outline = listed.map(|list| positions("positions", list, f)).unwrap_or_default();
    let holes = f.list("holes", "a list of outlines").iter().enumerate();
    let holes: Vec<Places> = holes.map(|(i, hole)| positions(&format!("holes[{i}]"), hole, f)).collect();
    let uncertainty = holes.iter().map(|hole| hole.uncertainty).fold(outline.uncertainty, Metres::max);
    let extent = extent(f);
    VolumeForm {
        shape,
        positions: outline.positions,
        holes: holes.into_iter().map(|hole| hole.positions).collect(),
        radius_m: place::grown(extent.radius_m, uncertainty),
        ..extent
    }
}

/// How far, how high and when a volume reaches: the same fields in every format.
pub(crate) fn extent(f: &mut Fields<'_>) -> VolumeForm {
    let times = f.texts("times");
    let end = |f: &mut Fields<'_>, name| if times.is_empty() { f.need_time(name) } else { f.time(name).unwrap_or_default() };
    VolumeForm {
        shape: String::new(),
        positions: Vec::new(),
        holes: Vec::new(),
        radius_m: f.number("radius_m").unwrap_or_default(),
        lower_m: f.need_number("lower_m", "a number of metres"),
        upper_m: f.need_number("upper_m", "a number of metres"),
        datum: f.need_text("datum", "one of WGS84, AMSL, AGL, FL"),
        start: end(f, "start"),
        end: end(f, "end"),
        slack_s: f.number("slack_s").unwrap_or_default(),
        times,
        doubts: Vec::new(),
    }
}

/// A list of positions: `[latitude, longitude]`, or a text in any notation. What is no position becomes one that is
/// nowhere, so that the others keep their numbers.
pub(crate) fn positions(at: &str, list: &Tree, f: &mut Fields<'_>) -> Places {
    let mut places = Places::default();
    let Some(items) = list.as_list() else {
        f.problems.push(Problem::new(at, &list.to_string(), "a list of [latitude, longitude]"));
        return places;
    };
    for (i, item) in items.iter().enumerate() {
        let at = format!("{at}[{i}]");
        let expected = match item {
            Tree::Text(text) => match places.add(&at, text, &mut f.doubts) {
                Ok(()) => continue,
                Err(error) => format!("a position in any notation ({error})"),
            },
            item => match item.as_list() {
                Some([Tree::Number(lat), Tree::Number(lon)]) => {
                    places.positions.push([*lat, *lon]);
                    continue;
                }
                _ => "[latitude, longitude] in decimal degrees, or a text in any notation".into(),
            },
        };
        f.problems.push(Problem::new(at, &item.to_string(), expected));
        places.positions.push([f64::NAN; 2]);
    }
    places
}
