use super::{Kind, Planned, QUERIES, QUERIES_CHECKSUM, QUERIES_SEED, VOLUMES_CHECKSUMS, VOLUMES_SEED, Workload, checksum};

fn sum(seed: u64, count: usize) -> u64 {
    checksum(Workload::new(seed).take(count).map(|volume| (volume.min, volume.max)))
}

/// The sums were agreed by two other implementations of the law, in two other languages; that of 10^7 volumes by one. Those of
/// 10^6 and of 10^7 are checked by the benchmark before it measures.
#[test]
fn the_boxes_are_those_of_the_law() {
    for (count, expected) in &VOLUMES_CHECKSUMS[..2] {
        assert_eq!(sum(VOLUMES_SEED, *count), *expected, "{count} volumes");
    }
    assert_eq!(sum(QUERIES_SEED, QUERIES), QUERIES_CHECKSUM, "queries");
}

/// The sums are of the boxes only: the corners must give them, and be as many as the law draws.
#[test]
fn the_corners_fill_the_boxes() {
    let volumes: Vec<Planned> = Workload::new(VOLUMES_SEED).take(100_000).collect();
    for volume in &volumes {
        for axis in 0..2 {
            assert_eq!(volume.polygon.iter().map(|corner| corner[axis]).min(), Some(volume.min[axis]));
            assert_eq!(volume.polygon.iter().map(|corner| corner[axis]).max(), Some(volume.max[axis]));
        }
        let corners = match volume.kind {
            Kind::Small => 4..=12,
            Kind::Medium => 6..=16,
            Kind::Big => 8..=32,
        };
        assert!(corners.contains(&volume.polygon.len()), "{volume:?}");
    }
    let corners: usize = volumes.iter().map(|volume| volume.polygon.len()).sum();
    assert!((811_000..813_000).contains(&corners), "8.12 a volume, not {corners} of 100,000");
    let small = volumes.iter().filter(|volume| volume.kind == Kind::Small).count();
    assert!((69_000..71_000).contains(&small), "{small} of 100,000 are small");
}

/// A star whose corners go once round is simple: no footprint of the workload crosses itself, or is degenerate.
#[test]
fn the_footprints_go_round_once_and_anticlockwise() {
    for volume in Workload::new(QUERIES_SEED).take(5_000) {
        let doubled: i128 = (0..volume.polygon.len())
            .map(|i| {
                let ([ax, ay], [bx, by]) = (volume.polygon[i], volume.polygon[(i + 1) % volume.polygon.len()]);
                i128::from(ax) * i128::from(by) - i128::from(bx) * i128::from(ay)
            })
            .sum();
        assert!(doubled > 0, "{volume:?}");
    }
}
