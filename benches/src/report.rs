//! What a benchmark found, as Markdown: printed as it comes, and kept to be written into docs/benchmarks/.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::stats::Sample;

/// A report that grows.
#[derive(Debug, Default)]
pub struct Report(String);

impl Report {
    /// Begins a report about a run on this machine.
    pub fn new(title: &str, about: &str) -> Self {
        let mut report = Self::default();
        report.line(&format!("# {title}\n\n{about}"));
        report
    }

    /// A sentence.
    pub fn note(&mut self, text: &str) {
        self.line(&format!("\n{text}"));
    }

    /// Begins a section.
    pub fn heading(&mut self, title: &str) {
        self.line(&format!("\n## {title}"));
    }

    /// Begins a section with a table of durations.
    pub fn durations(&mut self, title: &str) {
        self.line(&format!("\n## {title}\n\n| | p50, µs | p99, µs | of medians |\n|---|---:|---:|---|"));
    }

    /// A row of such a table; the ratio is that of the medians to each named floor.
    pub fn sample(&mut self, name: &str, sample: &Sample, floors: &[(&str, &Sample)]) {
        let us = |d: Duration| d.as_secs_f64() * 1e6;
        let ratio = |(floor, of): &(&str, &Sample)| format!("{:.2} x {floor}", us(sample.median()) / us(of.median()).max(1e-9));
        let ratios = floors.iter().map(ratio).collect::<Vec<_>>().join(", ");
        self.line(&format!("| {name} | {:.1} | {:.1} | {ratios} |", us(sample.median()), us(sample.quantile(0.99))));
    }

    /// Begins a section with a table of single figures.
    pub fn figures(&mut self, title: &str) {
        self.line(&format!("\n## {title}\n\n| | |\n|---|---:|"));
    }

    /// A row of such a table.
    pub fn figure(&mut self, name: &str, value: &str) {
        self.line(&format!("| {name} | {value} |"));
    }

    /// A section with a table of as many columns as it needs; the first holds names.
    pub fn table(&mut self, title: &str, head: &[&str], rows: &[Vec<String>]) {
        let rule = format!("|---|{}", "---:|".repeat(head.len().saturating_sub(1)));
        self.line(&format!("\n## {title}\n\n| {} |\n{rule}", head.join(" | ")));
        rows.iter().for_each(|row| self.line(&format!("| {} |", row.join(" | "))));
    }

    /// Writes the report into a file.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write(&self, path: &Path) -> Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        }
        std::fs::write(path, &self.0).with_context(|| format!("writing {}", path.display()))
    }

    fn line(&mut self, text: &str) {
        println!("{text}");
        self.0.push_str(text);
        self.0.push('\n');
    }
}
