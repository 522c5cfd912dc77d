//! The description of the API (OpenAPI 3.1). The calls and what travels describe themselves; what holds for
//! all of them, or is decided elsewhere, is added here, so that an annotation says only what is its own.

mod aliases;
mod answers;
mod json;
mod limits;

use super::routes;
use crate::config::Compat;
use json::{object, operations};
use serde_json::{Map, Value, json};

/// The document as it is served, printed and, with all families, kept in `docs/openapi.json`.
pub(crate) fn text(compat: Compat) -> String {
    serde_json::to_string_pretty(&document(compat)).unwrap_or_default() + "\n"
}

/// The paths that it describes.
pub(crate) fn paths(compat: Compat) -> Vec<String> {
    document(compat)["paths"].as_object().into_iter().flat_map(Map::keys).cloned().collect()
}

const ABOUT: &str = "Sign-up, sign-in, accounts, sessions and their administration.\n\n\
    To try it here, click **Authorize** and enter your email address or username and your password under *password*. \
    Errors are problem documents (RFC 9457) with a stable `code`. Unknown fields and query parameters are rejected, \
    and nothing is changed. Where the site asks for a confirmed email address, calls that need a token answer 403 \
    `email_unverified` until it is confirmed. Send `null` or an empty string to clear an optional field.";

const TAGS: &[(&str, &str)] = &[
    ("Signing in", "Create accounts and get tokens."),
    ("My account", "Manage your own account."),
    ("Administration", "Manage other people's accounts. Admins only."),
];

/// The whole document.
fn document(compat: Compat) -> Value {
    let described = routes::described().into_openapi();
    let mut document = serde_json::to_value(described).unwrap_or_default();
    document["info"] = json!({
        "title": "Accounts", "version": env!("CARGO_PKG_VERSION"), "description": ABOUT,
        "license": { "name": "MIT", "identifier": "MIT" },
    });
    document["servers"] = json!([{ "url": "/" }]);
    let tags = TAGS.iter().chain(aliases::tags(compat));
    document["tags"] = tags.map(|(name, text)| json!({ "name": name, "description": text })).collect();
    let components = object(&mut document["components"]);
    object(&mut components["schemas"]).values_mut().for_each(flatten);
    limits::complete(object(&mut components["schemas"]));
    answers::complete(object(&mut components["schemas"]));
    components.insert("responses".to_owned(), answers::shared());
    components.insert("headers".to_owned(), answers::headers());
    components.insert("securitySchemes".to_owned(), schemes(compat));
    let schemas = object(&mut components["schemas"]).clone();
    let paths = object(&mut document["paths"]);
    for (method, operation) in operations(paths) {
        complete(&method, operation, &schemas);
    }
    aliases::add(paths, compat);
    document
}

/// Objects that are made of parts, as one: generators of clients would make a class of each part.
fn flatten(schema: &mut Value) {
    match schema {
        Value::Array(values) => values.iter_mut().for_each(flatten),
        Value::Object(map) => {
            map.values_mut().for_each(flatten);
            let parts = map.remove("allOf");
            for part in parts.iter().filter_map(Value::as_array).flatten().filter_map(Value::as_object) {
                join(map, part);
            }
        }
        _ => {}
    }
}

/// The whole's own entries stay.
fn join(whole: &mut Map<String, Value>, part: &Map<String, Value>) {
    for (key, value) in part {
        match (whole.get_mut(key), value) {
            (None, value) => drop(whole.insert(key.clone(), value.clone())),
            (Some(Value::Object(all)), Value::Object(more)) => all.extend(more.clone()),
            (Some(Value::Array(all)), Value::Array(more)) => all.extend(more.clone()),
            (Some(_), _) => {}
        }
    }
}

fn complete(method: &str, operation: &mut Map<String, Value>, schemas: &Map<String, Value>) {
    if method == "put" {
        // PUT and PATCH are one call, and a document names each operation once.
        let id = operation["operationId"].as_str().unwrap_or_default().replace("change_", "put_");
        operation.insert("operationId".to_owned(), id.into());
    }
    if let Some(schemes) = operation.get_mut("security").and_then(Value::as_array_mut)
        && schemes.contains(&json!({ "bearer": [] }))
    {
        schemes.push(json!({ "password": [] }));
    }
    if let Some(request) = operation.get_mut("requestBody") {
        // If no field is required, an empty body is an empty object.
        let schema = body_schema(request).and_then(|name| schemas.get(name));
        request["required"] = schema.is_some_and(|schema| schema.get("required").is_some()).into();
    }
    limits::complete_call(operation);
    answers::complete_call(operation);
}

