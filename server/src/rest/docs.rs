//! The description of the API, and two pages that show it: Swagger UI to try it, Redoc to read it. Their
//! scripts are files of ours (docs/adr/0005-documents-pages.md).

use super::openapi;
use crate::config::Compat;
use crate::http::headers;
use crate::state::AppState;
use axum::Router;
use axum::body::Bytes;
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use http::header::CONTENT_TYPE;
use std::sync::{Arc, OnceLock};

const SWAGGER: &str = r#"<link rel="stylesheet" href="/docs/swagger-ui.css">
<script src="/docs/swagger-ui-bundle.js" defer></script>
<script src="/docs/swagger.js" defer></script>"#;

const REDOC: &str = r#"<script src="/docs/redoc.standalone.js" defer></script>
<script src="/docs/redoc.js" defer></script>"#;

pub(crate) fn router(compat: Compat) -> Router<AppState> {
    let text: Arc<OnceLock<Bytes>> = Arc::default();
    let document = async move || {
        let text = text.get_or_init(|| openapi::text(compat).into()).clone();
        ([(CONTENT_TYPE, "application/json")], text)
    };
    Router::new()
        .route("/openapi.json", get(document))
        .route("/docs", get(async || page(SWAGGER)))
        .route("/redoc", get(async || page(REDOC)))
}

fn page(files: &str) -> impl IntoResponse {
    let html = format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API</title>
<link rel="icon" href="/favicon.svg">
{files}
</head>
<body><main id="page"></main></body>
</html>
"#
    );
    (headers::documents_policy(), Html(html))
}
