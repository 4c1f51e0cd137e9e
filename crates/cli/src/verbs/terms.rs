//! Terms: show, check, propose, accept.

use anyhow::{Result, anyhow};
use detente_api::ask::{AcceptTermsAsk, Done, ProposeAsk, TermsAnswer};
use detente_types::Terms;
use serde::Serialize;

use super::{On, done_words};
use crate::args::TermsVerb;
use crate::files;
use crate::output::show;

#[derive(Serialize)]
struct Checked {
    version: u32,
    digest: String,
}

pub(super) fn terms(on: &On<'_>, verb: TermsVerb) -> Result<()> {
    match verb {
        TermsVerb::Show { on: l } => {
            let answer: TermsAnswer = on.client()?.get(&format!("/v1/lines/{}/terms", l.line))?;
            let text = toml::to_string_pretty(&answer.terms)?;
            show(on.json, &answer, |a| {
                let proposals: Vec<String> = a.proposals.iter().map(|p| format!("# proposed: {}", &p.hash[..12])).collect();
                format!("# digest {}\n{}\n{text}", a.digest, proposals.join("\n"))
            })
        }
        TermsVerb::Check { file } => {
            let terms = files::terms(&file)?;
            let digest = detente_wire::hash::hex(&detente_wire::certificate::terms_digest(&terms));
            let terms = Terms::try_new(terms).map_err(|violations| {
                let lines: Vec<String> = violations.iter().map(|v| format!("\n  {v}")).collect();
                anyhow!("{} rule(s) broken:{}", lines.len(), lines.concat())
            })?;
            let checked = Checked { version: terms.version(), digest };
            show(on.json, &checked, |c| format!("the terms are good: version {}, digest {}", c.version, c.digest))
        }
        TermsVerb::Propose { file, on: l } => {
            let asked = ProposeAsk { terms: files::terms(&file)? };
            let done: Done = on.client()?.post(&format!("/v1/lines/{}/terms/proposals", l.line), &asked)?;
            show(on.json, &done, done_words)
        }
        TermsVerb::Accept { proposal, on: l } => {
            let done: Done =
                on.client()?.post(&format!("/v1/lines/{}/terms/acceptances", l.line), &AcceptTermsAsk { proposal })?;
            show(on.json, &done, done_words)
        }
    }
}
