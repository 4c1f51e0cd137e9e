//! Conflicts as one picture: the footprints of the plans in conflict, where they overlap or come closest, what is what.
//!
//! The picture holds no script and fetches nothing. It is the same on every machine. Radii are drawn by the width of lines,
//! as long as they are at the middle of the map; the ground on which two are too close is drawn from its polygons.

mod grid;
mod plane;
mod words;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use detente_types::{Shape, Volume};

use super::Told;
use plane::{Plane, Point};

/// Width of the picture.
const WIDTH: f64 = 1_000.0;
/// Least and greatest height of the map.
const HEIGHTS: [f64; 2] = [360.0, 800.0];
/// Between what is drawn and the frame.
const MARGIN: f64 = 48.0;
/// The map shows at least so many metres.
const LEAST_M: f64 = 500.0;
/// A point without a radius is drawn so large.
const DOT: f64 = 4.0;
/// Colours of files, to be told apart by people who do not see all colours; then again from the first.
const COLOURS: [&str; 6] = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#7f6000"];

/// Everything that is drawn, and where.
struct Picture<'a> {
    told: &'a Told,
    plane: Plane,
    /// Pixels a metre.
    scale: f64,
    /// The place of the map's middle in the picture.
    middle: Point,
    height: f64,
}

/// The picture.
pub(super) fn picture(told: &Told) -> String {
    let picture = Picture::new(told);
    let total = picture.height + words::height(told);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {total}\" width=\"{WIDTH}\" height=\"{total}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n<title>{}</title>\n",
        words::title(told)
    );
    out += "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n";
    picture.definitions(&mut out);
    let _ = writeln!(out, "<g clip-path=\"url(#frame)\">");
    grid::lines(&picture, &mut out);
    picture.footprints(&mut out);
    picture.overlaps(&mut out);
    words::labels(&picture, &mut out);
    picture.marks(&mut out);
    out += "</g>\n";
    let _ = writeln!(out, "<rect width=\"{WIDTH}\" height=\"{}\" fill=\"none\" stroke=\"#444444\"/>", picture.height);
    grid::scale_bar(&picture, &mut out);
    words::legend(told, picture.height, &mut out);
    out + "</svg>"
}

impl<'a> Picture<'a> {
    fn new(told: &'a Told) -> Self {
        let volumes = || told.hits.iter().flat_map(|hit| hit.plans).flat_map(|plan| &told.plans[plan].plan.volumes);
        let plane = Plane::round(volumes().flat_map(|volume| volume.footprint.vertices()));
        let (mut low, mut high) = ([f64::MAX; 2], [f64::MIN; 2]);
        for volume in volumes() {
            let radius = volume.footprint.radius().as_f64();
            for point in plane.lines(volume).into_iter().flatten() {
                low = [0, 1].map(|axis| low[axis].min(point[axis] - radius));
                high = [0, 1].map(|axis| high[axis].max(point[axis] + radius));
            }
        }
        if low[0] > high[0] {
            (low, high) = ([-LEAST_M; 2], [LEAST_M; 2]);
        }
        let size = [0, 1].map(|axis| (high[axis] - low[axis]).max(LEAST_M));
        let inner = WIDTH - 2.0 * MARGIN;
        let height = (size[1] * inner / size[0] + 2.0 * MARGIN).clamp(HEIGHTS[0], HEIGHTS[1]);
        let scale = (inner / size[0]).min((height - 2.0 * MARGIN) / size[1]);
        let centre = [0, 1].map(|axis| (low[axis] + high[axis]) / 2.0);
        let middle = [WIDTH / 2.0 - centre[0] * scale, height / 2.0 - centre[1] * scale];
        Self { told, plane, scale, middle, height: height.round() }
    }

    /// A point of the map in the picture.
    fn pixel(&self, point: Point) -> Point {
        [0, 1].map(|axis| point[axis] * self.scale + self.middle[axis])
    }

