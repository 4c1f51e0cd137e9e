use super::*;

fn page(path: &str, text: &str) -> Page {
    Page { path: path.into(), text: text.to_owned() }
}

#[test]
fn a_page_that_the_summary_forgot_is_caught() {
    let summary = page(SUMMARY, "- [A](spec/a.md)\n- [C](./spec/c.md#part)\n");
    let pages =
        [summary, page("docs/spec/a.md", ""), page("docs/spec/b.md", ""), page("docs/spec/c.md", ""), page("README.md", "")];
    assert_eq!(unlisted(&pages), [Path::new("docs/spec/b.md")]);
}

#[test]
fn a_missing_summary_lists_nothing() {
    assert_eq!(unlisted(&[page("docs/a.md", "")]).len(), 1);
}

#[test]
fn links_are_found_in_prose_and_not_in_code() {
    let text = "see [a](a.md) and ![b](<b.png> \"title\")\n```\n[c](c.md)\n```\n`[d](d.md)` then [e](../e.md#x)\n[f]: f.md\n";
    let found: Vec<_> = links(text).collect();
    assert_eq!(found, [(1, "a.md"), (1, "b.png"), (5, "../e.md#x"), (6, "f.md")]);
}

#[test]
fn a_dead_link_and_one_out_of_the_house_are_caught() {
    let root = house::root();
    let text = "[x](main.rs) [web](https://example.org) [self](#part)\n[gone](gone.rs)\n[out](../../../etc)\n[top](/etc)\n";
    let found = dead_links(&root, &page("xtask/src/here.md", text));
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[0].starts_with("xtask/src/here.md:2:") && found[0].contains("gone.rs"));
}

#[test]
fn a_test_that_is_promised_but_absent_is_caught() {
    let text = "| Promise | Test |\n|---|---|\n| one | `held` |\n| two | `sim::missing` and `held` |\n| three | |\n\n| x | y |\n|---|---|\n| a | `z` |\n";
    let found = absent_tests(&page("docs/t.md", text), &BTreeSet::from(["held"]));
    assert_eq!(found, ["docs/t.md:4: there is no test `missing`"]);
    assert_eq!(test_cells(text).count(), 3);
}

#[test]
fn a_new_page_joins_its_folder_in_the_summary() {
    let summary = "# S\n\n- [A](spec/a.md)\n\n# D\n\n- [One](decisions/0001.md)\n";
    let joined = with_page(summary, &page("docs/spec/b.md", "# B page\n"));
    assert_eq!(joined, "# S\n\n- [A](spec/a.md)\n- [B page](spec/b.md)\n\n# D\n\n- [One](decisions/0001.md)\n");
    assert!(with_page(summary, &page("docs/new.md", "# New\n")).ends_with("0001.md)\n- [New](new.md)\n"));
}

#[test]
fn the_first_page_of_a_folder_goes_under_its_heading() {
    let one = |summary| with_page(summary, &page("docs/spec/a.md", "# A\n"));
    assert_eq!(
        one("# Specification\n\n# Trust\n\n- [T](t.md)\n"),
        "# Specification\n\n- [A](spec/a.md)\n\n# Trust\n\n- [T](t.md)\n"
    );
    assert_eq!(one("# Guides\n\n# Specification\n"), "# Guides\n\n# Specification\n\n- [A](spec/a.md)\n");
}
