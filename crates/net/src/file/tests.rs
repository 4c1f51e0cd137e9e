//! Files of frames: whole ones read back, and nothing else passes for whole.

use std::fs;

use proptest::prelude::*;
use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::*;

const LINE: LineBytes = [0x5a; 32];

fn encode(line: LineBytes, frames: &[Vec<u8>]) -> Vec<u8> {
    let mut encoder = FramesEncoder::new(Vec::new(), line).unwrap();
    frames.iter().for_each(|frame| encoder.push(frame).unwrap());
    encoder.finish().unwrap()
}

/// All frames, or the first fault.
fn decode(bytes: &[u8]) -> Result<Vec<Vec<u8>>, FileFault> {
    let result = FramesReader::new(bytes).and_then(Iterator::collect);
    result.map_err(|error| match error {
        NetError::PeerFault(PeerFault::File(fault)) => fault,
        other => panic!("a damaged file is the file's fault, got {other:?}"),
    })
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn a_frame() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 1..200)
}

#[test]
fn frames_come_back_from_a_file_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("to-them.frames");
    let frames = vec![vec![1], vec![2; FRAME_BYTES_MAX], vec![3; 100]];
    let mut writer = FramesFileWriter::create(&path, LINE).unwrap();
    frames.iter().for_each(|frame| writer.push(frame).unwrap());
    assert!(!path.exists(), "nothing has its name before it is whole");
    writer.finish().unwrap();

    assert_eq!(names(folder.path()), ["to-them.frames"]);
    let reader = FramesFileReader::open(&path).unwrap();
    assert_eq!(reader.line(), &LINE);
    assert_eq!(reader.collect::<Result<Vec<_>, _>>().unwrap(), frames);
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn an_unfinished_file_leaves_the_old_one_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("frames");
    fs::write(&path, b"old").unwrap();
    fs::write(folder.path().join(".frames.0.part"), b"left by a crash").unwrap();
    let mut writer = FramesFileWriter::create(&path, LINE).unwrap();
    writer.push(b"new").unwrap();
    drop(writer);
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(names(folder.path()), [".frames.0.part", "frames"]);

    FramesFileWriter::create(&path, LINE).unwrap().finish().unwrap();
    assert_eq!(fs::read(&path).unwrap(), encode(LINE, &[]));
}

#[test]
fn frames_outside_the_limits_are_the_callers_fault() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = FramesFileWriter::create(&folder.path().join("frames"), LINE).unwrap();
    assert!(matches!(writer.push(&[]), Err(NetError::CallerFault(CallerFault::EmptyFrame))));
    let large = writer.push(&[0; FRAME_BYTES_MAX + 1]);
    assert!(matches!(large, Err(NetError::CallerFault(CallerFault::FrameTooLarge { .. }))));
    let nameless = FramesFileWriter::create(Path::new("/"), LINE);
    assert!(matches!(nameless, Err(NetError::CallerFault(CallerFault::NoFileName))));
}

#[test]
fn what_is_no_file_is_refused_without_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    for path in [pipe.as_path(), folder.path(), Path::new("/dev/zero")] {
        match FramesFileReader::open(path) {
            Err(NetError::PeerFault(PeerFault::File(fault))) => assert_eq!(fault, FileFault::NotAFile),
            other => panic!("{other:?}"),
        }
    }
    let missing = FramesFileReader::open(&folder.path().join("missing"));
    assert!(matches!(missing, Err(NetError::Environment(Environment::File { step: "open", .. }))));
}

#[test]
fn each_kind_of_damage_has_its_name() {
    let frames = vec![vec![1; 10], vec![2; 10]];
    let whole = encode(LINE, &frames);
    let (head, record) = (8 + 1 + 32, 4 + 10 + 16);
    let damaged = |alter: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = whole.clone();
        alter(&mut bytes);
        decode(&bytes)
    };
    assert_eq!(damaged(&|bytes| bytes[0] ^= 0x80), Err(FileFault::BadMagic));
    assert_eq!(damaged(&|bytes| bytes[8] = 2), Err(FileFault::UnknownVersion { version: 2 }));
    assert_eq!(damaged(&|bytes| bytes[9] ^= 1), Err(FileFault::BadCheck { index: 0 }));
    assert_eq!(damaged(&|bytes| bytes[head + record + 5] ^= 1), Err(FileFault::BadCheck { index: 1 }));
    assert_eq!(damaged(&|bytes| bytes[head] = 1), Err(FileFault::FrameTooLarge { index: 0, bytes: 0x0100_000a }));
    assert_eq!(damaged(&|bytes| bytes.push(0)), Err(FileFault::TrailingBytes { index: 2 }));
    assert_eq!(damaged(&|bytes| bytes.truncate(20)), Err(FileFault::Truncated { index: 0 }));
    // Cut exactly between two frames, and just before the end mark: only the end mark can tell.
    assert_eq!(damaged(&|bytes| bytes.truncate(head + record)), Err(FileFault::Truncated { index: 1 }));
    assert_eq!(damaged(&|bytes| bytes.truncate(head + 2 * record)), Err(FileFault::Truncated { index: 2 }));
    // A frame left out, and two changed round.
    let leave_out = |bytes: &mut Vec<u8>| drop(bytes.drain(head..head + record));
    assert_eq!(damaged(&leave_out), Err(FileFault::BadCheck { index: 0 }));
    assert_eq!(damaged(&|bytes| bytes[head..head + 2 * record].rotate_left(record)), Err(FileFault::BadCheck { index: 0 }));
}

#[test]
fn good_frames_before_the_damage_are_given_out() {
    let mut bytes = encode(LINE, &[vec![1; 10], vec![2; 10]]);
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let mut reader = FramesReader::new(&bytes[..]).unwrap();
    assert_eq!(reader.next().unwrap().unwrap(), vec![1; 10]);
    assert_eq!(reader.next().unwrap().unwrap(), vec![2; 10]);
    assert!(reader.next().unwrap().is_err(), "the end mark is damaged");
    assert!(reader.next().is_none());
}

#[test]
fn every_single_flipped_bit_is_found() {
    let whole = encode(LINE, &[vec![7; 33], vec![8; 5]]);
    for bit in 0..whole.len() * 8 {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(decode(&bytes).is_err(), "bit {bit} flipped unnoticed");
    }
}

proptest! {
    #[test]
    fn any_frames_come_back(line: LineBytes, frames in prop::collection::vec(a_frame(), 0..20)) {
        prop_assert_eq!(decode(&encode(line, &frames)), Ok(frames));
    }

    #[test]
    fn any_cut_is_found(frames in prop::collection::vec(a_frame(), 0..8), cut in any::<prop::sample::Index>()) {
        let whole = encode(LINE, &frames);
        prop_assert!(decode(&whole[..cut.index(whole.len())]).is_err());
    }

    #[test]
    fn any_overwritten_run_is_found(
        frames in prop::collection::vec(a_frame(), 1..8),
        place in any::<prop::sample::Index>(),
        run in prop::collection::vec(any::<u8>(), 1..64),
    ) {
        let whole = encode(LINE, &frames);
        let mut bytes = whole.clone();
        let start = place.index(bytes.len());
        let end = (start + run.len()).min(bytes.len());
        bytes[start..end].copy_from_slice(&run[..end - start]);
        prop_assume!(bytes != whole);
        prop_assert!(decode(&bytes).is_err());
    }
}
