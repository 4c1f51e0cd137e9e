//! The callers who are not known yet, and which of them has to go when there are too many.
//!
//! Refusing newcomers would let anybody hold the door shut with idle connections. So the newest caller
//! always gets in, and the oldest of the busiest source is put out: a flood from one network
//! displaces itself, and an honest caller from elsewhere has a full turn.

use std::net::{IpAddr, SocketAddr};

/// Handshakes under way at once. At 16 KiB each (F6) they hold a mebibyte; at a second each over the
/// slowest honest path this still lets 64 callers in a second.
pub const STRANGERS_MAX: usize = 64;

/// Callers by arrival, oldest first, each with the handle that ends it.
#[derive(Debug)]
pub(crate) struct Strangers<H>(Vec<(Source, H)>);

/// A network, as far as one caller can choose addresses in it: an IPv4 address or an IPv6 /64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Source(u64);

impl From<SocketAddr> for Source {
    fn from(addr: SocketAddr) -> Self {
        match addr.ip().to_canonical() {
            IpAddr::V4(ip) => Self(u64::from(ip.to_bits())),
            IpAddr::V6(ip) => Self(u64::try_from(ip.to_bits() >> 64).expect("128 - 64 bits")),
        }
    }
}

impl<H> Strangers<H> {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Takes in a newcomer. Returns the handle of the one who has to go for it.
    pub(crate) fn add(&mut self, source: Source, handle: H) -> Option<H> {
        let evicted = (self.0.len() >= STRANGERS_MAX).then(|| self.0.remove(self.victim()).1);
        self.0.push((source, handle));
        evicted
    }

    /// Forgets the stranger whose handle satisfies `is`; true if there was one.
    pub(crate) fn remove(&mut self, is: impl Fn(&H) -> bool) -> bool {
        let place = self.0.iter().position(|(_, handle)| is(handle));
        place.map(|place| self.0.remove(place)).is_some()
    }

    /// The place of the oldest caller of the source with the most callers; of equals, the oldest.
    fn victim(&self) -> usize {
        let callers_of = |source: Source| self.0.iter().filter(|(other, _)| *other == source).count();
        let busiest = self.0.iter().map(|(source, _)| callers_of(*source)).max().unwrap_or(0);
        self.0.iter().position(|(source, _)| callers_of(*source) == busiest).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source::from(SocketAddr::new(text.parse().unwrap(), 1))
    }

    #[test]
    fn a_flood_displaces_itself_and_never_the_others() {
        let mut strangers = Strangers::new();
        assert_eq!(strangers.add(source("192.0.2.1"), 0), None);
        assert_eq!(strangers.add(source("192.0.2.2"), 1), None);
        for number in 2..STRANGERS_MAX {
            assert_eq!(strangers.add(source("198.51.100.1"), number), None);
        }
        for round in 0..500 {
            let evicted = strangers.add(source("198.51.100.1"), STRANGERS_MAX + round);
            assert_eq!(evicted, Some(2 + round), "the flood's own oldest goes");
        }
        assert!(strangers.remove(|&number| number == 0) && strangers.remove(|&number| number == 1));
    }

    #[test]
    fn among_equals_the_oldest_goes() {
        let mut strangers = Strangers::new();
        for number in 0..STRANGERS_MAX {
            strangers.add(source(&format!("192.0.2.{number}")), number);
        }
        assert_eq!(strangers.add(source("198.51.100.1"), STRANGERS_MAX), Some(0));
        assert!(!strangers.remove(|&number| number == 0));
    }

    #[test]
    fn one_ipv6_network_is_one_source() {
        assert_eq!(source("2001:db8::1"), source("2001:db8::2"));
        assert_ne!(source("2001:db8::1"), source("2001:db8:0:1::1"));
        assert_eq!(source("::ffff:192.0.2.1"), source("192.0.2.1"));
    }
}
