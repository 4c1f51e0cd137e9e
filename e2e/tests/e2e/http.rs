//! The API of a running node as a program uses it: one connection that is kept, one request after another. A command is a
//! process each time; this takes hundreds of messages in a second.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use crate::program::PATIENCE;

/// A connection to a node.
pub(crate) struct Api {
    stream: BufReader<TcpStream>,
    host: String,
    token: String,
}

impl Api {
    /// Connects to the node that printed this when it began to serve.
    ///
    /// # Errors
    /// When it is gone.
    pub(crate) fn of(printed: &str) -> io::Result<Self> {
        let page = printed.lines().find_map(|line| line.strip_prefix("page ")).expect("a node says where its page is");
        let (host, token) = page.trim().trim_start_matches("http://").split_once("/#").expect("a page has a token");
        let stream = TcpStream::connect(host)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream: BufReader::new(stream), host: host.to_owned(), token: token.to_owned() })
    }

    /// Gets something that must be there.
    ///
    /// # Errors
    /// When the node is gone.
    pub(crate) fn get(&mut self, path: &str) -> io::Result<Value> {
        self.ask("GET", path, "")
    }

    /// Asks for something that must be done. It is done, or it is kept in the book, when this returns.
    ///
    /// # Errors
    /// When the node is gone: it may or may not have done it.
    pub(crate) fn post(&mut self, path: &str, body: &str) -> io::Result<Value> {
        self.ask("POST", path, body)
    }

    fn ask(&mut self, method: &str, path: &str, body: &str) -> io::Result<Value> {
        let (host, token, length) = (&self.host, &self.token, body.len());
        let asked = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        self.stream.get_mut().write_all(asked.as_bytes())?;
        let status = self.line()?;
        let mut answer = vec![0; self.length()?];
        self.stream.read_exact(&mut answer)?;
        assert!(status.starts_with("HTTP/1.1 200 "), "{method} {path}: {status}\n{}", String::from_utf8_lossy(&answer));
        Ok(serde_json::from_slice(&answer).expect("the API answers in JSON"))
    }

    /// Reads the header to its end; gives the length of what follows.
    fn length(&mut self) -> io::Result<usize> {
        let mut length = None;
        loop {
            let line = self.line()?.to_ascii_lowercase();
            if line.is_empty() {
                return Ok(length.expect("the API tells the length of its answers"));
            }
            if let Some(told) = line.strip_prefix("content-length:") {
                length = told.trim().parse().ok();
            }
        }
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let whole = line.strip_suffix("\r\n").ok_or(ErrorKind::UnexpectedEof)?;
        Ok(whole.to_owned())
    }
}
