//! What the document says of a call: every answer that any test here sees must be in it.

use crate::rest::openapi::SNAPSHOT;
use http::{HeaderMap, Method};
use serde_json::Value;
use std::sync::LazyLock;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(SNAPSHOT).unwrap());

/// Fails where the document knows the call, but not this answer.
#[track_caller]
pub fn check(method: &Method, path: &str, status: u16, headers: &HeaderMap) {
    let Some(item) = item(path) else { return };
    // Pages, whose errors are pages too.
    if method.is_safe() && ["/login", "/register"].contains(&path) {
        return;
    }
    // Outside, the paths are families', which may be off.
    if !path.starts_with("/api/v1/") && matches!(status, 404 | 405) {
        return;
    }
    let what = format!("{method} {path}: {status}");
    let Some(operation) = item.get(method.as_str().to_lowercase()) else {
        let other = *method == Method::HEAD || *method == Method::OPTIONS;
        assert!(other || status == 405 || status >= 500, "{what} of a call that is not in docs/openapi.json");
        return;
    };
    let Some(answer) = operation["responses"].get(status.to_string()) else {
        panic!("{what} is not in docs/openapi.json");
    };
    let shared = answer["$ref"].as_str().and_then(|path| DOCUMENT.pointer(&path[1..]));
    let answer = shared.unwrap_or(answer);
    let kind = headers.get("content-type").and_then(|kind| kind.to_str().unwrap().split(';').next());
    let kinds = answer["content"].as_object().map(|content| content.keys().map(String::as_str).collect());
    assert!(
        kinds.unwrap_or_else(Vec::new).contains(&kind.unwrap_or_default()) || kind.is_none(),
        "{what}: {kind:?}"
    );
    for name in answer["headers"].as_object().into_iter().flat_map(|headers| headers.keys()) {
        let required = DOCUMENT["components"]["headers"][name]["required"] == true;
        assert!(!required || headers.contains_key(name.as_str()), "{what} without {name}");
    }
}

/// The path item, whose fixed segments win over its parameters.
fn item(path: &str) -> Option<&'static Value> {
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let fits = |template: &str| {
        let same = |(part, template): (&str, &str)| {
            part == template || (template.starts_with('{') && !part.is_empty())
        };
        template.matches('/').count() == path.matches('/').count()
            && path.split('/').zip(template.split('/')).all(same)
    };
    paths.get(path).or_else(|| paths.iter().find(|(template, _)| fits(template)).map(|(_, item)| item))
}
