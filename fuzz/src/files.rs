//! Readers of files of notices.

use detente_gateway::read;
use detente_types::{Notice, NoticeId};

use crate::scene::Scene;

/// Names under which a file may come; the first byte of the data picks one.
pub(crate) const NAMES: [&str; 4] = ["notices.json", "notices.geojson", "notices.csv", "notices"];

/// A file of notices, in any of its formats.
pub(crate) fn notices(data: &[u8]) {
    let Some((&pick, bytes)) = data.split_first() else { return };
    let name = NAMES[usize::from(pick) % NAMES.len()];
    for terms in [None, Some(&Scene::get().terms)] {
        let reading = read(name, bytes, terms);
        assert_eq!(format!("{reading:?}"), format!("{:?}", read(name, bytes, terms)), "one file, one report");
        match reading {
            Ok(reading) => {
                assert!(reading.report.is_clean());
                for row in reading.rows {
                    let draft = row.form.to_draft(NoticeId::new([7; 16])).expect("what is taken can be read");
                    assert!(Notice::try_new(draft.notice).is_ok(), "what is taken obeys the rules");
                }
            }
            Err(fault) => {
                let told = fault.to_string();
                assert!(!told.chars().any(|c| c.is_control() && c != '\n'), "a report cannot steer a screen: {told:?}");
            }
        }
    }
}
