//! The tree and its proofs against published vectors, a naive recursion, and another implementation.

use detente_types::{EntryHash, Root};
use detente_wire::merkle::{
    EMPTY_ROOT, Frontier, Hash, ProofFault, leaf_hash, node_hash, root, verify_consistency, verify_inclusion,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// The eight leaves that the Certificate Transparency implementations test with.
const LEAVES: [&str; 8] = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

/// The published roots over the first one to eight of them.
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/// Published inclusion proofs: index, size, hashes.
const INCLUSIONS: [(u64, u64, &[&str]); 5] = [
    (0, 1, &[]),
    (
        0,
        8,
        &[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        &[
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (2, 3, &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (
        1,
        5,
        &[
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
];

/// Published consistency proofs: older size, newer size, hashes.
const CONSISTENCIES: [(u64, u64, &[&str]); 4] = [
    (1, 1, &[]),
    (
        1,
        8,
        &[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        6,
        8,
        &[
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (
        2,
        5,
        &[
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
];

/// Fixed seeds and small counts by default; `DETENTE_SOAK=1` asks for many.
fn cases(few: u32) -> ProptestConfig {
    let cases = if std::env::var_os("DETENTE_SOAK").is_some() { 50 * few } else { few };
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(0x5EED), failure_persistence: None, ..ProptestConfig::default() }
}

fn unhex(hex: &str) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap()
}

fn hashes(hex: &[&str]) -> Vec<Hash> {
    hex.iter().map(|h| unhex(h).try_into().unwrap()).collect()
}

fn published_root(size: u64) -> Root {
    Root::parse(ROOTS[size as usize - 1]).unwrap()
}

fn published_leaf(index: u64) -> EntryHash {
    leaf_hash(&unhex(LEAVES[index as usize]))
}

/// The recursion of RFC 9162 section 2.1.1, word for word and slow.
fn naive_root(leaves: &[EntryHash]) -> Hash {
    match leaves {
        [] => *EMPTY_ROOT.as_bytes(),
        [one] => *one.as_bytes(),
        many => {
            let (left, right) = many.split_at(split(many.len()));
            node_hash(&naive_root(left), &naive_root(right))
        }
    }
}

/// The recursion of RFC 9162 section 2.1.3.1.
fn naive_inclusion(index: usize, leaves: &[EntryHash]) -> Vec<Hash> {
    if leaves.len() <= 1 {
        return Vec::new();
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut path, other) = if index < k {
        (naive_inclusion(index, left), naive_root(right))
    } else {
        (naive_inclusion(index - k, right), naive_root(left))
    };
    path.push(other);
    path
}

/// The recursion of RFC 9162 section 2.1.4.1; `whole` says whether the older tree's root is known to the reader.
fn naive_consistency(first: usize, leaves: &[EntryHash], whole: bool) -> Vec<Hash> {
    if first == leaves.len() {
        return if whole { Vec::new() } else { vec![naive_root(leaves)] };
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut path, other) = if first <= k {
        (naive_consistency(first, left, whole), naive_root(right))
    } else {
        (naive_consistency(first - k, right, false), naive_root(left))
    };
    path.push(other);
    path
}

/// The largest power of two below `n`.
fn split(n: usize) -> usize {
    1 << (n - 1).ilog2()
}

fn many_leaves(count: usize) -> Vec<EntryHash> {
    (0..count).map(|i| leaf_hash(&i.to_be_bytes())).collect()
}

#[test]
fn published_roots() {
    assert_eq!(EMPTY_ROOT, root(&[]));
    let leaves: Vec<_> = (0..8).map(published_leaf).collect();
    for size in 1..=8 {
        assert_eq!(published_root(size), root(&leaves[..size as usize]), "size {size}");
    }
}

#[test]
fn published_inclusion_proofs() {
    for (index, size, path) in INCLUSIONS {
        let (leaf, root) = (published_leaf(index), published_root(size));
        assert_eq!(Ok(()), verify_inclusion(&hashes(path), index, size, &leaf, &root));
    }
}

#[test]
fn published_consistency_proofs() {
    for (first, second, path) in CONSISTENCIES {
        let (older, newer) = (published_root(first), published_root(second));
        assert_eq!(Ok(()), verify_consistency(&hashes(path), first, second, &older, &newer));
    }
}

#[test]
fn the_empty_tree_is_continued_by_every_tree() {
    let newer = published_root(3);
    assert_eq!(Ok(()), verify_consistency(&[], 0, 3, &EMPTY_ROOT, &newer));
    assert_eq!(Err(ProofFault::RootDiffers { size: 0 }), verify_consistency(&[], 0, 3, &newer, &newer));
    assert_eq!(Err(ProofFault::Length { found: 1 }), verify_consistency(&[[0; 32]], 0, 3, &EMPTY_ROOT, &newer));
}

#[test]
fn impossible_places_are_refused() {
    let (leaf, root) = (published_leaf(0), published_root(1));
    assert_eq!(Err(ProofFault::IndexOutside { index: 1, size: 1 }), verify_inclusion(&[], 1, 1, &leaf, &root));
    assert_eq!(Err(ProofFault::IndexOutside { index: 0, size: 0 }), verify_inclusion(&[], 0, 0, &leaf, &EMPTY_ROOT));
    assert_eq!(Err(ProofFault::SizesReversed { first: 2, second: 1 }), verify_consistency(&[], 2, 1, &root, &root));
    assert_eq!(Err(ProofFault::Length { found: 0 }), verify_consistency(&[], 1, 2, &root, &root));
}

#[test]
fn proofs_as_long_as_memory_end_at_the_root() {
    let long = vec![[7; 32]; 10_000];
    let (leaf, root) = (published_leaf(0), published_root(1));
    let fault = Err(ProofFault::Length { found: 10_000 });
    assert_eq!(fault, verify_inclusion(&long, u64::MAX - 1, u64::MAX, &leaf, &root));
    assert_eq!(fault, verify_consistency(&long, 1, u64::MAX, &root, &root));
    assert_eq!(fault, verify_consistency(&long, u64::MAX - 1, u64::MAX, &root, &root));
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn roots_match_the_recursion(count in 0_usize..600) {
        let leaves = many_leaves(count);
        prop_assert_eq!(naive_root(&leaves), *root(&leaves).as_bytes());
        let frontier: Frontier = leaves.iter().map(|l| *l.as_bytes()).collect();
        prop_assert_eq!(frontier.size(), count as u64);
    }

    #[test]
    fn inclusion_proofs_hold_and_break(
        (size, index) in (1_usize..300).prop_flat_map(|n| (Just(n), 0..n)),
        bit in 0_usize..256,
        pick in any::<prop::sample::Index>(),
    ) {
        let leaves = many_leaves(size);
        let (root, leaf) = (root(&leaves), leaves[index]);
        let mut path = naive_inclusion(index, &leaves);
        let check = |path: &[Hash], at: usize| verify_inclusion(path, at as u64, size as u64, &leaf, &root);
        prop_assert_eq!(Ok(()), check(&path, index));
        prop_assert!(size == 1 || check(&path, (index + 1) % size).is_err());
        path.push([0; 32]);
        prop_assert!(check(&path, index).is_err());
        path.pop();
        if !path.is_empty() {
            prop_assert!(check(&path[1..], index).is_err());
            let at = pick.index(path.len());
            path[at][bit / 8] ^= 1 << (bit % 8);
            prop_assert!(check(&path, index).is_err());
        }
    }

    #[test]
    fn consistency_proofs_hold_and_break(
        (second, first) in (1_usize..300).prop_flat_map(|n| (Just(n), 1..=n)),
        bit in 0_usize..256,
        pick in any::<prop::sample::Index>(),
    ) {
        let leaves = many_leaves(second);
        let (older, newer) = (root(&leaves[..first]), root(&leaves));
        let mut path = naive_consistency(first, &leaves, true);
        let check = |path: &[Hash], older: &Root| {
            verify_consistency(path, first as u64, second as u64, older, &newer)
        };
        prop_assert_eq!(Ok(()), check(&path, &older));
        let mut other = *older.as_bytes();
        other[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(check(&path, &Root::new(other)).is_err());
        path.push([0; 32]);
        prop_assert!(check(&path, &older).is_err());
        path.pop();
        if !path.is_empty() {
            let at = pick.index(path.len());
            path[at][bit / 8] ^= 1 << (bit % 8);
            prop_assert!(check(&path, &older).is_err());
        }
    }

    #[test]
    fn any_hashes_at_any_sizes_are_answered(
        path in prop::collection::vec(any::<Hash>(), 0..70),
        index: u64, size: u64, hash: Hash,
    ) {
        let root = Root::new(hash);
        prop_assert!(verify_inclusion(&path, index, size, &leaf_hash(&hash), &root).is_err());
        let consistent = verify_consistency(&path, index, size, &root, &root);
        prop_assert!(consistent.is_err() || index == size);
    }
}
