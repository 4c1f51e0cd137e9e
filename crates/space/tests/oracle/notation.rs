//! Positions in the military grid, UTM and UPS against GeographicLib's own program.
//!
//! 20,000 positions in every run; a million in a soak, under other seeds.

use std::io::Write as _;
use std::process::{Command, Stdio};

use detente_space::notation::{self, Letters, Notation};
use detente_types::volume::Position;

use super::common::{degrees, distance};

/// In degrees: a position, and what GeoConvert makes of it.
struct Line {
    position: Position,
    mgrs: String,
    grid: String,
}

#[expect(clippy::disallowed_methods, reason = "the oracle is a program")]
fn geo_convert(options: &[&str], lines: &[String]) -> Vec<String> {
    let mut oracle = Command::new("GeoConvert")
        .args(options)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("GeoConvert of geographiclib-tools must be installed: `cargo xtask test` does it");
    let (mut input, text) = (oracle.stdin.take().unwrap(), lines.join("\n") + "\n");
    #[expect(clippy::disallowed_methods, reason = "the program answers while it is written to")]
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = oracle.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let answers: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(answers.len(), lines.len());
    answers
}

/// Half of them anywhere, the rest near where zones, bands and the globe end.
fn positions(count: usize, seed: u64) -> Vec<Position> {
    let mut state = seed;
    let mut within = move |span: i64| (splitmix64(&mut state) % (2 * span + 1) as u64) as i64 - span;
    let mut draw = |number: usize| {
        let (lat, lon) = (within(900_000_000), within(1_800_000_000));
        match number % 4 {
            0 | 1 => (lat, lon),
            2 => (within(22) * 40_000_000 + within(300_000), within(60) * 30_000_000 + within(300_000)),
            _ => (640_000_000 + within(240_000_000), 210_000_000 + within(230_000_000)),
        }
    };
    let held = |(lat, lon): (i64, i64)| (lat.clamp(-900_000_000, 900_000_000), lon.clamp(-1_800_000_000, 1_800_000_000));
    (0..count).map(|number| held(draw(number))).map(|(lat, lon)| Position::try_new(lat, lon).unwrap()).collect()
}

/// Steele, Lea and Flood's generator: enough to scatter positions.
fn splitmix64(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

fn lines(positions: &[Position]) -> Vec<Line> {
    let texts: Vec<String> =
        positions.iter().map(|position| degrees(*position)).map(|(lat, lon)| format!("{lat:.7} {lon:.7}")).collect();
    let (mgrs, grid) = (geo_convert(&["-m", "-p", "0"], &texts), geo_convert(&["-u", "-l", "-p", "4"], &texts));
    let lines = positions.iter().zip(mgrs).zip(grid);
    lines.map(|((position, mgrs), grid)| Line { position: *position, mgrs, grid }).collect()
}

/// Counts what is written otherwise, and the largest difference of a coordinate in metres.
fn compare(lines: &[Line]) -> (usize, f64) {
    let (mut others, mut worst) = (0, 0.0_f64);
    for line in lines {
        let write = |notation, digits| notation::write(line.position, notation, digits, Letters::English);
        if write(Notation::Mgrs, 5).unwrap() != line.mgrs {
            others += 1;
            println!("{}: we write {}, GeoConvert {}", line.position, write(Notation::Mgrs, 5).unwrap(), line.mgrs);
        }
        let ours = write(Notation::Utm, 3).or_else(|_| write(Notation::Ups, 3)).unwrap();
        for (ours, theirs) in ours.split(' ').rev().zip(line.grid.split(' ').rev()).take(2) {
            worst = worst.max((ours.parse::<f64>().unwrap() - theirs.parse::<f64>().unwrap()).abs());
        }
    }
    (others, worst)
}

/// How far the centres of squares as we read them lie from those of the oracle, in metres.
fn centres(lines: &[Line], digits: usize) -> f64 {
    let cut = |mgrs: &str| {
        let (square, numbers) = mgrs.split_at(mgrs.len() - 10);
        format!("{square}{}{}", &numbers[..digits], &numbers[5..5 + digits])
    };
    let squares: Vec<String> = lines.iter().map(|line| cut(&line.mgrs)).collect();
    let theirs = geo_convert(&["-g", "-p", "4"], &squares);
    let apart = squares.iter().zip(&theirs).map(|(square, theirs)| {
        let centre = notation::parse(square).unwrap_or_else(|error| panic!("{square}: {error}")).position;
        let (lat, lon) = theirs.split_once(' ').unwrap();
        distance(degrees(centre), (lat.parse().unwrap(), lon.parse().unwrap()))
    });
    apart.fold(0.0, f64::max)
}

#[test]
fn a_program_of_others_writes_and_reads_the_same() {
    let (count, seed) = if std::env::var_os("DETENTE_SOAK").is_some() { (1_000_000, 631) } else { (20_000, 63) };
    let lines = lines(&positions(count, seed));
    let (others, worst) = compare(&lines);
    println!("{count} positions: {others} squares differ, coordinates by at most {worst} m");
    assert_eq!(others, 0);
    // Ours is rounded to the millimetre, theirs to a tenth of one.
    assert!(worst < 0.000_56, "{worst} m");
    for digits in [1, 5] {
        let worst = centres(&lines, digits);
        println!("centres of squares of {digits} digits: at most {worst} m apart");
        // Half of 1e-7 degree each way is 7.9 mm.
        assert!(worst < 0.0082, "{worst} m");
    }
}
