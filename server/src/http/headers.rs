//! The headers of every answer, errors and files included (promise P11).

use crate::state::AppState;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Uri};

/// For every answer that is no page: it may load nothing and be shown in no frame.
const NO_PAGE: &str = "default-src 'none'; frame-ancestors 'none'";
const COOP: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");
const REPORTING: HeaderName = HeaderName::from_static("reporting-endpoints");

pub(crate) fn add(headers: &mut HeaderMap, https: bool) {
    headers.reserve(8);
    // `same-origin`: plain form posts between our own pages may name each other, nobody else learns.
    let always = [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "same-origin"),
        (COOP, "same-origin"),
        (CORP, "same-origin"),
        (PERMISSIONS, "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ];
    for (name, value) in always {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if https {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(NO_PAGE));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

/// The policy of the pages that show the API, and only of them: their scripts write styles into the page, load images
/// from `data:` addresses and start a worker for the search. The scripts are our own files, and nothing comes from
/// another host.
const DOCUMENTS: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src blob:; form-action 'none'; \
    base-uri 'none'; object-src 'none'; frame-ancestors 'none'; report-uri /csp-report; report-to csp";

pub(crate) fn documents_policy() -> HeaderMap {
    reported(HeaderValue::from_static(DOCUMENTS))
}

/// The policy of a mail's own document in a page of ours (`/dev/mail`). It has no script, and its origin is nobody's.
const MAIL: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; \
    base-uri 'none'; sandbox allow-top-navigation-by-user-activation; frame-ancestors 'self'";

pub(crate) fn mail_policy() -> HeaderMap {
    [(CONTENT_SECURITY_POLICY, HeaderValue::from_static(MAIL))].into_iter().collect()
}

/// The policy of a page without scripts that shows such a document.
pub(crate) fn framing_policy(state: &AppState) -> HeaderMap {
    policy(state, None, "frame-src 'self'; ")
}

/// The policy of a page whose scripts carry `nonce`; without one the page has no script. Under `cargo leptos watch` a
/// page with scripts may connect to the reload socket. Signing out leads to `/` and from there to the owner's own front
/// page: browsers hold a form's redirects against `form-action`, too.
pub(crate) fn page_policy(state: &AppState, nonce: Option<&str>) -> HeaderMap {
    policy(state, nonce, "")
}

fn policy(state: &AppState, nonce: Option<&str>, more: &str) -> HeaderMap {
    let script = nonce
        .map_or("'none'".to_owned(), |nonce| format!("'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'"));
    let port = state.site.reload_port;
    let watched = nonce.filter(|_| state.watched);
    let reload = watched.map(|_| format!(" ws://localhost:{port} ws://127.0.0.1:{port}")).unwrap_or_default();
    let home =
        state.app.home_url.as_deref().and_then(origin).map(|home| format!(" {home}")).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; script-src {script}; style-src 'self'; img-src 'self'; font-src 'self'; \
         connect-src 'self'{reload}; {more}manifest-src 'self'; form-action 'self'{home}; base-uri 'none'; \
         object-src 'none'; frame-ancestors 'none'; report-uri /csp-report; report-to csp"
    );
    // A nonce is base64: the policy is always a good header, and if not, nothing may load.
    let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static(NO_PAGE));
    reported(policy)
}

fn origin(url: &str) -> Option<String> {
    let url: Uri = url.parse().ok()?;
    Some(format!("{}://{}", url.scheme_str()?, url.authority()?))
}

fn reported(policy: HeaderValue) -> HeaderMap {
    let endpoint = HeaderValue::from_static("csp=\"/csp-report\"");
    [(CONTENT_SECURITY_POLICY, policy), (REPORTING, endpoint)].into_iter().collect()
}
