//! Disclosure: what an author did not let out is in no frame.
//!
//! Every notice that the load puts in carries marks of its own in each text, and has corners that nothing else has. What
//! was not let out is looked for in the bytes of every entry that becomes audible.

use std::collections::{BTreeMap, BTreeSet};

use detente_types::NoticeId;
use detente_types::volume::{PositionIn, VolumeIn};

use super::{Check, ensure};

/// Begins every mark in a text.
const MARK: &[u8] = b"s3cr3t-";
/// Begins the name of every notice of the load, so that names are found fast.
pub(crate) const NAME_FIRST: u8 = 0xa7;
/// A position as it is encoded: an array of two integers of four bytes each.
const POSITION_BYTES: usize = 11;

/// What must not be audible.
#[derive(Clone, Debug, Default)]
pub(crate) struct Markers {
    /// Texts that were let out, by notice input and slot.
    released: BTreeSet<(u64, u8)>,
    /// Corners of shapes that were not let out, and the notice inputs that they belong to.
    corners: BTreeMap<[u8; POSITION_BYTES], u64>,
    /// Names of notices that were never let out.
    unstated: BTreeSet<[u8; 16]>,
}

impl Markers {
    /// A text that carries a mark.
    pub(crate) fn text(input: u64, slot: u8) -> String {
        format!("s3cr3t-{input}-{slot}.")
    }

    /// The text of a slot is let out.
    pub(crate) fn release(&mut self, input: u64, slot: u8) {
        self.released.insert((input, slot));
    }

    /// The shape of a notice input is not let out.
    pub(crate) fn keep_shape(&mut self, input: u64, volumes: &[VolumeIn]) {
        for position in volumes.iter().flat_map(|volume| &volume.rings).flatten() {
            if let Some(bytes) = encoded(position) {
                self.corners.insert(bytes, input);
            }
        }
    }

    /// Nothing of a notice is let out, or something is.
    pub(crate) fn keep_name(&mut self, id: &NoticeId, kept: bool) {
        if kept {
            self.unstated.insert(*id.as_bytes());
        } else {
            self.unstated.remove(id.as_bytes());
        }
    }

    /// Looks through the bytes of an entry's body.
    pub(crate) fn check(&self, body: &[u8]) -> Check {
        for at in 0..body.len() {
            let rest = &body[at..];
            let leak = match rest[0] {
                b's' => self.text_leak(rest),
                0x82 => self.corner_leak(rest),
                NAME_FIRST => self.name_leak(rest),
                _ => None,
            };
            nothing_beyond_marking(leak)?;
        }
        Ok(())
    }

    fn name_leak(&self, rest: &[u8]) -> Option<String> {
        let name = rest.first_chunk::<16>()?;
        self.unstated.contains(name).then(|| "names a notice that is held back".into())
    }

    fn text_leak(&self, rest: &[u8]) -> Option<String> {
        let mark = rest.strip_prefix(MARK)?;
        let end = mark.iter().position(|byte| *byte == b'.')?;
        let (input, slot) = core::str::from_utf8(&mark[..end]).ok()?.split_once('-')?;
        let (input, slot) = (input.parse().ok()?, slot.parse().ok()?);
        (!self.released.contains(&(input, slot))).then(|| format!("shows slot {slot} of input {input}"))
    }

    fn corner_leak(&self, rest: &[u8]) -> Option<String> {
        let bytes = rest.first_chunk::<POSITION_BYTES>()?;
        self.corners.get(bytes).map(|input| format!("shows a corner of input {input}"))
    }
}

/// Nothing of a notice is audible that its author did not let out (PROTOCOL C7): no exact corner, no withheld text, and
/// not even the name of one that is held back or blind only.
fn nothing_beyond_marking(leak: Option<String>) -> Check {
    let holds = leak.is_none();
    ensure(holds, "nothing_beyond_marking", || format!("an audible entry {}", leak.unwrap_or_default()))
}

fn encoded(position: &PositionIn) -> Option<[u8; POSITION_BYTES]> {
    detente_wire::codec::encode(position).try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_back_is_found_and_what_is_released_is_not() {
        let mut markers = Markers::default();
        let corner = PositionIn { lat_e7: 601_234_567, lon_e7: 251_234_567 };
        let volume = VolumeIn {
            shape: 1,
            rings: vec![vec![corner]],
            radius_cm: 1,
            lower_cm: 0,
            upper_cm: 1,
            datum: 2,
            start_us: 0,
            end_us: 1,
            passage: None,
        };
        let body = [b"--".to_vec(), detente_wire::codec::encode(&volume), Markers::text(7, 9).into_bytes()].concat();
        assert!(markers.check(&body).is_err());
        markers.release(7, 9);
        assert!(markers.check(&body).is_ok());
        markers.keep_shape(7, &[volume]);
        assert!(markers.check(&body).is_err());
    }
}
