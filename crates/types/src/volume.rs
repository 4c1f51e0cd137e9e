//! Volumes: a footprint, an altitude band and a time window (DESIGN section 2).

use core::fmt;

use minicbor::{Decode, Encode};

use crate::geometry;
use crate::passage::{Passage, PassageIn};
use crate::rule::{Rule, Violation};
use crate::time::{Timestamp, Window};
use crate::unit::Metres;

/// Most vertices of one footprint, over all its rings: a coast or a border section drawn closely.
pub const VERTICES_MAX: usize = 1_000;
/// Most rings of one polygon: an outline and its holes.
pub const RINGS_MAX: usize = 16;
/// Largest radius of a footprint: a hazard area of a long-range launch is drawn as a polygon instead.
pub const RADIUS_MAX: Metres = Metres::new(500_000);
/// Lowest altitude accepted, below the deepest sea floor.
pub const ALTITUDE_MIN: Metres = Metres::new(-12_000);
/// Highest altitude accepted, above the geostationary ring.
pub const ALTITUDE_MAX: Metres = Metres::new(50_000_000);

const LAT_E7_MAX: u64 = 900_000_000;
const LON_E7_MAX: u64 = 1_800_000_000;
/// Half a turn of longitude, 1e-7 degree.
pub const HALF_TURN_E7: i64 = 1_800_000_000;
/// A whole turn of longitude, 1e-7 degree.
pub const TURN_E7: i64 = 2 * HALF_TURN_E7;

/// Degrees in decimals, as people write them.
fn degrees(e7: i64) -> String {
    let (whole, part) = (e7.unsigned_abs() / 10_000_000, e7.unsigned_abs() % 10_000_000);
    let part = format!("{part:07}");
    let part = part.trim_end_matches('0');
    format!("{}{whole}{}{part}", if e7 < 0 { "-" } else { "" }, if part.is_empty() { "" } else { "." })
}

/// A position on WGS-84 in units of 1e-7 degree (about one centimetre of latitude).
///
/// One place has one form: longitude lies in [-180°, 180°), and is 0 at the poles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    lat_e7: i32,
    lon_e7: i32,
}

/// A position as it arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct PositionIn {
    /// Latitude, 1e-7 degree, north positive.
    #[n(0)]
    pub lat_e7: i64,
    /// Longitude, 1e-7 degree, east positive.
    #[n(1)]
    pub lon_e7: i64,
}

impl Position {
    /// From 1e-7 degrees.
    ///
    /// # Errors
    /// DV-020 when the latitude is beyond a pole or the longitude beyond ±180°.
    pub fn try_new(lat_e7: i64, lon_e7: i64) -> Result<Self, Violation> {
        if lat_e7.unsigned_abs() > LAT_E7_MAX || lon_e7.unsigned_abs() > LON_E7_MAX {
            let found = format!("latitude {}°, longitude {}°", degrees(lat_e7), degrees(lon_e7));
            return Err(Violation::new(Rule::PositionInRange, "position", found)
                .expected("latitude within ±90°, longitude within ±180°".into()));
        }
        let lon_e7 = match (lat_e7.unsigned_abs(), lon_e7) {
            (LAT_E7_MAX, _) => 0,
            (_, HALF_TURN_E7) => -HALF_TURN_E7,
            (_, lon) => lon,
        };
        Ok(Self { lat_e7: lat_e7 as i32, lon_e7: lon_e7 as i32 })
    }

    /// Latitude in 1e-7 degree.
    pub const fn lat_e7(&self) -> i32 {
        self.lat_e7
    }

    /// Longitude in 1e-7 degree.
    pub const fn lon_e7(&self) -> i32 {
        self.lon_e7
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let write = |f: &mut fmt::Formatter<'_>, e7: i32, marks: [char; 2]| {
            let (whole, part) = (e7.unsigned_abs() / 10_000_000, e7.unsigned_abs() % 10_000_000);
            write!(f, "{whole}.{part:07}°{}", marks[usize::from(e7 < 0)])
        };
        write(f, self.lat_e7, ['N', 'S'])?;
        f.write_str(" ")?;
        write(f, self.lon_e7, ['E', 'W'])
    }
}

impl From<Position> for PositionIn {
    fn from(p: Position) -> Self {
        Self { lat_e7: p.lat_e7.into(), lon_e7: p.lon_e7.into() }
    }
}

/// What a footprint is drawn from. Edges are shortest paths on WGS-84 (DESIGN D10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One position; with a radius, a circle.
    Point(Position),
    /// Two or more positions in order; with a radius, a corridor.
    Path(Vec<Position>),
    /// An outline and its holes, each a ring of three or more positions, the last joined to the first.
    ///
    /// The inside is the smaller part of the earth, whatever way round the ring is written.
    Polygon(Vec<Vec<Position>>),
}

/// A shape and everything within a radius of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Footprint {
    shape: Shape,
    radius: Metres,
}

