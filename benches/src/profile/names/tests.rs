use super::{file, is_standard, module, short};

#[test]
fn a_name_loses_what_nobody_reads() {
    let cases = [
        ("detente_space::forest::walk::walk::h0123456789abcdef", "space::forest::walk::walk"),
        (
            "<detente_benches::space::contender::Live as detente_benches::space::Structure>::find",
            "benches::space::contender::Live::find",
        ),
        ("detente_node::act::<impl detente_node::line::Line>::act", "node::act::act"),
        ("detente_space::forest::snapshot::{impl#0}::visit::{closure_env#0}<(), F>", "space::forest::snapshot::visit::{closure}"),
        ("alloc::vec::Vec<T,A>::push", "alloc::vec::Vec::push"),
        ("core::panicking::catch<fn() -> core::result::Result<(), E>, R>::call", "core::panicking::catch::call"),
        ("<alloc::vec::Vec<T,A> as alloc::vec::SpecExtend<T,I>>::spec_extend", "alloc::vec::Vec::spec_extend"),
        ("core::ops::function::FnOnce::call_once{{vtable.shim}}", "core::ops::function::FnOnce::call_once{{vtable.shim}}"),
        (
            "<&dyn core::ops::Fn<(), Output = i32> + core::marker::Sync as core::ops::FnOnce<()>>::call_once",
            "&dyn core::ops::Fn + core::marker::Sync::call_once",
        ),
        ("sqlite3VdbeExec", "sqlite3VdbeExec"),
        ("", ""),
    ];
    for (long, expected) in cases {
        assert_eq!(short(long), expected, "{long}");
    }
}

#[test]
fn no_folder_of_the_machine_is_left() {
    let closure = "{closure@/home/someone/project/crates/space/src/forest.rs:12:5}::call";
    assert_eq!(short(closure), "{closure}::call");
    assert_eq!(short("read(/home/someone/x.bin)"), "read(x.bin)");
    assert!(!short("a</home/b> /opt/c::d").contains('/'));
    assert_eq!(file("/home/someone/target/release/space"), "space");
    assert_eq!(file("[kernel.kallsyms]"), "[kernel.kallsyms]");
}

#[test]
fn a_long_name_is_cut_at_a_character() {
    let long = "ä".repeat(500);
    assert_eq!(short(&long).chars().count(), 120);
}

#[test]
fn brackets_that_do_not_match_are_no_fault() {
    for odd in ["<", ">", "a<b", "a>b", "<a as b", "<a as b>>c", "->", "a::<-><"] {
        let _ = short(odd);
    }
}

#[test]
fn a_file_tells_its_module() {
    let cases = [
        ("/home/someone/crates/space/src/forest/lanes.rs", Some("space::forest::lanes")),
        ("/home/someone/.cargo/registry/src/index-1/libm-0.2.15/src/math/cos.rs", Some("libm::math::cos")),
        ("/rustc/abc/library/core/src/slice/mod.rs", Some("core::slice")),
        ("benches/src/lib.rs", Some("benches")),
        ("src/lib.rs", None),
        ("/usr/include/string.h", None),
    ];
    for (path, expected) in cases {
        assert_eq!(module(path).as_deref(), expected, "{path}");
    }
}

#[test]
fn what_comes_with_the_compiler_is_known() {
    assert!(is_standard("/rustc/abc/library/core/src/slice/mod.rs"));
    assert!(!is_standard("/home/someone/crates/space/src/forest.rs"));
}
