//! Frames in a file: the line carried on a stick.
//!
//! ```text
//! file   = magic (8) ‖ version (1) ‖ line (32) ‖ frame* ‖ end
//! frame  = length (4, big-endian, 1..=16384) ‖ bytes ‖ check (16)
//! end    = length 0 (4) ‖ check (16), and nothing after it
//! check  = first 16 bytes of SHA-256("detente/frames-file/1" ‖ line ‖ index (8) ‖ length (4) ‖ bytes)
//! ```
//!
//! The index counts frames from 0, and the end mark has the next one, so that a damaged, moved, doubled,
//! missing or cut-off frame is found. The check is no signature and hides nothing: frames bring
//! their own signatures, and whoever holds the stick can read them.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use sha2::{Digest, Sha256};

use crate::error::{CallerFault, Environment, FileFault, NetError, PeerFault};
use crate::framing::{FRAME_BYTES_MAX, check_frame};
use crate::pins::LineBytes;

/// Like PNG's, it does not survive a transfer that mangles line ends or the eighth bit.
const MAGIC: [u8; 8] = *b"\x89DTFR\r\n\x1a";
const VERSION: u8 = 1;
const CHECK_DOMAIN: &[u8] = b"detente/frames-file/1";
const CHECK_BYTES: usize = 16;

/// Names tried for the temporary file before giving up; more than one only after a crash.
const TEMPORARY_NAMES_MAX: u32 = 100;

type Check = [u8; CHECK_BYTES];

/// Reads frames from any source of bytes, trusting none of them. Holds one frame at a time.
///
/// As an iterator it ends with `None` only after an intact end mark; after an error it is over.
#[derive(Debug)]
pub struct FramesReader<R> {
    source: R,
    line: LineBytes,
    index: u64,
    over: bool,
}

/// Reads frames from a file.
pub type FramesFileReader = FramesReader<BufReader<File>>;

/// Writes frames to a file, which appears under its name whole and durable, or not at all.
#[derive(Debug)]
pub struct FramesFileWriter {
    encoder: FramesEncoder<BufWriter<File>>,
    target: PathBuf,
    temporary: Temporary,
}

impl FramesFileReader {
    /// Opens a file of frames. Anything but a regular file is refused, without waiting on it.
    ///
    /// # Errors
    /// [`Environment::File`] if it cannot be opened; otherwise as [`FramesReader::new`].
    pub fn open(path: &Path) -> Result<Self, NetError> {
        // Opening a pipe would wait for its other end: NONBLOCK does not, and changes nothing for files.
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
            .open(path)
            .map_err(|source| Environment::File { step: "open", source })?;
        let metadata = file.metadata().map_err(|source| Environment::File { step: "inspect", source })?;
        if !metadata.is_file() {
            return Err(PeerFault::from(FileFault::NotAFile).into());
        }
        Self::new(BufReader::new(file))
    }
}

impl<R: Read> FramesReader<R> {
    /// Reads the head of a file of frames.
    ///
    /// # Errors
    /// [`FileFault::BadMagic`], [`FileFault::UnknownVersion`] or [`FileFault::Truncated`].
    pub fn new(mut source: R) -> Result<Self, NetError> {
        let magic: [u8; MAGIC.len()] = read_array(&mut source, 0)?;
        if magic != MAGIC {
            return Err(fault(FileFault::BadMagic));
        }
        let [version] = read_array(&mut source, 0)?;
        if version != VERSION {
            return Err(fault(FileFault::UnknownVersion { version }));
        }
        let line = read_array(&mut source, 0)?;
        Ok(Self { source, line, index: 0, over: false })
    }

    /// The line that the file says it is for.
    pub const fn line(&self) -> &LineBytes {
        &self.line
    }

    fn read_frame(&mut self) -> Result<Option<Vec<u8>>, NetError> {
        let index = self.index;
        let bytes = u32::from_be_bytes(read_array(&mut self.source, index)?);
        let length = usize::try_from(bytes).unwrap_or(usize::MAX);
        if length > FRAME_BYTES_MAX {
            return Err(fault(FileFault::FrameTooLarge { index, bytes }));
        }
        let mut frame = vec![0; length];
        read_exact(&mut self.source, &mut frame, index)?;
        let found: Check = read_array(&mut self.source, index)?;
        if found != check(&self.line, index, &frame) {
            return Err(fault(FileFault::BadCheck { index }));
        }
        if frame.is_empty() {
            return self.expect_nothing_more().map(|()| None);
        }
        self.index += 1;
        Ok(Some(frame))
    }

    fn expect_nothing_more(&mut self) -> Result<(), NetError> {
        match read_array::<1>(&mut self.source, self.index) {
            Err(NetError::PeerFault(PeerFault::File(FileFault::Truncated { .. }))) => Ok(()),
            Err(error) => Err(error),
            Ok(_) => Err(fault(FileFault::TrailingBytes { index: self.index })),
        }
    }
}

impl<R: Read> Iterator for FramesReader<R> {
    type Item = Result<Vec<u8>, NetError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let result = self.read_frame();
        self.over = !matches!(result, Ok(Some(_)));
        result.transpose()
    }
}