impl Footprint {
    /// A footprint from a shape and a radius.
    ///
    /// # Errors
    /// DV-021 a number of vertices or rings outside the limits, DV-022 a radius outside the limits, DV-023
    /// neighbouring vertices at one place, DV-024 edges that cross (the crossing is named), DV-025 a shape
    /// too wide to have a clear inside.
    pub fn try_new(shape: Shape, radius: Metres) -> Result<Self, Violation> {
        check_counts(&shape)?;
        let needs_width = matches!(shape, Shape::Path(_));
        if radius > RADIUS_MAX || radius < Metres::ZERO || (needs_width && radius == Metres::ZERO) {
            return Err(Violation::new(Rule::RadiusInRange, "footprint.radius", radius.to_string())
                .expected(format!("0 to {RADIUS_MAX}, above 0 for a path")));
        }
        geometry::check_shape(&shape)?;
        Ok(Self { shape, radius })
    }

    /// What it is drawn from.
    pub const fn shape(&self) -> &Shape {
        &self.shape
    }

    /// How far it reaches beyond its shape.
    pub const fn radius(&self) -> Metres {
        self.radius
    }

    /// All vertices, ring by ring.
    pub fn vertices(&self) -> impl Iterator<Item = Position> + '_ {
        let rings: &[Vec<Position>] = match &self.shape {
            Shape::Point(_) => &[],
            Shape::Path(path) => core::slice::from_ref(path),
            Shape::Polygon(rings) => rings,
        };
        let point = match &self.shape {
            Shape::Point(p) => Some(*p),
            _ => None,
        };
        point.into_iter().chain(rings.iter().flatten().copied())
    }
}

fn check_counts(shape: &Shape) -> Result<(), Violation> {
    let (vertices, fits, expected) = match shape {
        Shape::Point(_) => return Ok(()),
        Shape::Path(path) => (path.len(), path.len() >= 2, "2 or more vertices"),
        Shape::Polygon(rings) => (
            rings.iter().map(Vec::len).sum(),
            (1..=RINGS_MAX).contains(&rings.len()) && rings.iter().all(|r| r.len() >= 3),
            "1 to 16 rings of 3 or more vertices",
        ),
    };
    if fits && vertices <= VERTICES_MAX {
        return Ok(());
    }
    Err(Violation::new(Rule::VertexCount, "footprint", format!("{vertices} vertices"))
        .expected(format!("{expected}, at most {VERTICES_MAX} in all")))
}

/// What an altitude is measured from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Datum {
    /// Height above the WGS-84 ellipsoid.
    Wgs84,
    /// Height above mean sea level.
    Amsl,
    /// Height above the ground.
    Agl,
    /// Pressure altitude on 1013.25 hPa.
    FlightLevel,
}

impl Datum {
    /// All of them, in the order of their codes.
    pub const ALL: [Self; 4] = [Self::Wgs84, Self::Amsl, Self::Agl, Self::FlightLevel];

    /// The code on the wire.
    pub const fn code(self) -> u8 {
        match self {
            Self::Wgs84 => 0,
            Self::Amsl => 1,
            Self::Agl => 2,
            Self::FlightLevel => 3,
        }
    }

    /// The name in files and on screens.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wgs84 => "WGS84",
            Self::Amsl => "AMSL",
            Self::Agl => "AGL",
            Self::FlightLevel => "FL",
        }
    }

    /// By code.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|d| d.code() == code)
    }

    /// By name, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|d| d.name().eq_ignore_ascii_case(name.trim()))
    }
}

/// A closed span of altitude over one datum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AltitudeBand {
    lower: Metres,
    upper: Metres,
    datum: Datum,
}

impl AltitudeBand {
    /// A band from `lower` to `upper`; a flat one is allowed.
    ///
    /// # Errors
    /// DV-027 when upside down or outside what is accepted.
    pub fn try_new(lower: Metres, upper: Metres, datum: Datum) -> Result<Self, Violation> {
        if lower < ALTITUDE_MIN || upper > ALTITUDE_MAX || lower > upper {
            let found = format!("{lower} to {upper} {}", datum.name());
            return Err(Violation::new(Rule::AltitudeBand, "altitude", found)
                .expected(format!("lower at most upper, between {ALTITUDE_MIN} and {ALTITUDE_MAX}")));
        }
        Ok(Self { lower, upper, datum })
    }

    /// Lower end.
    pub const fn lower(&self) -> Metres {
        self.lower
    }

    /// Upper end.
    pub const fn upper(&self) -> Metres {
        self.upper
    }

    /// What both ends are measured from.
    pub const fn datum(&self) -> Datum {
        self.datum
    }

    /// Distance between two bands of one datum; zero when they touch or overlap.
    pub fn gap(&self, other: &Self) -> Metres {
        let gap = self.lower.max(other.lower).saturating_sub(self.upper.min(other.upper));
        gap.max(Metres::ZERO)
    }
}

