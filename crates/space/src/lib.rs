//! Where and when volumes meet: the laws `conflict/1` and `conflict/2`, the conflict index, disclosure on a grid.
//!
//! This crate knows shapes, heights and times. It knows nothing of parties, logs or signatures, does no
//! I/O, and has no clock and no randomness. What it computes is the same bit for bit on every machine, so
//! that two nodes that do not trust each other find the same conflicts in the same words:
//!
//! - [`law1`] decides whether two volumes meet, and tells how in whole numbers; [`law2`] also follows what moves and
//!   compares altitudes over different data; [`Law`] chooses the one that the terms name.
//! - [`index`] finds what a notice meets among many, in one order, a page at a time.
//! - [`forest`] finds what meets or comes near among millions of shapes of straight chords, in memory.
//! - [`ask`] tells the nearest of the others, what is free, what a new version changes, and how full a region is.
//! - [`resolve`] finds the smallest shifts that clear a notice of its conflicts.
//! - [`cells`] turns volumes into cells of a grid, for two sides that compare plans blindly.
//! - [`disclose`] widens volumes to the grid that the other side is shown.
//! - [`place`] says where something lies from a named place; [`sentence`] tells a meeting in words.
//! - [`notation`] reads and writes positions as people write them: MGRS, UTM, UPS, GARS, degrees.
//!
//! When in doubt a volume grows and never shrinks: a conflict is never missed, and a false one lies within
//! a stated bound of a true one (docs/spec/conflict-1.md, docs/spec/conflict-2.md).
//!
//! ```
//! use detente_space::{Law, Separation, disclose};
//! use detente_types::notice::Precision;
//! use detente_types::height::Heights;
//! use detente_types::unit::Metres;
//! use detente_types::volume::{Datum, PositionIn, Volume, VolumeIn};
//!
//! // A patrol along the Gulf of Finland, 2 km either side of its track, and a live-fire area beside it.
//! let place = |lat: f64, lon: f64| PositionIn { lat_e7: (lat * 1e7) as i64, lon_e7: (lon * 1e7) as i64 };
//! let morning = VolumeIn {
//!     shape: 2, // a path
//!     rings: vec![vec![place(59.9, 23.5), place(60.0, 25.5)]],
//!     radius_cm: 2_000 * 100,
//!     lower_cm: 300 * 100,
//!     upper_cm: 1_500 * 100,
//!     datum: 0, // heights over the ellipsoid
//!     start_us: 1_795_500_000_000_000,
//!     end_us: 1_795_507_200_000_000,
//!     passage: None, // it may be anywhere in it at any time of it
//! };
//! let firing = VolumeIn {
//!     shape: 3, // a polygon
//!     rings: vec![vec![place(59.80, 24.2), place(59.80, 24.6), place(59.90, 24.6), place(59.90, 24.2)]],
//!     radius_cm: 0,
//!     lower_cm: 0,
//!     ..morning.clone()
//! };
//! let (patrol, area) = (Volume::try_from(&morning)?, Volume::try_from(&firing)?);
//!
//! // The terms ask for 5 km, 300 m or an hour between them.
//! let separation = Separation {
//!     horizontal: Metres::new(5_000),
//!     vertical: Metres::new(300),
//!     time_us: 3_600_000_000,
//! };
//! let law = Law::from_name("conflict/2", Heights::of(Datum::Wgs84)).expect("this version has the law");
//! let meeting = law.meet(&patrol, &area, &separation).expect("too close");
//! assert_eq!(meeting.distance.to_string(), "2267.32 m");
//! assert_eq!(meeting.at.to_string(), "59.9202502°N 24.1957950°E");
//!
//! // Drawn ten kilometres further south, the area keeps its distance.
//! let mut moved = firing.clone();
//! moved.rings[0].iter_mut().for_each(|corner| corner.lat_e7 -= 900_000);
//! assert_eq!(law.meet(&patrol, &Volume::try_from(&moved)?, &separation), None);
//!
//! // On the 10 km grid the other side sees cells that hold the patrol, and nothing finer.
//! let told = disclose::coarsen(&[patrol], Precision::Km10).expect("it fits in a notice");
//! assert_eq!(told[0].band.upper(), Metres::new(1_500));
//! # Ok::<(), detente_types::rule::Violation>(())
//! ```

mod altitude;
mod approach;
mod arc;
pub mod ask;
mod ball;
pub mod cells;
pub mod disclose;
pub mod forest;
mod geoid;
pub mod index;
mod law;
pub mod law1;
pub mod law2;
pub mod notation;
mod outline;
pub mod place;
mod planted;
mod question;
mod region;
pub mod resolve;
pub mod sentence;
#[cfg(test)]
mod soak;
#[cfg(test)]
mod testing;
mod timed;
#[cfg(test)]
mod vectors;

pub use arc::shortest_path;
pub use index::{Asked, Find, Index, Page, Pair, Side};
pub use law::{Law, Separation};
pub use question::{Among, CutShort, Question};
