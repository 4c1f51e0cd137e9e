//! The product as a program uses it: a node of its own process that has the planned volumes live on a line, and plans that
//! are checked over HTTP/JSON, one connection, one after another or many in one request.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use detente_types::Timestamp;
use serde::Deserialize;

use super::Structure;
use super::line::{Loaded, VOLUMES, load};
use super::rounds::Batched;
use super::set::{Query, Set};
use crate::machine::memory_mib;
use crate::program::Program;

/// Plans of one request, where many are asked at once.
pub const BATCH: usize = 64;
/// Conflicts asked for: the most that the API tells of a plan.
const LIMIT: usize = 1 << 17;

/// What a node says when it has started.
#[derive(Deserialize)]
struct Up {
    api: String,
    token: String,
}

/// A running node.
pub struct Served {
    node: Child,
    program: PathBuf,
    host: String,
    token: String,
    /// What it holds.
    pub loaded: Loaded,
    /// How long it took to start with it.
    pub started: Duration,
    /// Resident memory when it had, MiB.
    pub memory_mib: f64,
}

impl Served {
    /// Makes a line in `folder`, states the first so many volumes of the set on it, and starts the program there.
    ///
    /// # Errors
    /// When a step fails, or a volume of the set breaks a rule of the line.
    pub fn start(set: &Set, count: usize, folder: &Path) -> Result<Self> {
        let loaded = load(set, count, folder)?;
        let begun = Instant::now();
        let program = Program::find()?;
        let (mut node, said) = program.start(&loaded.home)?;
        let started = begun.elapsed();
        let memory_mib = memory_mib(&node.id().to_string(), "VmRSS").unwrap_or_default();
        let up = serde_json::from_str::<Up>(&said).with_context(|| format!("a node's first line: {said}"));
        if up.is_err() {
            node.kill()?;
        }
        let Up { api, token } = up?;
        let host = api.trim_start_matches("http://").to_owned();
        Ok(Self { host, token, node, program: program.path().to_owned(), loaded, started, memory_mib })
    }

    /// The number of its process.
    pub fn process(&self) -> u32 {
        self.node.id()
    }

    /// Its file.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// A connection of its own.
    ///
    /// # Errors
    /// When the node is gone.
    pub fn connect(&self, name: &str) -> Result<Connection> {
        let stream = TcpStream::connect(&self.host).context("connecting to the node")?;
        stream.set_nodelay(true)?;
        let head = format!(
            "POST /v1/lines/-/plans HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n",
            self.host, self.token
        );
        Ok(Connection {
            name: name.to_owned(),
            stream: BufReader::new(stream),
            head,
            base: self.loaded.base,
            numbers: self.loaded.numbers.as_slice().into(),
            body: String::new(),
            answer: Vec::new(),
            cut: 0,
        })
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.node.kill();
        let _ = self.node.wait();
    }
}

/// A connection to the node that is kept.
pub struct Connection {
    name: String,
    stream: BufReader<TcpStream>,
    head: String,
    base: Timestamp,
    /// Which notice each entry states.
    numbers: Rc<[u32]>,
    body: String,
    answer: Vec<u8>,
    /// Plans that were told not to have been told everything.
    pub cut: usize,
}

/// What is read of an answer.
#[derive(Deserialize)]
struct Told {
    entries: Entries,
    more: bool,
}

/// All volumes are our own.
#[derive(Deserialize)]
struct Entries {
    ours: Vec<Life>,
}

/// Those of one life of the log.
#[derive(Deserialize)]
struct Life {
    met: Vec<[u32; 3]>,
}

impl Connection {
    /// Writes a request for these queries: making it is part of the question, as binding its parameters is for a database.
    fn write(&mut self, queries: &[Query<'_>]) -> Result<()> {
        self.body.clear();
        self.body.push_str("{\"plans\":[");
        for (i, query) in queries.iter().enumerate() {
            if i > 0 {
                self.body.push(',');
            }
            plan(&mut self.body, query, self.base);
        }
        self.body.push_str(&format!("],\"limit\":{LIMIT},\"tell\":\"entries\"}}"));
        let request = format!("{}Content-Length: {}\r\n\r\n{}", self.head, self.body.len(), self.body);
        Ok(self.stream.get_mut().write_all(request.as_bytes())?)
    }

    fn read(&mut self) -> Result<()> {
        let status = self.line()?;
        let length = self.length()?;
        self.answer.resize(length, 0);
        self.stream.read_exact(&mut self.answer)?;
        ensure!(status.starts_with("HTTP/1.1 200 "), "{status}: {}", String::from_utf8_lossy(&self.answer));
        Ok(())
    }

    /// Reads the header to its end; gives the length of what follows.
    fn length(&mut self) -> Result<usize> {
        let mut length = None;
        loop {
            let line = self.line()?;
            if line.is_empty() {
                return length.context("the API tells the length of its answers");
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().ok();
            }
        }
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let whole = line.strip_suffix("\r\n").ok_or(ErrorKind::UnexpectedEof)?;
        Ok(whole.to_owned())
    }

    fn ask(&mut self, queries: &[Query<'_>], mut each: impl FnMut(usize, u32)) -> Result<()> {
        self.write(queries)?;
        self.read()?;
        let told: Vec<Told> = serde_json::from_slice(&self.answer).context("the API answers as it says")?;
        ensure!(told.len() == queries.len(), "{} answers to {} plans", told.len(), queries.len());
        for (i, told) in told.iter().enumerate() {
            self.cut += usize::from(told.more);
            for &[entry, _, volume] in told.entries.ours.iter().flat_map(|life| &life.met) {
                let notice = self.numbers.get(entry as usize).with_context(|| format!("entry {entry} is no notice"))?;
                each(i, notice * VOLUMES as u32 + volume);
            }
        }
        Ok(())
    }
}

/// A plan with one volume, as a program would write it.
fn plan(out: &mut String, query: &Query<'_>, base: Timestamp) {
    use std::fmt::Write as _;
    let (min, max) = (&query.bounds.min, &query.bounds.max);
    out.push_str("{\"kind\":\"operation\",\"volumes\":[{\"shape\":\"polygon\",\"positions\":[");
    for (i, [x, y]) in query.polygon.iter().enumerate() {
        let comma = if i > 0 { "," } else { "" };
        let _ = write!(out, "{comma}[{},{}]", f64::from(*y) / 1e7, super::line::wrapped(*x) as f64 / 1e7);
    }
    let time = |s: i32| base.plus_seconds(s.into());
    let _ = write!(
        out,
        "],\"lower_m\":{},\"upper_m\":{},\"datum\":\"AMSL\",\"start\":\"{}\",\"end\":\"{}\"}}]}}",
        f64::from(min[2]) / 10.0,
        f64::from(max[2]) / 10.0,
        time(min[3]),
        time(max[3])
    );
}

impl Structure for Connection {
    fn name(&self) -> &str {
        &self.name
    }

    fn find(&mut self, query: &Query<'_>, hits: &mut Vec<u32>) -> Result<()> {
        self.ask(std::slice::from_ref(query), |_, id| hits.push(id))
    }
}

impl Batched for Connection {
    fn name(&self) -> &str {
        &self.name
    }

    fn find_all(&mut self, queries: &[Query<'_>], hits: &mut [Vec<u32>]) -> Result<()> {
        self.ask(queries, |i, id| hits[i].push(id))
    }
}
