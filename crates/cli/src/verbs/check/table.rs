//! Conflicts as a table of a hundred columns, each with its sentences below.

use detente_types::Meeting;

use super::find::Hit;
use super::ground::{Ground, area};
use super::label::{LANGUAGES, apart, clock, position};
use super::{Filed, Told};
use crate::output::print;

/// Widths of the columns: number, plans, distance, band, window.
const WIDTHS: [usize; 5] = [4, 36, 10, 26, 16];
/// Width of the whole.
const WIDTH: usize = 100;
/// How far sentences stand in.
const INDENT: usize = 6;

pub(super) fn print_all(told: &Told) {
    print(&head(told));
    if !told.hits.is_empty() {
        print("");
        print(&line(&["#", "plans", "apart", "altitudes", "UTC"].map(str::to_owned)));
    }
    for (i, hit) in told.hits.iter().enumerate() {
        print(&block(told, i, hit));
    }
    print(&format!("\n{}", foot(told)));
}

/// What was read, and what was asked.
fn head(told: &Told) -> String {
    let files = told.files.iter().enumerate().map(|(i, file)| {
        let plans = counted(file.plans, "plan");
        format!("{}: {}, {plans}, {}", told.file_name(i), file.format.name(), counted(file.volumes, "volume"))
    });
    let s = &told.separation;
    let time = if s.time_us % 1_000_000 == 0 { format!("{} s", s.time_us / 1_000_000) } else { format!("{} µs", s.time_us) };
    let touching = if (s.horizontal.cm(), s.vertical.cm(), s.time_us) == (0, 0, 0) { ": touching counts" } else { "" };
    let asked = format!("{}, separation {}, {} in height, {time} in time{touching}", told.law.name(), s.horizontal, s.vertical);
    files.chain([asked]).collect::<Vec<_>>().join("\n")
}

fn foot(told: &Told) -> String {
    let placeless = told.plans.iter().filter(|filed| filed.plan.volumes.is_empty()).count();
    let without = if placeless > 0 { format!(" ({placeless} without a place)") } else { String::new() };
    let among = format!("among {}{without}", counted(told.plans.len(), "plan"));
    match told.hits.len() {
        0 => format!("no conflict {among}"),
        count => format!("{}{} {among}", if told.more { "more than " } else { "" }, counted(count, "conflict")),
    }
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn block(told: &Told, i: usize, hit: &Hit) -> String {
    let meeting = &hit.closest().meeting;
    let [first, second] = told.filed(hit).map(|filed| label(told, filed));
    let [bands, windows] = [bands(meeting), windows(meeting)];
    let rows = [
        [(i + 1).to_string(), first[0].clone(), apart(meeting), bands[0].clone(), windows[0].clone()],
        [String::new(), first[1].clone(), String::new(), bands[1].clone(), windows[1].clone()],
        [String::new(), second[0].clone(), String::new(), String::new(), String::new()],
        [String::new(), second[1].clone(), String::new(), String::new(), String::new()],
    ];
    let filled = rows.iter().filter(|row| row.iter().any(|cell| !cell.is_empty()));
    let mut lines: Vec<String> = filled.map(line).collect();
    let more = if hit.count > 1 { format!("; {} pairs of volumes meet, this is the closest", hit.count) } else { String::new() };
    let when = clock(told.closest_time(hit, hit.closest()));
    lines.extend(wrapped(&format!("closest at {} from {when}{}{more}", position(meeting.at), ground(told.grounds[i].first()))));
    lines.extend(LANGUAGES.iter().flat_map(|(language, _)| wrapped(&told.sentence(hit, *language))));
    lines.join("\n")
}

/// On how much ground the two are too close, where that was drawn.
fn ground(ground: Option<&Ground>) -> String {
    match ground {
        Some(Some(Ok(overlap))) => format!(", too close on {}", area(overlap)),
        _ => String::new(),
    }
}

/// A plan in two lines: where it stands, and its name.
fn label(told: &Told, filed: &Filed) -> [String; 2] {
    [format!("{}, {}", told.short_file_name(filed.file), filed.plan.place), filed.plan.name.clone()]
}

fn bands(meeting: &Meeting) -> [String; 2] {
    match &meeting.band {
        Some(band) => [band.to_string(), String::new()],
        None if meeting.vertical_gap.cm() > 0 => [format!("{} apart", meeting.vertical_gap), String::new()],
        None => ["different data:".into(), "counted as overlapping".into()],
    }
}

fn windows(meeting: &Meeting) -> [String; 2] {
    match &meeting.window {
        Some(window) => {
            let (start, end) = (clock(window.start()), clock(window.end()));
            let end = end.strip_prefix(start.get(..11).unwrap_or_default()).map_or(end.clone(), |time| format!("to {time}"));
            [start, end]
        }
        None => [format!("{} s apart", meeting.time_gap_us.div_euclid(1_000_000)), String::new()],
    }
}

/// One row; what is too long for its column is cut, with a mark.
fn line(cells: &[String; 5]) -> String {
    let cut = |cell: &String, width: usize| match cell.chars().nth(width) {
        Some(_) => cell.chars().take(width - 1).chain(['…']).collect(),
        None => cell.clone(),
    };
    let cells = cells.iter().zip(WIDTHS).enumerate().map(|(i, (cell, width))| match i {
        0 => format!("{:>width$}", cut(cell, width)),
        _ => format!("{:<width$}", cut(cell, width)),
    });
    cells.collect::<Vec<_>>().join("  ").trim_end().chars().take(WIDTH).collect()
}

/// A text on lines that fit, standing in.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last().map_or(0, |line| line.chars().count());
        if last > 0 && INDENT + last + 1 + word.chars().count() > WIDTH {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.into_iter().map(|line| format!("{:INDENT$}{line}", "")).collect()
}
