//! Names of functions, short enough to be read and without anything of the machine that built them.

/// Longest name that is kept, characters.
const LONGEST: usize = 120;

/// A function's name without its hash, its generic arguments, numbers of closures and paths of files.
pub fn short(name: &str) -> String {
    let name = without_paths(without_hash(name.trim()));
    let name = without_generics(&self_type(&name));
    let parts = name.split("::").filter(|part| !part.is_empty() && !is_impl(part)).map(|part| {
        let closure = part.contains("closure") && part.starts_with('{');
        if closure { "{closure}" } else { part.strip_prefix("detente_").unwrap_or(part) }
    });
    parts.collect::<Vec<_>>().join("::").chars().take(LONGEST).collect()
}

/// The module that a file of source holds, by the folder that its `src` lies in: `space::forest::lanes`.
pub fn module(file: &str) -> Option<String> {
    let parts: Vec<&str> = file.split(['/', '\\']).collect();
    let src = parts.iter().rposition(|part| *part == "src").filter(|src| *src > 0)?;
    let own = without_version(parts[src - 1]);
    let inside = parts[src + 1..].iter().map(|part| part.strip_suffix(".rs").unwrap_or(part));
    let inside = inside.filter(|part| !matches!(*part, "lib" | "mod" | "main"));
    Some([own].into_iter().chain(inside).collect::<Vec<_>>().join("::"))
}

/// The name of a file or an object without the folders that it lies in.
pub fn file(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether a file belongs to what comes with the compiler.
pub fn is_standard(file: &str) -> bool {
    file.contains("/library/core/") || file.contains("/library/alloc/") || file.contains("/library/std/")
}

/// `libm-0.2.15` is `libm`.
fn without_version(folder: &str) -> &str {
    match folder.rsplit_once('-') {
        Some((name, version)) if version.starts_with(|first: char| first.is_ascii_digit()) => name,
        _ => folder,
    }
}

fn without_hash(name: &str) -> &str {
    match name.rsplit_once("::h") {
        Some((before, hash)) if hash.len() == 16 && hash.bytes().all(|digit| digit.is_ascii_hexdigit()) => before,
        _ => name,
    }
}

/// Of what is a path, its last part only.
fn without_paths(name: &str) -> String {
    let ends = |c: char| c.is_whitespace() || "<>(){}@,;".contains(c);
    let mut short = String::with_capacity(name.len());
    for piece in name.split_inclusive(ends) {
        short.push_str(file(piece));
    }
    short
}

/// `<A as B>::f` is `A::f`.
fn self_type(name: &str) -> String {
    let Some((inside, rest)) = name.strip_prefix('<').and_then(closed) else {
        return name.to_owned();
    };
    let own = top_level(inside, " as ").map_or(inside, |(own, _)| own);
    format!("{own}{rest}")
}

/// What comes before the bracket that closes one opened before, and what comes after.
fn closed(text: &str) -> Option<(&str, &str)> {
    let at = depths(text).find(|(_, depth)| *depth < 0)?.0;
    Some((&text[..at], &text[at + 1..]))
}

/// Splits where a word stands in no bracket.
fn top_level<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let (at, _) = depths(text).find(|(at, depth)| *depth == 0 && text[*at..].starts_with(word))?;
    Some((&text[..at], &text[at + word.len()..]))
}

/// How many angle brackets are open after each character; an arrow closes none.
fn depths(text: &str) -> impl Iterator<Item = (usize, i32)> + '_ {
    let (mut depth, mut before) = (0, ' ');
    text.char_indices().map(move |(at, c)| {
        depth += i32::from(c == '<') - i32::from(c == '>' && before != '-');
        before = c;
        (at, depth)
    })
}

fn without_generics(name: &str) -> String {
    let mut kept = String::with_capacity(name.len());
    let (mut open, mut before) = (0, ' ');
    for c in name.chars() {
        open += i32::from(c == '<');
        if open == 0 {
            kept.push(c);
        }
        open -= i32::from(c == '>' && before != '-' && open > 0);
        before = c;
    }
    kept
}

fn is_impl(part: &str) -> bool {
    part.starts_with("{impl")
}

#[cfg(test)]
mod tests;