impl FramesFileWriter {
    /// Starts a file that will be named `path`, for one line. What stood there is replaced at the end.
    ///
    /// # Errors
    /// [`CallerFault::NoFileName`]; [`Environment::File`] if nothing can be written beside `path`.
    pub fn create(path: &Path, line: LineBytes) -> Result<Self, NetError> {
        let (temporary, file) = Temporary::create(path)?;
        let encoder = FramesEncoder::new(BufWriter::new(file), line).map_err(write_failure)?;
        Ok(Self { encoder, target: path.to_path_buf(), temporary })
    }

    /// Adds one frame.
    ///
    /// # Errors
    /// [`CallerFault`] for a frame outside 1 to [`FRAME_BYTES_MAX`] bytes; [`Environment::File`].
    pub fn push(&mut self, frame: &[u8]) -> Result<(), NetError> {
        check_frame(frame)?;
        self.encoder.push(frame).map_err(write_failure)
    }

    /// Ends the file, makes it durable, and only then gives it its name.
    ///
    /// # Errors
    /// [`Environment::File`] with the step that failed; up to `rename`, the old file still stands.
    pub fn finish(self) -> Result<(), NetError> {
        let sink = self.encoder.finish().map_err(write_failure)?;
        let file = sink.into_inner().map_err(|error| write_failure(error.into_error()))?;
        file.sync_all().map_err(|source| Environment::File { step: "sync", source })?;
        self.temporary.rename(&self.target)?;
        sync_directory(&self.target).map_err(|source| Environment::File { step: "sync the folder of", source })?;
        Ok(())
    }
}

/// The format's writing half, over any sink.
#[derive(Debug)]
pub(crate) struct FramesEncoder<W> {
    sink: W,
    line: LineBytes,
    index: u64,
}

impl<W: Write> FramesEncoder<W> {
    pub(crate) fn new(mut sink: W, line: LineBytes) -> io::Result<Self> {
        sink.write_all(&MAGIC)?;
        sink.write_all(&[VERSION])?;
        sink.write_all(&line)?;
        Ok(Self { sink, line, index: 0 })
    }

    /// Takes a frame that [`check_frame`] has passed.
    pub(crate) fn push(&mut self, frame: &[u8]) -> io::Result<()> {
        self.sink.write_all(&length_of(frame))?;
        self.sink.write_all(frame)?;
        self.sink.write_all(&check(&self.line, self.index, frame))?;
        self.index += 1;
        Ok(())
    }

    /// Writes the end mark, which is an empty frame.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.push(&[])?;
        Ok(self.sink)
    }
}

/// A file that is gone when dropped, unless it was renamed.
#[derive(Debug)]
struct Temporary(Option<PathBuf>);

impl Temporary {
    /// Makes a new file beside `target`, readable by us alone.
    fn create(target: &Path) -> Result<(Self, File), NetError> {
        let name = target.file_name().ok_or(CallerFault::NoFileName)?;
        let mut attempt = 0;
        loop {
            let mut temporary = std::ffi::OsString::from(".");
            temporary.push(name);
            temporary.push(format!(".{attempt}.part"));
            let path = target.with_file_name(temporary);
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
                Ok(file) => return Ok((Self(Some(path)), file)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < TEMPORARY_NAMES_MAX => {
                    attempt += 1;
                }
                Err(source) => return Err(Environment::File { step: "create", source }.into()),
            }
        }
    }

    fn rename(mut self, target: &Path) -> Result<(), Environment> {
        if let Some(path) = &self.0 {
            std::fs::rename(path, target).map_err(|source| Environment::File { step: "rename", source })?;
        }
        self.0 = None;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = &self.0
            && let Err(error) = std::fs::remove_file(path)
        {
            tracing::warn!(%error, "left a temporary file of frames behind");
        }
    }
}

fn check(line: &LineBytes, index: u64, frame: &[u8]) -> Check {
    let digest = Sha256::new()
        .chain_update(CHECK_DOMAIN)
        .chain_update(line)
        .chain_update(index.to_be_bytes())
        .chain_update(length_of(frame))
        .chain_update(frame)
        .finalize();
    *digest.first_chunk().expect("a digest has 32 bytes")
}

fn length_of(frame: &[u8]) -> [u8; 4] {
    u32::try_from(frame.len()).expect("check_frame: at most FRAME_BYTES_MAX").to_be_bytes()
}

fn sync_directory(file: &Path) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn read_array<const N: usize>(source: &mut impl Read, index: u64) -> Result<[u8; N], NetError> {
    let mut bytes = [0; N];
    read_exact(source, &mut bytes, index)?;
    Ok(bytes)
}

fn read_exact(source: &mut impl Read, bytes: &mut [u8], index: u64) -> Result<(), NetError> {
    source.read_exact(bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => fault(FileFault::Truncated { index }),
        _ => Environment::File { step: "read", source: error }.into(),
    })
}

fn write_failure(source: io::Error) -> NetError {
    Environment::File { step: "write", source }.into()
}

fn fault(fault: FileFault) -> NetError {
    PeerFault::from(fault).into()
}

#[cfg(test)]
mod tests;
