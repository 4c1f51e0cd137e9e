//! The example files, on tomorrow's date, and texts to compare with.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// The date that the example files are written for.
const WRITTEN: &str = "2026-11-25";

/// The folder of the examples.
pub(crate) fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/gulf")
}

/// The terms of the examples.
pub(crate) fn terms(scratch: &Path) -> PathBuf {
    let to = scratch.join("terms.toml");
    std::fs::copy(examples().join("terms.toml"), &to).unwrap();
    to
}

/// An example file with its date moved to tomorrow, as a new file.
pub(crate) fn tomorrow(scratch: &Path, file: &str) -> String {
    let text = std::fs::read_to_string(examples().join(file)).unwrap();
    assert!(text.contains(WRITTEN), "{file} has no {WRITTEN}");
    write(scratch, &file.replace('/', "-"), &text.replace("2026-12-25", &date(31)).replace(WRITTEN, &date(1)))
}

/// Writes a file, and gives its path as text.
pub(crate) fn write(scratch: &Path, name: &str, text: &str) -> String {
    let to = scratch.join(name);
    std::fs::write(&to, text).unwrap();
    to.to_str().unwrap().to_owned()
}

/// A site at a place of its own: the cheapest notice that there is.
pub(crate) fn site(title: &str, number: usize) -> String {
    let (lat, lon) = (59.0 + (number % 90) as f64 / 100.0, 22.0 + (number / 90 % 400) as f64 / 100.0);
    let (start, end) = (date(1), date(2));
    format!(
        r#"{{"kind": "site", "title": "{title}", "precedence": "ROUTINE",
            "detail": {{"function": "hospital", "operator": "relief agency", "position_source": "survey on the ground"}},
            "volumes": [{{"shape": "point", "positions": [[{lat:.2}, {lon:.2}]], "radius_m": 100,
            "lower_m": 0, "upper_m": 40, "datum": "AMSL", "start": "{start}T00:00:00Z", "end": "{end}T00:00:00Z"}}]}}"#
    )
}

/// The date so many days from now, UTC.
pub(crate) fn date(days_on: u64) -> String {
    let days = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / 86_400 + days_on;
    let (mut year, mut left) = (1970, days);
    let length =
        |year: u64| if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) { 366 } else { 365 };
    while left >= length(year) {
        left -= length(year);
        year += 1;
    }
    let february = length(year) - 337;
    let mut month = 1;
    for days in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if left < days {
            break;
        }
        left -= days;
        month += 1;
    }
    format!("{year:04}-{month:02}-{:02}", left + 1)
}

/// Compares a text with the one that is kept in `golden/`. `DETENTE_BLESS=1` writes it anew.
#[track_caller]
pub(crate) fn golden(name: &str, text: &str) {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name);
    if std::env::var_os("DETENTE_BLESS").is_some() {
        std::fs::write(&kept, text).unwrap();
    }
    let wanted = std::fs::read_to_string(&kept).unwrap_or_default();
    assert!(text == wanted, "golden/{name} has\n{wanted}\nand the program prints\n{text}");
}

/// A text with its hashes and tomorrow's date taken out: they differ from run to run.
pub(crate) fn normalised(text: &str) -> String {
    let hex = |word: &str| word.len() == 8 && word.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let word = |word: &str| if hex(word) { "<id>".to_owned() } else { word.to_owned() };
    let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n").replace(&date(1), "<date>")
}
