//! The cells of the vectors found again by another program, written from docs/spec/cells.md and docs/spec/conflict-1.md
//! alone: it asks each cell how far it is from each ball, where the code under test asks each ball for its cells.

use core::f64::consts::PI;

use serde_json::Value;

const VECTORS: &str = include_str!("../../../../vectors/cells-1.json");
const A: f64 = 6_378_137.0;
const F: f64 = 1.0 / 298.257_223_563;
const SQUASH: f64 = (1.0 - F) * (1.0 - F);

type Point = [f64; 3];

#[test]
fn cells_of_the_vectors_are_found_again() {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let vectors = vectors["vectors"].as_array().unwrap();
    assert!(vectors.len() >= 15);
    for vector in vectors {
        let published: Vec<&str> = vector["cells"].as_array().unwrap().iter().map(|cell| cell.as_str().unwrap()).collect();
        assert_eq!(Naive::new(vector).cells(), published, "{}", vector["name"]);
    }
}

/// A direction and an angle round it, with the slots that count.
struct Ball {
    lat: f64,
    lon: f64,
    angle: f64,
    slots: (i64, i64),
}

struct Naive<'a> {
    vector: &'a Value,
    /// Of the shape, chord by chord, ring by ring.
    rings: Vec<Vec<Point>>,
    balls: Vec<Ball>,
    rows: i64,
}

fn whole(value: &Value) -> i64 {
    value.as_i64().unwrap()
}

impl<'a> Naive<'a> {
    fn new(vector: &'a Value) -> Self {
        let cell_m = whole(&vector["grid"][0]);
        let mut naive = Self { vector, rings: Vec::new(), balls: Vec::new(), rows: 20_003_931 / cell_m };
        let volume = &vector["volume"];
        let passage = volume.get("passage_us").filter(|_| vector["law"] == "conflict/2");
        for ring in volume["rings_e7"].as_array().unwrap() {
            let mut places: Vec<(i64, i64)> = ring.as_array().unwrap().iter().map(|p| (whole(&p[0]), whole(&p[1]))).collect();
            if volume["shape"] == "polygon" || places.len() == 1 {
                places.push(places[0]);
            }
            let mut vertices = Vec::new();
            for (i, ends) in places.windows(2).enumerate() {
                let chords = chords(ends[0], ends[1]);
                let times = passage.map(|passage| (whole(&passage[0][i]), whole(&passage[0][i + 1]), whole(&passage[1])));
                let last = chords.len() as i64 - 1;
                for k in 0..last {
                    let time = |k: i64, (s, e, _): (i64, i64, i64)| s + (e - s) * k / last;
                    let span = times.map(|t| (time(k, t), time(k + 1, t), t.2));
                    naive.chord(chords[k as usize], chords[k as usize + 1], span);
                }
                vertices.extend_from_slice(&chords[..chords.len() - 1]);
            }
            naive.rings.push(vertices);
        }
        naive
    }

    fn slots(&self, (from, to): (i64, i64), slack: i64) -> (i64, i64) {
        let (slot, growth) = (whole(&self.vector["grid"][2]) * 2_000_000, whole(&self.vector["time_us"]) + 2 * (slack + 4));
        ((2 * from - growth).div_euclid(slot), (2 * to + growth).div_euclid(slot))
    }

    fn bands(&self) -> (i64, i64) {
        let (band, growth) = (whole(&self.vector["grid"][1]) * 200, whole(&self.vector["vertical_cm"]));
        let of = |half_cm: i64| half_cm.clamp(-200_000, 6_000_000).div_euclid(band);
        let volume = &self.vector["volume"];
        assert_eq!(volume["datum"], self.vector["line_datum"]);
        (of(2 * whole(&volume["lower_cm"]) - growth), of(2 * whole(&volume["upper_cm"]) + growth))
    }

