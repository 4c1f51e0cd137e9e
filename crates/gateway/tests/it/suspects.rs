//! A list of 182 protected sites with ten seeded errors, of the kinds that lists have had: at least nine are caught, and
//! good sites are left alone.

use std::collections::{BTreeMap, BTreeSet};

use detente_gateway::{Level, read};
use detente_types::Terms;

/// Towns round which the sites lie.
const TOWNS: [(&str, f64, f64); 7] = [
    ("Helsinki", 60.1699, 24.9384),
    ("Tallinn", 59.4370, 24.7536),
    ("Hanko", 59.8236, 22.9681),
    ("Kotka", 60.4664, 26.9458),
    ("Narva", 59.3797, 28.1791),
    ("Vyborg", 60.7076, 28.7528),
    ("Kronstadt", 59.9900, 29.7700),
];
const FUNCTIONS: [&str; 4] = ["clinic", "school", "shelter", "water works"];

/// A line of the list as it should be.
#[derive(Clone)]
struct Site {
    title: String,
    lat: String,
    lon: String,
    town: Option<&'static str>,
    upper: String,
    datum: &'static str,
}

impl Site {
    fn line(&self, function: &str) -> String {
        let (near, near_km) = self.town.map_or(("", ""), |town| (town, "4"));
        let Self { title, lat, lon, upper, datum, .. } = self;
        let times = "2026-11-24T00:00:00Z,2026-12-24T00:00:00Z";
        format!("site,{title},{function},{lat},{lon},{near},{near_km},150,0,{upper},{datum},{times}")
    }
}

/// 182 good sites, in rings round the towns; every third does not say what it is near.
fn good_sites() -> Vec<Site> {
    let site = |i: usize| {
        let (town, lat, lon) = TOWNS[i % TOWNS.len()];
        let (ring, turn) = ((i / TOWNS.len()) as f64, i as f64 * 2.399_963);
        let reach = 0.004 + 0.000_9 * ring;
        let title = format!("{} {} of {town}", FUNCTIONS[i % FUNCTIONS.len()], i + 1);
        let at = |degrees: f64| format!("{degrees:.6}");
        let (lat, lon) = (at(lat + reach * turn.sin()), at(lon + 1.9 * reach * turn.cos()));
        Site { title, lat, lon, town: (!i.is_multiple_of(3)).then_some(town), upper: "25".into(), datum: "AMSL" }
    };
    (0..182).map(site).collect()
}

fn slipped(degrees: &str, by: f64) -> String {
    format!("{:.6}", degrees.parse::<f64>().unwrap() + by)
}

/// Ten errors, by the site that has them.
fn seed(sites: &mut [Site]) -> BTreeMap<usize, &'static str> {
    for i in [10, 61, 120] {
        let site = &mut sites[i];
        core::mem::swap(&mut site.lat, &mut site.lon);
    }
    sites[33].lat = slipped(&sites[33].lat, 0.1);
    sites[91].lon = slipped(&sites[91].lon, -0.1);
    let (lat, lon) = (sites[40].lat.clone(), sites[40].lon.clone());
    (sites[150].lat, sites[150].lon) = (lat, slipped(&lon, 0.000_2));
    sites[77].title = sites[22].title.to_uppercase();
    sites[5].datum = "AGL";
    sites[140].lat = sites[140].lat.replace('.', "..");
    sites[99].upper = String::new();
    let kinds =
        ["swap", "swap", "swap", "0.1° slip", "0.1° slip", "double place", "double title", "datum", "stray point", "no height"];
    [10, 61, 120, 33, 91, 150, 77, 5, 140, 99].into_iter().zip(kinds).collect()
}

fn table(sites: &[Site]) -> String {
    let mut text = "kind,title,function,lat,lon,near,near_km,radius_m,lower_m,upper_m,datum,start,end\n".to_owned();
    for (i, site) in sites.iter().enumerate() {
        text += &site.line(FUNCTIONS[i % FUNCTIONS.len()]);
        text.push('\n');
    }
    text
}

#[test]
fn a_copied_identity_is_doubted() {
    let notice = |id: &str| {
        format!(
            r#"{{"kind":"text","id":"{id}","valid_from":"2026-11-24T06:00:00Z","valid_until":"2026-11-24T07:00:00Z","text":{{"language":"en","text":"Hello."}}}}"#
        )
    };
    let (one, other) = ("0123456789abcdef0123456789ABCDEF", "00000000000000000000000000000001");
    let text = format!("[{},{},{}]", notice(one), notice(other), notice(&one.to_lowercase()));
    let report = read("a.json", text.as_bytes(), None).unwrap().report;
    let told: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["notice 3, id: warning: found the identity of notice 1, expected each notice once: this one would replace it at once"]
    );
}

#[test]
fn nine_of_ten_seeded_errors_among_182_sites_are_caught_and_no_good_site_is_doubted() {
    let terms = Terms::try_new(detente_testkit::terms()).unwrap();
    let mut sites = good_sites();
    let clean = read("sites.csv", table(&sites).as_bytes(), Some(&terms)).unwrap();
    assert_eq!((clean.rows.len(), clean.report.findings.as_slice()), (182, &[][..]));

    let seeded = seed(&mut sites);
    let report = read("sites.csv", table(&sites).as_bytes(), Some(&terms)).unwrap_err().report;
    let told: BTreeSet<usize> =
        report.findings.iter().map(|f| f.place.strip_prefix("row ").unwrap().parse::<usize>().unwrap() - 2).collect();
    let missed: Vec<_> = seeded.iter().filter(|(site, _)| !told.contains(site)).collect();
    assert!(missed.len() <= 1, "missed {missed:?}\n{report}");
    assert!(told.iter().all(|site| seeded.contains_key(site)), "good sites were doubted\n{report}");
    assert_eq!(report.count(Level::Error), 2, "{report}");
    assert_eq!(report.findings.iter().filter(|f| f.expected.contains("look swapped")).count(), 3);
}
