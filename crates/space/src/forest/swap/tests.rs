use super::*;

/// Two numbers that are always written together.
type Both = std::sync::Arc<(usize, usize)>;

fn both(number: usize) -> Both {
    std::sync::Arc::new((number, number))
}

/// What a reader sees: each whole, none older than one seen before, the last once the writer has told of it.
fn read(latest: &Latest<Both>, least: usize) -> usize {
    let seen = latest.get();
    assert_eq!(seen.0, seen.1);
    assert!(seen.0 >= least, "{} after {least}", seen.0);
    seen.0
}

#[cfg(loom)]
#[test]
fn no_reader_sees_half_or_goes_back_in_any_order_of_steps() {
    loom::model(|| {
        let latest = loom::sync::Arc::new(Latest::new(both(0)));
        let reader = {
            let latest = loom::sync::Arc::clone(&latest);
            loom::thread::spawn(move || {
                let first = read(&latest, 0);
                read(&latest, first);
            })
        };
        for number in 1..=2 {
            drop(latest.set(both(number)));
            assert_eq!(read(&latest, number), number);
        }
        reader.join().unwrap();
    });
}

#[cfg(not(loom))]
#[test]
#[expect(clippy::disallowed_methods, reason = "the point is to read from other threads")]
fn readers_and_a_writer_go_on_together() {
    let latest = Latest::new(both(0));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut seen = 0;
                while seen < 2_000 {
                    seen = read(&latest, seen);
                }
            });
        }
        (1..=2_000).for_each(|number| drop(latest.set(both(number))));
    });
}
