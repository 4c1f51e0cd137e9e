use serde_json::{Value, json};

use super::*;

/// A workspace of these members; `imports` are (importer, imported, kind), strangers lie outside the workspace.
fn house(members: &[&str], imports: &[(&str, &str, Option<&str>)]) -> Metadata {
    let mut names: Vec<&str> = members.to_vec();
    names.extend(imports.iter().flat_map(|(importer, imported, _)| [*importer, *imported]));
    names.sort_unstable();
    names.dedup();
    let of = |importer: &str, shape: &dyn Fn(&str, Option<&str>) -> Value| -> Vec<Value> {
        imports.iter().filter(|import| import.0 == importer).map(|import| shape(import.1, import.2)).collect()
    };
    let declared = |name: &str, kind: Option<&str>| {
        let path = members.contains(&name).then(|| format!("crates/{name}"));
        json!({"name": name, "kind": kind, "path": path})
    };
    let edge = |name: &str, kind: Option<&str>| json!({"pkg": name, "dep_kinds": [{"kind": kind}]});
    let packages: Vec<Value> =
        names.iter().map(|name| json!({"id": name, "name": name, "targets": [], "dependencies": of(name, &declared)})).collect();
    let nodes: Vec<Value> = names.iter().map(|name| json!({"id": name, "deps": of(name, &edge)})).collect();
    let metadata = json!({
        "packages": packages, "workspace_members": members, "resolve": {"nodes": nodes}, "target_directory": "target",
    });
    serde_json::from_value(metadata).expect("it has the shape of cargo's metadata")
}

/// The findings for one import between two members.
fn import(importer: &str, imported: &str, kind: Option<&str>) -> Vec<String> {
    findings(&house(&[importer, imported], &[(importer, imported, kind)]))
}

#[test]
fn the_house_as_designed_is_lawful() {
    let lawful = [
        ("detente-wire", "detente-types"),
        ("detente-record", "detente-wire"),
        ("detente-node", "detente-space"),
        ("detente-store", "detente-node"),
        ("detente-api", "detente-store"),
        ("detente", "detente-api"),
        ("detente-sim", "detente-node"),
        ("detente-e2e", "detente"),
    ];
    for (importer, imported) in lawful {
        assert_eq!(import(importer, imported, None), Vec::<String>::new(), "{importer} -> {imported}");
    }
}

#[test]
fn an_import_against_the_law_is_caught() {
    let planted = [
        ("detente-types", "detente-wire", "strangers"),
        ("detente-record", "detente-space", "strangers"),
        ("detente-space", "detente-node", "downward only"),
        ("detente-store", "detente-net", "strangers"),
        ("detente-gateway", "detente-api", "downward only"),
        ("detente-api", "detente", "strangers"),
        ("detente-node", "detente-testkit", "tests or tools"),
        ("detente", "xtask", "tests or tools"),
    ];
    for (importer, imported, why) in planted {
        let found = import(importer, imported, None);
        assert_eq!(found.len(), 1, "{importer} -> {imported}: {found:?}");
        assert!(found[0].contains(importer) && found[0].contains(imported) && found[0].contains(why), "{found:?}");
    }
}

#[test]
fn build_scripts_obey_and_tests_are_free() {
    assert_eq!(import("detente-types", "detente-testkit", Some("build")).len(), 1);
    assert_eq!(import("detente-types", "detente-testkit", Some("dev")), Vec::<String>::new());
}

#[test]
fn a_forbidden_crate_deep_in_a_core_is_caught_with_its_path() {
    let metadata = house(
        &["detente-types", "detente-space"],
        &[("detente-space", "detente-types", None), ("detente-types", "handy", None), ("handy", "getrandom", None)],
    );
    let found = findings(&metadata);
    assert_eq!(found.len(), 2, "both cores are built from it: {found:?}");
    assert!(found[0].contains("randomness") && found[0].ends_with("detente-types -> handy -> getrandom"), "{found:?}");
}

#[test]
fn a_forbidden_crate_in_a_build_script_is_caught() {
    let metadata = house(&["detente-node"], &[("detente-node", "tokio", Some("build"))]);
    assert_eq!(findings(&metadata).len(), 1);
}

#[test]
fn tests_of_cores_and_hands_may_use_what_cores_may_not() {
    let metadata =
        house(&["detente-wire", "detente-net"], &[("detente-wire", "rand", Some("dev")), ("detente-net", "tokio", None)]);
    assert_eq!(findings(&metadata), Vec::<String>::new());
}

#[test]
fn every_forbidden_crate_is_caught_in_every_core() {
    for (name, _) in FORBIDDEN {
        for core in ["detente-types", "detente-record", "detente-node"] {
            let found = findings(&house(&[core], &[(core, name, None)]));
            assert_eq!(found.len(), 1, "{core} -> {name}");
        }
    }
}

#[test]
fn a_crate_without_a_place_is_caught() {
    let found = findings(&house(&["detente-attic"], &[]));
    assert!(found.len() == 1 && found[0].contains("no place in the house"), "{found:?}");
}
