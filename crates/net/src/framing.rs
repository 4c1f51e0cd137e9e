//! Frames on a byte stream: a 32-bit big-endian length, then that many bytes.
//!
//! Pure: bytes in, frames out. A length is judged before anything is allocated for it, so a peer makes
//! us hold at most one frame. The empty frame is reserved for the welcome that ends a handshake.

use crate::error::{CallerFault, PeerFault};

/// The largest frame (F5: nothing may queue long before a SAFETY statement).
pub const FRAME_BYTES_MAX: usize = 16 * 1024;

/// Bytes of the length before each frame.
pub(crate) const HEADER_BYTES: usize = 4;

/// What the listening side says when a handshake is complete: the empty frame. Only then does the
/// caller know that its key was accepted, for in TLS 1.3 the caller finishes first.
pub(crate) const WELCOME: [u8; HEADER_BYTES] = [0; HEADER_BYTES];

/// Refuses what a peer would refuse.
pub(crate) fn check_frame(frame: &[u8]) -> Result<(), CallerFault> {
    match frame.len() {
        0 => Err(CallerFault::EmptyFrame),
        1..=FRAME_BYTES_MAX => Ok(()),
        bytes => Err(CallerFault::FrameTooLarge { bytes }),
    }
}

/// Appends one frame, which [`check_frame`] has passed, in its form on the stream.
pub(crate) fn put_frame(frame: &[u8], stream: &mut Vec<u8>) {
    let length = u32::try_from(frame.len()).expect("check_frame: at most FRAME_BYTES_MAX");
    stream.extend_from_slice(&length.to_be_bytes());
    stream.extend_from_slice(frame);
}

/// Cuts a stream into frames, however it is chopped up.
#[derive(Debug, Default)]
pub struct Deframer {
    header: [u8; HEADER_BYTES],
    header_bytes: usize,
    body: Vec<u8>,
    /// Length of the frame whose body is being read.
    body_bytes: Option<usize>,
}

impl Deframer {
    /// Starts at a frame boundary.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes off the front of `input` until a frame is whole or the input is used up.
    ///
    /// # Errors
    /// [`PeerFault::FrameTooLarge`] or [`PeerFault::EmptyFrame`]; the stream has no meaning after that.
    pub fn take(&mut self, input: &mut &[u8]) -> Result<Option<Vec<u8>>, PeerFault> {
        let Some(body_bytes) = self.take_header(input)? else {
            return Ok(None);
        };
        let part = split_front(input, body_bytes - self.body.len());
        self.body.extend_from_slice(part);
        if self.body.len() < body_bytes {
            return Ok(None);
        }
        self.body_bytes = None;
        Ok(Some(std::mem::take(&mut self.body)))
    }

    /// Judges the end of the stream at this point.
    ///
    /// # Errors
    /// [`PeerFault::Truncated`] inside a frame.
    pub fn finish(&self) -> Result<(), PeerFault> {
        let missing = match self.body_bytes {
            Some(body_bytes) => body_bytes - self.body.len(),
            None if self.header_bytes == 0 => return Ok(()),
            None => HEADER_BYTES - self.header_bytes,
        };
        Err(PeerFault::Truncated { missing })
    }

    fn take_header(&mut self, input: &mut &[u8]) -> Result<Option<usize>, PeerFault> {
        if self.body_bytes.is_some() {
            return Ok(self.body_bytes);
        }
        let part = split_front(input, HEADER_BYTES - self.header_bytes);
        self.header[self.header_bytes..self.header_bytes + part.len()].copy_from_slice(part);
        self.header_bytes += part.len();
        if self.header_bytes < HEADER_BYTES {
            return Ok(None);
        }
        let bytes = u32::from_be_bytes(self.header);
        let body_bytes = check_length(bytes)?;
        self.header_bytes = 0;
        self.body = Vec::with_capacity(body_bytes);
        self.body_bytes = Some(body_bytes);
        Ok(self.body_bytes)
    }
}

fn check_length(bytes: u32) -> Result<usize, PeerFault> {
    match usize::try_from(bytes) {
        Ok(0) => Err(PeerFault::EmptyFrame),
        Ok(length @ 1..=FRAME_BYTES_MAX) => Ok(length),
        _ => Err(PeerFault::FrameTooLarge { bytes }),
    }
}

/// Takes at most `count` bytes off the front.
fn split_front<'a>(input: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (front, rest) = input.split_at(count.min(input.len()));
    *input = rest;
    front
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn deframe_all(deframer: &mut Deframer, mut input: &[u8]) -> Result<Vec<Vec<u8>>, PeerFault> {
        let mut frames = Vec::new();
        while let Some(frame) = deframer.take(&mut input)? {
            frames.push(frame);
        }
        Ok(frames)
    }

    #[test]
    fn lengths_outside_the_rules_are_refused_before_the_body() {
        let mut too_large: &[u8] = &(FRAME_BYTES_MAX as u32 + 1).to_be_bytes();
        assert_eq!(Deframer::new().take(&mut too_large), Err(PeerFault::FrameTooLarge { bytes: FRAME_BYTES_MAX as u32 + 1 }));
        let mut empty: &[u8] = &WELCOME;
        assert_eq!(Deframer::new().take(&mut empty), Err(PeerFault::EmptyFrame));
        let mut huge: &[u8] = &[0xff; 4];
        assert_eq!(Deframer::new().take(&mut huge), Err(PeerFault::FrameTooLarge { bytes: u32::MAX }));
    }

    #[test]
    fn the_senders_rule_is_the_receivers_rule() {
        assert_eq!(check_frame(&[]), Err(CallerFault::EmptyFrame));
        assert_eq!(check_frame(&[0; FRAME_BYTES_MAX]), Ok(()));
        let bytes = FRAME_BYTES_MAX + 1;
        assert_eq!(check_frame(&vec![0; bytes]), Err(CallerFault::FrameTooLarge { bytes }));
    }

    #[test]
    fn an_end_inside_a_frame_says_what_is_missing() {
        let mut stream = Vec::new();
        put_frame(b"hello", &mut stream);
        for end in 1..stream.len() {
            let mut deframer = Deframer::new();
            assert_eq!(deframe_all(&mut deframer, &stream[..end]), Ok(vec![]));
            let missing = if end < HEADER_BYTES { HEADER_BYTES - end } else { stream.len() - end };
            assert_eq!(deframer.finish(), Err(PeerFault::Truncated { missing }));
        }
    }

    proptest! {
        #[test]
        fn frames_survive_any_chopping(
            frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..300), 0..20),
            chunk in 1_usize..50,
        ) {
            let mut stream = Vec::new();
            frames.iter().for_each(|frame| put_frame(frame, &mut stream));
            let mut deframer = Deframer::new();
            let mut got = Vec::new();
            for part in stream.chunks(chunk) {
                got.extend(deframe_all(&mut deframer, part).unwrap());
            }
            prop_assert_eq!(deframer.finish(), Ok(()));
            prop_assert_eq!(got, frames);
        }
    }
}
