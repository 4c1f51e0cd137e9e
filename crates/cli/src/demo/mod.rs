//! Two sides on one machine: two real nodes in two processes over the real link, a day over the gulf, step by step.
//!
//! The demo knows no outcome. It pairs the two, states what the files say, asks both nodes what they found, and looks for a
//! change of Aster's plans that clears each conflict; edit a file and it tells another story.

mod blind;
mod day;
mod node;
mod story;
mod way_out;

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::output::print;
use day::Day;

/// What the command line asks for.
pub struct Options {
    /// The story on standard error, and at its end the summary on standard output, as JSON.
    pub json: bool,
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
    let mut teller = Teller { json: options.json, summary: Vec::new() };
    let told = story::tell(&day, &root, options.headless, &mut teller);
    if options.headless && !kept && told.is_ok() {
        std::fs::remove_dir_all(&root).with_context(|| format!("removing {}", root.display()))?;
    }
    told
}

/// Tells the story to whoever reads it, and sums it up.
struct Teller {
    json: bool,
    summary: Vec<String>,
}

/// The end of the story, for a program.
#[derive(serde::Serialize)]
struct Ending<'a> {
    summary: &'a [String],
    sides: Vec<Ended>,
}

#[derive(serde::Serialize)]
struct Ended {
    name: &'static str,
    home: String,
    page: String,
}

impl Teller {
    fn say(&self, text: &str) {
        if self.json { eprintln!("{}", text.trim_end()) } else { print(text) }
    }

    fn chapter(&self, title: &str) {
        self.say(&format!("\n── {title} {}", "─".repeat(74_usize.saturating_sub(title.chars().count()))));
    }

    fn sum_up(&mut self, line: String) {
        self.summary.push(line);
    }

    fn end(&self, sides: [(&node::Side, String); 2]) -> Result<()> {
        for (i, line) in self.summary.iter().enumerate() {
            self.say(&format!("  {}. {line}", i + 1));
        }
        if self.json {
            let ended =
                |(side, page): (&node::Side, String)| Ended { name: side.name, home: side.root.display().to_string(), page };
            let ending = Ending { summary: &self.summary, sides: sides.into_iter().map(ended).collect() };
            print(&serde_json::to_string_pretty(&ending)?);
        }
        Ok(())
    }
}
