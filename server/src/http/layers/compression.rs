//! Pages and problem documents are compressed on the way out; files were compressed when built.

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE, VARY};
use http::{Extensions, HeaderMap, HeaderValue, StatusCode, Version};
use std::convert::Infallible;
use tower::{Layer, ServiceExt, service_fn};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::Predicate;

/// What a client says it can read; none says nothing.
pub(super) struct Accepts(Option<HeaderMap>);

impl Accepts {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        if !headers.contains_key(ACCEPT_ENCODING) {
            return Self(None);
        }
        let mut said = HeaderMap::new();
        for value in headers.get_all(ACCEPT_ENCODING) {
            said.append(ACCEPT_ENCODING, value.clone());
        }
        Self(Some(said))
    }

    pub(super) async fn compressed(self, mut response: Response) -> Response {
        if let Some(said) = self.0 {
            return Box::pin(compressed(said, response)).await;
        }
        vary(&mut response);
        response
    }
}

async fn compressed(said: HeaderMap, response: Response) -> Response {
    let mut request = Request::new(Body::empty());
    *request.headers_mut() = said;
    let mut response = Some(response);
    let answer = service_fn(move |_: Request| {
        std::future::ready(Ok::<_, Infallible>(response.take().unwrap_or_default()))
    });
    let Ok(response) = layer().layer(answer).oneshot(request).await;
    response.map(Body::new)
}

/// What the layer would say of an answer that it leaves as it is: another client may be sent it compressed.
fn vary(response: &mut Response) {
    let headers = response.headers();
    let compressible = is_text(StatusCode::OK, Version::HTTP_11, headers, response.extensions())
        && !headers.contains_key(CONTENT_ENCODING)
        && !headers.contains_key(CONTENT_RANGE);
    let said = headers.get_all(VARY).iter().any(|value| {
        let mut names = value.as_bytes().split(|byte| *byte == b',');
        names.any(|name| name.trim_ascii().eq_ignore_ascii_case(ACCEPT_ENCODING.as_str().as_bytes()))
    });
    if compressible && !said {
        response.headers_mut().append(VARY, HeaderValue::from_name(ACCEPT_ENCODING));
    }
}

fn layer() -> CompressionLayer<impl Predicate> {
    CompressionLayer::new().br(true).gzip(true).compress_when(is_text)
}

fn is_text(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    ["text/html", "application/json", "application/problem+json"].iter().any(|text| kind.starts_with(text))
}
