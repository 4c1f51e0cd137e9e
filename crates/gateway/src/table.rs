//! Tables: one notice a row, columns named in the first row, values separated by commas.

use csv::StringRecord;
use detente_space::notation::Axis;

use crate::fields::{Fields, Source, number_of_cell, unknown};
use crate::flat::{self, EXTENT, NAMES, Part, bare};
use crate::form::NoticeForm;
use crate::place::Places;
use crate::problem::{Problem, Problems, on_one_line};
use crate::raw::{Layout, Raw, RawRow};
use crate::read::ROWS_MAX;
use crate::tree::Tree;

/// The columns that say where.
const PLACES: [&str; 4] = ["lat", "lon", "positions", "shape"];

/// Most columns of a table: twenty times what a notice has; each is compared with those before it.
pub(crate) const COLUMNS_MAX: usize = 1_000;

/// What `positions` holds.
const POSITIONS: &str = "`lat lon; lat lon` in decimal degrees, or positions in any notation, separated by semicolons";

/// The notices of a table. Rows are numbered by the line on which they start, the column names being on line 1.
pub(crate) fn read(text: &str) -> Raw {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut records = reader.records().map_while(Result::ok);
    let mut raw = Raw::default();
    let Some(first) = records.next() else {
        raw.problems.push(("row 1".into(), Problem::missing("", "the names of the columns")));
        return raw;
    };
    let header = Header::new(&first, &mut raw);
    if header.names.is_empty() {
        return raw;
    }
    let filled = records.filter(|record| record.iter().any(|cell| !cell.trim().is_empty()));
    let mut lines = Lines::new(text);
    let mut numbered = |record: StringRecord| {
        let from = record.position().map_or(0, csv::Position::byte);
        row(&header, &record, lines.first_from(from as usize))
    };
    raw.rows = filled.take(ROWS_MAX + 1).map(&mut numbered).collect();
    raw
}

/// Counts lines, as an editor does, going forward. The parser's own count stops short of blank lines and of the second
/// half of a line end.
pub(crate) struct Lines<'a> {
    text: &'a [u8],
    offset: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { text: text.as_bytes(), offset: 0, line: 1 }
    }

    /// The number of the first line from an offset on that has anything on it.
    pub(crate) fn first_from(&mut self, offset: usize) -> usize {
        while let Some(&byte) = self.text.get(self.offset) {
            if self.offset >= offset && !matches!(byte, b'\r' | b'\n') {
                break;
            }
            self.offset += 1;
            let ends = byte == b'\n' || byte == b'\r' && self.text.get(self.offset) != Some(&b'\n');
            self.line += usize::from(ends);
        }
        self.line
    }
}

/// The columns by name.
struct Header {
    names: Vec<String>,
    layout: Layout,
}

impl Header {
    fn new(record: &StringRecord, raw: &mut Raw) -> Self {
        let mut problems = Vec::new();
        let names: Vec<String> = record.iter().map(column_name).collect();
        let has = |name: &str| names.iter().any(|known| known == name);
        let layout = if has("positions") { Layout::Positions } else { Layout::Pair };
        if let Some(found) = other_separator(record) {
            problems.push(Problem::new("", found, "columns separated by commas"));
            raw.problems.extend(problems.into_iter().map(|p| ("row 1".to_owned(), p)));
            return Self { names: Vec::new(), layout };
        }
        if let Some(problem) = too_many(record) {
            raw.problems.push(("row 1".to_owned(), problem));
            return Self { names: Vec::new(), layout };
        }
        let known: Vec<&str> = NAMES.into_iter().chain(EXTENT).chain(PLACES).collect();
        for (i, name) in names.iter().enumerate() {
            if names[..i].contains(name) {
                problems.push(Problem::new(on_one_line(name), "a second column of this name", "each column once"));
            } else if name.is_empty() {
                problems.push(Problem::missing("", &format!("a name for column {}", i + 1)));
            } else if !known.contains(&name.as_str()) {
                problems.push(unknown(name, &known));
            }
        }
        if layout == Layout::Positions && (has("lat") || has("lon")) {
            problems.push(Problem::new("positions", "`positions` beside `lat` or `lon`", "one way to say where"));
        }
        let placed = layout == Layout::Positions || has("lat") || has("lon");
        raw.absent = required(layout, placed, has("times")).into_iter().filter(|name| !has(name)).collect();
        problems.extend(raw.absent.iter().map(|name| Problem::missing(name, "a column of this name")));
        raw.problems.extend(problems.into_iter().map(|p| ("row 1".to_owned(), p)));
        Self { names, layout }
    }
}

/// Columns without which no row can be read; nothing stands for a missing one.
fn required(layout: Layout, placed: bool, timed: bool) -> Vec<&'static str> {
    let mut names = vec!["kind"];
    if placed {
        names.extend(["lower_m", "upper_m", "datum"]);
        // What moves says by its times from when until when.
        names.extend(if timed { &[][..] } else { &["start", "end"] });
        names.extend(if layout == Layout::Pair { &["lat", "lon"][..] } else { &[] });
    }
    names
}

