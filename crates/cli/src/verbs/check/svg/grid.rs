//! What tells where and how large: lines of latitude and longitude, a scale bar, north.

use std::fmt::Write as _;

use super::plane::Point;
use super::{Picture, WIDTH};

/// Steps between lines, in minutes of arc.
const STEPS: [u32; 15] = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1_200, 1_800, 3_600];
/// About so many lines each way.
const LINES: f64 = 5.0;
/// Radians in a minute of arc.
const MINUTE: f64 = core::f64::consts::PI / 10_800.0;
/// Points of a line.
const POINTS: i32 = 60;
/// Nearer to a pole than this, meridians are drawn all round.
const POLAR: f64 = 1.4;

/// The range of latitudes and of longitudes that the map may show, radians; longitudes may pass the antimeridian.
fn ranges(picture: &Picture<'_>) -> [[f64; 2]; 2] {
    let [lat, lon] = picture.plane.middle();
    let corners = [[0.0, 0.0], [WIDTH, 0.0], [0.0, picture.height], [WIDTH, picture.height]];
    let reach = |corner: Point| {
        let [x, y] = [0, 1].map(|axis| (corner[axis] - picture.middle[axis]) / picture.scale);
        libm::sqrt(x * x + y * y) / 6_371_007.0
    };
    let far = corners.into_iter().map(reach).fold(0.0, f64::max).min(core::f64::consts::PI);
    let half = core::f64::consts::FRAC_PI_2;
    let lats = [(lat - far).max(-half), (lat + far).min(half)];
    let outermost = lats[0].abs().max(lats[1].abs());
    let wide = if outermost > POLAR { core::f64::consts::PI } else { (far / libm::cos(outermost)).min(core::f64::consts::PI) };
    [lats, [lon - wide, lon + wide]]
}

/// The lines, with their degrees at the edges of the map.
pub(super) fn lines(picture: &Picture<'_>, out: &mut String) {
    let [lats, lons] = ranges(picture);
    let step_of = |[low, high]: [f64; 2]| {
        let about = (high - low) / MINUTE / LINES;
        f64::from(STEPS.into_iter().find(|step| f64::from(*step) >= about).unwrap_or(3_600)) * MINUTE
    };
    let mut step = step_of(lats);
    for k in multiples(lats, step) {
        let lat = f64::from(k) * step;
        let points = spread(lons).map(|lon| picture.pixel(picture.plane.at_radians(lat, lon)));
        line(picture, points.collect(), &degrees(lat, ["S", "N"]), false, out);
    }
    step = step_of(lons);
    for k in multiples(lons, step) {
        let lon = f64::from(k) * step;
        let points = spread(lats).map(|lat| picture.pixel(picture.plane.at_radians(lat, lon)));
        line(picture, points.collect(), &degrees(lon, ["W", "E"]), true, out);
    }
}

fn multiples([low, high]: [f64; 2], step: f64) -> core::ops::RangeInclusive<i32> {
    libm::ceil(low / step - 1e-9) as i32..=libm::floor(high / step + 1e-9) as i32
}

fn spread([low, high]: [f64; 2]) -> impl Iterator<Item = f64> {
    (0..=POINTS).map(move |i| low + (high - low) * f64::from(i) / f64::from(POINTS))
}

/// Degrees and minutes; longitudes beyond the antimeridian are those on its other side.
fn degrees(radians: f64, marks: [&str; 2]) -> String {
    let mut minutes = libm::round(radians / MINUTE) as i64;
    if minutes.abs() > 10_800 {
        minutes -= 21_600 * minutes.signum();
    }
    let whole = minutes.abs();
    let part = if whole % 60 == 0 { String::new() } else { format!("{:02}′", whole % 60) };
    format!("{}°{part}{}", whole / 60, if minutes == 0 { "" } else { marks[usize::from(minutes > 0)] })
}

/// One line and its name where it leaves the map: at the lower edge for a meridian, else at the left.
fn line(picture: &Picture<'_>, points: Vec<Point>, name: &str, meridian: bool, out: &mut String) {
    let mut path = String::new();
    for (i, [x, y]) in points.iter().enumerate() {
        let _ = write!(path, "{}{x:.1} {y:.1}", if i == 0 { "M" } else { "L" });
    }
    let _ = writeln!(out, "<path d=\"{path}\" fill=\"none\" stroke=\"#c8ced4\" stroke-width=\"0.8\"/>");
    let (axis, edge) = if meridian { (1, picture.height - 6.0) } else { (0, 6.0) };
    let crossing = points.windows(2).find_map(|pair| {
        let [from, to] = [pair[0], pair[1]];
        let crosses = (from[axis] - edge) * (to[axis] - edge) <= 0.0 && from[axis] != to[axis];
        let part = (edge - from[axis]) / (to[axis] - from[axis]);
        crosses.then(|| from[1 - axis] + (to[1 - axis] - from[1 - axis]) * part)
    });
    let Some(along) =
        crossing.filter(|along| (12.0..if meridian { WIDTH - 40.0 } else { picture.height - 24.0 }).contains(along))
    else {
        return;
    };
    let (x, y) = if meridian { (along + 3.0, edge) } else { (edge, along - 3.0) };
    let _ = writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"10\" fill=\"#6b7680\">{name}</text>");
}

/// A bar of a round length in the lower right corner, and an arrow to the north above it.
pub(super) fn scale_bar(picture: &Picture<'_>, out: &mut String) {
    let most = 180.0 / picture.scale;
    let power = libm::pow(10.0, libm::floor(libm::log10(most)));
    let metres = [5.0, 2.0, 1.0].into_iter().map(|digit| digit * power).find(|metres| *metres <= most).unwrap_or(power);
    let told = if metres >= 1_000.0 { format!("{} km", metres / 1_000.0) } else { format!("{metres} m") };
    let (width, y) = (metres * picture.scale, picture.height - 26.0);
    let x = WIDTH - 24.0 - width;
    let _ = writeln!(
        out,
        "<g stroke=\"#222222\" stroke-width=\"2\" fill=\"none\"><path d=\"M{x:.1} {:.1}v6h{width:.1}v-6\"/>\
         <path d=\"M{:.1} 40v-22m-5 8l5 -8l5 8\"/></g>\
         <text x=\"{:.1}\" y=\"{y:.1}\" text-anchor=\"middle\" fill=\"#222222\">{told}</text>\
         <text x=\"{:.1}\" y=\"54\" text-anchor=\"middle\" fill=\"#222222\">N</text>",
        y + 4.0,
        WIDTH - 24.0,
        x + width / 2.0,
        WIDTH - 24.0
    );
}
