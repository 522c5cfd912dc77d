//! The built site's files, compressed by the build; any other path is not found.

use crate::state::AppState;
use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use domain::Code;
use edge::problem::refusal;
use http::header::CACHE_CONTROL;
use http::{HeaderValue, StatusCode};
use tower_http::services::ServeDir;

/// A hash of this many characters or more in a file's name changes with its content.
const HASH_LENGTH: usize = 16;
/// No file has a longer name: the file system takes 255 bytes, with the `.br` of its compressed copy.
const LONGEST_NAME: usize = 240;
/// No file has a longer path: the file system takes 4,096 bytes, with the folder of the site.
const LONGEST_PATH: usize = 2_000;

pub(crate) fn router(state: &AppState, not_found: Router) -> Router {
    let files = ServeDir::new(&*state.site.site_root)
        .precompressed_br()
        .precompressed_gzip()
        .append_index_html_on_directories(false)
        .redirect_to_trailing_slash(false)
        .call_fallback_on_method_not_allowed(true)
        .fallback(not_found);
    Router::new().fallback_service(files).layer(from_fn(cached))
}

/// Answers that are not files have no `Last-Modified`, and keep their own caching.
async fn cached(request: Request, next: Next) -> Response {
    if !may_be_a_file(request.uri().path()) {
        return refusal(Code::NotFound);
    }
    let immutable = is_hashed(request.uri().path());
    let mut response = next.run(request).await;
    let is_file = response.status() == StatusCode::NOT_MODIFIED
        || (response.status().is_success() && response.headers().contains_key("last-modified"));
    if is_file {
        let caching = if immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    }
    response
}

/// Whether the file system may be asked: it fails on other paths, which would be answered 500.
fn may_be_a_file(path: &str) -> bool {
    path.len() <= LONGEST_PATH
        && !path.contains("%00")
        && path.split('/').all(|name| name.len() <= LONGEST_NAME)
}

/// Whether the name is `name.HASH.ending`. The loader of split WebAssembly keeps its made-up hash while
/// its chunks change (cargo-leptos#658).
fn is_hashed(path: &str) -> bool {
    let Some(name) = path.strip_prefix("/pkg/") else { return false };
    let is_hash = |part: &str| {
        let word = part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        word && part.len() >= HASH_LENGTH
    };
    !name.starts_with("__wasm_split.")
        && name.split('.').rev().skip(1).any(is_hash)
        && name.matches('.').count() > 1
}

#[cfg(test)]
mod tests {
    use super::is_hashed;

    #[test]
    fn only_names_with_a_hash_last_for_ever() {
        assert!(is_hashed("/pkg/doorstep.8Zl4gCxsmnVhN1XyFvpeBQ.js"));
        assert!(is_hashed("/pkg/doorstep.8Zl4gCxsmnVhN1XyFvpeBQ.wasm"));
        for path in [
            "/pkg/doorstep.js",
            "/pkg/doorstep_bg.wasm",
            "/pkg/__wasm_split.______________________.js",
            "/pkg/8Zl4gCxsmnVhN1XyFvpeBQ.js",
            "/favicon.svg",
            "/doorstep.8Zl4gCxsmnVhN1XyFvpeBQ.js",
        ] {
            assert!(!is_hashed(path), "{path}");
        }
    }
}
