//! The client's address, which no header of the client can forge (promise P15).

use axum::extract::ConnectInfo;
use http::{Extensions, HeaderMap, HeaderName};
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies whose `X-Forwarded-For` is believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl FromStr for TrustedProxies {
    type Err = String;

    /// Reads addresses and networks, separated by commas.
    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(net).collect::<Result<_, _>>().map(Self)
    }
}

/// Refuses a network of all addresses, and a mapped one, which would never match: addresses are compared as IPv4.
fn net(part: &str) -> Result<IpNet, String> {
    let address = || part.parse::<IpAddr>().map(IpNet::from);
    let net = part.parse().or_else(|_| address()).map_err(|_| part.to_owned())?;
    let mapped = matches!(net, IpNet::V6(net) if net.addr().to_ipv4_mapped().is_some());
    if net.prefix_len() == 0 || mapped { Err(part.to_owned()) } else { Ok(net) }
}

/// The address at the other end of the connection.
#[must_use]
pub fn peer(extensions: &Extensions) -> IpAddr {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip().to_canonical())
}

impl TrustedProxies {
    /// The address of the client behind `peer`.
    ///
    /// Each proxy appends the address it saw. So the list is read from the right, past the proxies we trust, to the
    /// first other address: that client wrote everything left of it, which has no effect. An unreadable entry ends the
    /// search at the last good address.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        if self.hides_its_clients(client, headers) {
            tell_once(client);
        }
        let entries = headers.get_all(&X_FORWARDED_FOR).iter();
        for entry in entries.rev().flat_map(|header| header.as_bytes().rsplit(|byte| *byte == b',')) {
            if !self.trusts(client) {
                break;
            }
            match address(entry) {
                Some(address) => client = address,
                None => break,
            }
        }
        client
    }

    /// Whether no proxy is trusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a connection from this address is a proxy's.
    #[must_use]
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|net| net.contains(&address))
    }

    /// Whether so many public addresses are trusted that anybody could have one: a provider's own proxies are fewer
    /// than a /8 of IPv4, and than a /20 of IPv6.
    #[must_use]
    pub fn are_anybody(&self) -> bool {
        // Counted in parts of that size; a part that two networks share counts once.
        let (mut narrow, mut wide) = (0.0, 0.0);
        for net in IpNet::aggregate(&self.0) {
            match net {
                _ if is_private(&net) => {}
                IpNet::V4(net) => narrow += f64::from(8 - i32::from(net.prefix_len())).exp2(),
                IpNet::V6(net) => wide += f64::from(20 - i32::from(net.prefix_len())).exp2(),
            }
        }
        narrow >= 1.0 || wide >= 1.0
    }

    /// Whether a proxy names no client, so that all its clients share one address.
    fn hides_its_clients(&self, peer: IpAddr, headers: &HeaderMap) -> bool {
        self.trusts(peer) && !headers.contains_key(&X_FORWARDED_FOR)
    }
}

/// One warning per address is enough: it holds for all its requests. The address need not be the proxy's: a health
/// check from the same network must not hide the warning about the proxy.
fn tell_once(peer: IpAddr) {
    static TOLD: Mutex<Vec<IpAddr>> = Mutex::new(Vec::new());
    if is_news(&mut TOLD.lock().unwrap_or_else(PoisonError::into_inner), peer) {
        tracing::warn!(
            %peer,
            "TRUSTED_PROXIES: this address sends no X-Forwarded-For; if it is a proxy, its own address is taken for \
             everybody's, and all share the tries of one: let it send the header (docs/deploy.md), or take it out of \
             the list"
        );
    }
}

/// Whether there was no warning about this address yet, nor about too many others.
fn is_news(told: &mut Vec<IpAddr>, peer: IpAddr) -> bool {
    const MOST: usize = 16;
    let news = told.len() < MOST && !told.contains(&peer);
    if news {
        told.push(peer);
    }
    news
}

/// Networks without public addresses.
fn is_private(net: &IpNet) -> bool {
    const PRIVATE: [&str; 9] = [
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    ];
    PRIVATE.iter().filter_map(|private| private.parse::<IpNet>().ok()).any(|private| private.contains(net))
}

