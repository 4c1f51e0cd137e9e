//! How a command reaches its node: the running one over its loopback API, or one that this command starts for itself.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use detente_api::matches::{MatchView, MatchesView};
use detente_api::problem::Problem;
use detente_api::view::NoticeItem;
use detente_store::{Home, HomeFault};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::serve::{Reach, Serving};

/// How long a node that has the lock of its home may take until it answers: it reads its journal first.
const STARTS_WITHIN: Duration = Duration::from_secs(30);
/// How long nothing is looked at again when no event comes: a listener that is behind loses some.
const LOOKS_WITHIN: Duration = Duration::from_secs(1);

/// A way to a node.
pub struct Client {
    base: String,
    token: String,
    agent: ureq::Agent,
    /// A node of our own, with the runtime that carries it; ended when the command is done.
    own: Option<(tokio::runtime::Runtime, Serving)>,
}

/// A node that answered with a problem.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.error)]
pub struct Refusal(pub Problem);

impl Client {
    /// Finds the running node of a home, or starts one for this command.
    ///
    /// # Errors
    /// When there is no home, or its node cannot be started.
    pub fn open(home: &Path) -> Result<Self> {
        let agent = agent();
        let until = Instant::now() + STARTS_WITHIN;
        let mut told = false;
        loop {
            if let Some((base, token)) = running(&agent, home)? {
                return Ok(Self { base, token, agent, own: None });
            }
            match Self::own(home, &agent) {
                Err(fault) if is_locked(&fault) && Instant::now() < until => {
                    if !told {
                        eprintln!(
                            "detente: another process has the home and does not answer yet: waiting for it, at most 30 s …"
                        );
                        told = true;
                    }
                    std::thread::sleep(Duration::from_millis(100));
                }
                found => return found,
            }
        }
    }

    /// A node of our own.
    fn own(home: &Path, agent: &ureq::Agent) -> Result<Self> {
        let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
        let serving = runtime.block_on(Serving::start(home, Reach::Local))?;
        let (base, token) = (format!("http://{}", serving.api), serving.token.clone());
        Ok(Self { base, token, agent: agent.clone(), own: Some((runtime, serving)) })
    }

    /// A way to a node that runs in this process.
    pub fn to(api: std::net::SocketAddr, token: &str) -> Self {
        Self { base: format!("http://{api}"), token: token.to_owned(), agent: agent(), own: None }
    }

    /// A way to nowhere yet.
    pub(crate) fn closed() -> Self {
        Self::to(std::net::SocketAddr::from(([127, 0, 0, 1], 0)), "")
    }

    /// Whether a node was running.
    pub const fn is_running(&self) -> bool {
        self.own.is_none()
    }

