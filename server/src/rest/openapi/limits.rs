//! What a call takes: the limits of each field, by its name. They are those of `domain`'s forms, written as
//! JSON Schema; `server/tests/it/rest/openapi.rs` and schemathesis hold the two against each other.

use super::answers::is_for_strangers;
use super::json::object;
use domain::{
    EMAIL_MAX_BYTES, FactorMethod, PAGE_DEFAULT, PAGE_MAX, PASSKEY_NAME_MAX, PASSWORD_MAX, PASSWORD_MIN,
    PASSWORD_TRIED_MAX, Profile, REASON_MAX, RECOVERY_LETTERS, RECOVERY_LETTERS_BEFORE, SEARCH_MAX, Takes,
    USERNAME_MAX, USERNAME_MIN, UserSort,
};
use serde_json::{Map, Value, json};

/// A text is trimmed before it is checked: of blanks and of invisible characters (`domain::trim`; its rarest characters
/// are left out here).
const AROUND: &str = r"[\t-\r \u0085\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ufeff\uffa0\ufff0-\ufff8]*";
/// No control character, and none that turns the direction of the text around it.
const SEEN: &str = r"[^\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]";
/// What does not matter in the code of a second factor.
const BETWEEN: &str =
    r"[\t-\r \u0085\u00a0\u1680\u2000-\u200b\u2010-\u2015\u2028\u2029\u202f\u205f\u2060\u2212\u3000\ufeff-]*";
/// Some text that is more than blanks.
const NAMED: &str = r"^[^\u0000-\u001f\u007f-\u009f]*[^\u0000-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8][^\u0000-\u001f\u007f-\u009f]*$";
/// A character that shows.
const INK: &str = r"[^\u0000-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8]";
/// `domain::Span` encodes 17 bytes, the first of which is 1.
const CURSOR: &str = "^A[Q-Za-f][A-Za-z0-9_-]{20}[AEIMQUYcgkosw048]$";
/// `domain::Window` encodes 17 bytes, the first of which is 1 or 2, and up to 482 of a key.
const KEYED_CURSOR: &str = "^A[Q-Za-v][A-Za-z0-9_-]{20}([A-Za-z0-9_-]{4}){0,160}([AEIMQUYcgkosw048]|[A-Za-z0-9_-]{2}|[A-Za-z0-9_-]{3}[AQgw])$";

/// The longest answer of a browser with a passkey.
const ANSWER_MAX: usize = 16 * 1024;

/// One line of at most `max` code points, or several with `\n` and `\r\n` counted as one.
fn text(max: usize, lines: bool) -> String {
    let one = if lines { format!(r"(?:\r\n|\n|{SEEN})") } else { SEEN.to_owned() };
    format!("^{AROUND}{one}{{0,{max}}}{AROUND}$")
}

/// The same of lines that say something.
fn given_text(max: usize) -> String {
    format!(r"^{AROUND}{INK}(?:\r\n|\n|{SEEN}){{0,{}}}{AROUND}$", max - 1)
}

/// The limits of a field of the profile, which `null` clears too.
fn profile_field(name: &str) -> Option<Value> {
    let field = Profile::FIELDS.iter().find(|field| field.name == name)?;
    let pattern = match field.takes {
        Takes::Username => format!("^{AROUND}(?:[A-Za-z0-9._-]{{{USERNAME_MIN},{USERNAME_MAX}}})?{AROUND}$"),
        Takes::Line(max) => text(max, false),
        Takes::Lines(max) => text(max, true),
    };
    Some(json!({ "type": ["string", "null"], "pattern": pattern }))
}

/// The limits of a body's field.
fn field(schema: &str, name: &str) -> Option<Value> {
    let proof = json!({ "format": "password", "minLength": 1, "maxLength": PASSWORD_TRIED_MAX, "pattern": r"^[^\u0000]*$" });
    let mut limits = match (schema, name) {
        ("LoginRequest", "identifier" | "email" | "username") | (_, "identifier") => {
            json!({ "maxLength": EMAIL_MAX_BYTES, "pattern": NAMED })
        }
        (_, "email") => json!({ "format": "email", "maxLength": EMAIL_MAX_BYTES }),
        ("NewAccount", "password") | (_, "new_password") => {
            json!({ "format": "password", "minLength": PASSWORD_MIN, "maxLength": PASSWORD_MAX, "pattern": r"^[^\u0000]*$" })
        }
        ("LoginRequest" | "VerifyForm", "password") | ("PasswordForm", "current_password") => proof,
        (_, "token" | "challenge" | "ceremony") => json!({ "pattern": "^[A-Za-z0-9_-]{43}$" }),
        ("FactorLogin", "method") => json!({ "enum": FactorMethod::ALL.map(FactorMethod::as_str) }),
        ("FactorLogin", "code") => {
            let more = RECOVERY_LETTERS - RECOVERY_LETTERS_BEFORE;
            let recovery = format!(
                "([A-Za-z2-7]{BETWEEN}){{{RECOVERY_LETTERS_BEFORE}}}(?:([A-Za-z2-7]{BETWEEN}){{{more}}})?"
            );
            let typed = format!("{BETWEEN}(?:([0-9]{BETWEEN}){{6}}|{recovery})");
            json!({ "pattern": format!(r"^(?:{typed}|\{{.*\}})$"), "maxLength": ANSWER_MAX })
        }
        (_, "passkey") => json!({ "pattern": r"^\{.*\}$", "maxLength": ANSWER_MAX }),
        ("PasskeyAddForm" | "PasskeyChange", "name") => {
            json!({ "maxLength": PASSKEY_NAME_MAX, "pattern": NAMED })
        }
        ("TotpConfirmForm", "code") => json!({ "pattern": format!("^{BETWEEN}([0-9]{BETWEEN}){{6}}$") }),
        (_, "code") => json!({ "pattern": "^[A-Za-z2-7]{5}[ -]?[A-Za-z2-7]{5}$" }),
        (_, "current_password") => {
            json!({ "type": ["string", "null"], "format": "password", "maxLength": PASSWORD_TRIED_MAX, "pattern": r"^[^\u0000]*$" })
        }
        ("FactorsClearing", "reason") => json!({ "pattern": given_text(REASON_MAX) }),
        (_, "reason") => json!({ "type": ["string", "null"], "pattern": text(REASON_MAX, true) }),
        (_, "role") => json!({ "enum": ["user", "admin"] }),
        (_, "is_active") => json!({ "type": ["boolean", "null"] }),
        (_, "refresh_token" | "grant_type" | "scope" | "client_id" | "client_secret") => json!({}),
        _ => return profile_field(name),
    };
    object(&mut limits).entry("type").or_insert("string".into());
    Some(limits)
}

