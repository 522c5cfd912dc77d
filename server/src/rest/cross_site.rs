//! Refuses what another site's page makes its visitors' browsers send, before anything is counted or done.

use crate::http::layers::cors::AllowedOrigin;
use axum::extract::Request;
use edge::Origin;
use edge::origin::RequestOrigin;
use http::{HeaderMap, Method};

pub(super) fn refuses(own: &Origin, request: &Request) -> bool {
    let named = || request.extensions().get::<AllowedOrigin>().is_some();
    is_refused(own, request.method(), request.headers()) && !named()
}

/// A request that does not say where it comes from is no browser's. A link may be followed, once per click; a preflight
/// does nothing.
fn is_refused(own: &Origin, method: &Method, headers: &HeaderMap) -> bool {
    if own.judge(headers) != RequestOrigin::CrossSite || *method == Method::OPTIONS {
        return false;
    }
    let says = |name: &str, value: &str| headers.get(name).is_some_and(|said| said == value);
    let framed = headers.contains_key("sec-fetch-dest") && !says("sec-fetch-dest", "document");
    let followed = method.is_safe() && says("sec-fetch-mode", "navigate") && !framed;
    !followed
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    #[test]
    fn a_page_elsewhere_may_lead_here_and_nothing_more() {
        let own = Origin::parse("https://example.com").unwrap();
        let refused = |method: Method, said: &[(&'static str, &'static str)]| {
            let said = said
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
            is_refused(&own, &method, &said.collect())
        };
        let (site, mode, dest) = ("sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest");
        for (said, expected) in [
            (&[][..], false),
            (&[(site, "none"), (mode, "navigate"), (dest, "document")], false),
            (&[(site, "same-origin"), (mode, "cors")], false),
            (&[(site, "cross-site"), (mode, "navigate")], false),
            (&[(site, "cross-site"), (mode, "navigate"), (dest, "document")], false),
            (&[(site, "cross-site"), (mode, "navigate"), (dest, "iframe")], true),
            (&[(site, "cross-site"), (mode, "no-cors"), (dest, "image")], true),
            (&[(site, "same-site"), (mode, "no-cors"), (dest, "image")], true),
            (&[("origin", "https://evil.example")], true),
        ] {
            assert_eq!(refused(Method::GET, said), expected, "{said:?}");
            assert_eq!(refused(Method::HEAD, said), expected, "{said:?}");
            assert!(!refused(Method::OPTIONS, said), "{said:?}");
            let foreign = said.iter().any(|said| said.1.ends_with("-site") || said.0 == "origin");
            assert_eq!(refused(Method::POST, said), foreign, "{said:?}");
        }
    }
}