/// The schema of a body, which has one, of whichever kind it is.
fn body_schema(request: &Value) -> Option<&str> {
    let content = request["content"].as_object()?.values().next()?;
    content["schema"]["$ref"].as_str()?.rsplit('/').next()
}

fn schemes(compat: Compat) -> Value {
    let mut schemes = json!({
        "bearer": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "The `access_token` from signing in (RFC 6750).",
        },
        "password": {
            "type": "oauth2", "description": "Your email address or username, and your password.",
            "flows": { "password": {
                "tokenUrl": "/api/v1/auth/login", "refreshUrl": "/api/v1/auth/refresh", "scopes": {},
            } },
        },
    });
    if compat.cookie {
        schemes["cookie"] = json!({
            "type": "apiKey", "in": "cookie", "name": "token",
            "description": "Set by signing in through `/auth/login`. HTTP-only.",
        });
    }
    schemes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::AppState;
    use axum::Router;
    use std::collections::{BTreeMap, BTreeSet};

    /// The router's own list of paths and methods, which it shows in its Debug form alone.
    fn served() -> BTreeSet<(String, String)> {
        let router: Router<AppState> =
            routes::by_token(Compat::ALL).merge(routes::by_cookie(Compat::ALL)).merge(routes::keys());
        let text = format!("{router:?}");
        let (text, _) = text.split_once("fallback_router").unwrap_or_default();
        let (mut methods, mut paths) = (BTreeMap::new(), BTreeMap::new());
        for part in text.split("RouteId(").skip(1) {
            let (id, rest) = part.split_once("): ").unwrap_or_default();
            if let Some((path, _)) = rest.strip_prefix('"').and_then(|path| path.split_once('"')) {
                paths.insert(id, path);
            } else {
                let allowed =
                    rest.split_once("allow_header: Bytes(b\"").and_then(|(_, rest)| rest.split_once('"'));
                methods.extend(allowed.map(|(allowed, _)| (id, allowed)));
            }
        }
        let of = |(id, path): (&str, &str)| {
            let methods =
                methods.get(id).copied().unwrap_or_default().split(',').filter(|method| *method != "HEAD");
            methods.map(|method| (method.to_lowercase(), path.to_owned())).collect::<Vec<_>>()
        };
        paths.into_iter().flat_map(of).collect()
    }

    #[test]
    fn every_route_is_in_the_document_and_the_other_way_round() {
        let document = document(Compat::ALL);
        let paths = document["paths"].as_object().unwrap();
        let known = paths.iter().flat_map(|(path, item)| {
            item.as_object().unwrap().keys().map(move |method| (method.clone(), path.clone()))
        });
        // The pages of the same addresses are no calls.
        let known: BTreeSet<_> = known.filter(|(method, path)| !aliases::is_page(method, path)).collect();
        assert_eq!(known, served());
        assert!(known.len() > 20, "{known:?}");
    }

    #[test]
    fn no_operation_is_named_twice_and_every_link_leads_somewhere() {
        let document = document(Compat::ALL);
        let text = document.to_string();
        let mut paths = document["paths"].clone();
        let ids: Vec<_> =
            operations(object(&mut paths)).map(|(_, operation)| operation["operationId"].clone()).collect();
        assert_eq!(ids.iter().map(Value::to_string).collect::<BTreeSet<_>>().len(), ids.len());
        for part in text.split("\"operationId\":").skip(1) {
            let id = part.split(['}', ',']).next().unwrap_or_default();
            assert!(ids.contains(&json!(id.trim_matches('"'))), "a link leads to {id}");
        }
        assert_eq!(text.matches("\"links\":").count(), 8);
        for part in text.split("\"$ref\":\"#").skip(1) {
            let (path, _) = part.split_once('"').unwrap_or_default();
            assert!(document.pointer(path).is_some(), "{path}");
        }
    }
}
