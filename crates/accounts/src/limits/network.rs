//! Which customer or network an address belongs to.

use crate::Client;
use std::net::IpAddr;

impl Client {
    /// Whether an address, as a session has it, is of this client's own network.
    #[must_use]
    pub fn is_near(&self, address: &str) -> bool {
        address.parse().is_ok_and(|address| network(address) == network(self.address))
    }
}

/// What one customer of a provider has: an IPv4 address, or an IPv6 /64.
pub(crate) fn network(address: IpAddr) -> Vec<u8> {
    match address.to_canonical() {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets()[..8].to_vec(),
    }
}

/// What somebody may have rented as a whole: the /24 around an IPv4 address, or the /48 around an IPv6 one.
pub(crate) fn neighbourhood(network: &[u8]) -> Vec<u8> {
    network[..network.len() * 3 / 4].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::3"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::3"), of("2001:db8:1:3::3"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }

    #[test]
    fn addresses_around_one_are_a_24_or_a_48() {
        let of = |text: &str| neighbourhood(&network(text.parse().unwrap()));
        assert_eq!(of("2001:db8:1:2::3"), of("2001:db8:1:ffff::9"));
        assert_ne!(of("2001:db8:1::3"), of("2001:db8:2::3"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.254"));
        assert_ne!(of("192.0.2.1"), of("192.0.3.1"));
    }
}
