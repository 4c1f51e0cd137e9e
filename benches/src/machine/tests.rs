use super::{Counted, sleeps, times};

#[test]
fn the_kernel_s_counts_are_read() {
    let stat = "9244 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 1250 75 0 0 20 0";
    assert_eq!(times(stat), Some([12.5, 0.75]));
    assert_eq!(times("9244 (a) S 1 2"), None);
    assert_eq!(times(""), None);
    let status = "Name:\ta\nvoluntary_ctxt_switches:\t42\nnonvoluntary_ctxt_switches:\t7\n";
    assert_eq!(sleeps(status), Some(42));
    assert_eq!(sleeps("Name:\ta\n"), None);
}

#[test]
fn a_difference_is_what_came_since() {
    let earlier = Counted { user_s: 1.0, system_s: 0.5, sleeps: 10 };
    let later = Counted { user_s: 3.0, system_s: 0.75, sleeps: 25 };
    assert_eq!(later.since(&earlier), Counted { user_s: 2.0, system_s: 0.25, sleeps: 15 });
    assert!(Counted::of(std::process::id()).sleeps < u64::MAX);
}
