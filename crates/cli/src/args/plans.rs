//! What `detente check FILE…` is told besides its files.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use detente_gateway::plans::{Format, Given, Unit};
use detente_space::Law;
use detente_types::height::Heights;
use detente_types::{Datum, Timestamp};

use super::measures::{Duration, Length};

/// How conflicts are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// A table, with the sentences to read aloud below each conflict.
    Table,
    /// JSON of a stable form (docs/spec/plans.md).
    Json,
    /// GeoJSON: where plans come closest, the ground on which they are too close, and the footprints of those in conflict.
    Geojson,
    /// One picture.
    Svg,
}

/// What a check of plans is told.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "With files")]
pub struct PlanArgs {
    /// How close is too close along the earth: 500m, 1.5km, 0.3nm. Without it touching counts.
    #[arg(long, value_name = "LENGTH", requires = "files")]
    pub horizontal: Option<Length>,
    /// How close is too close in height: 30m, 100ft. Without it touching counts.
    #[arg(long, value_name = "LENGTH", requires = "files")]
    pub vertical: Option<Length>,
    /// How close is too close in time: 60s, 5min. Without it touching counts.
    #[arg(long, value_name = "TIME", requires = "files")]
    pub time: Option<Duration>,
    /// The law by which plans conflict; that of the terms, else conflict/2, when absent. conflict/2 follows what moves and compares
    /// altitudes over the sea and over the ellipsoid; conflict/1 takes all of a way for all of its time, and no two data.
    #[arg(long, value_parser = law, requires = "files")]
    pub law: Option<Law>,
    /// What altitudes are compared over: AMSL, WGS84, AGL, FL. That of the terms, else AMSL, when absent (WGS84 if no altitude is over
    /// anything else). Over AGL or FL nothing else is compared.
    #[arg(long, value_name = "DATUM", value_parser = datum, requires = "files")]
    pub over: Option<Datum>,
    /// Lowest ground under any plan, over what altitudes are compared over: heights over the ground count from there.
    #[arg(long, value_name = "LENGTH", value_parser = ground, allow_hyphen_values = true, requires_all = ["files", "terrain_max"])]
    pub terrain_min: Option<Length>,
    /// Highest ground likewise. Without both, or terms that have them, heights over the ground are refused (DV-043).
    #[arg(long, value_name = "LENGTH", value_parser = ground, allow_hyphen_values = true, requires_all = ["files", "terrain_min"])]
    pub terrain_max: Option<Length>,
    /// How far a flight level can be from the altitude over the sea. Without it, or terms that have it, they are refused (DV-043).
    #[arg(long, value_name = "LENGTH", value_parser = pressure, requires = "files")]
    pub pressure_error: Option<Length>,
    /// A terms file (TOML): its separation, its law and its names of places, where no option says otherwise.
    #[arg(long, requires = "files")]
    pub terms: Option<PathBuf>,
    #[command(flatten)]
    pub read: ReadArgs,
    /// What is printed; --json is `--output json`.
    #[arg(long, value_enum, default_value = "table", requires = "files")]
    pub output: Output,
}

/// How files of plans are read, and what they leave open. Goes with an argument `files`.
#[derive(Clone, Debug, Default, Args)]
pub struct ReadArgs {
    /// How the files are written: notices, geojson, kml, csv, f3548. By name and content when absent.
    #[arg(long, value_parser = format, requires = "files")]
    pub format: Option<Format>,
    /// Unit of altitudes that have none: m, ft.
    #[arg(long, value_parser = unit, requires = "files")]
    pub units: Option<Unit>,
    /// Datum of altitudes that have none: WGS84, AMSL, AGL, FL.
    #[arg(long, value_parser = datum, requires = "files")]
    pub datum: Option<Datum>,
    /// Lower altitude of plans that have none: 0m, 400ft.
    #[arg(long, value_name = "LENGTH", allow_hyphen_values = true, requires = "files")]
    pub lower: Option<Length>,
    /// Upper altitude of plans that have none.
    #[arg(long, value_name = "LENGTH", allow_hyphen_values = true, requires = "files")]
    pub upper: Option<Length>,
    /// Radius of plans that have none: paths need one.
    #[arg(long, value_name = "LENGTH", requires = "files")]
    pub radius: Option<Length>,
    /// Start of plans that have none: 2026-11-25T06:00:00Z.
    #[arg(long, value_name = "INSTANT", value_parser = instant, requires = "files")]
    pub from: Option<Timestamp>,
    /// End of plans that have none.
    #[arg(long, value_name = "INSTANT", value_parser = instant, requires = "files")]
    pub until: Option<Timestamp>,
}

impl ReadArgs {
    /// What the options say for files that leave it open.
    pub fn given(&self) -> Given {
        Given {
            units: self.units,
            datum: self.datum,
            lower_m: self.lower.map(|length| length.floor.as_f64()),
            upper_m: self.upper.map(|length| length.ceil.as_f64()),
            radius_m: self.radius.map(|length| length.ceil.as_f64()),
            from: self.from,
            until: self.until,
            heights: None,
        }
    }
}

impl PlanArgs {
    /// What altitudes are compared over, and with which bounds: what an option says, then what the terms say, then mean sea level
    /// without bounds. Terms bound the ground over their own datum only.
    pub fn heights(&self, terms: Option<Heights>) -> Heights {
        let said = terms.unwrap_or(HEIGHTS);
        let datum = self.over.unwrap_or(said.datum);
        let ground = self.terrain_min.zip(self.terrain_max).map(|(least, most)| (least.floor, most.ceil));
        Heights {
            datum,
            terrain: ground.or(said.terrain.filter(|_| datum == said.datum)),
            pressure: self.pressure_error.map(|off| off.ceil).or(said.pressure),
        }
    }
}

/// How `conflict/2` compares altitudes over different data where nothing says it: over mean sea level, with no bounds of ground
/// and pressure.
pub(crate) const HEIGHTS: Heights = Heights { datum: Datum::Amsl, terrain: None, pressure: None };

pub(super) fn law(name: &str) -> Result<Law, String> {
    Law::from_name(name, HEIGHTS).ok_or_else(|| "expected a law that this version has: conflict/1 or conflict/2".into())
}

fn format(name: &str) -> Result<Format, String> {
    Format::from_name(name).ok_or_else(|| format!("expected one of {}", Format::ALL.map(Format::name).join(", ")))
}

fn unit(name: &str) -> Result<Unit, String> {
    Unit::from_name(name).ok_or_else(|| "expected m or ft".into())
}

fn datum(name: &str) -> Result<Datum, String> {
    Datum::from_name(name).ok_or_else(|| format!("expected one of {}", Datum::ALL.map(Datum::name).join(", ")))
}

/// Heights of ground, as terms may have them.
fn ground(text: &str) -> Result<Length, String> {
    bound(text, |cm| cm.abs() <= 10_000 * 100, "from -10km to 10km")
}

/// An error of pressure, as terms may have it.
fn pressure(text: &str) -> Result<Length, String> {
    bound(text, |cm| (1..=5_000 * 100).contains(&cm), "above 0m and at most 5km")
}

fn bound(text: &str, fits: impl Fn(i64) -> bool, wanted: &str) -> Result<Length, String> {
    let length: Length = text.parse()?;
    let inside = fits(length.floor.cm()) && fits(length.ceil.cm());
    inside.then_some(length).ok_or_else(|| format!("expected a length {wanted}"))
}

fn instant(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| "expected an RFC 3339 time with its zone, such as 2026-11-24T06:00:00Z".into())
}
