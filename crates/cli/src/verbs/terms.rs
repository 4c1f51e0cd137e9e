//! Terms: show, check, propose, accept.

use anyhow::Result;
use detente_api::ask::{AcceptTermsAsk, Done, ProposeAsk, TermsAnswer};
use detente_api::view::LineView;
use detente_gateway::terms::{TermsFile, turned};
use serde::Serialize;

use super::{On, done_words};
use crate::args::TermsVerb;
use crate::files;
use crate::output::show;
use crate::settings::Settings;

#[derive(Serialize)]
struct Checked {
    version: u32,
    /// Of the terms with the parties in the order of the file.
    digest: String,
    parties: [String; 2],
}

pub(super) fn terms(on: &On<'_>, verb: TermsVerb) -> Result<()> {
    match verb {
        TermsVerb::Show { on: l } => {
            let client = on.client()?;
            let answer: TermsAnswer = client.get(&format!("/v1/lines/{}/terms", l.line))?;
            let line: LineView = client.get(&format!("/v1/lines/{}", l.line))?;
            let mut parties = [Settings::read(on.home)?.name, line.name];
            if line.us > line.them {
                parties.reverse();
            }
            let text = detente_gateway::terms::write(&TermsFile { parties, terms: answer.terms.clone() });
            show(on.json, &answer, |a| {
                let proposals: String = a.proposals.iter().map(|p| format!("# proposed: {}\n", &p.hash[..12])).collect();
                format!("# digest {}\n{proposals}{text}", a.digest)
            })
        }
        TermsVerb::Check { file } => {
            let TermsFile { parties, terms } = files::terms(&file)?;
            let digest = detente_wire::hash::hex(&detente_wire::certificate::terms_digest(&terms));
            let checked = Checked { version: terms.version, digest, parties };
            show(on.json, &checked, |c| {
                let [first, second] = &c.parties;
                format!("the terms between {first} and {second} are good: version {}, digest {}", c.version, c.digest)
            })
        }
        TermsVerb::Propose { file, on: l } => {
            let (ours_first, _) = files::put_first(files::terms(&file)?, &Settings::read(on.home)?.name)?;
            let client = on.client()?;
            let line: LineView = client.get(&format!("/v1/lines/{}", l.line))?;
            let terms = if line.us < line.them { ours_first } else { turned(ours_first) };
            let done: Done = client.post(&format!("/v1/lines/{}/terms/proposals", l.line), &ProposeAsk { terms })?;
            show(on.json, &done, done_words)
        }
        TermsVerb::Accept { proposal, on: l } => {
            let done: Done =
                on.client()?.post(&format!("/v1/lines/{}/terms/acceptances", l.line), &AcceptTermsAsk { proposal })?;
            show(on.json, &done, done_words)
        }
    }
}
