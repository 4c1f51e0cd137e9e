use super::{Segment, Symbols, address, qualified, segments};

fn header(loaded: &[[u64; 3]]) -> Vec<u8> {
    let mut bytes = vec![0; 64 + 56 * loaded.len()];
    bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
    bytes[32..40].copy_from_slice(&64_u64.to_le_bytes());
    bytes[54..56].copy_from_slice(&56_u16.to_le_bytes());
    bytes[56..58].copy_from_slice(&(loaded.len() as u16).to_le_bytes());
    for (i, [offset, address, length]) in loaded.iter().enumerate() {
        let at = 64 + 56 * i;
        bytes[at..at + 4].copy_from_slice(&1_u32.to_le_bytes());
        for (field, value) in [(8, offset), (16, address), (32, length)] {
            bytes[at + field..at + field + 8].copy_from_slice(&value.to_le_bytes());
        }
    }
    bytes
}

#[test]
fn a_place_in_the_file_is_an_address() {
    let read = segments(&header(&[[0, 0, 0x100], [0x100, 0x1100, 0x50]])).unwrap();
    assert_eq!(read[1], Segment { offset: 0x100, address: 0x1100, length: 0x50 });
    assert_eq!(address(&read, 0x0ff), Some(0x0ff));
    assert_eq!(address(&read, 0x120), Some(0x1120));
    assert_eq!(address(&read, 0x150), None);
}

#[test]
fn what_is_no_program_is_refused() {
    let whole = header(&[[0, 0, 0x100]]);
    for bad in [&b""[..], b"\x7fELF\x01\x01", &whole[..40], &whole[..100]] {
        assert!(segments(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn a_last_name_gets_its_module() {
    assert_eq!(qualified("fetch", "/home/someone/crates/space/src/forest/lanes.rs"), "space::forest::lanes::fetch");
    assert_eq!(qualified("a::b", "/home/someone/crates/space/src/forest/lanes.rs"), "a::b");
    assert_eq!(qualified("memchr", "/usr/include/string.h"), "memchr");
}

/// The test's own program: a function's address as the file has it is found again by its name.
#[test]
fn a_function_of_this_program_is_found() {
    let mut symbols = Symbols::open(&std::env::current_exe().unwrap()).unwrap();
    let text = symbols.segments.iter().copied().find(|segment| segment.offset > 0).unwrap();
    let step = (text.length / 1_000).max(1) as usize;
    let known = (text.offset..text.offset + text.length).step_by(step).map(|at| symbols.frames(at, false, "outer"));
    let names: Vec<String> = known.flatten().map(|frame| frame.name).collect();
    assert!(names.iter().any(|name| name.starts_with("benches::") || name.starts_with("core::")), "{} names", names.len());
    assert!(!names.iter().any(|name| name.contains('/')), "a path is left");
}
