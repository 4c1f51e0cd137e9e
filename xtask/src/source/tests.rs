use super::*;

fn source(text: &str) -> Source {
    Source::new("crates/space/src/index.rs", text)
}

#[test]
fn comments_and_literals_are_blanked_and_places_kept() {
    let text = "let a = \"x{\\\"}\"; // } é\nlet b = '{'; let c: &'static str = r#\"a\"}\"#; /* { /* } */ */ b'\\''\n";
    let code = blank(text);
    assert_eq!(code.len(), text.len());
    assert!(!code.contains(['{', '}', '"', 'é']));
    assert!(code.contains("'static str") && code.contains("let b ="));
    assert_eq!(code.lines().count(), 2);
}

#[test]
fn raw_names_and_words_that_end_in_r_are_code() {
    assert_eq!(blank("r#fn; for\"x\"; br\"}\""), "r#fn; for   ;      ");
}

#[test]
fn a_function_is_measured_from_its_name_to_its_brace() {
    let file = source("trait T { fn no_body(&self); }\nfn a(f: fn(u8)) -> [u8; 2] {\n    \"}\";\n}\n#[test]\nfn b() {}\n");
    let expected =
        [Function { name: "a", line: 2, lines: 3, is_test: false }, Function { name: "b", line: 6, lines: 1, is_test: true }];
    assert_eq!(file.functions(), expected);
}

#[test]
fn test_code_is_told_from_product_code() {
    let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n#[cfg(not(test))]\nfn d() {}\n";
    let file = source(text);
    let tested = |name: &str| file.is_test(text.find(name).expect("it is there"));
    assert!(tested("fn b"));
    assert!(!tested("fn a") && !tested("fn c") && !tested("fn d"));
}

#[test]
fn a_test_module_in_a_file_of_its_own_is_named() {
    let file = source("#[cfg(test)]\n#[rustfmt::skip]\nmod model;\nmod other;\n");
    assert_eq!(file.test_modules(), [Path::new("crates/space/src/index/model")]);
}

#[test]
fn tool_crates_and_test_folders_are_test_code() {
    for path in ["sim/src/lib.rs", "crates/wire/tests/rules.rs", "crates/wire/src/leaf/tests.rs"] {
        assert!(Source::new(path, "x").is_test(0), "{path}");
    }
    assert!(!Source::new("crates/wire/src/latest.rs", "x").is_test(0));
}
