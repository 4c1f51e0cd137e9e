//! What is right by the rules and still looks wrong to a careful reader: doubles, swapped or slipped coordinates, places
//! outside the area.
//!
//! Lists of protected places have failed on exactly these. They are warnings: only a person can tell.

use std::collections::BTreeMap;

use detente_types::geometry::earth::{Vec3, surface_point};
use detente_types::rule::Rule;
use detente_types::terms::Terms;
use detente_types::volume::PositionIn;
use detente_types::{Datum, NoticeKind, Position, VolumeIn};

use crate::check::Examined;
use crate::names::column;
use crate::problem::Problem;
use crate::report::{Finding, Level};

/// Two sites closer than this are probably one, metres: about the size of a compound.
const DOUBLE_M_MAX: f64 = 50.0;
/// How near a place is to what is named after it, metres, when the file does not say: about the size of a town.
const NEAR_M_MAX: f64 = 10_000.0;

/// What is said of positions that fit when exchanged; then nothing more is said of where they are.
const SWAPPED: &str = "latitude and longitude look swapped";

/// Adds warnings to rows; `terms` tell what is expected of positions and altitudes.
pub(crate) fn suspect(rows: &mut [Examined], terms: Option<&Terms>) {
    for row in rows.iter_mut() {
        let mut doubts = Vec::new();
        if let Some(terms) = terms {
            doubt_volumes(row, terms, &mut doubts);
            if !doubts.iter().any(|doubt| doubt.expected.ends_with(SWAPPED)) {
                doubts.extend(doubt_near(row, terms));
            }
        }
        row.findings.append(&mut doubts);
    }
    let mut doubles = doubles(rows);
    doubles.extend(doubles_by_id(rows));
    doubles.into_iter().for_each(|(i, finding)| rows[i].findings.push(finding));
}

fn warning(row: &Examined, at: &str, found: String, expected: String) -> Finding {
    Finding::new(Level::Warning, &row.place, Problem::new(column(row.layout, at), &found, expected))
}

fn doubt_volumes(row: &Examined, terms: &Terms, doubts: &mut Vec<Finding>) {
    let Some(notice) = &row.notice else { return };
    let safety = NoticeKind::from_code(notice.kind) == Some(NoticeKind::Safety);
    for (i, volume) in notice.volumes.iter().enumerate() {
        let field = format!("volumes[{i}]");
        if !safety {
            doubts.extend(doubt_area(row, &field, volume, terms));
        }
        if let Some(datum) = Datum::from_code(volume.datum) {
            doubts.extend(doubt_datum(row, &field, datum, terms));
        }
    }
}

/// A datum that the line refuses: any other than its own, or under a law that converts, one that the terms give no bounds for.
fn doubt_datum(row: &Examined, field: &str, datum: Datum, terms: &Terms) -> Option<Finding> {
    let own = terms.datum().name();
    let told = |expected, rule| Some(warning(row, &format!("{field}.datum"), datum.name().into(), expected).breaking(rule));
    match terms.converts_altitudes() {
        true if !terms.heights().takes(datum) => told(format!("{own}, or terms with bounds for this datum"), Rule::DatumBounded),
        false if datum != terms.datum() => told(format!("{own}, the datum of this line"), Rule::DatumOfLine),
        _ => None,
    }
}

/// A vertex outside the area, and whether the two numbers of each position look exchanged.
fn doubt_area(row: &Examined, field: &str, volume: &VolumeIn, terms: &Terms) -> Option<Finding> {
    let area = terms.area()?;
    let inside = |p: Option<Position>| p.is_some_and(|p| area.contains(p));
    let straight = |p: &PositionIn| Position::try_new(p.lat_e7, p.lon_e7).ok();
    let swapped = |p: &PositionIn| Position::try_new(p.lon_e7, p.lat_e7).ok();
    let vertices = || volume.rings.iter().flatten();
    let outside = vertices().find(|p| !inside(straight(p)))?;
    let on_earth = vertices().all(|p| straight(p).is_some());
    let found = format!("latitude {}, longitude {}", degrees(outside.lat_e7), degrees(outside.lon_e7));
    let name = &terms.input().area.name;
    if vertices().all(|p| inside(swapped(p))) {
        let expected = format!("a place inside {name}: {SWAPPED}");
        return Some(warning(row, field, found, expected));
    }
    on_earth.then(|| warning(row, field, found, format!("a place inside {name}")).breaking(Rule::InArea))
}

fn degrees(e7: i64) -> f64 {
    e7 as f64 / 1e7
}

/// A place of the terms that the row says is near, or that its title names, and that is not near.
fn doubt_near(row: &Examined, terms: &Terms) -> Option<Finding> {
    let at = first_position(row)?;
    let said = row.near.as_ref();
    let place = match said {
        Some(near) => {
            let known = terms.places().find(|(_, names)| names.iter().any(|name| same_words(name, &near.name)));
            if known.is_none() {
                return Some(warning(row, "near", near.name.clone(), "the name of a place of the terms".into()));
            }
            known
        }
        None => terms.places().find(|(_, names)| names.iter().any(|name| title_names(row, name))),
    };
    let (position, names) = place?;
    let within_m = said.and_then(|near| near.within_km).map_or(NEAR_M_MAX, |km| km * 1_000.0);
    let apart_m = metres_between(position, at);
    // The warning is not about an exact distance, so a hundredth more is near enough.
    if apart_m <= within_m * 1.01 {
        return None;
    }
    let name = names.first()?;
    let found = format!("{at}, {:.1} km from {name}", apart_m / 1_000.0);
    Some(warning(row, "volumes[0]", found, format!("a place within {:.1} km of {name}", within_m / 1_000.0)))
}

