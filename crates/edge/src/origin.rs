//! The site's own origin, and the check that a request comes from it.

use http::header::ORIGIN;
use http::{HeaderMap, HeaderName, Uri};
use std::fmt;

/// A name that is not parsed anew for each request.
static SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The origin of `BASE_URL` as browsers write it: scheme and host in lower case, no default port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    text: String,
    host: String,
    https: bool,
    loopback: bool,
}

impl Origin {
    /// Reads an address like `https://accounts.example.com`, without a path.
    #[must_use]
    pub fn parse(url: &str) -> Option<Self> {
        let uri: Uri = url.trim().parse().ok()?;
        let https = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let authority = uri.authority()?;
        let bare = matches!(uri.path(), "" | "/") && uri.query().is_none() && !url.contains(['@', '#']);
        if !bare || authority.host().is_empty() {
            return None;
        }
        let host = authority.host().to_ascii_lowercase();
        let default = if https { 443 } else { 80 };
        // `Authority::port` reads a port that is too large as none.
        let port = match authority.as_str().strip_prefix(authority.host())? {
            "" => None,
            port => Some(port.strip_prefix(':')?.parse().ok()?).filter(|port: &u16| *port != default),
        };
        let scheme = if https { "https" } else { "http" };
        let text = port.map_or(format!("{scheme}://{host}"), |port| format!("{scheme}://{host}:{port}"));
        Some(Self { text, https, loopback: is_loopback(&host), host })
    }

    /// The origin as an `Origin` header says it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host without its port; an IPv6 address in its brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether the site is reached over TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// Whether the site is only reached from the same machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// Judges where a request comes from.
    #[must_use]
    pub fn judge(&self, headers: &HeaderMap) -> RequestOrigin {
        let single = |name: &HeaderName| {
            let mut values = headers.get_all(name).iter();
            values.next().map(|first| if values.next().is_none() { first.as_bytes() } else { b"" })
        };
        match (single(&SEC_FETCH_SITE), single(&ORIGIN)) {
            (Some(b"same-origin" | b"none"), _) => RequestOrigin::Own,
            (None, Some(origin)) if origin == self.text.as_bytes() => RequestOrigin::Own,
            (None, None) => RequestOrigin::Unknown,
            _ => RequestOrigin::CrossSite,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Where a request comes from (promise P9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestOrigin {
    /// A page of ours, or the person's own hand.
    Own,
    /// Another site, or another host of our domain.
    CrossSite,
    /// The client says nothing: no browser of the last years. With a cookie it is refused.
    Unknown,
}

/// Whether a host is this machine itself.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host.ends_with(".localhost")
        || address.parse().is_ok_and(|ip: std::net::IpAddr| ip.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    #[test]
    fn is_written_as_browsers_write_it() {
        for (url, origin) in [
            ("https://Example.com", "https://example.com"),
            ("https://example.com:443/", "https://example.com"),
            ("http://localhost:8000", "http://localhost:8000"),
            ("http://[::1]:80", "http://[::1]"),
        ] {
            assert_eq!(Origin::parse(url).unwrap().as_str(), origin);
        }
        let refused = [
            "",
            "example.com",
            "ftp://example.com",
            "https://a@example.com",
            "https://example.com/x",
            "https://example.com?x",
            "https://example.com:99999",
            "https://example.com:",
        ];
        for url in refused {
            assert_eq!(Origin::parse(url), None, "{url}");
        }
    }

    #[test]
    fn knows_loopback() {
        for (url, loopback) in [
            ("http://localhost:8000", true),
            ("http://127.0.0.1", true),
            ("http://[::1]:8000", true),
            ("http://localhost.example.com", false),
            ("http://192.168.1.2", false),
        ] {
            assert_eq!(Origin::parse(url).unwrap().is_loopback(), loopback, "{url}");
        }
    }

    #[test]
    fn judges_by_sec_fetch_site_then_by_origin() {
        let own = Origin::parse("https://example.com").unwrap();
        let judge = |pairs: &[(&'static str, &'static str)]| {
            let headers: HeaderMap = pairs
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
                .fold(HeaderMap::new(), |mut map, (name, value)| {
                    map.append(name, value);
                    map
                });
            own.judge(&headers)
        };
        let (site, origin) = ("sec-fetch-site", "origin");
        assert_eq!(judge(&[(site, "same-origin")]), RequestOrigin::Own);
        assert_eq!(judge(&[(site, "none")]), RequestOrigin::Own);
        assert_eq!(judge(&[(origin, "https://example.com")]), RequestOrigin::Own);
        assert_eq!(judge(&[]), RequestOrigin::Unknown);
        for foreign in [
            vec![(site, "same-site")],
            vec![(site, "cross-site")],
            vec![(site, "cross-site"), (origin, "https://example.com")],
            vec![(site, "same-origin"), (site, "cross-site")],
            vec![(origin, "https://evil.example")],
            vec![(origin, "http://example.com")],
            vec![(origin, "https://example.com.evil.example")],
            vec![(origin, "null")],
        ] {
            assert_eq!(judge(&foreign), RequestOrigin::CrossSite, "{foreign:?}");
        }
    }
}
