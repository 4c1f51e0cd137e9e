use super::{BYTES_MAX, draw, label};
use crate::profile::fold::{Folded, Frame, Owner, Stack};

fn stack(names: &[&str]) -> Stack {
    let frames = names.iter().map(|name| Frame { name: (*name).to_owned(), owner: Owner::Program });
    Stack { thread: "main".to_owned(), frames: frames.collect() }
}

#[test]
fn widths_are_shares_and_what_is_called_lies_upon() {
    let svg = draw("A & B", &Folded::of(&[stack(&["a", "b"]), stack(&["a"]), stack(&["c<d>"]), stack(&["a"])], None));
    assert!(svg.contains("<title>A &amp; B</title>") && svg.contains("<title>a: 75.00 %</title>"), "{svg}");
    assert!(svg.contains("<title>c&lt;d&gt;: 25.00 %</title>") && !svg.contains("c<d>"), "{svg}");
    let row = |name: &str| {
        let rest = svg.split_once(&format!("<title>{name}: ")).unwrap().1;
        let field =
            |key: &str| rest.split_once(&format!("{key}=\"")).unwrap().1.split_once('"').unwrap().0.parse::<f64>().unwrap();
        [field(" x"), field(" y"), field(" width")]
    };
    let ([ax, ay, a_wide], [bx, by, b_wide], [cx, ..]) = (row("a"), row("b"), row("c&lt;d&gt;"));
    assert!(by < ay, "what is called is drawn above");
    assert!((ax - bx).abs() < 0.2 && (a_wide / b_wide - 3.0).abs() < 0.02);
    assert!((cx - ax - a_wide).abs() < 0.5, "neighbours follow each other");
}

#[test]
fn a_file_stays_small() {
    let names: Vec<String> = (0..3_000).map(|i| format!("crate::module::a_function_of_some_length_{i}")).collect();
    let stacks: Vec<Stack> = names.iter().map(|name| stack(&["root", name, "under", name])).collect();
    let mut many = stacks.clone();
    many.extend(std::iter::repeat_n(stack(&["root", "often"]), 1_000));
    for stacks in [stacks, many] {
        let svg = draw("Many", &Folded::of(&stacks, None));
        assert!(svg.len() <= BYTES_MAX && svg.ends_with("</svg>\n"), "{} bytes", svg.len());
    }
}

#[test]
fn nothing_sampled_is_an_empty_picture() {
    let svg = draw("Nothing", &Folded::of(&[], None));
    assert!(svg.contains("0 samples") && !svg.contains("<g>"));
}

#[test]
fn a_label_keeps_its_end() {
    assert_eq!(label("space::forest::walk", 30), "space::forest::walk");
    assert_eq!(label("space::forest::walk", 6), "…:walk");
}
