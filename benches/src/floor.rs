//! Physical floors: what the disk, the network and the processor take for what a message cannot do without.

use std::fs::{File, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use detente_net::{FrameReceiver, FrameSender, Lane, Listener, Pins, TlsIdentity, connect};
use detente_testkit::rng;
use detente_wire::{Ed25519, KeyPair, Scheme, Signature};
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

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

/// A frame of 1 KiB there and back over loopback, by the product's own TLS and nothing else of it.
pub struct Loopback {
    sender: FrameSender,
    receiver: FrameReceiver,
    _echo: JoinHandle<()>,
}

impl Loopback {
    /// Starts the echo.
    ///
    /// # Errors
    /// When loopback is not to be had.
    pub async fn new() -> Result<Self> {
        let [near, far] = [1, 2].map(|seed| TlsIdentity::from_seed(Zeroizing::new([seed; 32])));
        let pins = Pins::new();
        pins.add(near.public_key(), [0; 32])?;
        let mut listener = Listener::bind("127.0.0.1:0", &far, pins).await?;
        let address = listener.local_addr();
        let echo = tokio::spawn(async move {
            let (sender, mut receiver) = listener.accept().await.split();
            while let Ok(Some(frame)) = receiver.next().await {
                if sender.send(Lane::Bulk, frame).await.is_err() {
                    return;
                }
            }
        });
        let (sender, receiver) = connect(address, &near, far.public_key()).await?.split();
        Ok(Self { sender, receiver, _echo: echo })
    }

    /// One round trip.
    ///
    /// # Errors
    /// When the echo is gone.
    pub async fn round_trip(&mut self) -> Result<Duration> {
        let frame = vec![7; 1024];
        let started = Instant::now();
        self.sender.send(Lane::Bulk, frame).await?;
        self.receiver.next().await?.context("the echo answers")?;
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
