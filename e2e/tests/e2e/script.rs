//! Stories as scripts with golden output: `golden/stories/*.txt`. What a side types stands behind `$`, what it then sees
//! below, up to a blank line. `DETENTE_BLESS=1 cargo nextest run -p detente-e2e scripts` writes what is seen anew.
//!
//! Names in braces stand for what differs from run to run: `{conflict}` and `{offer}` the only ones, `{entry:TITLE}` the
//! live notice whose row has this, `{gone}` the entry that was named last.

use std::path::{Path, PathBuf};

use crate::day;
use crate::side::{Pair, Side, array};

#[test]
fn a_flight_and_live_fire_are_settled() {
    play("live-fire");
}

#[test]
fn a_drone_survey_is_read_and_called_off() {
    play("drone-survey");
}

#[test]
fn a_relief_convoy_and_sites_are_followed_to_the_desks() {
    play("relief-convoy");
}

#[test]
fn an_orbit_on_the_grid_meets_the_air_bridge() {
    play("orbit");
}

#[test]
fn safety_is_answered_in_both_languages() {
    play("safety");
}

#[track_caller]
fn play(name: &str) {
    let file = format!("stories/{name}.txt");
    let script = std::fs::read_to_string(golden().join(&file)).unwrap();
    let mut player = Player { pair: Pair::serving(), named: String::new() };
    let mut told = String::new();
    // What was seen the last time stands between a command and the next blank line.
    let mut seen_before = false;
    for line in script.lines() {
        if let Some(typed) = line.strip_prefix("$ ") {
            seen_before = true;
            told.push_str(&format!("{line}\n{}", player.play(typed)));
        } else if line.is_empty() || line.starts_with('#') && !seen_before {
            seen_before = false;
            told.push_str(&format!("{line}\n"));
        }
    }
    day::golden(&file, &told);
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

struct Player {
    pair: Pair,
    named: String,
}

impl Player {
    /// Does what is typed; gives what is seen.
    fn play(&mut self, typed: &str) -> String {
        let mut typed = words(typed).into_iter();
        let side = typed.next().expect("a side");
        let side = match side.as_str() {
            "aster" => &self.pair.aster,
            "borea" => &self.pair.borea,
            _ => {
                self.pair.converge();
                return String::new();
            }
        };
        let (mut arguments, mut named) = (Vec::new(), self.named.clone());
        for word in typed {
            arguments.push(self.argument(side, word, &mut named));
        }
        let ended = side.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        self.named = named;
        let code = if ended.code == 0 { String::new() } else { format!("exit code {}\n", ended.code) };
        let root = self.pair.root.path().to_str().unwrap().to_owned() + "/";
        seen(&format!("{}{}{code}", ended.out, ended.err).replace(&root, ""))
    }

    fn argument(&self, side: &Side, word: String, named: &mut String) -> String {
        if ["aster/", "borea/"].iter().any(|folder| word.starts_with(folder)) {
            return day::tomorrow(self.pair.root.path(), &word);
        }
        let Some(name) = word.strip_prefix('{').and_then(|word| word.strip_suffix('}')) else {
            return word;
        };
        let hash = match (name, name.strip_prefix("entry:")) {
            ("gone", _) => return named[..12].to_owned(),
            ("conflict", _) => side.conflicts()[0]["id"].clone(),
            ("offer", _) => side.conflicts()[0]["settlement"]["offers"][0]["at"]["hash"].clone(),
            (_, Some(part)) => entry(side, part),
            _ => panic!("{{{name}}} stands for nothing"),
        };
        *named = hash.as_str().expect("a name").to_owned();
        named[..12].to_owned()
    }
}

/// The entry of the live notice whose title begins so, or which is on this grid.
fn entry(side: &Side, part: &str) -> serde_json::Value {
    let fits = |n: &serde_json::Value| {
        n["notice"]["title"].as_str().is_some_and(|title| title.starts_with(part)) || n["notice"]["precision"] == part
    };
    let found = array(side.json(&["notices"])).into_iter().find(fits);
    found.unwrap_or_else(|| panic!("{} has no notice {part:?}", side.name))["at"]["hash"].clone()
}

/// Words, with spaces inside quotation marks.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut quoted, mut open) = (vec![String::new()], false, 0);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            '{' | '}' => {
                open += if c == '{' { 1 } else { -1 };
                words.last_mut().unwrap().push(c);
            }
            ' ' if !quoted && open == 0 => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words
}

/// What a person sees, without what differs from run to run: names, dates, places in a log, delays.
fn seen(text: &str) -> String {
    let line = |line: &str| {
        let mut line = numbered(&named(line), "entry ", "<n>");
        line = numbered(&line, "in ", "<n>");
        if let Some((before, after)) = line.split_once("SHORT by ") {
            // Whether it is short depends on the hour of the run.
            line = format!("{}{}", before.trim_end(), after.split_once(" min").map_or("", |(_, rest)| rest));
        }
        while line.contains("   ") {
            line = line.replace("   ", "  ");
        }
        format!("{}\n", line.trim_end())
    };
    text.lines().filter(|l| !l.trim().is_empty()).map(line).collect()
}

/// Hashes and dates as what they are.
fn named(line: &str) -> String {
    let today = format!("{}T", day::date(0));
    let mut line = line.to_owned();
    while let Some(at) = line.find(&today) {
        let end = line[at..].find('Z').map_or(line.len(), |end| at + end + 1);
        line.replace_range(at..end, "<now>");
    }
    let line = line.replace(&day::date(1), "<date>").replace(&day::date(31), "<later>");
    let is_name = |word: &str| matches!(word.len(), 8 | 12) && word.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let mut out = String::new();
    for word in line.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let bare = word.trim_end_matches(|c: char| !c.is_alphanumeric());
        out.push_str(&if is_name(bare) { word.replacen(bare, "<id>", 1) } else { word.to_owned() });
    }
    out
}

/// The whole number behind a word as something else.
fn numbered(line: &str, word: &str, shown: &str) -> String {
    let Some((before, after)) = line.split_once(word) else {
        return line.to_owned();
    };
    let rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
    if rest.len() == after.len() { line.to_owned() } else { format!("{before}{word}{shown}{rest}") }
}
