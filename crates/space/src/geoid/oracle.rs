//! The geoid by another program.

use std::io::Write;
use std::process::{Command, Stdio};

/// PROJ's `cs2cs`, with the grid that Debian's proj-data carries: an independent reading of EGM96.
#[expect(clippy::disallowed_methods, reason = "the oracle is another program, fed while it answers")]
pub(crate) fn by_cs2cs(positions: &[(f64, f64)]) -> Vec<f64> {
    let (over_the_sea, over_the_ellipsoid) = ("EPSG:4326+5773", "EPSG:4979");
    let mut program = Command::new("cs2cs");
    program.args(["-f", "%.4f", over_the_sea, over_the_ellipsoid]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let child = program.spawn();
    let mut child = child.expect("cs2cs of proj-bin, with proj-data, is an oracle of this test");
    let mut input = child.stdin.take().unwrap();
    let lines: String = positions.iter().map(|(lat, lon)| format!("{lat:.7} {lon:.7} 0\n")).collect();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.split_whitespace().last().unwrap().parse().unwrap()).collect()
}