    /// Every volume that is drawn, once, by its plan and its number.
    fn volumes(&self) -> BTreeMap<(usize, usize), &'a Volume> {
        let plans = self.told.hits.iter().flat_map(|hit| hit.plans);
        let numbered = |plan: usize| {
            let volumes = self.told.plans[plan].plan.volumes.iter().enumerate();
            volumes.map(move |(number, volume)| ((plan, number), volume))
        };
        plans.flat_map(numbered).collect()
    }

    fn colour(&self, plan: usize) -> &'static str {
        COLOURS[self.told.plans[plan].file % COLOURS.len()]
    }

    /// The shapes, the hatching and the frame.
    fn definitions(&self, out: &mut String) {
        *out += "<defs>\n<pattern id=\"hatch\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
                 <rect width=\"7\" height=\"7\" fill=\"#d00000\" fill-opacity=\"0.25\"/>\
                 <rect width=\"3\" height=\"7\" fill=\"#d00000\"/></pattern>\n";
        let _ = writeln!(out, "<clipPath id=\"frame\"><rect width=\"{WIDTH}\" height=\"{}\"/></clipPath>", self.height);
        for ((plan, number), volume) in self.volumes() {
            let _ = writeln!(out, "<g id=\"v{plan}-{number}\">{}</g>", self.shape(volume));
        }
        *out += "</defs>\n";
    }

    /// A footprint's shape, as wide as its radius.
    fn shape(&self, volume: &Volume) -> String {
        let width = volume.footprint.radius().as_f64() * 2.0 * self.scale;
        let lines = self.plane.lines(volume);
        if let Shape::Point(_) = volume.footprint.shape() {
            let [x, y] = self.pixel(lines[0][0]);
            return format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{:.1}\" stroke-width=\"0\"/>", (width / 2.0).max(DOT));
        }
        let polygon = matches!(volume.footprint.shape(), Shape::Polygon(_));
        let mut path = String::new();
        for line in lines {
            for (i, point) in line.into_iter().enumerate() {
                let [x, y] = self.pixel(point);
                let _ = write!(path, "{}{x:.1} {y:.1}", if i == 0 { "M" } else { "L" });
            }
            path += if polygon { "Z" } else { "" };
        }
        let (fill, least) = if polygon { ("fill-rule=\"evenodd\"", 0.0) } else { ("fill=\"none\"", 1.5) };
        let width = width.max(least);
        format!("<path d=\"{path}\" {fill} stroke-width=\"{width:.1}\" stroke-linecap=\"round\" stroke-linejoin=\"round\"/>")
    }

    fn footprints(&self, out: &mut String) {
        for ((plan, number), _) in self.volumes() {
            let colour = self.colour(plan);
            let _ = writeln!(out, "<use href=\"#v{plan}-{number}\" fill=\"{colour}\" stroke=\"{colour}\" opacity=\"0.35\"/>");
        }
    }

    /// Hatches the ground on which plans are too close.
    fn overlaps(&self, out: &mut String) {
        for overlap in self.told.grounds.iter().flatten().flatten().flatten() {
            let mut path = String::new();
            for ring in overlap.polygons.iter().flatten() {
                for (i, [lon, lat]) in ring.iter().skip(1).enumerate() {
                    let [x, y] = self.pixel(self.plane.at_radians(lat.to_radians(), lon.to_radians()));
                    let _ = write!(path, "{}{x:.1} {y:.1}", if i == 0 { "M" } else { "L" });
                }
                path.push('Z');
            }
            let _ = writeln!(
                out,
                "<path d=\"{path}\" fill=\"url(#hatch)\" fill-rule=\"evenodd\" stroke=\"url(#hatch)\" stroke-width=\"1\"/>"
            );
        }
    }

    /// Numbers where plans come closest.
    fn marks(&self, out: &mut String) {
        for (i, hit) in self.told.hits.iter().enumerate() {
            let [x, y] = self.pixel(self.plane.at(hit.closest().meeting.at));
            let _ = writeln!(
                out,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"9\" fill=\"#d00000\" stroke=\"#ffffff\" stroke-width=\"1.5\"/>\
                 <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-size=\"11\" font-weight=\"bold\" \
                 fill=\"#ffffff\">{}</text>",
                y + 4.0,
                i + 1
            );
        }
    }
}
