//! A backup restored over a newer home does not fork (PROTOCOL S4): the other side gives back what it holds.

use crate::day;
use crate::side::{Pair, Side};

#[test]
fn a_restored_node_takes_its_newer_entries_back_before_it_speaks() {
    let mut pair = Pair::serving();
    let root = pair.root.path().to_owned();
    let notify = |pair: &Pair, name: &str| {
        let file = day::write(&root, "notice.json", &day::site(name, name.len()));
        pair.aster.ok(&["notify", &file]);
    };
    notify(&pair, "Before");
    pair.converge();
    let copy = root.join("copy");
    pair.aster.ok(&["officer", "add", "Tamm", "--desk", "Aster watch"]);
    let copied = pair.aster.json(&["backup", copy.to_str().unwrap()]);
    pair.aster.ok(&["officer", "remove", "Tamm"]);
    assert_eq!(copied["to"], copy.to_str().unwrap());
    notify(&pair, "After it");
    notify(&pair, "Long after it");
    let [newest, _] = pair.converge();
    pair.aster.stop();

    let over = pair.aster.run(&["restore", copy.to_str().unwrap()]).expect(1);
    assert!(over.err.contains("is there already and is not overwritten"), "{}", over.err);
    let restored = pair.aster.json(&["restore", copy.to_str().unwrap(), "--set-aside"]);
    assert_eq!(restored["officers"], serde_json::json!(["Tamm"]), "whose token counts again is said");
    let kept = std::path::PathBuf::from(restored["kept"].as_str().expect("where the newer home is kept"));
    assert!(kept.join("home.toml").exists());

    pair.aster.serve();
    let [aster, borea] = pair.converge();
    let generation = |view: &serde_json::Value| view["own"]["generation"].as_u64().unwrap();
    assert!(generation(&aster) > generation(&newest), "what a restored node says is in a new generation: {aster}");
    assert_eq!(aster["own"]["size"], 1, "and nothing is said in it yet but its opening");
    notify(&pair, "After the restore");
    let views = pair.converge();
    for (view, was) in views.iter().zip([&aster, &borea]) {
        assert_eq!(view["evidence"], 0, "no fork: {view}");
        assert_eq!(view["faults"], was["faults"], "{view}");
        assert_eq!(view["own"]["generation"], was["own"]["generation"]);
    }
    for title in ["Before", "After it", "Long after it", "After the restore"] {
        let count = |side: &Side| side.notices().iter().filter(|n| n["notice"]["title"] == title).count();
        assert_eq!([count(&pair.aster), count(&pair.borea)], [1, 1], "{title}");
    }
    // An image of the disk that is put back is marked by hand.
    pair.aster.stop();
    pair.aster.ok(&["restore", "--mark"]);
    pair.aster.serve();
    let [marked, _] = pair.converge();
    assert!(generation(&marked) > generation(&aster), "{marked}");
    pair.aster.verify_a_copy(&root.join("aster-end"));
    pair.borea.verify_a_copy(&root.join("borea-end"));
}

#[test]
fn a_copy_whose_settings_are_not_good_replaces_nothing() {
    let root = tempfile::tempdir().unwrap();
    let (aster, party) = Side::init(root.path(), "Aster");
    let copy = root.path().join("copy");
    aster.ok(&["backup", copy.to_str().unwrap()]);
    let settings = copy.join("node.toml");
    std::fs::write(&settings, "name = ").unwrap();
    let spoilt = aster.run(&["restore", copy.to_str().unwrap(), "--set-aside"]).expect(1);
    std::fs::remove_file(&settings).unwrap();
    let missing = aster.run(&["restore", copy.to_str().unwrap(), "--set-aside"]).expect(1);
    for refused in [spoilt, missing] {
        assert!(refused.err.contains("nothing was restored") && refused.err.contains("node.toml"), "{}", refused.err);
    }
    assert!(!root.path().join("aster.replaced-1").exists(), "the home of {party} is where it was");
    aster.ok(&["status"]);
}
