//! The keys that may open a session with us, each with the line it speaks for.
//!
//! A listener and the program above share one `Pins`; a change counts from the next handshake on.
//! Taking a key out does not close what it has already opened: the program drops that connection.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, PoisonError, RwLock};

use crate::error::CallerFault;
use crate::identity::TlsPublicKey;

/// Keys pinned at once. One line has one or two (during a change of key). Each costs a third of a
/// microsecond when a stranger knocks (measured), so this bounds a knock to a third of a millisecond.
pub const PINS_MAX: usize = 1024;

/// The bytes of a line's ID, which are opaque to a carrier.
pub type LineBytes = [u8; 32];

/// A shared set of pinned keys. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub struct Pins(Arc<RwLock<BTreeMap<TlsPublicKey, LineBytes>>>);

impl Pins {
    /// Pins nothing yet: every caller is unknown.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the holder of `key` in, for `line`. Adding the same pair again changes nothing.
    ///
    /// # Errors
    /// [`CallerFault::UnusableKey`], [`CallerFault::TooManyPins`], or [`CallerFault::PinnedElsewhere`]
    /// if the key already speaks for another line.
    pub fn add(&self, key: TlsPublicKey, line: LineBytes) -> Result<(), CallerFault> {
        key.check_strength()?;
        let mut pins = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let count = pins.len();
        match pins.entry(key) {
            Entry::Occupied(pin) if *pin.get() == line => Ok(()),
            Entry::Occupied(_) => Err(CallerFault::PinnedElsewhere { key }),
            Entry::Vacant(_) if count >= PINS_MAX => Err(CallerFault::TooManyPins { pins_max: PINS_MAX }),
            Entry::Vacant(place) => {
                place.insert(line);
                Ok(())
            }
        }
    }

    /// Stops letting the holder of `key` in; says for which line it spoke.
    pub fn remove(&self, key: &TlsPublicKey) -> Option<LineBytes> {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(key)
    }

    /// The line that `key` speaks for, if it is pinned.
    pub fn line_of(&self, key: &TlsPublicKey) -> Option<LineBytes> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(key).copied()
    }

    /// Whether any pinned key satisfies `test`.
    pub(crate) fn any(&self, test: impl FnMut(&TlsPublicKey) -> bool) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).keys().any(test)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::TlsIdentity;
    use zeroize::Zeroizing;

    fn key(number: usize) -> TlsPublicKey {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&number.to_be_bytes());
        TlsIdentity::from_seed(Zeroizing::new(seed)).public_key()
    }

    #[test]
    fn one_key_speaks_for_one_line() {
        let pins = Pins::new();
        pins.add(key(1), [1; 32]).unwrap();
        pins.add(key(1), [1; 32]).unwrap();
        assert_eq!(pins.add(key(1), [2; 32]), Err(CallerFault::PinnedElsewhere { key: key(1) }));
        assert_eq!(pins.line_of(&key(1)), Some([1; 32]));
        assert_eq!(pins.remove(&key(1)), Some([1; 32]));
        assert_eq!(pins.line_of(&key(1)), None);
    }

    #[test]
    fn the_set_is_bounded() {
        let pins = Pins::new();
        for number in 0..PINS_MAX {
            pins.add(key(number), [0; 32]).unwrap();
        }
        assert_eq!(pins.add(key(PINS_MAX), [0; 32]), Err(CallerFault::TooManyPins { pins_max: PINS_MAX }));
        pins.add(key(0), [0; 32]).unwrap();
    }
}
