//! What the picture says in words: the names of plans on the map, and below it files, conflicts and what was asked.

use std::fmt::Write as _;

use super::plane::Point;
use super::{COLOURS, Picture, WIDTH};
use crate::verbs::check::Told;
use crate::verbs::check::ground::{Ground, area, undrawn};
use crate::verbs::check::label::{apart, clock};
use detente_gateway::overlap::Undrawn;
use detente_types::Meeting;

/// Conflicts that are listed; all are drawn.
const LISTED_MAX: usize = 60;
/// Height of a line of text.
const LINE: f64 = 18.0;
/// Width of a letter, roughly: for keeping labels apart.
const LETTER: f64 = 6.6;
/// Letters of a name that are shown.
const NAME_MAX: usize = 40;

/// Text with what XML reads as its own put in other words.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn short(text: &str) -> String {
    match text.chars().nth(NAME_MAX) {
        Some(_) => text.chars().take(NAME_MAX - 1).chain(['…']).collect(),
        None => text.to_owned(),
    }
}

pub(super) fn title(told: &Told) -> String {
    let names: Vec<String> = (0..told.files.len()).map(|i| escaped(told.file_name(i))).collect();
    let more = if told.more { "More than " } else { "" };
    format!("{more}{} conflicts of {} plans in {}", told.hits.len(), told.plans.len(), names.join(", "))
}

/// Height of what stands below the map.
pub(super) fn height(told: &Told) -> f64 {
    let listed = told.hits.len().min(LISTED_MAX) + usize::from(told.hits.len() > LISTED_MAX);
    LINE * (told.files.len() + listed) as f64 + LINE * 3.5
}

/// The name of every plan in conflict, beside it and where no other stands.
pub(super) fn labels(picture: &Picture<'_>, out: &mut String) {
    // No name under a number.
    let marks = picture.told.hits.iter().map(|hit| picture.pixel(picture.plane.at(hit.closest().meeting.at)));
    let mut taken: Vec<[f64; 4]> = marks.map(|[x, y]| [x - 10.0, y - 10.0, x + 10.0, y + 10.0]).collect();
    for (plan, number) in picture.volumes().into_keys() {
        if number > 0 {
            continue;
        }
        let filed = &picture.told.plans[plan];
        let name = if filed.plan.name.is_empty() { &filed.plan.place } else { &filed.plan.name };
        let name = short(name);
        let lines = picture.plane.lines(&filed.plan.volumes[0]);
        let points: Vec<Point> = lines.into_iter().flatten().map(|point| picture.pixel(point)).collect();
        if let Some([x, y]) = free(&points, name.chars().count() as f64 * LETTER, picture.height, &mut taken) {
            let _ = writeln!(
                out,
                "<text x=\"{x:.1}\" y=\"{y:.1}\" fill=\"#111111\" stroke=\"#ffffff\" stroke-width=\"3\" \
                 paint-order=\"stroke\">{}</text>",
                escaped(&name)
            );
        }
    }
}

/// A place for a label near one of some points: inside the map, and over no other label.
fn free(points: &[Point], width: f64, height: f64, taken: &mut Vec<[f64; 4]>) -> Option<Point> {
    let step = points.len().div_ceil(24);
    for [x, y] in points.iter().step_by(step.max(1)) {
        for [dx, dy] in [[8.0, -8.0], [8.0, 16.0], [-8.0 - width, -8.0], [-8.0 - width, 16.0]] {
            let (left, base) = (x + dx, y + dy);
            let area = [left, base - 12.0, left + width, base + 4.0];
            let inside = area[0] > 4.0 && area[2] < WIDTH - 4.0 && area[1] > 4.0 && area[3] < height - 16.0;
            let apart = |other: &[f64; 4]| area[0] > other[2] || area[2] < other[0] || area[1] > other[3] || area[3] < other[1];
            if inside && taken.iter().all(apart) {
                taken.push(area);
                return Some([left, base]);
            }
        }
    }
    None
}

/// How near two are, and on how much ground.
fn near(meeting: &Meeting, ground: Option<&Ground>) -> String {
    let far = apart(meeting);
    match ground {
        Some(Some(Ok(overlap))) if meeting.distance.cm() == 0 => format!("overlap, {} hatched", area(overlap)),
        Some(Some(Ok(overlap))) => format!("{far} apart, {} hatched", area(overlap)),
        Some(Some(Err(why @ (Undrawn::TooWide | Undrawn::TooManyCorners)))) => format!("{far} apart, ground {}", undrawn(*why)),
        Some(Some(Err(Undrawn::NoArea))) if meeting.distance.cm() == 0 => "touch".into(),
        _ => format!("{far} apart"),
    }
}

/// What stands below the map.
pub(super) fn legend(told: &Told, top: f64, out: &mut String) {
    let mut y = top + LINE * 1.2;
    let mut line = |mark: String, text: String| {
        let _ = writeln!(
            out,
            "{}<text x=\"40\" y=\"{y:.1}\" fill=\"#111111\">{}</text>",
            mark.replace('@', &format!("{:.1}", y - 4.0)),
            escaped(&text)
        );
        y += LINE;
    };
    for i in 0..told.files.len() {
        let colour = COLOURS[i % COLOURS.len()];
        let mark = format!("<circle cx=\"22\" cy=\"@\" r=\"7\" fill=\"{colour}\" fill-opacity=\"0.5\" stroke=\"{colour}\"/>");
        line(mark, format!("plans of {}", told.file_name(i)));
    }
    for (i, hit) in told.hits.iter().take(LISTED_MAX).enumerate() {
        let mark = format!(
            "<circle cx=\"22\" cy=\"@\" r=\"8\" fill=\"#d00000\"/><text x=\"22\" y=\"@\" dy=\"4\" text-anchor=\"middle\" \
             font-size=\"10\" font-weight=\"bold\" fill=\"#ffffff\">{}</text>",
            i + 1
        );
        let names =
            told.filed(hit).map(|filed| short(if filed.plan.name.is_empty() { &filed.plan.place } else { &filed.plan.name }));
        let meeting = &hit.closest().meeting;
        let near = near(meeting, told.grounds[i].first());
        let band = meeting.band.map(|band| format!(", {band}")).unwrap_or_default();
        let from = clock(told.closest_time(hit, hit.closest()));
        line(mark, format!("{} and {}: {near}{band}, from {from} UTC", names[0], names[1]));
    }
    if told.hits.len() > LISTED_MAX {
        let unfound = if told.more { ", and others that were not looked for" } else { "" };
        line(String::new(), format!("and {} more, drawn and not listed{unfound}", told.hits.len() - LISTED_MAX));
    }
    let s = &told.separation;
    let asked = format!(
        "{}, separation {}, {} in height, {} s in time",
        told.law.name(),
        s.horizontal,
        s.vertical,
        s.time_us / 1_000_000
    );
    line(String::new(), format!("{asked}. Azimuthal equidistant; north is up at the middle."));
    line(String::new(), "Hatched: the ground of one within the separation of the other.".into());
}
