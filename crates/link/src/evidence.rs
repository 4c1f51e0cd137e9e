//! Fork evidence (PROTOCOL S3): no frame acknowledges it, so it is said a fixed number of times, and heard once.

use std::collections::{BTreeSet, VecDeque};

use detente_types::Timestamp;
use detente_wire::Frame;
use detente_wire::hash::domain;

use crate::config::{EVIDENCE_MAX, EVIDENCE_SENDS};
use crate::timers::{Resend, earliest};

/// Evidence on its way out and in.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    out: VecDeque<(Vec<u8>, Resend)>,
    heard: BTreeSet<[u8; 32]>,
}

impl Evidence {
    /// Says a piece in this meeting and in each later one. When there are too many the oldest is no longer said.
    pub(crate) fn push(&mut self, bytes: Vec<u8>) {
        if self.out.iter().any(|(said, _)| *said == bytes) {
            return;
        }
        if self.out.len() == EVIDENCE_MAX {
            self.out.pop_front();
        }
        self.out.push_back((bytes, Resend::due()));
    }

    /// True when a piece that the peer shows is news.
    pub(crate) fn hear(&mut self, bytes: &[u8]) -> bool {
        if self.heard.len() == EVIDENCE_MAX {
            self.heard.pop_first();
        }
        self.heard.insert(domain("detente/link/evidence/1", &[bytes]))
    }

    pub(crate) fn restart(&mut self) {
        self.out.iter_mut().for_each(|(_, resend)| *resend = Resend::due());
    }

    pub(crate) fn next_frame(&mut self, now: Timestamp, first_us: i64) -> Option<Frame> {
        let (bytes, resend) = self.out.iter_mut().find(|(_, resend)| resend.is_due())?;
        resend.sent(now, first_us);
        if resend.sends() == EVIDENCE_SENDS {
            resend.stop();
        }
        Some(Frame::Evidence(bytes.clone().into()))
    }

    pub(crate) fn expire(&mut self, now: Timestamp) {
        self.out.iter_mut().for_each(|(_, resend)| resend.expire(now));
    }

    pub(crate) fn next_timeout(&self) -> Option<Timestamp> {
        earliest(self.out.iter().map(|(_, resend)| resend.next_timeout()))
    }
}
