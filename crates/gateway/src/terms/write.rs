//! Terms as the file that people edit and sign: every section, none left to a default, each explained.

use core::fmt::{self, Write};

use detente_types::TermsIn;
use detente_types::terms::{ClockIn, ClocksIn, MatchingIn, ResolutionIn};

use super::TermsFile;

/// The file of terms, with remarks on what each section means. Reading it gives the same.
pub fn write(file: &TermsFile) -> String {
    let mut text = String::new();
    compose(&mut text, file).expect("writing to a text does not fail");
    text
}

fn compose(out: &mut String, file: &TermsFile) -> fmt::Result {
    let t = &file.terms;
    writeln!(out, "# Terms of a line: what both parties sign. Every section stands here; nothing is left to a default.")?;
    writeln!(
        out,
        "# Lengths are metres (_m), times seconds (_s), minutes (_min) or days; positions are units of 1e-7 degree (_e7).\n"
    )?;
    writeln!(out, "version = {}", t.version)?;
    writeln!(
        out,
        "# The law by which joint conflicts are found. conflict/2 follows what moves by its times, and compares altitudes over"
    )?;
    writeln!(out, "# different data; conflict/1 does neither.\nlaw = {}", quoted(&t.law))?;
    writeln!(out, "# What the two parties call themselves. What follows names them in this order.")?;
    writeln!(out, "parties = {}", list(&file.parties))?;
    writeln!(out, "# The language of each (BCP 47).\nlanguages = {}", list(&t.languages))?;
    writeln!(out, "# Signature suites, the preferred one first.\nsuites = {}", list(&t.suites))?;
    writeln!(out, "# Public key of the auditor of blind runs, hex; empty for none.\nauditor_key = {}", quoted(&t.auditor_key))?;
    empty_lists(out, t)?;
    space(out, t)?;
    times(out, t)?;
    people(out, file)?;
    traffic(out, t)
}

/// Empty lists must stand before the first section, or they would belong to it.
fn empty_lists(out: &mut String, t: &TermsIn) -> fmt::Result {
    let lists = [
        ("desk", t.desk.is_empty()),
        ("place", t.place.is_empty()),
        ("threshold", t.threshold.is_empty()),
        ("witness", t.witness.is_empty()),
    ];
    let mut empty = lists.into_iter().filter(|(_, empty)| *empty).peekable();
    if empty.peek().is_some() {
        writeln!(out, "# What this line does not have.")?;
    }
    empty.try_for_each(|(name, _)| writeln!(out, "{name} = []"))
}

fn space(out: &mut String, t: &TermsIn) -> fmt::Result {
    writeln!(
        out,
        "\n# Where the line counts: corners [latitude, longitude] joined by lines straight on a map; none for everywhere."
    )?;
    writeln!(out, "[area]\nname = {}\ncorners_e7 = [", quoted(&t.area.name))?;
    for [lat, lon] in &t.area.corners_e7 {
        writeln!(out, "    [{lat}, {lon}], # {} {}", degrees(*lat), degrees(*lon))?;
    }
    writeln!(out, "]\n\n# Plans that come so close in all three, or closer, are in conflict.")?;
    let s = &t.separation;
    writeln!(out, "[separation]\nhorizontal_m = {}\nvertical_m = {}\ntime_s = {}", s.horizontal_m, s.vertical_m, s.time_s)?;
    writeln!(
        out,
        "\n# The one altitude datum of the line: WGS84, AMSL, AGL or FL. Then, for converting others: the highest and,"
    )?;
    writeln!(out, "# if it is known, the lowest terrain in the area, and how far a flight level can be off.")?;
    let a = &t.altitude;
    writeln!(out, "[altitude]\ndatum = {}\nterrain_max_m = {}", quoted(&a.datum), a.terrain_max_m)?;
    if let Some(least) = a.terrain_min_m {
        writeln!(out, "terrain_min_m = {least}")?;
    }
    writeln!(out, "pressure_error_max_m = {}", a.pressure_error_max_m)?;
    resolution(out, t.resolution.as_ref())
}

/// Where the terms leave it out, what counts instead is told in a remark.
fn resolution(out: &mut String, weighed: Option<&ResolutionIn>) -> fmt::Result {
    writeln!(
        out,
        "\n# Suggested shifts: what a minute, 100 m up or down and a kilometre aside cost, the least told first; and how far"
    )?;
    writeln!(out, "# a plan is shifted at most, 0 for not at all. Whether plans are in conflict does not depend on it.")?;
    let (hash, r) = weighed.map_or(("# ", &ResolutionIn::DEFAULT), |r| ("", r));
    if weighed.is_none() {
        writeln!(out, "# These terms leave it out, and the usual counts:")?;
    }
    writeln!(out, "{hash}[resolution]\n{hash}per_minute = {}\n{hash}per_100_m = {}", r.per_minute, r.per_100_m)?;
    writeln!(out, "{hash}per_km = {}\n{hash}time_max_min = {}", r.per_km, r.time_max_min)?;
    writeln!(out, "{hash}altitude_max_m = {}\n{hash}place_max_km = {}", r.altitude_max_m, r.place_max_km)
}

