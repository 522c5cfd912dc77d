//! Whether a client wants HTML.

use http::HeaderMap;
use http::header::ACCEPT;

/// Whether a page is wanted: browsers that navigate or post a form say so, WebAssembly and API
/// clients do not.
pub(crate) fn wants_html(headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all(ACCEPT).iter().filter_map(|line| line.to_str().ok());
    lines.any(|line| line.contains("text/html"))
}
