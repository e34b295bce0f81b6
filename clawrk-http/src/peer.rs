//! Where a request is from, and how often who guesses may do so.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use clawrk_core::time::Timestamp;

use crate::rates::Rates;

/// How many authentications of one network may fail in a second.
const FAILURES_PER_SECOND: NonZeroU32 = NonZeroU32::new(20).unwrap();

/// How many networks are counted at once.
const NETWORKS_MAX: usize = 10_000;

/// Who is taken for one: an address of IPv4, or what a subscriber to IPv6 gets (a /64).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Network(IpAddr);

impl Network {
    /// Where a request is from; none where that is the machine itself, or was not told.
    pub(crate) fn of(request: &Parts) -> Option<Network> {
        let ConnectInfo(peer) = request.extensions.get::<ConnectInfo<SocketAddr>>()?;
        Network::of_peer(peer.ip())
    }

    fn of_peer(peer: IpAddr) -> Option<Network> {
        let peer = peer.to_canonical();
        if peer.is_loopback() {
            return None;
        }
        Some(Network(match peer {
            IpAddr::V4(_) => peer,
            IpAddr::V6(peer) => {
                let subnet = peer.to_bits() >> 64 << 64;
                IpAddr::V6(Ipv6Addr::from_bits(subnet))
            }
        }))
    }
}

/// The authentications that failed.
#[derive(Debug)]
pub(crate) struct Failures(Rates<Network>);

impl Failures {
    pub(crate) fn new() -> Failures {
        let rate = FAILURES_PER_SECOND;
        Failures(Rates::new(rate, rate, NETWORKS_MAX))
    }

    /// Whether somebody there may try at all.
    ///
    /// # Errors
    /// Where too many failed: how long until one may.
    pub(crate) fn check(&self, from: Option<Network>, now: Timestamp) -> Result<(), Duration> {
        from.map_or(Ok(()), |from| self.0.look(&from, now))
    }

    /// Counts one more.
    pub(crate) fn count(&self, from: Option<Network>, now: Timestamp) {
        if let Some(from) = from {
            self.0.count(from, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str) -> Option<Network> {
        Network::of_peer(address.parse().unwrap())
    }

    #[test]
    fn the_machine_itself_is_no_network() {
        for address in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(network(address), None, "{address}");
        }
    }

    #[test]
    fn a_subnet_of_ipv6_counts_as_one() {
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }
}