/// One entry of the list, with the port that some proxies add.
fn address(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry).ok()?.trim();
    let plain = text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let with_port = || text.parse::<std::net::SocketAddr>().map(|socket| socket.ip());
    plain.or_else(|_| with_port()).ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn client(trusted: &str, peer: &str, lists: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for list in lists {
            headers.append(X_FORWARDED_FOR.clone(), HeaderValue::from_static(list));
        }
        let proxies: TrustedProxies = trusted.parse().unwrap();
        proxies.client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn a_header_from_an_untrusted_peer_means_nothing() {
        assert_eq!(client("", "203.0.113.9", &["1.2.3.4"]), "203.0.113.9");
        assert_eq!(client("10.0.0.0/8", "203.0.113.9", &["1.2.3.4"]), "203.0.113.9");
    }

    #[test]
    fn the_walk_goes_from_the_right_to_the_first_stranger() {
        let trusted = "10.0.0.0/8, 192.168.1.1";
        assert_eq!(client(trusted, "10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(client(trusted, "10.0.0.1", &["6.6.6.6, 198.51.100.7"]), "198.51.100.7");
        assert_eq!(client(trusted, "10.0.0.1", &["6.6.6.6, 198.51.100.7, 192.168.1.1"]), "198.51.100.7");
        assert_eq!(client(trusted, "10.0.0.1", &["6.6.6.6", "198.51.100.7"]), "198.51.100.7");
    }

    #[test]
    fn nonsense_ends_the_walk() {
        assert_eq!(client("10.0.0.0/8", "10.0.0.1", &["6.6.6.6, unknown, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(client("10.0.0.0/8", "10.0.0.1", &[""]), "10.0.0.1");
    }

    #[test]
    fn mapped_addresses_and_ports_are_normalised() {
        assert_eq!(client("10.0.0.0/8", "::ffff:10.0.0.1", &["::ffff:198.51.100.7"]), "198.51.100.7");
        assert_eq!(client("::1", "::1", &["198.51.100.7:4711"]), "198.51.100.7");
        assert_eq!(client("::1", "::1", &["[2001:db8::1]:443"]), "2001:db8::1");
    }

    #[test]
    fn a_proxy_is_not_anybody() {
        let anybody = |list: &str| list.parse::<TrustedProxies>().unwrap().are_anybody();
        for list in [
            "0.0.0.0/1,128.0.0.0/1",
            "0.0.0.0/2, 64.0.0.0/2, 128.0.0.0/2, 192.0.0.0/2",
            "128.0.0.0/1",
            "8.0.0.0/8",
            "203.0.0.0/9, 203.128.0.0/9",
            "::/1, 8000::/1",
            "2000::/3",
            "2600::/12",
            "10.0.0.0/7",
        ] {
            assert!(anybody(list), "{list}");
        }
        for list in [
            "",
            "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 127.0.0.1, ::1, fc00::/7, 100.64.0.0/10",
            "104.16.0.0/13, 172.64.0.0/13, 131.0.72.0/22, 2400:cb00::/32, 2606:4700::/32",
            "35.191.0.0/16, 130.211.0.0/22",
        ] {
            assert!(!anybody(list), "{list}");
        }
    }

    #[test]
    fn a_proxy_that_names_nobody_is_noticed() {
        let hides = |peer: &str, headers: &HeaderMap| {
            let proxies: TrustedProxies = "10.0.0.0/8".parse().unwrap();
            proxies.hides_its_clients(peer.parse().unwrap(), headers)
        };
        let mut named = HeaderMap::new();
        named.insert(X_FORWARDED_FOR.clone(), HeaderValue::from_static("198.51.100.7"));
        assert!(hides("10.0.0.1", &HeaderMap::new()));
        assert!(!hides("10.0.0.1", &named) && !hides("203.0.113.9", &HeaderMap::new()));
    }

    #[test]
    fn each_address_is_told_of_once_and_not_without_end() {
        let mut told = Vec::new();
        let mut news = |last: u8| is_news(&mut told, IpAddr::from([10, 0, 0, last]));
        assert!(news(0) && news(1), "a health check is not the proxy");
        assert!(!news(0) && !news(1));
        assert_eq!((2..=255).filter(|last| news(*last)).count(), 14);
    }

    #[test]
    fn a_bad_setting_is_named() {
        assert_eq!("10.0.0.0/8, proxy".parse::<TrustedProxies>(), Err("proxy".to_owned()));
        for all in ["0.0.0.0/0", "::/0", "::ffff:0:0/96", "::ffff:10.0.0.1"] {
            assert_eq!(all.parse::<TrustedProxies>(), Err(all.to_owned()));
        }
    }
}
