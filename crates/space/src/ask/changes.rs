//! What a new version of a notice changes.

use std::collections::BTreeMap;

use crate::index::Find;
use crate::question::{Budget, CutShort, Question};

/// One of the others that the earlier version, the later one or both are in the way of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed<K> {
    /// Which.
    pub key: K,
    /// Its closest meeting with the earlier version; `None` for a new conflict.
    pub before: Option<Find<K>>,
    /// Its closest meeting with the later version; `None` for a conflict that is gone.
    pub after: Option<Find<K>>,
}

impl<K> Changed<K> {
    /// Whether only the later version is in conflict.
    pub const fn is_new(&self) -> bool {
        self.before.is_none()
    }

    /// Whether only the earlier version is in conflict.
    pub const fn is_gone(&self) -> bool {
        self.after.is_none()
    }
}

/// Which conflicts end, begin and stay when the first question's volumes are replaced by the second's, in the order of
/// keys. Closest is the least distance along the earth, the first of equals in the order of the pairs.
///
/// The two may also be asked of different others, or under different terms.
///
/// # Errors
/// [`CutShort`] when more than `work` pairs would have to be tested, as [`Index::examine`](crate::Index::examine) counts them.
pub fn changes<K: Ord + Clone>(
    before: &Question<'_, K>,
    after: &Question<'_, K>,
    work: usize,
) -> Result<Vec<Changed<K>>, CutShort> {
    let mut budget = Budget::new(work);
    let mut changed: BTreeMap<K, [Option<Find<K>>; 2]> = BTreeMap::new();
    for (side, question) in [before, after].into_iter().enumerate() {
        for find in question.all(&mut budget)? {
            let closest = &mut changed.entry(find.pair.key.clone()).or_default()[side];
            if closest.as_ref().is_none_or(|other| find.meeting.distance < other.meeting.distance) {
                *closest = Some(find);
            }
        }
    }
    Ok(changed.into_iter().map(|(key, [before, after])| Changed { key, before, after }).collect())
}