/// A column's name as people write it: `Lower m` is `lower_m`.
pub(crate) fn column_name(cell: &str) -> String {
    let name = cell.trim().to_lowercase().replace([' ', '-'], "_");
    match bare(&name) {
        "latitude" => "lat".into(),
        "longitude" => "lon".into(),
        name => name.into(),
    }
}

/// That there are more columns than are read.
pub(crate) fn too_many(record: &StringRecord) -> Option<Problem> {
    let expected = format!("at most {COLUMNS_MAX}");
    (record.len() > COLUMNS_MAX).then(|| Problem::new("", &format!("{} columns", record.len()), expected))
}

/// What separates columns instead of commas, if that is what happened.
pub(crate) fn other_separator(record: &StringRecord) -> Option<&'static str> {
    let only = record.get(0).filter(|_| record.len() == 1)?;
    let separators =
        [(';', "columns separated by semicolons"), ('\t', "columns separated by tabs"), ('|', "columns separated by bars")];
    separators.into_iter().find(|(mark, _)| only.contains(*mark)).map(|(_, found)| found)
}

fn row(header: &Header, record: &StringRecord, line: usize) -> RawRow {
    let mut row = RawRow::new(format!("row {line}"), header.layout);
    if record.len() != header.names.len() {
        let expected = format!("{}, as the first row has", header.names.len());
        let open = record.iter().any(|cell| cell.contains('\n'));
        let hint = if open { "; perhaps a quotation mark is not closed" } else { "" };
        row.problems.push(Problem::new("", &format!("{} columns", record.len()), expected + hint));
        return row;
    }
    let cells: Vec<Tree> = record.iter().map(|cell| Tree::Text(cell.to_owned())).collect();
    let mut f = Fields::new(header.names.iter().map(String::as_str).zip(&cells), Source::Cells);
    // Twice named columns are told with the first row.
    f.problems = Problems::default();
    let parts = parts(&mut f, header.layout);
    let drawn_in = if header.layout == Layout::Pair { "lat, lon" } else { "positions" };
    let volumes = flat::volumes(&mut f, drawn_in, parts);
    row.near = flat::near(&mut f);
    row.form = Some(NoticeForm { volumes, ..flat::notice_form(&mut f) });
    (row.problems, row.doubts) = (f.problems, f.doubts);
    row
}

/// What a row draws: nothing, one shape, or `None` when it cannot be read.
pub(crate) fn parts(f: &mut Fields<'_>, layout: Layout) -> Option<Vec<Part>> {
    let shape = f.text("shape");
    let places = match layout {
        Layout::Positions => positions(f)?,
        _ => pair(f)?,
    };
    let Places { positions, uncertainty } = places;
    if positions.is_empty() {
        return Some(Vec::new());
    }
    let shape = match (shape, positions.len()) {
        (Some(shape), _) => shape,
        (None, 1) => "point".into(),
        (None, count) => {
            let expected = format!("path or polygon, since there are {count} positions");
            f.problems.push(Problem::missing("shape", &expected));
            return None;
        }
    };
    let at = if layout == Layout::Positions { "positions" } else { "lat, lon" };
    Some(vec![Part { at: at.into(), shape, positions, holes: Vec::new(), uncertainty }])
}

fn pair(f: &mut Fields<'_>) -> Option<Places> {
    let before = f.problems.0.len();
    let (lat, lon) = (f.coordinate("lat", Axis::Latitude), f.coordinate("lon", Axis::Longitude));
    if f.problems.0.len() > before {
        return None;
    }
    match (lat, lon) {
        (None, None) => Some(Places::default()),
        (Some(lat), Some(lon)) => Some(Places { positions: vec![[lat, lon]], ..Places::default() }),
        (lat, _) => {
            let missing = if lat.is_none() { "lat" } else { "lon" };
            f.problems.push(Problem::missing(missing, "decimal degrees, such as 60.1699"));
            None
        }
    }
}

/// Two plain numbers are a latitude and a longitude; anything else is a notation.
fn positions(f: &mut Fields<'_>) -> Option<Places> {
    let mut places = Places::default();
    let Some(cell) = f.text("positions") else { return Some(places) };
    for part in cell.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        let numbers: Vec<_> = part.split_whitespace().map(number_of_cell).collect();
        if let [Ok(lat), Ok(lon)] = numbers[..] {
            places.positions.push([lat, lon]);
            continue;
        }
        if let Err(error) = places.add("positions", part, &mut f.doubts) {
            f.problems.push(Problem::new("positions", part, format!("{POSITIONS} ({error})")));
            return None;
        }
    }
    Some(places)
}
