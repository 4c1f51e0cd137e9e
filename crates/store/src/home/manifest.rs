//! `home.toml`: which format a home has, and where it came from.
//!
//! In every format, past and to come, a line `format = N` says which it is, and the last line is the check over all
//! before it. So rot is told from a newer program's file.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::{HomeFault, MANIFEST};
use crate::verify::{Finding, Place};

/// The format of home directories that this program makes and knows. A change to the layout adds one, and a migration.
const FORMAT: u32 = 1;

/// Bytes of the check.
const CHECK_LEN: usize = 8;

/// What the file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Manifest {
    /// Whether the home came from a backup and no node has vouched for it yet.
    pub(super) restored: bool,
}

impl Manifest {
    /// The file's one form.
    pub(super) fn render(self) -> String {
        let text = format!(
            "# A detente home. The program writes this file; edits are refused.\n\
             format = {FORMAT}\n\
             restored = {}\n",
            self.restored
        );
        let check = check_line(&text);
        text + &check
    }

    /// Reads the file; only the one form is taken.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, HomeFault> {
        for restored in [false, true] {
            let manifest = Self { restored };
            if manifest.render().as_bytes() == bytes {
                return Ok(manifest);
            }
        }
        match format_of(bytes) {
            Some(found) if found > FORMAT => Err(HomeFault::Newer { found, known: FORMAT }),
            _ => Err(HomeFault::Damaged(Finding::new(MANIFEST, Place::Whole, "it is not as the program wrote it"))),
        }
    }
}

/// The format of a file whose check fits.
fn format_of(bytes: &[u8]) -> Option<u32> {
    let file = str::from_utf8(bytes).ok()?;
    let (text, check) = file.split_at_checked(file.rfind("check = ")?)?;
    let format = text.lines().find_map(|line| line.strip_prefix("format = "))?;
    (check_line(text) == check).then(|| format.parse().ok())?
}

fn check_line(text: &str) -> String {
    let hash = Sha256::new_with_prefix(b"detente/home/1").chain_update(text).finalize();
    format!("check = \"{}\"\n", HEXLOWER.encode(&hash[..CHECK_LEN]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_states_are_read_as_written() {
        for restored in [false, true] {
            let manifest = Manifest { restored };
            assert_eq!(Manifest::parse(manifest.render().as_bytes()).unwrap(), manifest);
        }
    }

    #[test]
    fn a_newer_format_is_told_from_rot() {
        let newer = "# Whatever.\nformat = 2\nshape = \"round\"\n".to_owned();
        let whole = newer.clone() + &check_line(&newer);
        assert!(matches!(Manifest::parse(whole.as_bytes()), Err(HomeFault::Newer { found: 2, known: 1 })));
        for rotten in [newer.as_str(), &whole.replace("round", "sound"), &whole[1..], "", "check = "] {
            assert!(matches!(Manifest::parse(rotten.as_bytes()), Err(HomeFault::Damaged(_))), "{rotten}");
        }
    }
}
