//! Physical floors: what the disk, the network and the processor take for what a message cannot do without.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Result;
use detente_testkit::rng;
use detente_wire::{Ed25519, KeyPair, Scheme, Signature};

/// fdatasync after overwriting 4 KiB of a preallocated file.
pub struct Disk {
    file: File,
    at: u64,
}

const BLOCK: usize = 4096;
const BLOCKS: u64 = 4096;

impl Disk {
    /// Preallocates the file: written and synced once, so that no later sync changes its size.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn new(root: &Path) -> Result<Self> {
        let mut file = OpenOptions::new().create(true).truncate(true).read(true).write(true).open(root.join("floor"))?;
        for _ in 0..BLOCKS {
            file.write_all(&[0; BLOCK])?;
        }
        file.sync_all()?;
        Ok(Self { file, at: 0 })
    }

    /// One write and one sync.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn sync(&mut self) -> Result<Duration> {
        let started = Instant::now();
        self.at = (self.at + 1) % BLOCKS;
        self.file.seek(SeekFrom::Start(self.at * BLOCK as u64))?;
        self.file.write_all(&[self.at as u8; BLOCK])?;
        self.file.sync_data()?;
        Ok(started.elapsed())
    }
}

/// A round trip of 1 KiB over loopback TCP: TLS adds a few microseconds to it, which this floor leaves out.
pub struct Loopback {
    stream: TcpStream,
    _echo: JoinHandle<()>,
}

impl Loopback {
    /// Starts the echo.
    ///
    /// # Errors
    /// When loopback is not to be had.
    pub fn new() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let stream = TcpStream::connect(listener.local_addr()?)?;
        stream.set_nodelay(true)?;
        let (mut other, _) = listener.accept()?;
        other.set_nodelay(true)?;
        let echo = std::thread::spawn(move || {
            let mut buffer = [0; 1024];
            while other.read_exact(&mut buffer).is_ok() && other.write_all(&buffer).is_ok() {}
        });
        Ok(Self { stream, _echo: echo })
    }

    /// One round trip.
    ///
    /// # Errors
    /// When the echo is gone.
    pub fn round_trip(&mut self) -> Result<Duration> {
        let mut buffer = [7; 1024];
        let started = Instant::now();
        self.stream.write_all(&buffer)?;
        self.stream.read_exact(&mut buffer)?;
        Ok(started.elapsed())
    }
}

/// Signatures and their checks.
pub struct Signing {
    key: KeyPair,
    message: [u8; 177],
    signature: Signature,
}

impl Default for Signing {
    fn default() -> Self {
        let key = KeyPair::generate(&Ed25519, &mut rng(1));
        let message = [9; 177];
        let signature = key.sign(&Ed25519, &message);
        Self { key, message, signature }
    }
}

impl Signing {
    /// So many signatures and so many checks.
    pub fn run(&self, signatures: usize, checks: usize) -> Duration {
        let started = Instant::now();
        for _ in 0..signatures {
            std::hint::black_box(self.key.sign(&Ed25519, &self.message));
        }
        for _ in 0..checks {
            assert!(Ed25519.verify(&self.key.public(), &self.message, &self.signature), "our own signature is good");
        }
        started.elapsed()
    }
}

/// A thread that hands back what it is handed: what it takes to wake another thread, twice.
pub struct HandOver {
    there: Sender<()>,
    back: Receiver<()>,
}

impl Default for HandOver {
    fn default() -> Self {
        let (there, inbox) = channel();
        let (answer, back) = channel();
        std::thread::spawn(move || while inbox.recv().is_ok() && answer.send(()).is_ok() {});
        Self { there, back }
    }
}

impl HandOver {
    /// One way: half of there and back.
    pub fn run(&self) -> Duration {
        let started = Instant::now();
        let met = self.there.send(()).is_ok() && self.back.recv().is_ok();
        assert!(met, "the other thread lives as long as this");
        started.elapsed() / 2
    }
}
