use super::*;

fn source(text: &str) -> Source {
    Source::new("crates/node/src/door.rs", text)
}

/// A function of exactly this many lines.
fn function(lines: usize) -> String {
    format!("fn long() {{\n{}}}\n", "    step();\n".repeat(lines - 2))
}

fn function_found(lines: usize, allowed: &str) -> Vec<String> {
    function_findings(&[source(&function(lines))], allowed)
}

#[test]
fn marks_are_found_with_their_line_and_only_in_code() {
    let found = file_findings(&source("// todo!()\nfn a() {\n    todo!(\"dbg!\")\n}\n"));
    assert_eq!(found, ["crates/node/src/door.rs:3: `todo!`: finish it, or refuse the input with an error"]);
}

#[test]
fn ignored_tests_and_bare_allows_are_found_in_tests_too() {
    let text = "#[cfg(test)]\nmod tests {\n    #[test]\n    #[ignore]\n    #[allow(dead_code)]\n    fn a() {}\n}\n";
    assert_eq!(file_findings(&source(text)).len(), 2);
}

#[test]
fn unwrap_is_found_in_product_code_only() {
    let text = "fn a() { b().unwrap(); c().unwrap_or(1); }\n#[cfg(test)]\nmod tests { fn d() { e().unwrap(); } }\n";
    assert_eq!(file_findings(&source(text)).len(), 1);
    assert_eq!(file_findings(&Source::new("sim/src/lib.rs", "fn a() { b().unwrap(); }")).len(), 0);
}

#[test]
fn a_file_of_a_thousand_lines_is_the_longest() {
    assert_eq!(file_findings(&source(&"\n".repeat(1000))).len(), 0);
    assert_eq!(file_findings(&source(&"\n".repeat(1001))).len(), 1);
}

#[test]
fn a_function_of_seventy_lines_is_the_longest() {
    assert_eq!(function_found(70, ""), Vec::<String>::new());
    assert!(function_found(71, "")[0].contains("fn long has 71 lines"));
}

#[test]
fn the_list_of_long_functions_only_shrinks() {
    let entry = "# why\ncrates/node/src/door.rs long 80\n";
    assert_eq!(function_found(80, entry), Vec::<String>::new());
    assert!(function_found(81, entry)[0].contains("grew"));
    assert!(function_found(79, entry)[0].contains("shrank"));
    assert!(function_found(70, entry)[0].contains("remove it"));
    assert!(function_found(70, "nonsense\n")[0].contains("is not `path name lines`"));
}
