//! The fuzz targets' bodies on random and on nearly right input.

use detente_net::{FramesFileWriter, fuzzing};
use proptest::prelude::*;

fn a_stream() -> impl Strategy<Value = Vec<u8>> {
    let frame = (0_u32..40, prop::collection::vec(any::<u8>(), 0..40))
        .prop_map(|(length, bytes)| [length.to_be_bytes().to_vec(), bytes].concat());
    prop::collection::vec(frame, 0..10).prop_map(|frames| frames.concat())
}

fn a_written_file() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("frames");
    let mut writer = FramesFileWriter::create(&path, [3; 32]).unwrap();
    writer.push(b"first").unwrap();
    writer.push(&[9; 500]).unwrap();
    writer.finish().unwrap();
    std::fs::read(path).unwrap()
}

proptest! {
    #[test]
    fn deframer_keeps_its_promises(chunk: u8, stream in a_stream()) {
        fuzzing::deframer(&[vec![chunk], stream].concat());
    }

    #[test]
    fn any_bytes_go_through_every_decoder(data in prop::collection::vec(any::<u8>(), 0..400)) {
        fuzzing::deframer(&data);
        fuzzing::frames_file(&data);
        fuzzing::knock(&data);
    }
}

#[test]
fn a_written_file_is_canonical_wherever_one_byte_is_changed() {
    let whole = a_written_file();
    fuzzing::frames_file(&whole);
    for place in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[place] = bytes[place].wrapping_add(1);
        fuzzing::frames_file(&bytes);
        fuzzing::frames_file(&whole[..place]);
    }
}