fn times(out: &mut String, t: &TermsIn) -> fmt::Result {
    let l = &t.lead_time;
    writeln!(out, "\n# How long before its start a notice should be stated, minutes.\n[lead_time]")?;
    writeln!(out, "flash_min = {}\nimmediate_min = {}", l.flash_min, l.immediate_min)?;
    writeln!(out, "priority_min = {}\nroutine_min = {}", l.priority_min, l.routine_min)?;
    let c = &t.clocks;
    writeln!(
        out,
        "\n# Clocks of SAFETY: how often it rings again, and when it rings every desk, the duty general, the principal."
    )?;
    writeln!(out, "[clocks]\nsafety_repeat_s = {}\nsafety_escalate_s = {:?}", c.safety_repeat_s, c.safety_escalate_s)?;
    writeln!(
        out,
        "\n# By when each receipt is due after the statement: stored by the other node, read by an officer, entered in their"
    )?;
    writeln!(out, "# protected list (for SAFETY: an action stated).")?;
    for (name, clock) in clocks(c) {
        writeln!(out, "[clocks.{name}]")?;
        writeln!(out, "stored_s = {}\nread_s = {}\nlisted_s = {}", clock.stored_s, clock.read_s, clock.listed_s)?;
    }
    let k = &t.line_check;
    writeln!(out, "\n# Line checks: how often, how long an answer may take, and how many unanswered ones turn the line red.")?;
    writeln!(out, "[line_check]\nevery_min = {}\nanswer_s = {}\nred_after = {}", k.every_min, k.answer_s, k.red_after)
}

fn clocks(c: &ClocksIn) -> [(&'static str, &ClockIn); 5] {
    [("safety", &c.safety), ("flash", &c.flash), ("immediate", &c.immediate), ("priority", &c.priority), ("routine", &c.routine)]
}

fn people(out: &mut String, file: &TermsFile) -> fmt::Result {
    let t = &file.terms;
    if !t.desk.is_empty() {
        writeln!(out, "\n# The desks of both parties.")?;
    }
    for d in &t.desk {
        let party = file.parties.get(usize::from(d.party)).map_or("", String::as_str);
        writeln!(out, "[[desk]]\nname = {}\nparty = {}\ncontact = {}", quoted(&d.name), quoted(party), quoted(&d.contact))?;
    }
    if !t.place.is_empty() {
        writeln!(out, "\n# Places that sentences name, in the languages of the two parties.")?;
    }
    for p in &t.place {
        writeln!(out, "[[place]]\nnames = {}\nlat_e7 = {}\nlon_e7 = {}", list(&p.names), p.lat_e7, p.lon_e7)?;
    }
    if !t.threshold.is_empty() {
        writeln!(out, "\n# Confidence measures: from how many on a notice is due, and how many days ahead.")?;
    }
    for h in &t.threshold {
        writeln!(out, "[[threshold]]\nmeasure = {}", quoted(&h.measure))?;
        writeln!(out, "notify_at = {}\nlead_days = {}", h.notify_at, h.lead_days)?;
    }
    let d = &t.disclosure;
    writeln!(
        out,
        "\n# The finest precision that either side may ask for (exact, 1 km, 10 km), and whether read-outs may be proposed."
    )?;
    writeln!(out, "[disclosure]\nfinest = {}\nreadouts = {}", quoted(&d.finest), d.readouts)
}

fn traffic(out: &mut String, t: &TermsIn) -> fmt::Result {
    let q = &t.quota;
    writeln!(out, "\n# How much one side may send in a day; beyond it the other stops reading, and loses nothing.")?;
    writeln!(out, "[quota]\nbytes_per_day = {}\nentries_per_day = {}", q.bytes_per_day, q.entries_per_day)?;
    let b = &t.blind;
    writeln!(
        out,
        "\n# Blind matching: the size of its cells, a run every so many minutes (0 for none), and runs beyond those a day."
    )?;
    writeln!(out, "[blind]\ncell_m = {}\nband_m = {}\nslot_s = {}", b.cell_m, b.band_m, b.slot_s)?;
    writeln!(out, "every_min = {}\nextra_per_day = {}", b.every_min, b.extra_per_day)?;
    matching(out, t.matching.as_ref())?;
    writeln!(out, "\n# For how many days bodies are kept; 0 for ever.\n[retention]\ndays = {}", t.retention.days)?;
    if !t.witness.is_empty() {
        writeln!(out, "\n# Neutral witnesses of checkpoints: key name, and public key in hex.")?;
    }
    for w in &t.witness {
        writeln!(out, "[[witness]]\nname = {}\nkey = {}", quoted(&w.name), quoted(&w.key))?;
    }
    Ok(())
}

/// Where the terms leave it out, what counts instead is told in a remark.
fn matching(out: &mut String, agreed: Option<&MatchingIn>) -> fmt::Result {
    writeln!(
        out,
        "\n# How blind runs go: what they tell (cells, count), whether answers are proved, the size of all sets and the"
    )?;
    writeln!(out, "# chunks of an answer as powers of two, and how far ahead they look.")?;
    let usual = MatchingIn::usual();
    let (hash, m) = agreed.map_or(("# ", &usual), |m| ("", m));
    if agreed.is_none() {
        writeln!(out, "# These terms leave it out, and the usual counts:")?;
    }
    writeln!(out, "{hash}[matching]\n{hash}mode = {}\n{hash}verified = {}", quoted(&m.mode), m.verified)?;
    writeln!(out, "{hash}class_log2 = {}\n{hash}chunks_log2 = {}\n{hash}ahead_min = {}", m.class_log2, m.chunks_log2, m.ahead_min)
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn list(texts: &[String]) -> String {
    let items: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", items.join(", "))
}

fn degrees(e7: i64) -> f64 {
    e7 as f64 / 1e7
}