    fn chord(&mut self, from: Point, to: Point, passed: Option<(i64, i64, i64)>) {
        let volume = &self.vector["volume"];
        let reach = (whole(&volume["radius_cm"]) as f64 + whole(&self.vector["horizontal_cm"]) as f64 / 2.0 + 51.0) / 100.0;
        let (cell, slot) = (whole(&self.vector["grid"][0]) as f64, whole(&self.vector["grid"][2]) as f64 * 1e6);
        let length = norm(minus(to, from));
        let lasts = passed.map_or(0.0, |(s, e, _)| (e - s) as f64);
        let n = (length / (reach / 4.0).max(cell / 16.0)).max(lasts / (slot / 16.0)).ceil().max(1.0) as i64;
        let radius = (reach * reach + (length / (2 * n) as f64) * (length / (2 * n) as f64)).sqrt() + 0.01;
        for j in 0..=n {
            let part = j as f64 / n as f64;
            let centre: Point = core::array::from_fn(|i| from[i] + (to[i] - from[i]) * part);
            let slots = match passed {
                None => self.slots((whole(&volume["start_us"]), whole(&volume["end_us"])), 0),
                Some((s, e, slack)) => {
                    let at = |j: i64| s + ((i128::from(e - s) * i128::from(j)) / i128::from(n)) as i64;
                    self.slots((at((j - 1).max(0)), at((j + 1).min(n))), slack)
                }
            };
            let (lat, lon) = direction(centre);
            self.balls.push(Ball { lat, lon, angle: libm::asin(radius / norm(centre)), slots });
        }
    }

    fn columns(&self, row: i64) -> i64 {
        let middle = (row as f64 + 0.5) * PI / self.rows as f64 - PI / 2.0;
        let round = 2.0 * PI * A * libm::cos(middle);
        ((round / whole(&self.vector["grid"][0]) as f64).floor() as i64).max(1)
    }

    /// Southern side of a row, at the centre.
    fn side(&self, row: i64) -> f64 {
        let lat = row as f64 * PI / self.rows as f64 - PI / 2.0;
        libm::atan2(SQUASH * libm::sin(lat), libm::cos(lat))
    }

    fn cells(&self) -> Vec<String> {
        let mut ids = Vec::new();
        let is_area = self.vector["volume"]["shape"] == "polygon";
        let (low, high) = self.bands();
        for row in 0..self.rows {
            let (south, north) = (self.side(row), self.side(row + 1));
            let near: Vec<&Ball> = self.balls.iter().filter(|b| b.lat + b.angle >= south && b.lat - b.angle <= north).collect();
            let columns = if near.is_empty() && !is_area { 0 } else { self.columns(row) };
            for column in 0..columns {
                let side = |column: i64| column as f64 * 2.0 * PI / columns as f64 - PI;
                let block = [(south, north), (side(column), side(column + 1))];
                let mut slots: Vec<(i64, i64)> = near.iter().filter(|b| distance(b, block) <= b.angle).map(|b| b.slots).collect();
                if slots.is_empty() && is_area && self.is_inside(row, column, columns) {
                    slots.push(self.balls[0].slots);
                }
                let mut each: Vec<i64> = slots.into_iter().flat_map(|(first, last)| first..=last).collect();
                each.sort_unstable();
                each.dedup();
                for slot in each {
                    ids.extend((low..=high).map(|band| format!("{row:08x}{column:08x}{slot:08x}{:08x}", band + (1 << 31))));
                }
            }
        }
        ids
    }

    /// Whether the middle of a cell is inside: the polygon's chords are straight lines on the plane that touches the earth
    /// there, seen from its centre, and a ray is drawn on it.
    fn is_inside(&self, row: i64, column: i64, columns: i64) -> bool {
        let lat = (2 * row + 1) * 1_800_000_000 / (2 * self.rows) - 900_000_000;
        let lon = (2 * column + 1) * 3_600_000_000 / (2 * columns) - 1_800_000_000;
        let up = reduced((lat, lon));
        let up = unit([A * up[0], A * up[1], A * (1.0 - F) * up[2]]);
        let east = if up[0] == 0.0 && up[1] == 0.0 { [0.0, 1.0, 0.0] } else { unit([-up[1], up[0], 0.0]) };
        let north = cross(up, east);
        let crossings = |ring: &Vec<Point>| {
            let flat: Option<Vec<(f64, f64)>> = ring
                .iter()
                .map(|&v| (dot(v, up) > 0.0).then(|| (dot(v, east) / dot(v, up), dot(v, north) / dot(v, up))))
                .collect();
            flat.map_or(0, |flat| {
                let pairs = (0..flat.len()).map(|i| (flat[i], flat[(i + 1) % flat.len()]));
                let hits = |(u, v): &((f64, f64), (f64, f64))| {
                    (u.1 > 0.0) != (v.1 > 0.0) && u.0 + (v.0 - u.0) * (-u.1) / (v.1 - u.1) > 0.0
                };
                pairs.filter(hits).count()
            })
        };
        self.rings.iter().map(crossings).sum::<usize>() % 2 == 1
    }
}

