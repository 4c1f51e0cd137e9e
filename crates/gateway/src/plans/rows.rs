//! Plans from a table: each row is one, columns named in the first row, values separated by commas. Edges are shortest
//! paths.

use csv::StringRecord;

use super::extent::{kind, leave_rest, name};
use super::features::{all_alike, pass_over};
use super::judge::Numbering;
use super::taker::{RoughPlan, Taker};
use crate::fields::{Fields, Source};
use crate::problem::{Problem, Problems, on_one_line};
use crate::raw::Layout;
use crate::table::{Lines, column_name, other_separator, parts, too_many};
use crate::tree::Tree;

pub(super) fn read(text: &str, taker: &mut Taker) {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut records = reader.records().map_while(Result::ok);
    let Some((names, layout)) = records.next().and_then(|first| header(&first, taker)) else { return };
    let mut lines = Lines::new(text);
    for record in records {
        if taker.is_full() {
            return;
        }
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let from = record.position().map_or(0, csv::Position::byte);
        let line = lines.first_from(usize::try_from(from).unwrap_or(usize::MAX));
        let plan = plan(&names, layout, &record, line, taker);
        taker.take(plan);
    }
}

/// The names of the columns, and which of them say where; `None` when no row can be read by them.
fn header(first: &StringRecord, taker: &mut Taker) -> Option<(Vec<String>, Layout)> {
    if let Some(found) = other_separator(first) {
        taker.refuse("row 1", Problem::new("", found, "columns separated by commas"));
        return None;
    }
    if let Some(problem) = too_many(first) {
        taker.refuse("row 1", problem);
        return None;
    }
    let names: Vec<String> = first.iter().map(column_name).collect();
    for (i, name) in names.iter().enumerate() {
        if names[..i].contains(name) && !name.is_empty() {
            taker.refuse("row 1", Problem::new(on_one_line(name), "a second column of this name", "each column once"));
        }
    }
    let has = |name: &str| names.iter().any(|known| known == name);
    let layout = if has("positions") { Layout::Positions } else { Layout::Pair };
    let missing: Vec<&str> = match layout {
        Layout::Positions => Vec::new(),
        _ => ["lat", "lon"].into_iter().filter(|name| !has(name)).collect(),
    };
    for name in &missing {
        let expected = "a column of this name: decimal degrees; or a column `positions` for paths and areas";
        taker.refuse("row 1", Problem::missing(name, expected));
    }
    missing.is_empty().then_some((names, layout))
}

fn plan(names: &[String], layout: Layout, record: &StringRecord, line: usize, taker: &mut Taker) -> RoughPlan {
    let mut plan = RoughPlan { place: format!("row {line}"), ..RoughPlan::default() };
    if record.len() != names.len() {
        let expected = format!("{}, as the first row has", names.len());
        plan.problems.push(Problem::new("", &format!("{} columns", record.len()), expected));
        return plan;
    }
    let cells: Vec<Tree> = record.iter().map(|cell| Tree::Text(cell.to_owned())).collect();
    let mut f = Fields::new(names.iter().map(String::as_str).zip(&cells), Source::Cells);
    // Twice named columns are told with the first row.
    f.problems = Problems::default();
    plan.name = name(&mut f);
    plan.kind = kind(&mut f);
    let parts = parts(&mut f, layout);
    if parts.as_ref().is_some_and(Vec::is_empty) {
        let drawn_in = if layout == Layout::Positions { "positions" } else { "lat, lon" };
        f.problems.push(Problem::missing(drawn_in, "a place"));
    }
    plan.volumes = all_alike(&mut f, parts.filter(|parts| !parts.is_empty()), false, &taker.given);
    let numbering = if layout == Layout::Positions { Numbering::Chain } else { Numbering::Single };
    plan.volumes.iter_mut().for_each(|rough| rough.names.numbering = numbering);
    pass_over(&mut f);
    plan.doubts.append(&mut f.doubts);
    leave_rest(&mut f, &mut plan, taker);
    f.problems.0.into_iter().for_each(|p| plan.problems.push(p));
    plan
}
