//! The name of one request in answers, logs and the audit trail.

use accounts::Rng;
use http::{HeaderMap, HeaderName, HeaderValue};
use uuid::{Builder, Uuid};

/// The header that carries it, in and out.
pub static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A UUID; a proxy's own where it sent one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestId(Uuid);

impl RequestId {
    /// The id that the request brought, if it is a UUID and there is only one; else a new one. Any
    /// other text would let a client write into our logs.
    #[must_use]
    pub fn of(headers: &HeaderMap, rng: &dyn Rng) -> Self {
        let mut values = headers.get_all(&X_REQUEST_ID).iter();
        let only = values.next().filter(|_| values.next().is_none());
        only.and_then(|value| value.to_str().ok())
            .and_then(|text| text.parse().ok())
            .map_or_else(|| Self::random(rng), Self)
    }

    fn random(rng: &dyn Rng) -> Self {
        let mut bytes = [0; 16];
        rng.fill(&mut bytes);
        Self(Builder::from_random_bytes(bytes).into_uuid())
    }

    /// The header's value.
    #[must_use]
    pub fn header(self) -> HeaderValue {
        let mut buffer = Uuid::encode_buffer();
        let text = self.0.hyphenated().encode_lower(&mut buffer);
        HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
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

    #[test]
    fn a_uuid_is_kept_and_anything_else_replaced() {
        let of = |value: &'static str| {
            let headers = [(X_REQUEST_ID.clone(), HeaderValue::from_static(value))].into_iter().collect();
            RequestId::of(&headers, &SystemRng).to_string()
        };
        let id = "0192f0c1-2d3e-7abc-8def-0123456789ab";
        assert_eq!(of(id), id);
        assert_ne!(of("a b\"c"), "a b\"c");
        assert_eq!(of("").len(), 36);
        assert_ne!(of(""), of(""));
    }
}
