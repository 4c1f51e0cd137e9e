//! Positions in any notation: shown without a node, converted over the API, taken where a command asks for one.

use crate::http::Api;
use crate::program::run;
use crate::side::{Pair, array};

#[test]
fn a_position_is_shown_in_every_notation_without_a_node() {
    let told = run(&["position", "38SMB4488"]).expect(0).out;
    for part in ["read as mgrs", "a square of 1000 m", "utm", "gars", "44.4036", "707.40 m"] {
        assert!(told.contains(part), "{part}:\n{told}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&run(&["position", "-33.8568", "151.2153", "--json"]).expect(0).out).unwrap();
    assert_eq!(
        (json["notation"].as_str(), json["lat"].as_f64(), json["lon"].as_f64()),
        (Some("dd"), Some(-33.8568), Some(151.2153))
    );
    assert!(json["square"].is_null() && json["written"][0]["russian"] == "33.8568000°Ю 151.2153000°В", "{json}");
    let refused = run(&["position", "60", "30"]).expect(3);
    assert!(refused.err.contains("\"60 30\" is no position: more than one way to read this at character 4"), "{}", refused.err);
    let problem: serde_json::Value = serde_json::from_str(&run(&["position", "32XMG", "--json"]).expect(3).out).unwrap();
    assert!(problem["error"].as_str().unwrap().contains("zone 32X does not exist"), "{problem}");
}

#[test]
fn a_running_node_converts_and_takes_any_notation() {
    let mut pair = Pair::serving();
    let mut api = Api::of(&pair.aster.node().out_with("serving")).unwrap();
    let view = api.get("/v1/position?text=60%C2%B030%27N%2024%C2%B045%27E").unwrap();
    assert_eq!(
        (view["notation"].as_str(), view["lat"].as_f64(), view["uncertainty_m"].as_f64()),
        (Some("dm"), Some(60.5), Some(0.0))
    );
    assert!(array(view["written"].clone()).iter().any(|one| one["notation"] == "mgrs"), "{view}");

    // The square is held whole: its centre, and half its diagonal beside the radius that was asked for.
    let sent = ["safety", "send", "two on the ice", "--ask", "stop", "--at", "35VLG87", "--radius", "1000"];
    pair.aster.json(&sent);
    let volume = array(pair.aster.json(&["safety", "list"]))[0]["notice"]["volumes"][0].clone();
    let radius = volume["radius_m"].as_f64().unwrap();
    assert!((8_073.8..8_074.0).contains(&radius), "{volume}");
    pair.aster.run(&["safety", "send", "divers", "--ask", "stop", "--at", "60", "30x"]).expect(3);
}
