//! Whether what blind matching does with secrets takes the same time whatever they are: dudect's test, as a report.
//!
//! `cargo xtask bench blind-timing [--write] [--quick]`

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use detente_benches::blind::timing::{CONTROLS, Timed, measure, timed};
use detente_benches::machine::describe;
use detente_benches::report::Report;

const ABOUT: &str = "Each row is one operation on two classes of inputs, drawn in random order and timed one by one. t is Welch's statistic between the \
    two, the greatest over all ways to leave out the slowest: dudect's test. Samples are those that were left in at that t, in whole thousands. Below 5 nothing was seen; above 5 something may differ, and above 10 it does. The test sees differences; it does \
    not prove that there are none. The controls leak on purpose, and must be seen. What is timed is what a run does, by each backend that the machine has: \
    first messages and answers are the jobs of `detente-blind` itself, from the set to the points and from the points to the tags; a whole run is everything \
    that one side does from the first hello to its result, against what the other side said when the same run was played before. Keys with many digits of zero \
    are the 16 of 16,384 that have most of them in the half by which points are multiplied; the 16 other keys are any. Points that the other side chose are sent \
    by a peer made by hand.";
/// Above it something differs.
const SURE: f64 = 10.0;
/// Above it something may differ.
const SEEN: f64 = 5.0;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let known = ["--write", "--quick", "--measure"];
    for argument in &arguments {
        ensure!(known.contains(&argument.as_str()), "unknown argument {argument}; there are: --write, --quick");
    }
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    if has("--measure") {
        // The process whose output the report is made of.
        return Ok(measure()?);
    }
    let told = if has("--quick") { "a twentieth of all samples" } else { "all samples; inputs are drawn anew" };
    let mut report =
        Report::new("Constant time in blind matching, measured", &describe("cargo xtask bench blind-timing --write", told));
    report.note(ABOUT);
    let rows = rows(has("--quick"))?;
    report.table("Two classes each", &["", "backend", "one class", "the other", "samples left in", "greatest t", "seen"], &rows);
    if has("--write") {
        report.write(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/benchmarks/blind-timing.md"))?;
    }
    Ok(())
}

fn rows(is_quick: bool) -> Result<Vec<Vec<String>>> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--measure");
    if is_quick {
        command.env("DETENTE_QUICK", "1");
    }
    let output = command.output().context("starting the measurement")?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.success(), "the measurement failed:\n{told}{}", String::from_utf8_lossy(&output.stderr));
    let mut rows = Vec::new();
    for Timed { name, what, classes: [left, right], backend, .. } in timed() {
        let line = told.lines().find(|line| line.starts_with(&format!("bench {name} ")) && line.contains("max t"));
        let line = line.with_context(|| format!("no result of {name} in\n{told}"))?;
        let field = |name: &str| Some(line.split_once(name)?.1.split(',').next()?.trim().to_owned());
        let (samples, t) = field(": n == ").zip(field("max t = ")).with_context(|| format!("dudect wrote: {line}"))?;
        // dudect tells millions, with a sign and an M.
        let millions = samples.trim_start_matches('+').trim_end_matches('M').parse::<f64>();
        let samples = format!("{:.0}", millions.with_context(|| format!("dudect wrote: {line}"))? * 1e6);
        let size = t.parse::<f64>().with_context(|| format!("dudect wrote: {line}"))?.abs();
        let is_control = CONTROLS.contains(&name);
        ensure!(!is_control || size > SURE, "a control's leak was not seen (t = {t}): this machine says nothing today");
        let seen = match size {
            _ if size < SEEN => "nothing",
            _ if is_control => "yes, as it must be",
            _ if size < SURE => "perhaps",
            _ => "**a difference**",
        };
        rows.push(vec![what.into(), backend.to_string(), left.into(), right.into(), samples, t, seen.into()]);
    }
    Ok(rows)
}
