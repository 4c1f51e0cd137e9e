//! A flame graph as an SVG that stands alone: a function's width is its share of the samples, what it calls lies upon it.
//! The whole name and the share are told where the pointer rests.

use std::fmt::Write as _;

use super::fold::{Folded, Node, Owner};

const WIDTH: f64 = 1_200.0;
const ROW: f64 = 17.0;
const TOP: f64 = 44.0;
/// Width of a letter at the size of the labels.
const LETTER: f64 = 6.2;
/// No file is larger, bytes.
pub const BYTES_MAX: usize = 140_000;
/// The least width that is drawn at first, of the whole.
const LEAST: f64 = 0.001;

/// A function's place.
struct Laid<'a> {
    name: &'a str,
    owner: Owner,
    samples: u64,
    depth: usize,
    left: f64,
}

/// Draws it; what is too narrow is left out, and more of it where the file would grow too large.
pub fn draw(title: &str, folded: &Folded) -> String {
    let mut least = LEAST;
    loop {
        let svg = drawn(title, folded, least);
        if svg.len() <= BYTES_MAX || least > 0.5 {
            return svg;
        }
        least *= 1.5;
    }
}

fn drawn(title: &str, folded: &Folded, least: f64) -> String {
    let mut laid = Vec::new();
    lay(&folded.root, 0, 0.0, least * folded.samples() as f64, &mut laid);
    let depth = laid.iter().map(|one| one.depth + 1).max().unwrap_or(1);
    let height = TOP + ROW * depth as f64 + 8.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"monospace\" font-size=\"10.5\">\n\
         <title>{title}</title>\n<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n\
         <text x=\"8\" y=\"18\" font-size=\"14\" font-family=\"sans-serif\">{title}</text>\n\
         <text x=\"8\" y=\"34\" font-family=\"sans-serif\">{} samples; narrower than {:.2} % is left out; orange: the program; \
         grey: the system's libraries; blue: the kernel</text>\n",
        folded.samples(),
        least * 100.0,
        title = escaped(title),
    );
    let scale = (WIDTH - 16.0) / folded.samples().max(1) as f64;
    for one in &laid {
        let bottom = height - 8.0 - ROW * (one.depth + 1) as f64;
        place(&mut svg, one, [8.0 + one.left * scale, bottom, one.samples as f64 * scale], folded.samples());
    }
    svg.push_str("</svg>\n");
    svg
}

/// Lays what a function calls beside each other, by name.
fn lay<'a>(node: &'a Node, depth: usize, mut left: f64, least: f64, laid: &mut Vec<Laid<'a>>) {
    for (name, called) in &node.calls {
        if called.samples as f64 >= least {
            laid.push(Laid { name, owner: called.owner, samples: called.samples, depth, left });
            lay(called, depth + 1, left, least, laid);
        }
        left += called.samples as f64;
    }
}

fn place(svg: &mut String, one: &Laid<'_>, [x, y, width]: [f64; 3], all: u64) {
    let share = one.samples as f64 * 100.0 / all.max(1) as f64;
    let _ = write!(
        svg,
        "<g><title>{}: {share:.2} %</title><rect x=\"{x:.1}\" y=\"{y:.0}\" width=\"{:.1}\" height=\"{:.0}\" fill=\"{}\"/>",
        escaped(one.name),
        (width - 0.3).max(0.3),
        ROW - 1.0,
        colour(one),
    );
    let fits = ((width - 6.0) / LETTER).max(0.0) as usize;
    if fits >= 4 {
        let _ = write!(svg, "<text x=\"{:.1}\" y=\"{:.0}\">{}</text>", x + 3.0, y + 12.0, escaped(&label(one.name, fits)));
    }
    svg.push_str("</g>\n");
}

/// The end of a name tells more than its beginning.
fn label(name: &str, fits: usize) -> String {
    let letters = name.chars().count();
    if letters <= fits {
        return name.to_owned();
    }
    let end: String = name.chars().skip(letters - (fits - 1)).collect();
    format!("…{end}")
}

/// By owner, and a little by name, so that neighbours are told apart.
fn colour(one: &Laid<'_>) -> String {
    let hash = one.name.bytes().fold(7_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
    let tint = hash % 40;
    let [red, green, blue] = match one.owner {
        Owner::Program | Owner::Inlined => [240, 160 + tint, 90],
        Owner::System => [190 + tint, 190 + tint, 190 + tint],
        Owner::Kernel => [130 + tint, 170 + tint, 235],
    };
    format!("#{red:02x}{green:02x}{blue:02x}")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests;
