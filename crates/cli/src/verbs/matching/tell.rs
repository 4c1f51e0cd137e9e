//! What a match found, in words and as JSON (docs/spec/blind.md, section 8).

use std::collections::BTreeSet;

use detente_blind::{Class, Found};
use detente_space::cells::CellId;
use detente_space::sentence::{Language, at, from_places};
use detente_types::volume::{ALTITUDE_MAX, ALTITUDE_MIN};
use detente_types::{Metres, Timestamp};
use detente_wire::hash::hex;
use serde::Serialize;

use super::input::Input;
use crate::args::MatchArgs;
use crate::matching::drive::Finished;
use crate::matching::spots::{Spot, spots};
use crate::verbs::check::json::Apart;
use crate::verbs::check::label::clock;

/// What is said of every match without a line.
const NOBODY: &str = "Nobody was authenticated: a plain socket tells nothing of who is at its other end.";

/// Everything that is told.
pub(super) struct Told<'a> {
    args: &'a MatchArgs,
    class: Class,
    input: &'a Input,
    finished: &'a Finished,
    collisions: Vec<Collision>,
}

/// A plan of ours, or the whole file of cells, and what of it is common.
struct Collision {
    /// Its number among the plans; none for a file of cells.
    plan: Option<usize>,
    cells: usize,
    spots: Vec<Spot>,
}

#[derive(Serialize)]
pub(super) struct Report<'a> {
    name: &'a str,
    mode: &'static str,
    verified: bool,
    class: u8,
    grid: GridView,
    separation: Apart,
    law: &'static str,
    file: FileView<'a>,
    run: String,
    words: String,
    digits: String,
    confirmed: bool,
    authenticated: bool,
    agrees: bool,
    common: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    collisions: Option<Vec<CollisionView<'a>>>,
}

#[derive(Serialize)]
struct GridView {
    cell_m: u32,
    band_m: u32,
    slot_s: u32,
}

#[derive(Serialize)]
struct FileView<'a> {
    file: &'a str,
    format: &'static str,
    plans: usize,
    cells: usize,
}

#[derive(Serialize)]
struct CollisionView<'a> {
    plan: Option<PlanView<'a>>,
    cells: usize,
    places: Vec<Place>,
}

#[derive(Serialize)]
struct PlanView<'a> {
    place: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
struct Place {
    south: f64,
    north: f64,
    west: f64,
    east: f64,
    lower_m: Option<f64>,
    upper_m: Option<f64>,
    datum: &'static str,
    start: String,
    end: String,
    cells: Vec<String>,
}

impl<'a> Told<'a> {
    pub(super) fn new(args: &'a MatchArgs, class: Class, input: &'a Input, finished: &'a Finished) -> Self {
        let collisions = match &finished.outcome.found {
            Found::Cells(cells) => collisions(input, &cells.iter().map(|cell| CellId::from_bytes(cell.0)).collect()),
            Found::Count(_) => Vec::new(),
        };
        Self { args, class, input, finished, collisions }
    }

    /// How many cells are common.
    pub(super) fn common(&self) -> usize {
        match &self.finished.outcome.found {
            Found::Cells(cells) => cells.len(),
            Found::Count(count) => *count as usize,
        }
    }

    pub(super) fn words(&self) -> String {
        let mut out = self.head();
        for (number, collision) in self.collisions.iter().enumerate() {
            out.push(String::new());
            out.push(format!("{:>4}  {}", number + 1, self.collision_words(collision)));
            out.extend(collision.spots.iter().map(|spot| format!("      {}", self.spot_words(spot))));
        }
        out.push(String::new());
        out.push(self.found_words());
        if !self.finished.outcome.agrees {
            out.push("THE TWO SIDES FOUND DIFFERENT THINGS: an answer was spoilt, by the other side or on the way.".into());
        }
        out.push(format!(
            "{NOBODY} {}",
            if self.args.confirm { "The six words were confirmed here:" } else { "Compare the six words by voice:" }
        ));
        out.push(format!("  {}", self.finished.code));
        out.join("\n")
    }

    fn head(&self) -> Vec<String> {
        let Input { name, format, plans, cells, question } = self.input;
        let plans = if *format == "cells" { String::new() } else { format!("{}, ", counted(plans.len(), "plan")) };
        vec![
            format!("{name}: {format}, {plans}{} of {}", counted(cells.as_slice().len(), "cell"), question.size),
            format!("{}, separation {}", question.law_words(), question.separation_words()),
            format!(
                "match “{}”: {}, {}, padded to {}",
                self.args.name,
                self.args.mode.name(),
                if self.args.verified { "verified" } else { "not verified" },
                counted(self.class.size(), "cell")
            ),
        ]
    }

    fn found_words(&self) -> String {
        let ours = self.input.cells.as_slice().len();
        match (&self.finished.outcome.found, self.common()) {
            (_, 0) => format!("nothing in common: none of our {}", counted(ours, "cell")),
            (Found::Count(_), common) => format!("{} in common, of our {ours}", counted(common, "cell")),
            (Found::Cells(_), common) if self.input.format == "cells" => {
                format!("{} in common, of our {ours}", counted(common, "cell"))
            }
            (Found::Cells(_), common) => {
                let plans = counted(self.input.plans.len(), "plan");
                format!("{} in common, of our {ours}: {} of {plans}", counted(common, "cell"), self.collisions.len())
            }
        }
    }