/// The limits of a word of the query.
fn parameter(operation: &Value, name: &str) -> Option<Value> {
    Some(match name {
        "limit" => json!({ "type": "integer", "minimum": 1, "maximum": PAGE_MAX, "default": PAGE_DEFAULT }),
        "cursor" if operation == "list_users" => json!({ "type": "string", "pattern": KEYED_CURSOR }),
        "cursor" => json!({ "type": "string", "pattern": CURSOR }),
        "q" => json!({ "type": "string", "pattern": text(SEARCH_MAX, false) }),
        "role" => json!({ "type": "string", "enum": ["user", "admin"] }),
        "is_active" | "email_verified" | "second_factor" => json!({ "type": "boolean" }),
        "sort" => json!({ "type": "string", "enum": UserSort::ALL.map(UserSort::as_str) }),
        "kind" => json!({ "type": "string", "pattern": "^[a-z_]{1,64}$" }),
        "actor" | "subject" => json!({ "type": "string", "format": "uuid" }),
        _ => return None,
    })
}

/// Puts the limits into the bodies: those schemas that take no other fields.
pub(super) fn complete(schemas: &mut Map<String, Value>) {
    // A password is described where it is asked for.
    schemas.remove("RawPassword");
    for (schema, value) in schemas.iter_mut().filter(|(_, value)| value["additionalProperties"] == false) {
        for (name, property) in object(&mut value["properties"]).iter_mut() {
            let Some(mut limits) = field(schema, name) else { continue };
            if let Some(words) = property.get("description") {
                object(&mut limits).insert("description".to_owned(), words.clone());
            }
            *property = limits;
        }
    }
    // Any of three fields names the account; a mail's link needs nothing beside it, its code an address. Generators of
    // clients take a plain `anyOf` for another type.
    let presented = [&["token"][..], &["email", "code"]];
    for (schema, ways) in [
        ("LoginRequest", &[&["identifier"][..], &["email"], &["username"]][..]),
        ("ResetForm", &presented),
        ("VerifyForm", &presented),
    ] {
        let Some(schema) = schemas.get_mut(schema) else { continue };
        let ways: Vec<_> = ways.iter().map(|fields| json!({ "required": fields })).collect();
        schema["if"] = json!({ "anyOf": ways });
        schema["else"] = false.into();
    }
}

/// The one header that a call without a token is judged by. (A generated Python client also needs an optional
/// parameter where a body may be of two kinds: openapi-python-client 0.29 forgets an import otherwise.)
fn sent_from() -> Value {
    json!({
        "name": "Sec-Fetch-Site", "in": "header", "required": false,
        "description": "Set by browsers. Requests from pages of other sites are refused.",
        "schema": { "type": "string", "enum": ["same-origin", "none"] },
    })
}

/// The versions that a change is made for, or that a reader knows (RFC 9110 section 13.1).
fn versions(answers: &Value) -> Vec<Value> {
    let headers = [
        ("412", "If-Match", "The `ETag` of the account as it is known: changed since, it is left alone."),
        (
            "304",
            "If-None-Match",
            "The `ETag` of the account as it is known: unchanged, it is not sent again.",
        ),
    ];
    let known = headers.into_iter().filter(|(status, ..)| answers.get(status).is_some());
    let parameter = |(_, name, words): (&str, &str, &str)| {
        json!({
            "name": name, "in": "header", "required": false, "description": words,
            "schema": { "type": "string", "format": "etag" },
        })
    };
    known.map(parameter).collect()
}

/// Puts the limits into the query.
pub(super) fn complete_call(operation: &mut Map<String, Value>) {
    if is_for_strangers(operation)
        && let Some(parameters) = operation.entry("parameters").or_insert_with(|| json!([])).as_array_mut()
    {
        parameters.push(sent_from());
    }
    let versions = versions(&operation["responses"]);
    if !versions.is_empty()
        && let Some(parameters) = operation.entry("parameters").or_insert(json!([])).as_array_mut()
    {
        parameters.extend(versions);
    }
    let id = operation["operationId"].clone();
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for parameter_value in parameters.into_iter().flatten().filter(|value| value["in"] == "query") {
        let Some(limits) = parameter_value["name"].as_str().and_then(|name| parameter(&id, name)) else {
            continue;
        };
        parameter_value["schema"] = limits;
        // An empty word is a missing one.
        parameter_value["allowEmptyValue"] = true.into();
        parameter_value["required"] = false.into();
    }
}
