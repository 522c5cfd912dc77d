//! The errors that each call may answer, as problem documents.

use super::json::object;
use domain::Code;
use serde_json::{Map, Value, json};

/// Anyone may fetch them, as often as they like.
const KEYS: &str = "read_keys";
/// Whoever wants to leave need not prove anything.
const LOGOUT: &str = "logout";

/// Which calls answer an error.
#[derive(PartialEq)]
enum Of {
    Every,
    /// All but the public keys.
    Counted,
    /// Those that take a body.
    Bodies,
    /// Those that want an access token.
    Members,
    /// Those that may want a proven address as well.
    Proven,
}

/// The errors that calls have in common.
const SHARED: &[(Of, Code, &str)] = &[
    (Of::Members, Code::InvalidToken, "The access token is missing, invalid or expired"),
    (
        Of::Proven,
        Code::EmailUnverified,
        "The email address must be confirmed first, where the site asks for that",
    ),
    (Of::Proven, Code::FactorRequired, "A second factor must be set up first, where the site asks for that"),
    (Of::Counted, Code::CrossSite, "The request came from another site"),
    (Of::Bodies, Code::TimedOut, "The body took too long to arrive"),
    (Of::Bodies, Code::TooLarge, "The body is too large"),
    (Of::Bodies, Code::UnsupportedMediaType, "The Content-Type is not supported"),
    (Of::Every, Code::Invalid, "The request is invalid; `errors` lists the fields. Nothing was changed"),
    (Of::Counted, Code::TooManyRequests, "Too many requests"),
    (Of::Every, Code::Internal, "Internal server error"),
    (
        Of::Every,
        Code::Unavailable,
        "The server is overloaded, cannot reach its database or took too long. With `code` `outcome_unknown` the change may have been made; with `mail_off` this server sends no email",
    ),
];

/// The problem that stands for a status of a single call.
fn sample(status: u16) -> Code {
    match status {
        400 => Code::LinkInvalid,
        401 => Code::WrongCredentials,
        403 => Code::Forbidden,
        404 => Code::NotFound,
        409 => Code::Taken,
        412 => Code::PreconditionFailed,
        _ => Code::Invalid,
    }
}

fn problem(code: Code, words: &str) -> Value {
    let mut headers = Map::new();
    let names: &[&str] = match code.status() {
        401 => &["WWW-Authenticate"],
        429 => &["Retry-After", "RateLimit", "RateLimit-Policy"],
        503 => &["Retry-After"],
        _ => &[],
    };
    for name in names {
        headers.insert((*name).to_owned(), json!({ "$ref": format!("#/components/headers/{name}") }));
    }
    let mut sample = words::code_document(code);
    if code == Code::TooManyRequests {
        sample.retry_after = Some(20);
    }
    let mut answer = json!({
        "description": words,
        "content": { "application/problem+json": {
            "schema": { "$ref": "#/components/schemas/Problem" }, "example": sample,
        } },
    });
    if !headers.is_empty() {
        answer["headers"] = headers.into();
    }
    answer
}

/// The errors that calls have in common, for `components`.
pub(super) fn shared() -> Value {
    SHARED.iter().map(|(_, code, words)| (format!("{code:?}"), problem(*code, words))).collect()
}

/// The headers of errors, for `components`.
pub(super) fn headers() -> Value {
    let text = |words: &str, required: bool| json!({ "description": words, "required": required, "schema": { "type": "string" } });
    json!({
        "WWW-Authenticate": text("The authentication scheme (RFC 6750 section 3).", true),
        "RateLimit": text("What is left of the rate limit (draft-ietf-httpapi-ratelimit-headers).", false),
        "RateLimit-Policy": text("The rate limit.", false),
        "Retry-After": {
            "description": "Seconds to wait.", "required": true,
            "schema": { "type": "integer", "minimum": 0 },
        },
    })
}

/// What an answer leaves out where there is nothing to say.
const LEFT_OUT: [(&str, &str); 4] = [
    ("Problem", "retry_after"),
    ("TotpConfirmation", "recovery_codes"),
    ("PasskeyAdded", "recovery_codes"),
    ("UserView", "closes_at"),
];

/// An answer always has all its other fields, also those that may be null.
pub(super) fn complete(schemas: &mut Map<String, Value>) {
    // Its type is `jsonwebtoken`'s, which knows nothing of this document.
    schemas.insert(
        "Jwks".to_owned(),
        json!({
            "type": "object", "required": ["keys"], "description": "Public keys (RFC 7517, RFC 8037).",
            "properties": { "keys": { "type": "array", "items": {
                "type": "object", "required": ["kty", "crv", "x", "kid", "alg", "use"],
                "properties": {
                    "kty": { "type": "string" }, "crv": { "type": "string" }, "x": { "type": "string" },
                    "kid": { "type": "string" }, "alg": { "type": "string" }, "use": { "type": "string" },
                },
            } } },
        }),
    );
    for (name, schema) in schemas.iter_mut() {
        let closed = schema["additionalProperties"] == false;
        let Some(properties) = schema["properties"].as_object().filter(|_| !closed) else { continue };
        let all = properties.keys().filter(|property| !LEFT_OUT.contains(&(name, property)));
        schema["required"] = all.cloned().collect();
    }
}

/// Gives each error its document, and the call the errors that it shares with others.
pub(super) fn complete_call(operation: &mut Map<String, Value>) {
    let wants_token = wants_token(operation);
    let counted = operation["operationId"] != KEYS;
    let leaves = operation["operationId"] == LOGOUT;
    let takes_body = operation.contains_key("requestBody");
    let answers = object(&mut operation["responses"]);
    for (status, answer) in answers.iter_mut() {
        if let Some(status) = status.parse().ok().filter(|status| *status >= 400) {
            *answer = problem(sample(status), answer["description"].as_str().unwrap_or_default());
        }
    }
    for (of, code, _) in SHARED {
        let applies = match of {
            Of::Every => true,
            Of::Counted => counted,
            Of::Bodies => takes_body,
            Of::Members => wants_token,
            Of::Proven => wants_token && !leaves,
        };
        if applies {
            let shared = json!({ "$ref": format!("#/components/responses/{code:?}") });
            answers.entry(code.status().to_string()).or_insert(shared);
        }
    }
}

fn wants_token(operation: &Map<String, Value>) -> bool {
    operation.get("security").is_some_and(|schemes| schemes[0] != json!({}))
}

/// Whether the call takes no token and is refused when a page elsewhere sends it: all but the public keys.
pub(super) fn is_for_strangers(operation: &Map<String, Value>) -> bool {
    !wants_token(operation) && operation["operationId"] != KEYS
}
