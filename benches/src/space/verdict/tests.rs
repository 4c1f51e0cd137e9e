use std::collections::BTreeSet;

use super::promises::{OVER_HTTP, PROMISES, Promise};
use super::{Measured, Row, rows};

fn row(promise: &Promise, measured: Option<f64>) -> Row {
    Row::of(promise, measured)
}

#[test]
fn a_verdict_is_what_the_bounds_say() {
    for promise in PROMISES.iter().chain(&OVER_HTTP) {
        let [must, aim] = promise.bounds;
        assert!(if promise.at_most { aim < must } else { must < aim }, "{}", promise.what);
        let worse = |bound: f64| if promise.at_most { bound * 1.01 } else { bound * 0.99 };
        let told = |measured| (row(promise, measured).verdict(), row(promise, measured).is_missed());
        assert_eq!(told(Some(aim)), ("aim met", false));
        assert_eq!(told(Some(worse(aim))), ("must met, aim missed", true));
        assert_eq!(told(Some(worse(must))), ("**must missed**", true));
        assert_eq!(told(None), ("not measured", false));
        assert_eq!(told(Some(f64::NAN)), ("not measured", false));
    }
}

#[test]
fn each_promise_says_what_to_try_next() {
    let all: Vec<&Promise> = PROMISES.iter().chain(&OVER_HTTP).collect();
    assert!(all.iter().all(|promise| promise.next.ends_with('.') && promise.next.len() > 40));
    assert_eq!(all.iter().map(|promise| promise.what).collect::<BTreeSet<_>>().len(), all.len());
}

#[test]
fn what_was_not_measured_is_told_so() {
    assert!(rows(&Measured::default()).iter().all(|row| row.verdict() == "not measured"));
    assert_eq!(rows(&Measured::default()).len(), 20);
}
