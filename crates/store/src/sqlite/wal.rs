//! SQLite's write-ahead log, read by ourselves (SQLite file format, section 4).
//!
//! SQLite ends the log silently at the first frame that does not check: right after a crash, where that frame was never
//! acknowledged, and wrong where a bit rotted in a frame that was. This reader tells the two apart.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::schema::PAGE_BYTES;

const HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;
const FRAME_BYTES: usize = FRAME_HEADER_BYTES + PAGE_BYTES;

/// A log that checks up to its last whole transaction.
#[derive(Debug, Default)]
pub(crate) struct Wal {
    /// Drawn anew whenever the log starts over.
    pub(crate) salts: [u8; 8],
    /// Its frames up to the end of the last whole transaction.
    pub(crate) frames: Vec<Frame>,
    /// Pages of the database after the last transaction.
    pub(crate) pages: u32,
}

/// One page as a transaction left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Page number, counted from 1.
    pub(crate) page: u32,
    /// The running checksum up to here.
    pub(crate) checksum: [u8; 8],
}

/// Why a log is not to be trusted.
#[derive(Debug)]
pub(crate) enum WalFault {
    /// It cannot be read.
    Io(io::Error),
    /// Its header does not check, though it was synced before any frame.
    Header,
    /// A frame does not check, though a later transaction was written: that frame had been synced.
    Rotten {
        /// Counted from 1.
        frame: usize,
    },
}

impl Wal {
    /// Reads a log. None, an empty one, one of zeros and one shorter than its header have no frames: nothing was
    /// acknowledged into them.
    pub(crate) fn read(path: &Path) -> Result<Self, WalFault> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(e) => return Err(WalFault::Io(e)),
        };
        let mut bytes = BufReader::with_capacity(1 << 18, file);
        let mut header = [0; HEADER_BYTES];
        if !fill(&mut bytes, &mut header)? || header == [0; HEADER_BYTES] {
            return Ok(Self::default());
        }
        let (order, seed) = check_header(&header).ok_or(WalFault::Header)?;
        let salts = array(&header, 16);
        let mut scan = Scan { order, salts, running: seed, wal: Self { salts, ..Self::default() }, unfinished: Vec::new() };
        let mut frame = vec![0; FRAME_BYTES];
        while fill(&mut bytes, &mut frame)? {
            if !scan.take(&frame) {
                scan.look_beyond(&frame, &mut bytes)?;
                break;
            }
        }
        Ok(scan.wal)
    }

    /// The newest frame of each page, as its place among the frames.
    pub(crate) fn newest(&self) -> BTreeMap<u32, usize> {
        self.frames.iter().enumerate().map(|(at, frame)| (frame.page, at)).collect()
    }
}

/// Reads the page that a frame holds.
pub(crate) fn read_page(file: &File, frame: usize) -> io::Result<Vec<u8>> {
    let mut page = vec![0; PAGE_BYTES];
    file.read_exact_at(&mut page, frame_at(frame) + FRAME_HEADER_BYTES as u64)?;
    Ok(page)
}

/// Reads the salts and the running checksum that a frame carries.
pub(crate) fn read_end(file: &File, frame: usize) -> io::Result<([u8; 8], [u8; 8])> {
    let mut header = [0; FRAME_HEADER_BYTES];
    file.read_exact_at(&mut header, frame_at(frame))?;
    Ok((array(&header, 8), array(&header, 16)))
}

/// Bytes of a log of so many frames.
pub(crate) const fn length_of(frames: u64) -> u64 {
    HEADER_BYTES as u64 + frames * FRAME_BYTES as u64
}

const fn frame_at(frame: usize) -> u64 {
    length_of(frame as u64)
}

/// How the log's checksum reads its words.
#[derive(Clone, Copy)]
enum Order {
    Little,
    Big,
}

/// A pass over the frames.
struct Scan {
    order: Order,
    salts: [u8; 8],
    /// Checksum up to the last good frame.
    running: [u32; 2],
    wal: Wal,
    /// Good frames of a transaction whose end was not seen yet.
    unfinished: Vec<Frame>,
}

impl Scan {
    /// Takes a frame, if it continues the log.
    fn take(&mut self, frame: &[u8]) -> bool {
        if !self.continues(frame, self.running) {
            return false;
        }
        self.running = stored(frame);
        self.unfinished.push(Frame { page: word(frame, 0), checksum: array(frame, 16) });
        if is_end(frame) {
            self.wal.frames.append(&mut self.unfinished);
            self.wal.pages = word(frame, 4);
        }
        true
    }

