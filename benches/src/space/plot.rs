//! Curves over sizes, both axes logarithmic, as an SVG that stands alone.

use std::fmt::Write as _;

/// A curve: its name and its points.
#[derive(Clone, Debug)]
pub struct Curve {
    /// In the legend.
    pub name: String,
    /// Size and value, both above zero, by size.
    pub points: Vec<(f64, f64)>,
}

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 570.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 370.0;
/// Told apart by those who see no red or no green too (Okabe and Ito).
const COLOURS: [&str; 8] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#8c6d31"];

/// Draws the curves that have points. `unit` is what the values are in.
pub fn draw(title: &str, unit: &str, curves: &[Curve]) -> String {
    let curves: Vec<&Curve> = curves.iter().filter(|curve| !curve.points.is_empty()).collect();
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let across = Axis::over(points().map(|point| point.0), LEFT, RIGHT);
    let up = Axis::over(points().map(|point| point.1), BOTTOM, TOP);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <title>{title}</title>\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n\
         <text x=\"{LEFT}\" y=\"22\" font-size=\"15\">{title}, {unit}</text>\n"
    );
    for power in across.powers() {
        let x = across.at(10_f64.powi(power));
        line(&mut svg, [x, TOP, x, BOTTOM], "#dddddd");
        text(&mut svg, x, BOTTOM + 18.0, "middle", &format!("10<tspan dy=\"-5\" font-size=\"9\">{power}</tspan>"));
    }
    for power in up.powers() {
        let y = up.at(10_f64.powi(power));
        line(&mut svg, [LEFT, y, RIGHT, y], "#dddddd");
        text(&mut svg, LEFT - 8.0, y + 4.0, "end", &plain(power));
    }
    text(&mut svg, (LEFT + RIGHT) / 2.0, BOTTOM + 38.0, "middle", "volumes");
    for (i, curve) in curves.iter().enumerate() {
        // Once all colours are used, lines are broken.
        let dash = if i < COLOURS.len() { "none" } else { "6 4" };
        trace(&mut svg, curve, (COLOURS[i % COLOURS.len()], dash), (&across, &up), TOP + 12.0 + 22.0 * i as f64);
    }
    svg.push_str("</svg>\n");
    svg
}

fn trace(svg: &mut String, curve: &Curve, (colour, dash): (&str, &str), (across, up): (&Axis, &Axis), legend: f64) {
    let places: Vec<(f64, f64)> = curve.points.iter().map(|point| (across.at(point.0), up.at(point.1))).collect();
    let path: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let legend_line = format!("{},{legend} {},{legend}", RIGHT + 12.0, RIGHT + 36.0);
    for points in [path.join(" "), legend_line] {
        let stroke = format!("stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dash}\"");
        let _ = writeln!(svg, "<polyline points=\"{points}\" fill=\"none\" {stroke}/>");
    }
    for (x, y) in places {
        let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"{colour}\"/>");
    }
    text(svg, RIGHT + 42.0, legend + 4.0, "start", &curve.name.replace('&', "&amp;").replace('<', "&lt;"));
}

fn line(svg: &mut String, [x1, y1, x2, y2]: [f64; 4], colour: &str) {
    let _ = writeln!(svg, "<path d=\"M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}\" stroke=\"{colour}\" stroke-width=\"1.5\"/>");
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, words: &str) {
    let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>");
}

/// A power of ten as people write it.
fn plain(power: i32) -> String {
    match power {
        6.. => format!("{} M", 10_u64.pow(power.unsigned_abs() - 6)),
        3..6 => format!("{} k", 10_u64.pow(power.unsigned_abs() - 3)),
        0..3 => format!("{}", 10_u64.pow(power.unsigned_abs())),
        _ => format!("{}", 10_f64.powi(power)),
    }
}

/// Whole powers of ten, laid between two places.
struct Axis {
    powers: [i32; 2],
    from: f64,
    to: f64,
}

impl Axis {
    fn over(values: impl Iterator<Item = f64>, from: f64, to: f64) -> Self {
        let powers = values.filter(|value| *value > 0.0).fold([i32::MAX, i32::MIN], |[low, high], value| {
            let log = value.log10();
            [low.min((log + 1e-9).floor() as i32), high.max((log - 1e-9).ceil() as i32)]
        });
        let powers = match powers {
            [low, high] if low < high => powers,
            [i32::MAX, _] => [0, 1],
            [low, _] => [low, low + 1],
        };
        Self { powers, from, to }
    }

    fn powers(&self) -> std::ops::RangeInclusive<i32> {
        self.powers[0]..=self.powers[1]
    }

    fn at(&self, value: f64) -> f64 {
        let share = (value.log10() - f64::from(self.powers[0])) / f64::from(self.powers[1] - self.powers[0]);
        self.from + (self.to - self.from) * share
    }
}
