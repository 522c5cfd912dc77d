//! Which trace a request belongs to, as a trusted proxy says it (W3C Trace Context, `traceparent`).

use crate::TrustedProxies;
use crate::client_ip::peer;
use axum::extract::Request;
use http::HeaderMap;

/// The caller's trace and span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    /// The trace.
    pub trace: u128,
    /// The caller's span.
    pub span: u64,
    /// Whether the caller records it.
    pub sampled: bool,
}

impl TraceParent {
    /// What a trusted proxy sent along. A stranger's means nothing: it could join others' traces, or have each of its
    /// requests recorded.
    #[must_use]
    pub fn of(request: &Request, proxies: &TrustedProxies) -> Option<Self> {
        if !proxies.trusts(peer(request.extensions())) {
            return None;
        }
        Self::sent(request.headers())
    }

    fn sent(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all("traceparent").iter();
        let only = values.next().filter(|_| values.next().is_none())?;
        Self::read(only.to_str().ok()?)
    }

    /// A later version may say more behind what this one says.
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let [version, trace, span, flags] =
            [2, 32, 16, 2].map(|length| parts.next().and_then(|part| hex(part, length)));
        let version = version.filter(|version| *version != 0xff)?;
        if version == 0 && parts.next().is_some() {
            return None;
        }
        let span = u64::try_from(span?).ok()?;
        let found = Self { trace: trace?, span, sampled: flags? & 1 == 1 };
        (found.trace != 0 && found.span != 0).then_some(found)
    }
}

/// So many digits in lower case.
fn hex(text: &str, length: usize) -> Option<u128> {
    let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if digits && text.len() == length { u128::from_str_radix(text, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::extract::ConnectInfo;
    use http::HeaderValue;
    use std::net::SocketAddr;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn of(peer: [u8; 4], values: &[&'static str]) -> Option<TraceParent> {
        let mut request = Request::default();
        for value in values {
            request.headers_mut().append("traceparent", HeaderValue::from_static(value));
        }
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from((peer, 4711))));
        TraceParent::of(&request, &"10.0.0.0/8".parse().unwrap())
    }

    #[test]
    fn a_trusted_proxy_names_the_trace_and_a_stranger_does_not() {
        let expected = TraceParent {
            trace: 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736,
            span: 0x00f0_67aa_0ba9_02b7,
            sampled: true,
        };
        assert_eq!(of([10, 0, 0, 1], &[GOOD]), Some(expected));
        assert_eq!(of([203, 0, 113, 9], &[GOOD]), None);
    }

    #[test]
    fn what_is_no_trace_is_ignored() {
        let read = |value: &'static str| of([10, 0, 0, 1], &[value]);
        let unsampled = read("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00").unwrap();
        assert!(!unsampled.sampled);
        assert!(read("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-later").is_some());
        for value in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e47-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert_eq!(read(value), None, "{value}");
        }
        assert_eq!(of([10, 0, 0, 1], &[GOOD, GOOD]), None);
        assert_eq!(of([10, 0, 0, 1], &[]), None);
    }
}
