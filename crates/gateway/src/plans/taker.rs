//! Takes plans from a reader one by one, examines each, and keeps count of what a file costs.

use std::collections::BTreeSet;

use detente_types::NoticeKind;

use super::judge::{Rough, judge};
use super::{Format, Given, PLANS_MAX, Plan, PlanFile, VERTICES_MAX, VOLUMES_MAX};
use crate::problem::{PROBLEMS_MAX, Problem, Problems, on_one_line};
use crate::report::{FileFault, Finding, Level, Report};

/// A plan as a reader leaves it.
#[derive(Default)]
pub(super) struct RoughPlan {
    pub(super) place: String,
    pub(super) name: Option<String>,
    pub(super) kind: Option<NoticeKind>,
    pub(super) volumes: Vec<Rough>,
    /// What could not be read of it.
    pub(super) problems: Problems,
    /// What looks wrong without being so.
    pub(super) doubts: Vec<Problem>,
}

/// What was taken of a file so far.
pub(super) struct Taker {
    pub(super) given: Given,
    report: Report,
    plans: Vec<Plan>,
    vertices: usize,
    unread: BTreeSet<String>,
    full: bool,
}

/// Names of fields that were not read, as many as are told.
const UNREAD_MAX: usize = 20;

impl Taker {
    pub(super) fn new(name: &str, given: Given) -> Self {
        let report = Report::new(name);
        Self { given, report, plans: Vec::new(), vertices: 0, unread: BTreeSet::new(), full: false }
    }

    /// Whether the limits of a file are passed: what follows is not looked at.
    pub(super) const fn is_full(&self) -> bool {
        self.full
    }

    /// Something that is wrong with the file itself.
    pub(super) fn refuse(&mut self, place: &str, problem: Problem) {
        self.report.push(Finding::new(Level::Error, place, problem));
    }

    /// Something of the file that looks wrong without being so.
    pub(super) fn doubt(&mut self, place: &str, problem: Problem) {
        self.report.push(Finding::new(Level::Warning, place, problem));
    }

    /// A field that is not read, told once for the file.
    pub(super) fn unread(&mut self, name: &str) {
        if self.unread.len() <= UNREAD_MAX {
            self.unread.insert(on_one_line(name));
        }
    }

    /// Examines a plan, and takes it if nothing is wrong with it.
    pub(super) fn take(&mut self, plan: RoughPlan) {
        if self.full || !self.within_limits(&plan) {
            return;
        }
        let RoughPlan { place, name, kind, volumes, problems, doubts } = plan;
        let mut findings: Vec<Finding> = Vec::new();
        let mut taken = Vec::with_capacity(volumes.len());
        for rough in volumes {
            if findings.len() >= PROBLEMS_MAX {
                let more = Problem::new("", "more problems", "those above to be put right first");
                findings.push(Finding::new(Level::Error, &place, more));
                break;
            }
            taken.extend(judge(rough, &place, self.given.heights.as_ref(), &problems, &mut findings));
        }
        let read = problems.0.into_iter().map(|p| Finding::new(Level::Error, &place, p));
        let mut all: Vec<Finding> = Vec::new();
        for finding in read.chain(findings) {
            if !all.contains(&finding) {
                all.push(finding);
            }
        }
        all.extend(doubts.into_iter().map(|doubt| Finding::new(Level::Warning, &place, doubt)));
        all.into_iter().for_each(|finding| self.report.push(finding));
        let name = name.map(|name| on_one_line(name.trim())).unwrap_or_default();
        self.report.rows += 1;
        self.plans.push(Plan { place, name, kind, volumes: taken });
    }

    /// Counts a plan against the limits; the first that passes them is told, and nothing after it is looked at.
    fn within_limits(&mut self, plan: &RoughPlan) -> bool {
        let vertices = |rough: &Rough| rough.form.positions.len() + rough.form.holes.iter().map(Vec::len).sum::<usize>();
        self.vertices += plan.volumes.iter().map(vertices).sum::<usize>();
        let passed = [
            (self.plans.len() >= PLANS_MAX, format!("more than {PLANS_MAX} plans"), "a file cut into smaller ones"),
            (self.vertices > VERTICES_MAX, format!("more than {VERTICES_MAX} vertices"), "a file of plans, not of a map"),
        ];
        let passed = passed.into_iter().find(|(passed, ..)| *passed);
        if let Some((_, found, expected)) = passed {
            self.full = true;
            self.refuse(&plan.place, Problem::new("", &found, expected));
            return false;
        }
        if plan.volumes.len() > VOLUMES_MAX {
            let expected = format!("at most {VOLUMES_MAX} in one plan");
            self.refuse(&plan.place, Problem::new("", &format!("{} volumes", plan.volumes.len()), expected));
            return false;
        }
        true
    }

    /// The file, if it can be checked.
    pub(super) fn conclude(mut self, format: Format) -> Result<PlanFile, FileFault> {
        if !self.unread.is_empty() {
            let more = if self.unread.len() > UNREAD_MAX { ", …" } else { "" };
            let names: Vec<String> = self.unread.iter().take(UNREAD_MAX).map(|name| format!("`{name}`")).collect();
            let found = Problem {
                at: String::new(),
                found: format!("fields that are not read: {}{more}", names.join(", ")),
                expected: "them to say nothing of where, how high and when".into(),
            };
            self.doubt("file", found);
        }
        if self.plans.is_empty() && self.report.is_clean() {
            self.refuse("file", Problem::new("", "no plan", "at least one"));
        }
        let Self { report, plans, .. } = self;
        if report.is_clean() { Ok(PlanFile { format, plans, report }) } else { Err(FileFault { report }) }
    }
}