    /// Whether a frame is of this log and checks after a running checksum.
    fn continues(&self, frame: &[u8], running: [u32; 2]) -> bool {
        word(frame, 0) != 0 && frame[8..16] == self.salts && self.sum(frame, running) == stored(frame)
    }

    fn sum(&self, frame: &[u8], running: [u32; 2]) -> [u32; 2] {
        let running = checksum(self.order, running, &frame[..8]);
        checksum(self.order, running, &frame[FRAME_HEADER_BYTES..])
    }

    /// After a frame that does not check: looks whether the log goes on behind it, into a later transaction. A
    /// transaction begins only when the one before is synced, so the bad frame was good once, and may have been
    /// acknowledged. (A torn transaction can go on behind a bad frame too, but never past its own end.)
    fn look_beyond(&self, bad: &[u8], bytes: &mut impl Read) -> Result<(), WalFault> {
        let number = self.wal.frames.len() + self.unfinished.len();
        let mut frame = vec![0; FRAME_BYTES];
        if !fill(bytes, &mut frame)? {
            return Ok(());
        }
        // Either the bad frame's stored checksum changed, or something that it is over.
        let mut ended = if self.continues(&frame, self.sum(bad, self.running)) {
            is_end(bad)
        } else if self.continues(&frame, stored(bad)) {
            self.was_end(bad, number)
        } else {
            return Ok(());
        };
        while !ended {
            ended = is_end(&frame);
            let running = stored(&frame);
            if !fill(bytes, &mut frame)? || !self.continues(&frame, running) {
                return Ok(());
            }
        }
        Err(WalFault::Rotten { frame: number + 1 })
    }

    /// Whether a frame whose stored checksum is right, and whose content is not, ended its transaction. A sector of 512
    /// bytes is written whole or not at all, and the one with the checksum was: what the frame says of its end counts if
    /// it is in that sector. A frame can also be one bit away from saying it.
    fn was_end(&self, bad: &[u8], number: usize) -> bool {
        let is_split = (frame_at(number) + 8).is_multiple_of(512);
        let mut mended = bad.to_vec();
        let mut was_end_with = |bit: u32| {
            mended[4..8].copy_from_slice(&(1_u32 << bit).to_be_bytes());
            self.sum(&mended, self.running) == stored(bad)
        };
        (is_end(bad) && !is_split) || (!is_end(bad) && (0..32).any(&mut was_end_with))
    }
}

/// Whether a frame says that it ends its transaction.
fn is_end(frame: &[u8]) -> bool {
    word(frame, 4) != 0
}

/// The word order and the checksum after a header that checks.
fn check_header(header: &[u8; HEADER_BYTES]) -> Option<(Order, [u32; 2])> {
    let order = match word(header, 0) {
        0x377f_0682 => Order::Little,
        0x377f_0683 => Order::Big,
        _ => return None,
    };
    let sum = checksum(order, [0, 0], &header[..24]);
    let fits =
        word(header, 4) == 3_007_000 && word(header, 8) as usize == PAGE_BYTES && sum == [word(header, 24), word(header, 28)];
    fits.then_some((order, sum))
}

/// The log's checksum, continued over bytes whose number is a multiple of 8.
fn checksum(order: Order, [mut s0, mut s1]: [u32; 2], bytes: &[u8]) -> [u32; 2] {
    let read = |word: &[u8]| {
        let word = [word[0], word[1], word[2], word[3]];
        match order {
            Order::Little => u32::from_le_bytes(word),
            Order::Big => u32::from_be_bytes(word),
        }
    };
    for pair in bytes.chunks_exact(8) {
        s0 = s0.wrapping_add(read(&pair[..4])).wrapping_add(s1);
        s1 = s1.wrapping_add(read(&pair[4..])).wrapping_add(s0);
    }
    [s0, s1]
}

/// The checksum that a frame carries.
fn stored(frame: &[u8]) -> [u32; 2] {
    [word(frame, 16), word(frame, 20)]
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn array(bytes: &[u8], at: usize) -> [u8; 8] {
    core::array::from_fn(|i| bytes[at + i])
}

/// Fills a buffer; `false` when the file ends before.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> Result<bool, WalFault> {
    match from.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(e) => Err(WalFault::Io(e)),
    }
}
