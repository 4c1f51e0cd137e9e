//! The part of `cargo metadata` (format version 1) that the chores read.

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::house;

/// The workspace and, unless asked without, its whole resolved dependency graph.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    pub(crate) workspace_members: Vec<String>,
    pub(crate) resolve: Option<Resolve>,
    pub(crate) target_directory: PathBuf,
}

/// One crate at one version.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) dependencies: Vec<Declared>,
    pub(crate) targets: Vec<Target>,
}

/// A dependency as a manifest declares it, optional and platform-bound ones too.
#[derive(Debug, Deserialize)]
pub(crate) struct Declared {
    pub(crate) name: String,
    pub(crate) kind: Option<String>,
    pub(crate) path: Option<PathBuf>,
}

/// Something that cargo can build in a package.
#[derive(Debug, Deserialize)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) kind: Vec<String>,
}

/// The graph with features applied.
#[derive(Debug, Deserialize)]
pub(crate) struct Resolve {
    pub(crate) nodes: Vec<Node>,
}

/// A package in the graph, by package id.
#[derive(Debug, Deserialize)]
pub(crate) struct Node {
    pub(crate) id: String,
    pub(crate) deps: Vec<Edge>,
}

/// An edge of the graph; one edge can be of several kinds.
#[derive(Debug, Deserialize)]
pub(crate) struct Edge {
    pub(crate) pkg: String,
    pub(crate) dep_kinds: Vec<EdgeKind>,
}

/// `None` is a normal dependency; otherwise "dev" or "build".
#[derive(Debug, Deserialize)]
pub(crate) struct EdgeKind {
    pub(crate) kind: Option<String>,
}

impl Metadata {
    /// The workspace with its dependency graph.
    pub(crate) fn with_graph() -> Result<Self> {
        Self::ask(&["metadata", "--format-version", "1"])
    }

    /// The workspace alone: quick, and needs no resolved dependencies.
    pub(crate) fn of_workspace() -> Result<Self> {
        Self::ask(&["metadata", "--format-version", "1", "--no-deps"])
    }

    fn ask(arguments: &[&str]) -> Result<Self> {
        serde_json::from_str(&house::output(&mut house::cargo(arguments))?).context("reading `cargo metadata`")
    }

    /// The workspace's own packages.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| self.workspace_members.contains(&package.id))
    }

    /// The names of the programs that a member builds; empty when there is no such member.
    pub(crate) fn programs(&self, member: &str) -> Vec<&str> {
        self.members()
            .filter(|package| package.name == member)
            .flat_map(|package| &package.targets)
            .filter(|target| target.kind.iter().any(|kind| kind == "bin"))
            .map(|target| target.name.as_str())
            .collect()
    }
}

/// Whether a dependency of this kind ends up in the product: all but "dev".
pub(crate) fn is_shipped(kind: Option<&str>) -> bool {
    kind != Some("dev")
}
