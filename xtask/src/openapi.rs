//! `cargo xtask openapi`: the API description that is committed is the one that the program makes.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::house;
use crate::metadata::Metadata;

const FILE: &str = "openapi/detente-v1.json";
const MEMBER: &str = "detente-api";
/// Prints the description on its standard output.
const PROGRAM: &str = "openapi";

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    if house::flag("openapi", "--check", arguments)? {
        return check();
    }
    fs::write(house::root().join(FILE), generated()?).with_context(|| format!("writing {FILE}"))
}

/// Fails when the file differs from what the program prints.
pub(crate) fn check() -> Result<()> {
    if !Metadata::of_workspace()?.programs(MEMBER).contains(&PROGRAM) {
        println!("   skipped: {MEMBER} has no program `{PROGRAM}` yet");
        return Ok(());
    }
    let committed = fs::read_to_string(house::root().join(FILE)).with_context(|| format!("reading {FILE}"))?;
    let generated = generated()?;
    if let Some(line) = first_difference(&committed, &generated) {
        bail!("{FILE} differs from the program at line {line}: run `cargo xtask openapi` and read the change");
    }
    Ok(())
}

fn generated() -> Result<String> {
    house::output(&mut house::cargo(["run", "--quiet", "--package", MEMBER, "--bin", PROGRAM]))
}

/// The first line, from 1, in which two texts differ; a missing last line end differs too.
fn first_difference(one: &str, other: &str) -> Option<usize> {
    let differing = one.split('\n').zip(other.split('\n')).position(|(left, right)| left != right);
    let shorter = || (one != other).then(|| one.lines().count().min(other.lines().count()));
    differing.or_else(shorter).map(|index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_differing_line_is_named() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some(2));
        assert_eq!(first_difference("a\n", "a\nb\n"), Some(2));
        assert_eq!(first_difference("a\nb", "a\nb\n"), Some(3));
    }
}