/// From a ball's middle to the nearest point of a block of latitudes and longitudes, as an angle.
fn distance(ball: &Ball, [(south, north), (west, east)]: [(f64, f64); 2]) -> f64 {
    let turns = [-2.0 * PI, 0.0, 2.0 * PI];
    if turns.iter().any(|turn| (west..=east).contains(&(ball.lon + turn))) {
        return (ball.lat - ball.lat.clamp(south, north)).abs();
    }
    let to_meridian = |lon: f64| {
        let aside = libm::cos(lon - ball.lon);
        let foot = libm::atan2(libm::sin(ball.lat), libm::cos(ball.lat) * aside);
        let at = [south, north, if (-PI / 2.0..=PI / 2.0).contains(&foot) { foot.clamp(south, north) } else { south }];
        let to = |lat: f64| {
            let (a, b) = (libm::sin((lat - ball.lat) / 2.0), libm::sin((lon - ball.lon) / 2.0));
            2.0 * libm::asin((a * a + libm::cos(lat) * libm::cos(ball.lat) * b * b).sqrt().min(1.0))
        };
        at.into_iter().map(to).fold(f64::MAX, f64::min)
    };
    to_meridian(west).min(to_meridian(east))
}

/// Vertices of the chords of an edge, as law `conflict/1` has them.
fn chords(from: (i64, i64), to: (i64, i64)) -> Vec<Point> {
    let surface = |r: Point| [A * r[0], A * r[1], A * (1.0 - F) * r[2]];
    let (start, end) = (reduced(from), reduced(to));
    if norm(minus(surface(end), surface(start))) <= 2_000.0 {
        return vec![surface(start), surface(end)];
    }
    let turned = |p: Point, t: f64| {
        let (sin, cos) = (libm::sin(t), libm::cos(t));
        [p[0] * cos - p[1] * sin, p[0] * sin + p[1] * cos, p[2]]
    };
    let angle = |q: Point| (libm::atan2(norm(cross(start, q)), dot(start, q)), cross(start, q)[2] / norm(cross(start, q)));
    let mut turn = 0.0;
    for _ in 0..5 {
        let (sigma, climb) = angle(turned(end, turn));
        turn = F * climb * sigma;
    }
    let q = turned(end, turn);
    let sigma = angle(q).0;
    let m = (A * (1.0 + F) * sigma / 2_000.0).ceil() as usize;
    let vertex = |k: usize| {
        let part = k as f64 / m as f64;
        let weights = [libm::sin((1.0 - part) * sigma) / libm::sin(sigma), libm::sin(part * sigma) / libm::sin(sigma)];
        surface(turned(core::array::from_fn(|i| weights[0] * start[i] + weights[1] * q[i]), -(part * turn)))
    };
    (0..=m)
        .map(|k| {
            if k == 0 {
                surface(start)
            } else if k == m {
                surface(end)
            } else {
                vertex(k)
            }
        })
        .collect()
}

fn reduced((lat, lon): (i64, i64)) -> Point {
    let [lat, lon] = [lat, lon].map(|e7| e7 as f64 * PI / 1_800_000_000.0);
    unit([libm::cos(lat) * libm::cos(lon), libm::cos(lat) * libm::sin(lon), (1.0 - F) * libm::sin(lat)])
}

/// Latitude and longitude of the direction of a point.
fn direction(p: Point) -> (f64, f64) {
    (libm::atan2(p[2], (p[0] * p[0] + p[1] * p[1]).sqrt()), libm::atan2(p[1], p[0]))
}

fn dot(u: Point, v: Point) -> f64 {
    u[0] * v[0] + u[1] * v[1] + u[2] * v[2]
}

fn cross(u: Point, v: Point) -> Point {
    [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]]
}

fn minus(u: Point, v: Point) -> Point {
    core::array::from_fn(|i| u[i] - v[i])
}

fn norm(u: Point) -> f64 {
    dot(u, u).sqrt()
}

fn unit(u: Point) -> Point {
    u.map(|x| x / norm(u))
}
