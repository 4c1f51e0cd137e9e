//! What stands, against a plain model: sets of cells by plan, run by run.

use std::collections::{BTreeMap, BTreeSet};

use detente_blind::{CellId as BlindCell, Found as Common};
use detente_testkit::{minutes, notice_id};
use detente_types::statement::{BlindReason, BlindResultIn};
use detente_types::{EntryHash, Generation, PartyId, StatementRef};
use proptest::prelude::*;

use super::*;
use crate::blind::ended;
use crate::blind::table::{Ended, RunRecord};

/// Cells of the plans: two are of both.
const PLANS: [core::ops::Range<u8>; 2] = [0..4, 2..6];

/// Something that happens.
#[derive(Clone, Debug)]
enum Deed {
    /// A run tells what is common: when it was begun, under which terms, and which cells, as bits.
    Finds { began: i64, terms: u8, cells: u8 },
    /// Both sides have sealed a run by now: which, and whether the same.
    Sealed { run: usize, same: bool },
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let finds = (0..9_i64, 0..8_u8, 0..64_u8).prop_map(|(began, terms, cells)| Deed::Finds { began, terms: terms / 7, cells });
    let sealed = (0..12_usize, 0..4_u8).prop_map(|(run, same)| Deed::Sealed { run, same: same > 0 });
    proptest::collection::vec(prop_oneof![finds, sealed], 1..24)
}

fn cell(number: u8) -> CellId {
    CellId::from_bytes([number; 16])
}

fn plan(number: usize) -> NoticeId {
    notice_id(number as u64 + 1)
}

/// What the model keeps of a run: of each plan the cells that are common.
struct Plain {
    run: BlindRunIn,
    began: i64,
    terms: u8,
    cells: [BTreeSet<u8>; 2],
}

#[derive(Default)]
struct World {
    matching: Matching,
    plain: Vec<Plain>,
    rows: Vec<(BookBlindFound, Beginning)>,
}

impl World {
    fn finds(&mut self, began: i64, terms: u8, bits: u8) -> Result<(), TestCaseError> {
        let number = self.plain.len() as i64;
        let run = BlindRunIn::at(minutes(number));
        let common: Vec<u8> = (0..6).filter(|number| bits >> number & 1 == 1).collect();
        let beginning = Beginning { at: minutes(began), terms: [terms; 32] };
        let owners =
            Owners::of(PLANS.iter().enumerate().map(|(number, cells)| (plan(number), cells.clone().map(cell).collect())));
        let cells = Common::Cells(common.iter().map(|number| BlindCell([*number; 16])).collect());
        let before = self.listed();
        let mut found = Found::new(run, beginning, [number as u8; 32], &cells, &owners);
        let fresh = self.matching.name(&mut found);
        self.rows.push((found.booked(LineId::new([0; 32]), minutes(number)), beginning));
        self.matching.keep(found);
        let own = PLANS.map(|own| common.iter().copied().filter(|number| own.contains(number)).collect::<BTreeSet<u8>>());
        // What no conflict on the list holds yet is news, and nothing else is.
        for hit in self.matching.hits().iter().filter(|hit| hit.found.run == run) {
            let known = before.iter().any(|(of, under, cells)| {
                (*of, *under) == (hit.notice, terms)
                    && own.iter().enumerate().any(|(p, new)| plan(p) == hit.notice && new.is_subset(cells))
            });
            prop_assert_eq!(fresh.contains(&hit.id), !known, "{:?}", hit.notice);
        }
        self.plain.push(Plain { run, began, terms, cells: own });
        Ok(())
    }

    fn sealed(&mut self, run: usize, same: bool) {
        let Some(plain) = self.plain.get(run) else { return };
        let end = |side: u8| {
            let at = StatementRef {
                author: PartyId::new([side; 32]),
                generation: Generation::FIRST,
                index: run as u64,
                hash: EntryHash::new([side; 32]),
            };
            let seal = if same { [0; 32] } else { [side; 32] };
            let said =
                BlindResultIn { seal: Some(seal.into()), step: None, reason: None, ..ended(plain.run, BlindReason::Fault) };
            Some(Ended { at, claimed: minutes(run as i64), said })
        };
        self.matching.runs.runs.insert(plain.run, RunRecord { committed: [None, None], ended: [end(1), end(2)] });
    }

    /// What is listed: plan, terms, cells.
    fn listed(&self) -> Vec<(NoticeId, u8, BTreeSet<u8>)> {
        let cells = |hit: &Hit<'_>| hit.cells().iter().map(|cell| cell.as_bytes()[0]).collect();
        self.matching.hits().iter().map(|hit| (hit.notice, hit.found.terms[0], cells(hit))).collect()
    }

