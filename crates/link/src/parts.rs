//! Packed entries cut into parts that fit a frame, and put together again.
//!
//! Every part but the last is full, so a part's number is its place: parts may come in any order and more than once.

use detente_types::{Generation, Index};
use detente_wire::entry::PACKED_BYTES_MAX;
use detente_wire::frame::{PART_BYTES_MAX, PARTS_MAX, Part};

use crate::event::LinkFault;

/// An entry on its way out.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) own: bool,
    pub(crate) early: bool,
    pub(crate) generation: Generation,
    pub(crate) index: Index,
    packed: Vec<u8>,
    next: u8,
}

impl Outgoing {
    /// # Panics
    /// When the packed form is empty or longer than `wire` ever packs: a bug of the caller's, which would stop the log.
    pub(crate) fn new(own: bool, early: bool, generation: Generation, index: Index, packed: Vec<u8>) -> Self {
        assert!((1..=PACKED_BYTES_MAX).contains(&packed.len()), "wire packs entries of 1 to {PACKED_BYTES_MAX} bytes");
        Self { own, early, generation, index, packed, next: 0 }
    }

    /// The next part; after the last one, the first again.
    pub(crate) fn next_part(&mut self) -> Part {
        let start = usize::from(self.next) * PART_BYTES_MAX;
        let end = (start + PART_BYTES_MAX).min(self.packed.len());
        let part = Part {
            own: self.own,
            generation: self.generation,
            index: self.index,
            part: self.next,
            parts: self.parts(),
            bytes: self.packed[start..end].to_vec().into(),
            early: self.early,
        };
        self.next = (self.next + 1) % self.parts();
        part
    }

    /// Whether all parts have gone out, as often as any.
    pub(crate) const fn is_at_start(&self) -> bool {
        self.next == 0
    }

    pub(crate) fn restart(&mut self) {
        self.next = 0;
    }

    fn parts(&self) -> u8 {
        self.packed.len().div_ceil(PART_BYTES_MAX) as u8
    }
}

/// Refuses a part that [`Outgoing`] never makes.
pub(crate) fn check_part(part: &Part) -> Result<(), LinkFault> {
    let bytes = part.bytes.len();
    let last = u16::from(part.part) + 1 == u16::from(part.parts);
    let known = (1..=PARTS_MAX).contains(&part.parts) && part.part < part.parts && (part.own || !part.early);
    let fits = if last { bytes > 0 && end_of(part) <= PACKED_BYTES_MAX } else { bytes == PART_BYTES_MAX };
    if known && fits && bytes <= PART_BYTES_MAX {
        return Ok(());
    }
    Err(LinkFault::AbsurdPart { index: part.index, part: part.part, parts: part.parts, bytes })
}

fn end_of(part: &Part) -> usize {
    usize::from(part.part) * PART_BYTES_MAX + part.bytes.len()
}

/// An entry on its way in.
#[derive(Clone, Debug)]
pub(crate) struct Assembly {
    parts: Vec<Option<Vec<u8>>>,
    bytes: usize,
}

impl Assembly {
    pub(crate) fn new(parts: u8) -> Self {
        Self { parts: vec![None; usize::from(parts)], bytes: 0 }
    }

    /// Bytes held.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds a checked part; false when it was there already.
    ///
    /// # Errors
    /// `PartsMismatch` when it cannot belong to the same entry as the parts before.
    pub(crate) fn add(&mut self, part: Part) -> Result<bool, LinkFault> {
        let mismatch = LinkFault::PartsMismatch { index: part.index };
        if usize::from(part.parts) != self.parts.len() {
            return Err(mismatch);
        }
        match &mut self.parts[usize::from(part.part)] {
            Some(there) if *there == *part.bytes => Ok(false),
            Some(_) => Err(mismatch),
            empty => {
                self.bytes += part.bytes.len();
                *empty = Some(part.bytes.into());
                Ok(true)
            }
        }
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.parts.iter().all(Option::is_some)
    }

    /// The packed entry, once whole.
    pub(crate) fn into_packed(self) -> Vec<u8> {
        let mut parts = self.parts.into_iter().flatten();
        let mut packed = parts.next().unwrap_or_default();
        parts.for_each(|part| packed.extend_from_slice(&part));
        packed
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(packed: &[u8]) -> Vec<Part> {
        let mut outgoing = Outgoing::new(true, false, Generation::FIRST, 7, packed.to_vec());
        let mut parts = vec![outgoing.next_part()];
        while !outgoing.is_at_start() {
            parts.push(outgoing.next_part());
        }
        parts
    }

    proptest! {
        #[test]
        fn parts_in_any_order_give_the_entry_back(length in 1..=PACKED_BYTES_MAX, order in any::<prop::sample::Index>(), seed: u8) {
            let packed: Vec<u8> = (0..length).map(|i| (i as u8).wrapping_mul(31) ^ seed).collect();
            let mut parts = cut(&packed);
            prop_assert!(parts.len() <= usize::from(PARTS_MAX));
            let at = order.index(parts.len());
            parts.rotate_left(at);
            let mut assembly = Assembly::new(parts[0].parts);
            for part in parts {
                prop_assert_eq!(check_part(&part), Ok(()));
                prop_assert_eq!(assembly.add(part.clone()), Ok(true));
                prop_assert_eq!(assembly.add(part), Ok(false));
            }
            prop_assert!(assembly.is_whole());
            prop_assert_eq!(assembly.bytes(), length);
            prop_assert_eq!(assembly.into_packed(), packed);
        }
    }

    #[test]
    fn absurd_parts_are_refused() {
        let honest = cut(&[1; 40_000]).remove(0);
        let with = |change: fn(&mut Part)| {
            let mut part = honest.clone();
            change(&mut part);
            check_part(&part)
        };
        assert!(with(|_| ()).is_ok());
        assert!(with(|p| p.parts = 0).is_err());
        assert!(with(|p| p.parts = PARTS_MAX + 1).is_err());
        assert!(with(|p| p.part = p.parts).is_err());
        assert!(with(|p| p.part = u8::MAX).is_err());
        assert!(with(|p| p.bytes = vec![1; PART_BYTES_MAX - 1].into()).is_err(), "a short part that is not the last");
        assert!(with(|p| (p.part, p.bytes) = (2, Vec::new().into())).is_err(), "an empty last part");
        assert!(with(|p| (p.part, p.parts) = (4, 5)).is_err(), "more than the largest entry");
        assert!(with(|p| (p.own, p.early) = (false, true)).is_err(), "nothing overtakes on its way back");
    }

    #[test]
    fn parts_of_two_entries_do_not_mix() {
        let (one, two) = (cut(&[1; 40_000]), cut(&[2; 40_000]));
        let mut assembly = Assembly::new(3);
        assembly.add(one[0].clone()).unwrap();
        assert_eq!(assembly.add(two[0].clone()), Err(LinkFault::PartsMismatch { index: 7 }));
        let short = cut(&[1; 20_000]);
        assert_eq!(assembly.add(short[1].clone()), Err(LinkFault::PartsMismatch { index: 7 }));
    }
}
