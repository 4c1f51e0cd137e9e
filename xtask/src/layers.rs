//! `cargo xtask layers`: the import law, read from `cargo metadata`.
//!
//! Two laws. *Edges*: a crate of the house imports only what lies below it, and the product never imports a tool (what
//! tests import, `[dev-dependencies]`, is free). *Purity*: nothing that a core (L0 to L2) is built from may bring a
//! clock, a socket, a file or randomness. Cargo unifies features over the workspace; so does this check, for that is
//! what ships.

mod law;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};

use anyhow::Result;

use crate::house;
use crate::metadata::{Metadata, Node, Package, is_shipped};
use law::{FORBIDDEN, Layer, layer_of, may_import};

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    house::no_arguments("layers", arguments)?;
    check()
}

/// Fails with every import against the law.
pub(crate) fn check() -> Result<()> {
    house::verdict(&findings(&Metadata::with_graph()?))
}

/// The folders of the crates that may hold no I/O, clock or randomness, as `crates/<name>`, of those that exist.
pub(crate) fn core_folders(metadata: &Metadata) -> Vec<String> {
    metadata
        .members()
        .filter(|package| layer_of(&package.name).is_some_and(Layer::is_core))
        .map(|package| format!("crates/{}", package.name.trim_start_matches("detente-")))
        .collect()
}

fn findings(metadata: &Metadata) -> Vec<String> {
    let mut findings: Vec<String> = metadata.members().flat_map(edge_findings).collect();
    findings.extend(metadata.members().flat_map(|member| purity_findings(metadata, member)));
    findings
}

/// What one crate declares against the law of edges. Optional dependencies count: a feature is still an import.
fn edge_findings(member: &Package) -> Vec<String> {
    let Some(importer) = layer_of(&member.name) else {
        return vec![format!("`{}` has no place in the house: give it one in xtask/src/layers/law.rs", member.name)];
    };
    member
        .dependencies
        .iter()
        .filter(|dependency| dependency.path.is_some() && is_shipped(dependency.kind.as_deref()))
        .filter_map(|dependency| {
            let imported = layer_of(&dependency.name)?;
            let refusal = may_import((&member.name, importer), (&dependency.name, imported)).err()?;
            Some(format!("`{}` ({importer}) imports `{}` ({imported}): {refusal}", member.name, dependency.name))
        })
        .collect()
}

/// Each forbidden crate that a core is built from, with one shortest path to it.
fn purity_findings(metadata: &Metadata, member: &Package) -> Vec<String> {
    if !layer_of(&member.name).is_some_and(Layer::is_core) {
        return Vec::new();
    }
    let names: BTreeMap<&str, &str> =
        metadata.packages.iter().map(|package| (package.id.as_str(), package.name.as_str())).collect();
    let paths = shortest_paths(metadata, &member.id);
    let reached: BTreeMap<&str, &str> = paths.keys().filter_map(|id| Some((*names.get(id)?, *id))).collect();
    FORBIDDEN
        .iter()
        .filter_map(|(name, reason)| {
            let path = path_to(&paths, reached.get(name)?);
            let shown: Vec<&str> = path.iter().map(|id| names.get(id).copied().unwrap_or(id)).collect();
            Some(format!("`{}` is built from `{name}` ({reason}): {}", member.name, shown.join(" -> ")))
        })
        .collect()
}

/// From every package that `start` is built from to the one that brought it in; breadth first.
fn shortest_paths<'a>(metadata: &'a Metadata, start: &'a str) -> BTreeMap<&'a str, &'a str> {
    let nodes: BTreeMap<&str, &Node> =
        metadata.resolve.iter().flat_map(|resolve| &resolve.nodes).map(|node| (node.id.as_str(), node)).collect();
    let mut came_from = BTreeMap::from([(start, start)]);
    let mut queue = VecDeque::from([start]);
    while let Some(id) = queue.pop_front() {
        for edge in nodes.get(id).into_iter().flat_map(|node| &node.deps) {
            let shipped = edge.dep_kinds.iter().any(|kind| is_shipped(kind.kind.as_deref()));
            if shipped && !came_from.contains_key(edge.pkg.as_str()) {
                came_from.insert(&edge.pkg, id);
                queue.push_back(&edge.pkg);
            }
        }
    }
    came_from
}

fn path_to<'a>(came_from: &BTreeMap<&'a str, &'a str>, end: &'a str) -> Vec<&'a str> {
    let mut path = vec![end];
    let mut at = end;
    while let Some(&before) = came_from.get(at).filter(|&&before| before != at) {
        path.push(before);
        at = before;
    }
    path.reverse();
    path
}