    /// By plan and terms every cell that stands, by the model: those of all runs back to the newest that both sealed alike.
    fn standing(&self) -> BTreeMap<(NoticeId, u8), BTreeSet<u8>> {
        let mut order: Vec<&Plain> = self.plain.iter().collect();
        order.sort_by_key(|plain| plain.began);
        let agreed = order.iter().rposition(|plain| self.matching.agreement(&plain.run) == Some(true)).unwrap_or(0);
        let mut all: BTreeMap<_, BTreeSet<u8>> = BTreeMap::new();
        for plain in &order[agreed..] {
            for (number, cells) in plain.cells.iter().enumerate().filter(|(_, cells)| !cells.is_empty()) {
                all.entry((plan(number), plain.terms)).or_default().extend(cells);
            }
        }
        all
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let listed = self.listed();
        let mut together: BTreeMap<_, BTreeSet<u8>> = BTreeMap::new();
        for (notice, terms, cells) in &listed {
            together.entry((*notice, *terms)).or_default().extend(cells);
        }
        prop_assert_eq!(&together, &self.standing(), "every cell that stands is listed, and no other");
        for (i, (notice, terms, cells)) in listed.iter().enumerate() {
            let holds = |(j, (of, under, more)): (usize, &(NoticeId, u8, BTreeSet<u8>))| {
                i != j && (of, under) == (notice, terms) && cells.is_subset(more)
            };
            prop_assert!(!listed.iter().enumerate().any(holds), "one matter stands there once: {:?}", listed);
        }
        let hits = self.matching.hits();
        let ids: BTreeSet<_> = hits.iter().map(|hit| hit.id).collect();
        prop_assert_eq!(ids.len(), hits.len(), "no two go by one name");
        prop_assert!(hits.iter().all(|hit| self.matching.hit(&hit.id).is_some_and(|found| found.cells() == hit.cells())));
        // A start reads the rows before it knows what the logs say.
        let mut loaded = Matching::default();
        self.rows.iter().for_each(|(row, beginning)| loaded.keep(Found::of(row.clone(), *beginning)));
        prop_assert_eq!(&loaded.found, &self.matching.found);
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    /// No hit is lost, none is listed twice, and what is new rings: in whatever order runs end and seals come.
    #[test]
    fn what_stands_is_all_that_was_found_back_to_what_both_sealed(deeds in deeds()) {
        let mut world = World::default();
        for deed in deeds {
            match deed {
                Deed::Finds { began, terms, cells } => world.finds(began, terms, cells)?,
                Deed::Sealed { run, same } => world.sealed(run, same),
            }
            world.check()?;
        }
    }
}

#[test]
fn stretches_share_the_places_that_both_have() {
    assert_eq!(common_places(&[[0, 3], [5, 2]], &[[1, 1], [2, 4], [9, 9]]), [[1, 1], [2, 1], [5, 1]]);
    assert_eq!(common_places(&[[u32::MAX, 5]], &[[u32::MAX - 1, 9]]), Vec::<[u32; 2]>::new(), "no place is beyond the last");
    let held: Vec<u32> = (0..9).filter(|place| has_place(&[[1, 2], [5, 1]], *place)).collect();
    assert_eq!(held, [1, 2, 5]);
}

/// Rows that were written before conflicts had names of their own, and said whether the other side sealed the same.
#[test]
fn rows_of_before_read_as_they_did() {
    let mut row = BookBlindFound {
        line: LineId::new([1; 32]),
        at_us: 2,
        run: BlindRunIn::at(minutes(3)),
        name: [4; 32].into(),
        count: 2,
        cells: [[5; 16], [6; 16]].concat().into(),
        hits: vec![BookBlindHit { notice: plan(0), stretches: vec![[0, 2]], goes_by: None }],
    };
    let bytes = minicbor::to_vec(&row).unwrap();
    // A map of seven, and of eight with key 4 and `true` behind key 3, a string of 32 bytes.
    let at = bytes.windows(3).position(|w| w == [3, 0x58, 32]).unwrap() + 3 + 32;
    let before = [&[bytes[0] + 1], &bytes[1..at], &[4, 0xf5], &bytes[at..]].concat();
    assert_eq!(minicbor::decode::<BookBlindFound>(&before).unwrap(), row);
    let beginning = Beginning { at: minutes(3), terms: [0; 32] };
    assert_eq!(Found::of(row.clone(), beginning).hits[&plan(0)].0, conflict_id(&row.name, &plan(0)));
    row.hits[0].goes_by = Some(BlindConflictId::new([7; 32]));
    assert_eq!(Found::of(row, beginning).hits[&plan(0)].0, BlindConflictId::new([7; 32]));
}
