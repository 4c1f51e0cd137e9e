//! Which version of each identifier counts.
//!
//! An identifier's number grows by one with every insert and every remove: odd while it is in the index. A
//! record keeps the number of its own insert and counts as long as the two agree, so that nothing has to be
//! looked for when a volume goes. Pages are shared with snapshots and copied when written to.

use std::sync::Arc;

const PAGE_BITS: u32 = 10;
const SHELF_BITS: u32 = 6;
const PAGE: usize = 1 << PAGE_BITS;
const SHELF: usize = 1 << SHELF_BITS;

type Page = [u16; PAGE];
type Shelf = [Option<Arc<Page>>; SHELF];

#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    shelves: Arc<Vec<Option<Arc<Shelf>>>>,
    /// Records that count no more may lie in the runs.
    stale: bool,
    /// A number has come half way round: records of the half before must be gone before it goes on as far again.
    turned: bool,
}

fn place(id: u32) -> (usize, usize, usize) {
    let page = id >> PAGE_BITS;
    ((page >> SHELF_BITS) as usize, page as usize % SHELF, id as usize % PAGE)
}

impl Table {
    fn number(&self, id: u32) -> u16 {
        let (shelf, page, entry) = place(id);
        let shelf = self.shelves.get(shelf).and_then(Option::as_ref);
        shelf.and_then(|shelf| shelf[page].as_ref()).map_or(0, |page| page[entry])
    }

    /// Whether a record of this version counts.
    #[inline]
    pub(super) fn counts(&self, id: u32, version: u16) -> bool {
        !self.stale || self.number(id) == version
    }

    /// Whether the identifier is in the index.
    pub(super) fn holds(&self, id: u32) -> bool {
        self.number(id) % 2 == 1
    }

    fn number_mut(&mut self, id: u32) -> &mut u16 {
        let (shelf, page, entry) = place(id);
        let shelves = Arc::make_mut(&mut self.shelves);
        if shelves.len() <= shelf {
            shelves.resize(shelf + 1, None);
        }
        let shelf = Arc::make_mut(shelves[shelf].get_or_insert_with(|| Arc::new([const { None }; SHELF])));
        let page = Arc::make_mut(shelf[page].get_or_insert_with(|| Arc::new([0; PAGE])));
        &mut page[entry]
    }

    /// A new version of an identifier, and whether it took the place of one that counted.
    pub(super) fn insert(&mut self, id: u32) -> (u16, bool) {
        let number = self.number_mut(id);
        let before = *number;
        let replaced = before % 2 == 1;
        let version = before.wrapping_add(if replaced { 2 } else { 1 });
        *number = version;
        self.stale |= replaced;
        self.turned |= (before ^ version) >> 15 == 1;
        (version, replaced)
    }

    /// Takes an identifier out; whether it was in.
    pub(super) fn remove(&mut self, id: u32) -> bool {
        if !self.holds(id) {
            return false;
        }
        let number = self.number_mut(id);
        let before = *number;
        let after = before.wrapping_add(1);
        *number = after;
        self.stale = true;
        self.turned |= (before ^ after) >> 15 == 1;
        true
    }

    /// Whether a number has come half way round since the last call.
    pub(super) fn take_turned(&mut self) -> bool {
        core::mem::take(&mut self.turned)
    }

    /// All records that are left count.
    pub(super) fn all_count(&mut self) {
        self.stale = false;
    }

    /// Bytes of the pages.
    pub(super) fn bytes(&self) -> usize {
        let shelves = self.shelves.iter().flatten();
        let pages: usize = shelves.clone().map(|shelf| shelf.iter().flatten().count()).sum();
        pages * size_of::<Page>() + shelves.count() * size_of::<Shelf>() + self.shelves.capacity() * size_of::<usize>()
    }
}