    /// Gets something.
    ///
    /// # Errors
    /// [`Refusal`], or what went wrong on the way.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        answer(self.call(path)?)
    }

    fn call(&self, path: &str) -> Result<ureq::http::Response<ureq::Body>> {
        let request = self.agent.get(format!("{}{path}", self.base)).header("Authorization", format!("Bearer {}", self.token));
        request.call().context("asking the node")
    }

    /// Looks, and looks again whenever something has happened at the node, until there is something or until then.
    ///
    /// # Errors
    /// Those of a look, and when the node goes away.
    pub fn wait_for<T>(&self, until: Instant, mut look: impl FnMut() -> Result<Option<T>>) -> Result<Option<T>> {
        // Listened to before the first look, so that nothing happens unheard between the two.
        let events = self.events()?;
        loop {
            if let Some(found) = look()? {
                return Ok(Some(found));
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            match events.recv_timeout(left.min(LOOKS_WITHIN)) {
                Err(RecvTimeoutError::Disconnected) => bail!("the node went away while something was waited for"),
                Ok(()) | Err(RecvTimeoutError::Timeout) => events.try_iter().for_each(drop),
            }
        }
    }

    /// A word for each event of the node from now on. Who listens no more is noticed at the next event.
    fn events(&self) -> Result<Receiver<()>> {
        let response = self.call("/v1/events")?;
        if !response.status().is_success() {
            return Err(refusal(response));
        }
        let (tell, told) = channel();
        let listen = move || {
            let lines = BufReader::new(response.into_body().into_reader()).lines().map_while(Result::ok);
            let _ = lines.filter(|line| line.starts_with("data:")).try_for_each(|_| tell.send(()));
        };
        std::thread::Builder::new().name("events".into()).spawn(listen).context("starting a thread")?;
        Ok(told)
    }

    /// A blind run, once both sides have said how it ended; `None` when they have not by then.
    ///
    /// # Errors
    /// [`Refusal`], or what went wrong on the way.
    pub fn ended_match(&self, line: &str, run: &str, until: Instant) -> Result<Option<MatchView>> {
        self.wait_for(until, || {
            let matches: MatchesView = self.get(&format!("/v1/lines/{line}/matches"))?;
            Ok(matches.runs.into_iter().find(|view| view.run == run && view.state != "under-way"))
        })
    }

    /// Gets a list that comes in pages; `name` tells how the next page is asked for after an item.
    ///
    /// # Errors
    /// [`Refusal`], or what went wrong on the way.
    pub fn list<T: DeserializeOwned>(&self, path: &str, name: impl Fn(&T) -> String) -> Result<Vec<T>> {
        let mut items: Vec<T> = self.get(path)?;
        let more = if path.contains('?') { '&' } else { '?' };
        while let Some(last) = items.last() {
            let page: Vec<T> = self.get(&format!("{path}{more}after={}", name(last)))?;
            if page.is_empty() {
                break;
            }
            items.extend(page);
        }
        Ok(items)
    }

    /// Live notices, of one kind if it is named.
    ///
    /// # Errors
    /// [`Refusal`], or what went wrong on the way.
    pub fn notices(&self, line: &str, kind: Option<&str>) -> Result<Vec<NoticeItem>> {
        let kind = kind.map(|kind| format!("?kind={kind}")).unwrap_or_default();
        let place = |n: &NoticeItem| format!("{}.{}.{}", n.at.author, n.at.generation, n.at.index);
        self.list(&format!("/v1/lines/{line}/notices{kind}"), place)
    }

    /// Posts something.
    ///
    /// # Errors
    /// [`Refusal`], or what went wrong on the way.
    pub fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        let request = self.agent.post(format!("{}{path}", self.base)).header("Authorization", format!("Bearer {}", self.token));
        answer(request.send_json(body).context("asking the node")?)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Some((runtime, serving)) = self.own.take() {
            runtime.block_on(serving.stop());
        }
    }
}

/// Where the running node of a home answers, with the token.
fn running(agent: &ureq::Agent, home: &Path) -> Result<Option<(String, String)>> {
    let Some((address, token)) = Home::published(home)? else { return Ok(None) };
    let token = std::env::var("DETENTE_TOKEN").unwrap_or(token);
    let base = format!("http://{address}");
    let answers = agent.get(format!("{base}/openapi.json")).call().is_ok();
    Ok(answers.then_some((base, token)))
}

/// Whether another process has the home.
fn is_locked(fault: &anyhow::Error) -> bool {
    matches!(fault.downcast_ref(), Some(HomeFault::Locked { .. }))
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).build().into()
}

/// Answers of the API may hold every notice and conflict of a line.
const ANSWER_BYTES_MAX: u64 = 1 << 30;

fn answer<T: DeserializeOwned>(response: ureq::http::Response<ureq::Body>) -> Result<T> {
    if !response.status().is_success() {
        return Err(refusal(response));
    }
    serde_json::from_str(&body(response)?).context("reading the node's answer")
}

/// What a node says that did not do what it was asked.
fn refusal(response: ureq::http::Response<ureq::Body>) -> anyhow::Error {
    let status = response.status();
    let problem = body(response)
        .and_then(|body| serde_json::from_str(&body).with_context(|| format!("the node answered {status}: {body}")))
        .map(Refusal);
    problem.map_or_else(|fault| fault, anyhow::Error::from)
}

fn body(mut response: ureq::http::Response<ureq::Body>) -> Result<String> {
    response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string().context("reading the node's answer")
}
