//! `cargo xtask clippy-config`: a `clippy.toml` for each core crate.
//!
//! Clippy reads the nearest `clippy.toml` only; one in a crate replaces the root's. So each core's copy is the root's
//! file followed by `xtask/core-bans.toml` (clocks, sockets, files, randomness, platform arithmetic), written here and
//! compared by `check`.

use std::fs;

use anyhow::{Context, Result};

use crate::metadata::Metadata;
use crate::{house, layers};

const ROOT: &str = "clippy.toml";
const BANS: &str = "xtask/core-bans.toml";
const HEAD: &str = "# Written by `cargo xtask clippy-config` from clippy.toml and xtask/core-bans.toml. Edit those.\n\n";

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    if house::flag("clippy-config", "--check", arguments)? {
        return check();
    }
    let wanted = wanted()?;
    for path in copies()? {
        fs::write(house::root().join(&path), &wanted).with_context(|| format!("writing {path}"))?;
    }
    Ok(())
}

/// Fails when a core's copy is missing or differs.
pub(crate) fn check() -> Result<()> {
    let wanted = wanted()?;
    let is_stale = |path: &String| !fs::read_to_string(house::root().join(path)).is_ok_and(|text| text == wanted);
    let stale = copies()?.into_iter().filter(is_stale);
    let findings: Vec<String> =
        stale.map(|path| format!("{path} is missing or out of date: run `cargo xtask clippy-config`")).collect();
    house::verdict(&findings)
}

/// What each copy holds.
fn wanted() -> Result<String> {
    let read = |path: &str| fs::read_to_string(house::root().join(path)).with_context(|| format!("reading {path}"));
    Ok(format!("{HEAD}{}\n{}", read(ROOT)?, read(BANS)?))
}

/// The paths of the copies, from the root.
fn copies() -> Result<Vec<String>> {
    let folders = layers::core_folders(&Metadata::of_workspace()?);
    Ok(folders.into_iter().map(|folder| format!("{folder}/clippy.toml")).collect())
}
