//! Plans that are checked over HTTP before they are stated.

use serde_json::{Value, json};

use crate::day::{date, site};
use crate::http::Api;
use crate::side::{Pair, array};

const PLANS: &str = "/v1/lines/-/plans";

/// A flight along 22.0° E past the site number 0, which lies at 59.0° N.
fn flight(east: f64) -> Value {
    let day = date(1);
    json!({"kind": "operation", "volumes": [{
        "shape": "path", "positions": [[58.9, east], [59.1, east]], "radius_m": 50, "lower_m": 0, "upper_m": 300,
        "datum": "AMSL", "start": format!("{day}T06:00:00Z"), "end": format!("{day}T07:00:00Z")}]})
}

#[test]
fn plans_are_told_what_they_would_meet_and_nothing_is_stated() {
    let mut pair = Pair::serving();
    let mut api = Api::of(&pair.aster.node().out_with("serving")).unwrap();
    let mut other = Api::of(&pair.borea.node().out_with("serving")).unwrap();
    let sites: Vec<String> = (0..3).map(|i| site(&format!("hospital {i}"), i * 9_000)).collect();
    other.post("/v1/lines/-/notices", &format!(r#"{{"notices": [{}]}}"#, sites.join(","))).unwrap();
    let mut ask = |body: Value| array(api.post(PLANS, &body.to_string()).unwrap());
    // They are there once the other log has come across.
    let through = json!({"plans": [flight(22.0)]});
    let came = (0..400).any(|_| ask(through.clone())[0]["conflicts"].as_array().is_some_and(|found| !found.is_empty()));
    assert!(came, "the other side's site is met");

    let views = ask(json!({"plans": [flight(22.0), flight(25.0)], "limit": 5}));
    let met = array(views[0]["conflicts"].clone());
    assert_eq!((met.len(), met[0]["by"].as_str(), met[0]["meeting"]["distance_m"].as_f64()), (1, Some("theirs"), Some(0.0)));
    let sentences: Vec<&str> = met[0]["sentences"].as_array().unwrap().iter().filter_map(|s| s["text"].as_str()).collect();
    assert!(sentences.iter().any(|s| s.starts_with("The planned operation and the site")), "{sentences:?}");
    assert!(sentences.iter().any(|s| s.starts_with("Пересекаются: операция (план)")), "{sentences:?}");
    assert_eq!((array(views[1]["conflicts"].clone()).len(), views[1]["more"].as_bool()), (0, Some(false)));
    // Told less, it is the same that is met.
    for tell in ["full", "sentences", "meetings"] {
        let views = ask(json!({"plans": [flight(22.0), flight(25.0)], "limit": 5, "tell": tell}));
        let less = array(views[0]["conflicts"].clone());
        let same = ["statement", "by", "notice", "volumes"].iter().all(|field| less[0][field] == met[0][field]);
        assert!(less.len() == 1 && same, "{tell}: {less:?}");
        assert_eq!(less[0].get("meeting"), met[0].get("meeting"), "{tell}");
        assert_eq!(less[0].get("sentences").is_some(), tell != "meetings", "{tell}");
        let area = less[0].get("ground").and_then(|ground| ground["area_m2"].as_f64());
        assert_eq!(area.is_some_and(|area| area > 1_000.0), tell == "full", "{tell}: {less:?}");
        assert_eq!(array(views[1]["conflicts"].clone()).len(), 0, "{tell}");
    }
    // The ground is drawn of the first conflicts of a plan, and the others say that it was left out.
    let mut long = flight(22.0);
    long["volumes"] = Value::from(vec![long["volumes"][0].clone(); 18]);
    let told = array(ask(json!({"plans": [long], "tell": "full"}))[0]["conflicts"].clone());
    let drawn: Vec<bool> = told.iter().map(|told| told["ground"]["area_m2"].is_number()).collect();
    assert_eq!(drawn, (0..18).map(|i| i < 16).collect::<Vec<_>>());
    assert!(told.iter().skip(16).all(|told| told["ground"]["undrawn"] == "left out"), "{told:?}");

    let views = ask(json!({"plans": [flight(22.0), flight(25.0)], "limit": 5, "tell": "entries"}));
    let statement = &met[0]["statement"];
    let entry = json!([statement["index"], met[0]["volumes"][0], met[0]["volumes"][1]]);
    let life = json!({"generation": statement["generation"], "met": [entry]});
    assert_eq!(views[0]["entries"], json!({"theirs": [life], "ours": []}));
    assert_eq!(views[1]["entries"], json!({"theirs": [], "ours": []}));
    assert!(views.iter().all(|view| view.get("conflicts").is_none()));
    // Many are looked for on all cores; what is told of each is what is told of it alone.
    let many: Vec<Value> = (0..24).map(|i| flight(21.9 + 0.01 * f64::from(i))).collect();
    let together = ask(json!({"plans": many, "tell": "entries"}));
    let alone: Vec<Value> = many.iter().flat_map(|plan| ask(json!({"plans": [plan], "tell": "entries"}))).collect();
    assert_eq!(together, alone);
    assert!(together.iter().any(|view| view["entries"]["theirs"] != json!([])), "{together:?}");
    assert!(pair.aster.conflicts().is_empty() && pair.aster.notices().len() == 3, "nothing was stated");
}