impl fmt::Display for AltitudeBand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {} {}", self.lower, self.upper, self.datum.name())
    }
}

/// Footprint x altitude band x time window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Where.
    pub footprint: Footprint,
    /// How high.
    pub band: AltitudeBand,
    /// When.
    pub window: Window,
    /// When it is where on its path, for something that moves; the window is just that of the passage.
    pub passage: Option<Passage>,
}

/// A volume as it arrives.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct VolumeIn {
    /// 1 point, 2 path, 3 polygon.
    #[n(0)]
    pub shape: u8,
    /// Vertices; one ring for a point (of one vertex) and a path.
    #[n(1)]
    pub rings: Vec<Vec<PositionIn>>,
    /// Radius in centimetres.
    #[n(2)]
    pub radius_cm: i64,
    /// Lower altitude in centimetres.
    #[n(3)]
    pub lower_cm: i64,
    /// Upper altitude in centimetres.
    #[n(4)]
    pub upper_cm: i64,
    /// Code of the altitude datum.
    #[n(5)]
    pub datum: u8,
    /// Start, microseconds UTC.
    #[n(6)]
    pub start_us: i64,
    /// End, microseconds UTC.
    #[n(7)]
    pub end_us: i64,
    /// Times along a path, for something that moves.
    #[n(8)]
    pub passage: Option<PassageIn>,
}

impl TryFrom<&VolumeIn> for Volume {
    type Error = Violation;

    fn try_from(input: &VolumeIn) -> Result<Self, Violation> {
        let rings = positions_of(&input.rings)?;
        let shape = match (input.shape, rings.as_slice()) {
            (1, [ring]) if ring.len() == 1 => Shape::Point(ring[0]),
            (2, [ring]) => Shape::Path(ring.clone()),
            (3, _) => Shape::Polygon(rings),
            (code, _) => {
                let found = format!("shape {code} with {} rings", rings.len());
                return Err(Violation::new(Rule::ShapeKind, "footprint.shape", found)
                    .expected("1 point of one vertex, 2 path of one ring, 3 polygon".into()));
            }
        };
        let datum = Datum::from_code(input.datum).ok_or_else(|| {
            Violation::new(Rule::DatumKnown, "altitude.datum", input.datum.to_string())
                .expected("0 WGS84, 1 AMSL, 2 AGL or 3 FL".into())
        })?;
        let footprint = Footprint::try_new(shape, Metres::from_cm(input.radius_cm))?;
        let band = AltitudeBand::try_new(Metres::from_cm(input.lower_cm), Metres::from_cm(input.upper_cm), datum)?;
        let window = Window::try_new(Timestamp::from_micros(input.start_us), Timestamp::from_micros(input.end_us))?;
        let passage = input.passage.as_ref().map(|p| Passage::try_new(p, footprint.shape(), &window)).transpose()?;
        Ok(Self { footprint, band, window, passage })
    }
}

impl VolumeIn {
    /// Moves its times, those of a passage too; what would leave the range of an integer stays at its end.
    pub fn shift(&mut self, by_us: i64) {
        let moved = |us: &mut i64| *us = us.saturating_add(by_us);
        moved(&mut self.start_us);
        moved(&mut self.end_us);
        self.passage.iter_mut().flat_map(|p| &mut p.times_us).for_each(moved);
    }
}

fn positions_of(rings: &[Vec<PositionIn>]) -> Result<Vec<Vec<Position>>, Violation> {
    let position = |r: usize, i: usize, p: &PositionIn| {
        Position::try_new(p.lat_e7, p.lon_e7).map_err(|v| v.inside(&format!("footprint.rings[{r}][{i}]")))
    };
    let ring = |(r, ring): (usize, &Vec<PositionIn>)| ring.iter().enumerate().map(|(i, p)| position(r, i, p)).collect();
    rings.iter().enumerate().map(ring).collect()
}

impl From<&Volume> for VolumeIn {
    fn from(volume: &Volume) -> Self {
        let ring = |r: &[Position]| r.iter().map(|&p| p.into()).collect::<Vec<PositionIn>>();
        let (shape, rings) = match volume.footprint.shape() {
            Shape::Point(p) => (1, vec![ring(&[*p])]),
            Shape::Path(path) => (2, vec![ring(path)]),
            Shape::Polygon(rings) => (3, rings.iter().map(|r| ring(r)).collect()),
        };
        Self {
            shape,
            rings,
            radius_cm: volume.footprint.radius().cm(),
            lower_cm: volume.band.lower().cm(),
            upper_cm: volume.band.upper().cm(),
            datum: volume.band.datum().code(),
            start_us: volume.window.start().micros(),
            end_us: volume.window.end().micros(),
            passage: volume.passage.as_ref().map(PassageIn::from),
        }
    }
}
