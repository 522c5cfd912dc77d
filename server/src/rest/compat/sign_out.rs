//! What a call of the sign-out may do, by how it was sent. Its GET is the only one that writes, for the programs that
//! use it. A browser's headers tell what it does and from where: it gets a page that asks first, or a refusal if it
//! prefetches or loads a part of a page.

use crate::http::negotiation::wants_html;
use edge::Origin;
use edge::origin::RequestOrigin;
use http::{HeaderMap, HeaderName, Method};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignOut {
    /// It signs out: a person's form post, or a program.
    Proceed { navigates: bool },
    /// A page asks first.
    Confirm,
    /// Another site sent it.
    CrossSite,
    /// A browser sent it, but not as a navigation.
    PostOnly,
}

impl SignOut {
    pub(super) fn judge(own: &Origin, method: &Method, headers: &HeaderMap) -> Self {
        let (safe, navigates) = (method.is_safe(), navigates(headers));
        if safe && navigates {
            return Self::Confirm;
        }
        if own.judge(headers) == RequestOrigin::CrossSite {
            return Self::CrossSite;
        }
        if safe && (*method != Method::GET || is_browser(headers)) {
            return Self::PostOnly;
        }
        Self::Proceed { navigates }
    }
}

/// Whether a person is to see the answer.
fn navigates(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate") || wants_html(headers)
}

/// Whether the request has headers that browsers send: fetch metadata, a prefetch, a referrer or languages.
fn is_browser(headers: &HeaderMap) -> bool {
    let of_browsers = |name: &HeaderName| {
        let name = name.as_str();
        name.starts_with("sec-")
            || matches!(name, "accept-language" | "purpose" | "referer" | "x-moz" | "x-purpose")
    };
    headers.keys().any(of_browsers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    const SITE: &str = "sec-fetch-site";
    const MODE: &str = "sec-fetch-mode";
    const HTML: (&str, &str) = ("accept", "text/html,*/*");

    type Said = &'static [(&'static str, &'static str)];

    #[test]
    fn every_way_to_sign_out_has_its_answer() {
        let own = Origin::parse("https://example.com").unwrap();
        let (by_get, by_post) = (SignOut::Proceed { navigates: false }, SignOut::Proceed { navigates: true });
        let table: [(Said, SignOut, SignOut); 15] = [
            (&[], by_get, by_get),
            (&[("accept", "*/*"), ("user-agent", "curl/8")], by_get, by_get),
            (&[HTML], SignOut::Confirm, by_post),
            (&[(SITE, "none"), (MODE, "navigate")], SignOut::Confirm, by_post),
            (&[(SITE, "cross-site"), (MODE, "navigate"), HTML], SignOut::Confirm, SignOut::CrossSite),
            (&[("sec-purpose", "prefetch;prerender"), (MODE, "navigate"), HTML], SignOut::Confirm, by_post),
            (&[(SITE, "cross-site"), (MODE, "no-cors")], SignOut::CrossSite, SignOut::CrossSite),
            (&[(SITE, "same-site"), (MODE, "cors")], SignOut::CrossSite, SignOut::CrossSite),
            (&[("origin", "https://evil.example")], SignOut::CrossSite, SignOut::CrossSite),
            (&[(SITE, "same-origin"), (MODE, "no-cors")], SignOut::PostOnly, by_get),
            (&[("purpose", "prefetch")], SignOut::PostOnly, by_get),
            (&[("x-moz", "prefetch")], SignOut::PostOnly, by_get),
            (&[("sec-purpose", "prefetch")], SignOut::PostOnly, by_get),
            // Browsers from before Fetch Metadata, that load an image.
            (&[("referer", "https://evil.example/")], SignOut::PostOnly, by_get),
            (&[("accept-language", "en")], SignOut::PostOnly, by_get),
        ];
        for (said, get, post) in table {
            let headers: HeaderMap = said
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
                .collect();
            assert_eq!(SignOut::judge(&own, &Method::GET, &headers), get, "{said:?}");
            assert_eq!(SignOut::judge(&own, &Method::POST, &headers), post, "{said:?}");
            let head = if get == by_get { SignOut::PostOnly } else { get };
            assert_eq!(SignOut::judge(&own, &Method::HEAD, &headers), head, "{said:?}");
        }
    }
}
