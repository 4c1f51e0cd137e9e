//! `cargo xtask docs`: the book and every Markdown file of the house.
//!
//! Three rules: each page in `docs/` stands in `docs/SUMMARY.md`; each relative link leads to something inside the
//! house; and each function named in a table's column `Test` exists.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result};

use crate::house;
use crate::source;

const BOOK: &str = "docs";
const SUMMARY: &str = "docs/SUMMARY.md";
/// Which heading of the summary a folder's first page goes under.
const SECTIONS: &[(&str, &str)] = &[("guide", "# Guides"), ("spec", "# Specification"), ("decisions", "# Decisions")];

/// A Markdown file, by its path from the root.
struct Page {
    path: PathBuf,
    text: String,
}

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    if house::flag("docs", "--write", arguments)? {
        return write_summary();
    }
    check()
}

/// Fails with every page that the book does not list, every dead link and every test that is named but not there.
pub(crate) fn check() -> Result<()> {
    let root = house::root();
    let pages = pages(&root)?;
    let sources = source::read_all(&root)?;
    let functions = sources.iter().flat_map(|source| source.functions());
    let tests = functions.filter(|function| function.is_test).map(|function| function.name).collect();
    let mut findings = unlisted(&pages).iter().map(|path| unlisted_finding(path)).collect::<Vec<_>>();
    findings.extend(pages.iter().flat_map(|page| dead_links(&root, page)));
    findings.extend(pages.iter().flat_map(|page| absent_tests(page, &tests)));
    let unproved: usize = pages.iter().map(|page| test_cells(&page.text).filter(|(_, c)| names(c).is_empty()).count()).sum();
    if unproved > 0 {
        println!("   noted: {unproved} promise(s) in the docs name no test yet");
    }
    house::verdict(&findings)
}

fn pages(root: &Path) -> Result<Vec<Page>> {
    source::files(root, "md")?
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(root.join(&path)).with_context(|| format!("reading {}", path.display()))?;
            Ok(Page { path, text })
        })
        .collect()
}

fn unlisted_finding(path: &Path) -> String {
    format!("{} does not stand in {SUMMARY}: `cargo xtask docs --write` adds it", path.display())
}

/// The book's pages that its summary does not link to.
fn unlisted(pages: &[Page]) -> Vec<&Path> {
    let summary = pages.iter().find(|page| page.path == Path::new(SUMMARY));
    let listed: BTreeSet<PathBuf> = summary
        .map(|summary| links(&summary.text).filter_map(|(_, link)| target(&summary.path, link)).collect())
        .unwrap_or_default();
    pages
        .iter()
        .map(|page| page.path.as_path())
        .filter(|path| path.starts_with(BOOK) && *path != Path::new(SUMMARY) && !listed.contains(*path))
        .collect()
}

/// The relative links of a page that lead nowhere, or out of the house.
fn dead_links(root: &Path, page: &Page) -> Vec<String> {
    let foreign = |link: &str| link.contains("://") || link.starts_with("mailto:") || link.starts_with('#');
    links(&page.text)
        .filter(|(_, link)| !foreign(link))
        .filter(|(_, link)| !target(&page.path, link).is_some_and(|target| root.join(target).exists()))
        .map(|(line, link)| format!("{}:{line}: the link `{link}` leads nowhere", page.path.display()))
        .collect()
}

/// The path from the root that a link on the page at `from` leads to; none when it leaves the house.
fn target(from: &Path, link: &str) -> Option<PathBuf> {
    let path = link.split('#').next().unwrap_or_default();
    let mut found = from.parent()?.to_path_buf();
    for part in Path::new(path).components() {
        match part {
            Component::Normal(name) => found.push(name),
            Component::CurDir => {}
            Component::ParentDir => found.pop().then_some(())?,
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(found)
}

/// The links of a Markdown text with their lines from 1: inline, image and reference ones, but none in code.
fn links(text: &str) -> impl Iterator<Item = (usize, &str)> {
    prose(text).flat_map(|(number, line)| {
        let inline = line.match_indices("](").filter(|(at, _)| !in_code(line, *at)).map(|(at, _)| &line[at + 2..]);
        let reference = line.starts_with('[').then(|| line.split_once("]: ")).flatten().map(|(_, link)| link);
        let ends = |rest: &'_ str| rest.find([')', ' ']).unwrap_or(rest.len());
        inline.chain(reference).map(move |rest| (number, rest[..ends(rest)].trim_matches(['<', '>'])))
    })
}

/// The lines of a Markdown text outside fenced code, numbered from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        (!fenced && !fence).then_some((index + 1, line))
    })
}

/// Whether a byte of a line lies between backticks.
fn in_code(line: &str, at: usize) -> bool {
    line[..at].matches('`').count() % 2 == 1
}

/// Functions named in `Test` columns that exist nowhere.
fn absent_tests(page: &Page, functions: &BTreeSet<&str>) -> Vec<String> {
    test_cells(&page.text)
        .flat_map(|(line, cell)| names(cell).into_iter().map(move |name| (line, name)))
        .filter(|(_, name)| !functions.contains(name))
        .map(|(line, name)| format!("{}:{line}: there is no test `{name}`", page.path.display()))
        .collect()
}

/// The last cells of the rows of those tables whose last heading is `Test`, with their lines.
fn test_cells(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut inside = false;
    prose(text).filter_map(move |(number, line)| {
        let row = line.trim().strip_prefix('|').and_then(|row| row.strip_suffix('|'));
        let last = row.and_then(|row| row.rsplit('|').next()).map(str::trim);
        let was_inside = inside;
        inside = last.is_some_and(|cell| inside || cell == "Test");
        let cell = last.filter(|cell| !cell.starts_with("--"))?;
        was_inside.then_some((number, cell))
    })
}

/// The names between backticks, without the module path before them.
fn names(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).map(|name| name.rsplit("::").next().unwrap_or(name)).collect()
}

/// Adds each unlisted page to the summary, in its folder's section.
fn write_summary() -> Result<()> {
    let root = house::root();
    let pages = pages(&root)?;
    let mut summary = fs::read_to_string(root.join(SUMMARY)).with_context(|| format!("reading {SUMMARY}"))?;
    for path in unlisted(&pages) {
        let page = pages.iter().find(|page| page.path == path).expect("unlisted pages are pages");
        summary = with_page(&summary, page);
        println!("   listed {}", path.display());
    }
    fs::write(root.join(SUMMARY), summary).with_context(|| format!("writing {SUMMARY}"))
}

/// The summary with one more page: after the last of its folder, else under the folder's heading, else at the end.
fn with_page(summary: &str, page: &Page) -> String {
    let path = page.path.strip_prefix(BOOK).unwrap_or(&page.path).display().to_string();
    let title = page.text.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or("untitled");
    let folder = path.split_once('/').map_or("", |(folder, _)| folder);
    let heading = SECTIONS.iter().find(|(name, _)| *name == folder).map(|(_, heading)| *heading);
    let entry = format!("- [{title}]({path})");

    let mut lines: Vec<&str> = summary.trim_end().lines().collect();
    if let Some(last) = lines.iter().rposition(|line| !folder.is_empty() && line.contains(&format!("]({folder}/"))) {
        lines.insert(last + 1, &entry);
    } else if let Some(at) = lines.iter().position(|line| Some(*line) == heading) {
        lines.splice(at + 1..at + 1, ["", &entry]);
    } else {
        lines.push(&entry);
    }
    lines.join("\n") + "\n"
}