fn first_position(row: &Examined) -> Option<Position> {
    let first = row.notice.as_ref()?.volumes.first()?.rings.first()?.first()?;
    Position::try_new(first.lat_e7, first.lon_e7).ok()
}

/// Whether a site's title has a name as whole words. Other kinds are named after where they go, too.
fn title_names(row: &Examined, name: &str) -> bool {
    let Some(title) = site_title(row) else { return false };
    let (title, name) = (words(title), words(name));
    !name.is_empty() && title.windows(name.len()).any(|part| part == name)
}

fn site_title(row: &Examined) -> Option<&str> {
    let notice = row.notice.as_ref().filter(|notice| notice.kind == NoticeKind::Site.code())?;
    notice.title.as_deref()
}

fn same_words(one: &str, other: &str) -> bool {
    words(one) == words(other)
}

/// A text's words, whatever their case and what stands between them.
fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// Straight through the earth, which is the same at these distances.
fn metres_between(one: Position, other: Position) -> f64 {
    (surface_point(one) - surface_point(other)).norm()
}

/// Sites that an earlier row has already, by title or by place.
fn doubles(rows: &[Examined]) -> Vec<(usize, Finding)> {
    let sites: Vec<(usize, Position)> = rows
        .iter()
        .enumerate()
        .filter(|(_, row)| row.notice.as_ref().is_some_and(|notice| notice.kind == NoticeKind::Site.code()))
        .filter_map(|(i, row)| Some((i, first_position(row)?)))
        .collect();
    let mut found = Vec::new();
    let mut titled: BTreeMap<Vec<String>, (usize, Position)> = BTreeMap::new();
    for &(i, at) in &sites {
        let Some(title) = site_title(&rows[i]).map(words).filter(|words| !words.is_empty()) else { continue };
        match titled.get(&title) {
            Some(&(first, there)) => {
                let apart = metres_between(there, at);
                let text = format!("the title of {}, {apart:.0} m away", rows[first].place);
                found.push((i, warning(&rows[i], "title", text, "each site once, under a title of its own".into())));
            }
            None => drop(titled.insert(title, (i, at))),
        }
    }
    found.extend(doubles_by_place(rows, &sites));
    found
}

/// Rows with the identity of an earlier one: a copied row, or two versions of one notice in one file.
fn doubles_by_id(rows: &[Examined]) -> Vec<(usize, Finding)> {
    let mut found = Vec::new();
    let mut first_with: BTreeMap<String, usize> = BTreeMap::new();
    for (i, row) in rows.iter().enumerate() {
        let Some(id) = row.form.as_ref().and_then(|form| form.id.as_ref()) else { continue };
        match first_with.get(&id.to_lowercase()) {
            Some(&first) => {
                let text = format!("the identity of {}", rows[first].place);
                found.push((i, warning(row, "id", text, "each notice once: this one would replace it at once".into())));
            }
            None => drop(first_with.insert(id.to_lowercase(), i)),
        }
    }
    found
}

/// Each site with an earlier one that lies in the same place. The earth is cut into cubes of the distance sought, so that
/// only neighbouring ones need a look; and a double is not looked for itself, so that no cube holds many.
fn doubles_by_place(rows: &[Examined], sites: &[(usize, Position)]) -> Vec<(usize, Finding)> {
    let mut found = Vec::new();
    let mut cubes: BTreeMap<[i64; 3], Vec<(usize, Vec3)>> = BTreeMap::new();
    for &(i, at) in sites {
        let point = surface_point(at);
        let cube = cube_of(point);
        let around = neighbours(cube).filter_map(|cube| cubes.get(&cube)).flatten();
        match around.map(|(first, there)| (*first, (*there - point).norm())).find(|(_, apart)| *apart <= DOUBLE_M_MAX) {
            Some((first, apart)) => {
                let text = format!("the place of {}, {apart:.0} m away", rows[first].place);
                found.push((i, warning(&rows[i], "volumes[0]", text, "each site once, at a place of its own".into())));
            }
            None => cubes.entry(cube).or_default().push((i, point)),
        }
    }
    found
}

fn cube_of(point: Vec3) -> [i64; 3] {
    [point.x, point.y, point.z].map(|metres| (metres / DOUBLE_M_MAX).floor() as i64)
}

fn neighbours([x, y, z]: [i64; 3]) -> impl Iterator<Item = [i64; 3]> {
    let steps = [-1, 0, 1];
    steps.into_iter().flat_map(move |i| steps.into_iter().flat_map(move |j| steps.map(|k| [x + i, y + j, z + k])))
}
