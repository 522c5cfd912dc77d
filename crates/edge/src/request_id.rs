//! The name of one request in answers, logs and the audit trail.

use crate::TrustedProxies;
use crate::client_ip::peer;
use accounts::Rng;
use axum::extract::Request;
use http::{HeaderMap, HeaderName, HeaderValue};
use uuid::{Builder, Uuid};

/// The header that carries it, in and out.
pub static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A UUID; a trusted proxy's own where it sent one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestId(Uuid);

impl RequestId {
    /// The id that a trusted proxy sent along, else a new one. A client that chooses its own could
    /// hide behind another's in logs and in the audit trail.
    #[must_use]
    pub fn of(request: &Request, proxies: &TrustedProxies, rng: &dyn Rng) -> Self {
        let trusted = proxies.trusts(peer(request.extensions()));
        let sent = if trusted { Self::sent(request.headers()) } else { None };
        sent.unwrap_or_else(|| Self::random(rng))
    }

    /// Only a UUID is accepted, since the text is written into our logs.
    fn sent(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(&X_REQUEST_ID).iter();
        let only = values.next().filter(|_| values.next().is_none())?;
        only.to_str().ok()?.parse().ok().map(Self)
    }

    fn random(rng: &dyn Rng) -> Self {
        let mut bytes = [0; 16];
        rng.fill(&mut bytes);
        Self(Builder::from_random_bytes(bytes).into_uuid())
    }

    /// The header's value.
    #[must_use]
    pub fn header(self) -> HeaderValue {
        HeaderValue::from_str(self.write(&mut [0; 36])).unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    /// Its text, without the detour by `Display`.
    pub fn write(self, buffer: &mut [u8; 36]) -> &str {
        self.0.hyphenated().encode_lower(buffer)
    }
}

impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use accounts::SystemRng;
    use axum::extract::ConnectInfo;
    use std::net::SocketAddr;

    const ID: &str = "0192f0c1-2d3e-7abc-8def-0123456789ab";

    fn of(peer: [u8; 4], value: &'static str) -> String {
        let mut request = Request::default();
        request.headers_mut().insert(&X_REQUEST_ID, HeaderValue::from_static(value));
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from((peer, 4711))));
        RequestId::of(&request, &"10.0.0.0/8".parse().unwrap(), &SystemRng).to_string()
    }

    #[test]
    fn a_proxys_uuid_is_kept_and_anything_else_replaced() {
        let proxy = [10, 0, 0, 1];
        assert_eq!(of(proxy, ID), ID);
        assert_ne!(of(proxy, "a b\"c"), "a b\"c");
        assert_eq!(of(proxy, "").len(), 36);
        assert_ne!(of(proxy, ""), of(proxy, ""));
    }

    #[test]
    fn nobody_else_chooses_an_id() {
        assert_ne!(of([203, 0, 113, 9], ID), ID);
    }
}