    fn collision_words(&self, collision: &Collision) -> String {
        let common: BTreeSet<CellId> = collision.spots.iter().flat_map(|spot| spot.cells.iter().copied()).collect();
        let of = format!("{} of its {} in common", common.len(), counted(collision.cells, "cell"));
        match collision.plan.and_then(|number| self.input.plans.get(number)) {
            Some(plan) if plan.name.is_empty() => format!("{}: {of}", plan.place),
            Some(plan) => format!("{}, {}: {of}", plan.place, plan.name),
            None => format!("{}: {of}", self.input.name),
        }
    }

    /// A place, a band and a window.
    fn spot_words(&self, spot: &Spot) -> String {
        let places = self.input.question.places.iter().map(|(at, name)| (*at, name.as_str()));
        let place = from_places(Language::English, spot.middle(), places);
        let place = place.unwrap_or_else(|| at(Language::English, spot.middle()));
        let [across, along] = spot.size_km();
        let window = window_words(spot.span_us.map(Timestamp::from_micros));
        format!("{place}, {across} km by {along} km; {}; {window}", self.band_words(spot))
    }

    fn band_words(&self, spot: &Spot) -> String {
        let datum = self.input.question.datum.name();
        let [lower, upper] = spot.altitude;
        match (lower == ALTITUDE_MIN, upper == ALTITUDE_MAX) {
            (true, true) => "all altitudes".into(),
            (true, false) => format!("below {upper} {datum}"),
            (false, true) => format!("above {lower} {datum}"),
            (false, false) => format!("{lower} to {upper} {datum}"),
        }
    }

    pub(super) fn report(&self) -> Report<'_> {
        let question = &self.input.question;
        let cells = matches!(self.finished.outcome.found, Found::Cells(_));
        Report {
            name: &self.args.name,
            mode: self.args.mode.name(),
            verified: self.args.verified,
            class: self.class.log2(),
            grid: GridView { cell_m: question.size.cell_m, band_m: question.size.band_m, slot_s: question.size.slot_s },
            separation: (&question.separation).into(),
            law: question.law.name(),
            file: FileView {
                file: &self.input.name,
                format: self.input.format,
                plans: self.input.plans.len(),
                cells: self.input.cells.as_slice().len(),
            },
            run: hex(&self.finished.run),
            words: self.finished.code.words().join(" "),
            digits: self.finished.code.digits(),
            confirmed: self.args.confirm,
            authenticated: false,
            agrees: self.finished.outcome.agrees,
            common: self.common(),
            collisions: cells.then(|| self.collisions.iter().map(|collision| self.collision_view(collision)).collect()),
        }
    }

    fn collision_view(&self, collision: &Collision) -> CollisionView<'_> {
        let plan = collision.plan.and_then(|number| self.input.plans.get(number));
        CollisionView {
            plan: plan.map(|plan| PlanView { place: &plan.place, name: &plan.name }),
            cells: collision.cells,
            places: collision.spots.iter().map(|spot| self.place(spot)).collect(),
        }
    }

    fn place(&self, spot: &Spot) -> Place {
        let degrees = |e7: i64| e7 as f64 / 1e7;
        let end = |altitude: Metres, open: Metres| (altitude != open).then(|| altitude.as_f64());
        let east = degrees(spot.lons_e7[1]);
        Place {
            south: degrees(spot.lats_e7[0]),
            north: degrees(spot.lats_e7[1]),
            west: degrees(spot.lons_e7[0]),
            // As in GeoJSON's boxes: smaller than `west` where the box crosses 180°.
            east: if east > 180.0 { east - 360.0 } else { east },
            lower_m: end(spot.altitude[0], ALTITUDE_MIN),
            upper_m: end(spot.altitude[1], ALTITUDE_MAX),
            datum: self.input.question.datum.name(),
            start: Timestamp::from_micros(spot.span_us[0]).to_string(),
            end: Timestamp::from_micros(spot.span_us[1]).to_string(),
            cells: spot.cells.iter().map(ToString::to_string).collect(),
        }
    }
}

fn collisions(input: &Input, common: &BTreeSet<CellId>) -> Vec<Collision> {
    if common.is_empty() {
        return Vec::new();
    }
    let of = |plan: Option<usize>, cells: &[CellId]| {
        let hit: Vec<CellId> = cells.iter().filter(|cell| common.contains(cell)).copied().collect();
        (!hit.is_empty()).then(|| Collision { plan, cells: cells.len(), spots: spots(&input.question.grid, &hit) })
    };
    if input.format == "cells" {
        return of(None, input.cells.as_slice()).into_iter().collect();
    }
    let plans = input.plans.iter().enumerate();
    plans
        .filter_map(|(number, plan)| {
            // All plans fit together, so one does.
            let cells = input.question.grid.cells(&plan.volumes).unwrap_or_default();
            of(Some(number), cells.as_slice())
        })
        .collect()
}

/// From when until when; the day once, where it is one.
pub(super) fn window_words(ends: [Timestamp; 2]) -> String {
    let [start, end] = ends.map(clock);
    let end = end.strip_prefix(start.get(..11).unwrap_or_default()).unwrap_or(&end);
    format!("{start} to {end} UTC")
}

pub(super) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
