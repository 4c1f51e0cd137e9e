//! Bodies of the fuzz targets: each takes any bytes and panics if a decoder breaks a promise.
//!
//! They are plain functions so that the corpus is replayed by ordinary tests as well.

use crate::error::PeerFault;
use crate::file::{FramesEncoder, FramesReader};
use crate::framing::{Deframer, FRAME_BYTES_MAX, check_frame, put_frame};
use crate::knock::Knock;

/// Stream framing: chopping the input does not change the outcome, and what is accepted is canonical.
///
/// # Panics
/// If either does not hold.
pub fn deframer(data: &[u8]) {
    let Some((&chunk, stream)) = data.split_first() else { return };
    let (whole, outcome) = deframe([stream]);
    let chopped = deframe(stream.chunks(usize::from(chunk).max(1)));
    assert_eq!((&whole, &outcome), (&chopped.0, &chopped.1), "chopping changes nothing");
    let mut again = Vec::new();
    for frame in &whole {
        assert!(check_frame(frame).is_ok(), "every frame given out is one that may be sent");
        put_frame(frame, &mut again);
    }
    assert!(stream.starts_with(&again), "frames are cut out of the stream as they stand");
    assert!(outcome.is_err() || stream == again, "a stream without a fault is its frames and nothing else");
}

/// The file of frames: what is accepted as whole is exactly what would be written.
///
/// # Panics
/// If it is not.
pub fn frames_file(data: &[u8]) {
    let Ok(mut reader) = FramesReader::new(data) else { return };
    let line = *reader.line();
    let frames: Result<Vec<_>, _> = reader.by_ref().collect();
    assert!(reader.next().is_none(), "a reader that is over stays so");
    let Ok(frames) = frames else { return };
    let mut encoder = FramesEncoder::new(Vec::new(), line).expect("a vector takes all bytes");
    for frame in &frames {
        assert!((1..=FRAME_BYTES_MAX).contains(&frame.len()), "frames keep the limits");
        encoder.push(frame).expect("a vector takes all bytes");
    }
    assert_eq!(encoder.finish().expect("a vector takes all bytes"), data, "one content, one file");
}

/// The server name of a caller.
pub fn knock(data: &[u8]) {
    if let Ok(name) = str::from_utf8(data) {
        let _ = Knock::parse(name);
    }
}

fn deframe<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Vec<u8>>, Result<(), PeerFault>) {
    let (mut deframer, mut frames) = (Deframer::new(), Vec::new());
    for mut part in parts {
        loop {
            match deframer.take(&mut part) {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(fault) => return (frames, Err(fault)),
            }
        }
    }
    let outcome = deframer.finish();
    (frames, outcome)
}
