//! `cargo xtask`: the chores of the house, one module a verb.
//!
//! Everything here is a plain program over plain text and `cargo metadata`: no build script, no framework. Each scan
//! returns its findings as sentences; [`house::verdict`] turns them into success or failure. Exit codes: 0 done, 1 a
//! step failed, 2 the command line was wrong.

mod bench;
mod check;
mod clippy_config;
mod demo;
mod docs;
mod house;
mod layers;
mod metadata;
mod neon;
mod openapi;
mod oracles;
mod rules;
mod sim;
mod soak;
mod source;
mod test;
mod tidy;

use std::process::ExitCode;

use anyhow::Result;
use house::Usage;

/// One chore: its name, its arguments as help shows them, what it does, and its entry.
struct Verb {
    name: &'static str,
    arguments: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Result<()>,
}

const VERBS: &[Verb] = &[
    verb("check", "", "format, house rules, lints and documentation; what CI runs before the tests", check::run),
    verb("test", "[RUNNER ARGS]", "oracles, check, then every test; the whole of CI", test::run),
    verb("soak", "[--seeds N] [RUNNER ARGS]", "10,000 simulator seeds, then every test with full counts; takes hours", soak::run),
    verb("demo", "[DEMO ARGS]", "build `detente` and run its demo", demo::run),
    verb("sim", "[--seed N] [--count N] ...", "play simulator seeds; `sim --help` lists lies, faults and bugs", sim::run),
    verb("bench", "NAME [ARGS]", "run one benchmark; without a name, list them", bench::run),
    verb("layers", "", "the import law, from `cargo metadata`", layers::run),
    verb("rules", "", "each DV rule stands in the spec, in a check and in a test's name", rules::run),
    verb("tidy", "", "lengths of files and functions, marks that must not stay", tidy::run),
    verb("docs", "[--write]", "the book's contents and every relative link; --write lists missing pages", docs::run),
    verb("openapi", "[--check]", "write openapi/detente-v1.json, or compare it with the program", openapi::run),
    verb("clippy-config", "[--check]", "write each core crate's clippy.toml, or compare", clippy_config::run),
];

const fn verb(name: &'static str, arguments: &'static str, about: &'static str, run: fn(&[String]) -> Result<()>) -> Verb {
    Verb { name, arguments, about, run }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::from(if error.is::<Usage>() { 2 } else { 1 })
        }
    }
}

/// Runs the verb that the first argument names, with the rest.
fn dispatch(arguments: &[String]) -> Result<()> {
    let Some((name, rest)) = arguments.split_first() else {
        return Err(Usage(format!("no verb given\n\n{}", help())).into());
    };
    if matches!(name.as_str(), "--help" | "-h" | "help") {
        println!("{}", help());
        return Ok(());
    }
    let verb = VERBS
        .iter()
        .find(|verb| verb.name == name)
        .ok_or_else(|| Usage(format!("there is no verb `{name}`; there are: {}", names())))?;
    if rest.first().is_some_and(|first| first == "--help") && verb.name != "demo" {
        println!("cargo xtask {} {}\n\n{}", verb.name, verb.arguments, verb.about);
        return Ok(());
    }
    (verb.run)(rest)
}

fn names() -> String {
    VERBS.iter().map(|verb| verb.name).collect::<Vec<_>>().join(", ")
}

fn help() -> String {
    let mut text = String::from("usage: cargo xtask VERB [ARGS]\n\n");
    for verb in VERBS {
        let usage = format!("{} {}", verb.name, verb.arguments);
        text.push_str(&format!("  {usage:<34}{}\n", verb.about));
    }
    text.push_str("\nCI=true locks the dependencies and picks the test runner's `ci` profile.");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn an_unknown_verb_is_a_usage_error_that_lists_the_verbs() {
        let error = dispatch(&words("chekc")).expect_err("there is no such verb");
        assert!(error.is::<Usage>());
        assert!(error.to_string().contains("chekc") && error.to_string().contains("check, test, soak"));
    }

    #[test]
    fn no_verb_is_a_usage_error_with_the_help() {
        let error = dispatch(&[]).expect_err("nothing was asked");
        assert!(error.is::<Usage>() && error.to_string().contains("usage: cargo xtask"));
    }

    #[test]
    fn help_names_every_verb() {
        assert!(VERBS.iter().all(|verb| help().contains(verb.about)));
        dispatch(&words("--help")).expect("help never fails");
        dispatch(&words("layers --help")).expect("nor does a verb's own");
    }
}
