//! Two sides on one machine: two real nodes in two processes over the real link, a day over the gulf, step by step.
//!
//! The demo knows no outcome. It pairs the two, states what the files say, asks both nodes what they found, and looks for a
//! change of Aster's plans that clears each conflict; edit a file and it tells another story.

mod day;
mod node;
mod story;
mod way_out;

use std::path::PathBuf;

use anyhow::{Context, Result};

use day::Day;

/// What the command line asks for.
pub struct Options {
    /// Exit at the end.
    pub headless: bool,
    /// Directory with the inputs.
    pub examples: Option<PathBuf>,
    /// Directory for both homes.
    pub keep: Option<PathBuf>,
}

/// Runs the demo.
///
/// # Errors
/// When a step does not go as a line must.
pub fn run(options: Options) -> Result<()> {
    let day = Day::read(options.examples.as_deref())?;
    let kept = options.keep.is_some();
    let root = match options.keep {
        Some(root) => root,
        None => std::env::temp_dir().join(format!("detente-demo-{}", std::process::id())),
    };
    std::fs::create_dir_all(&root).with_context(|| format!("making {}", root.display()))?;
    let told = story::tell(&day, &root, options.headless);
    if options.headless && !kept && told.is_ok() {
        std::fs::remove_dir_all(&root).with_context(|| format!("removing {}", root.display()))?;
    }
    told
}
