//! What a call brings along, read strictly: whatever is unknown, doubled or of another type is refused by
//! name, and nothing is changed.

use super::Refusal;
use crate::AppState;
use crate::body::{self, Unfit};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::middleware::Next;
use axum::response::Response;
use domain::{Code, FieldError, Problem};
use http::HeaderMap;
use http::request::Parts;
use serde::Deserialize;
use serde::de::value::{Error as PlainError, MapDeserializer};
use serde::de::{DeserializeOwned, IgnoredAny};
use uuid::Uuid;

/// The most a body may hold: no text of ours is longer.
const MAX_BYTES: usize = 64 * 1024;
/// The same on the sign-in paths (security.md, Limits).
const MAX_CREDENTIALS: usize = 16 * 1024;

/// A JSON object. An empty body is an empty object.
pub(super) struct Json<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<AppState> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Refusal> {
        let (headers, content) = read(request, state, MAX_BYTES).await?;
        if !body::is(body::JSON, &headers, &content) {
            return Err(Code::UnsupportedMediaType.into());
        }
        Ok(Self(from_json(&content)?))
    }
}

/// Names and secrets, as a JSON object or as a form: every sign-in path takes both.
pub(super) struct Credentials<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<AppState> for Credentials<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Refusal> {
        let (headers, content) = read(request, state, MAX_CREDENTIALS).await?;
        match body::media_type(&headers).as_deref() {
            Some(body::FORM) => Ok(Self(from_form(&content)?)),
            _ if body::is(body::JSON, &headers, &content) => Ok(Self(from_json(&content)?)),
            _ => Err(Code::UnsupportedMediaType.into()),
        }
    }
}

/// The fields behind the question mark.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<AppState> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Refusal> {
        Ok(Self(from_form(parts.uri.query().unwrap_or_default().as_bytes())?))
    }
}

/// Nothing to ask by.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoWords {}

/// The layer of every call that takes no [`Query`]: it is refused with one, before anybody asks who calls.
pub(super) async fn no_query(request: Request, next: Next) -> Result<Response, Refusal> {
    let NoWords {} = from_form(request.uri().query().unwrap_or_default().as_bytes())?;
    Ok(next.run(request).await)
}

/// The id in the path. What is no id names nothing.
pub(super) struct Id(pub(super) Uuid);

impl FromRequestParts<AppState> for Id {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        let Path(text) =
            Path::<String>::from_request_parts(parts, state).await.map_err(|_| Code::NotFound)?;
        Ok(Self(text.parse().map_err(|_| Code::NotFound)?))
    }
}

/// The headers, for the one call that may have its token there.
pub(super) struct Headers(pub(super) HeaderMap);

impl FromRequestParts<AppState> for Headers {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Refusal> {
        Ok(Self(parts.headers.clone()))
    }
}

/// A body that does not come in half of a request's time is the client's fault; what takes longer is ours.
async fn read(request: Request, state: &AppState, limit: usize) -> Result<(HeaderMap, Vec<u8>), Refusal> {
    let (parts, stream) = request.into_parts();
    let content = tokio::time::timeout(state.request_timeout / 2, body::read(stream, limit)).await;
    Ok((parts.headers, content.unwrap_or(Err(Code::TimedOut))?))
}

fn from_json<T: DeserializeOwned>(content: &[u8]) -> Result<T, Problem> {
    let content = if content.is_empty() { b"{}" } else { content };
    // A list would be read as an object's fields, in their order.
    if content.trim_ascii_start().first() == Some(&b'[') {
        let list = serde_json::from_slice::<IgnoredAny>(content);
        return Err(list.map_or(Code::Unreadable.into(), |_| refused(".", "invalid type")));
    }
    let mut source = serde_json::Deserializer::from_slice(content);
    let value = serde_path_to_error::deserialize(&mut source).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        if inner.is_data() { refused(&path, &inner.to_string()) } else { Code::Unreadable.into() }
    })?;
    source.end().map_err(|_| Problem::new(Code::Unreadable))?;
    Ok(value)
}

fn from_form<T: DeserializeOwned>(content: &[u8]) -> Result<T, Problem> {
    let fields = body::fields(content).map_err(|unfit| match unfit {
        Unfit::Doubled(name) => of_field(&name, "duplicate", TWICE),
        Unfit::Unreadable => Code::Unreadable.into(),
    })?;
    let source = MapDeserializer::<_, PlainError>::new(fields.into_iter());
    serde_path_to_error::deserialize(source)
        .map_err(|error| refused(&error.path().to_string(), &error.inner().to_string()))
}

const TWICE: &str = "This field came twice.";

/// What serde says, without the value it says it of: that may be a password.
fn refused(path: &str, words: &str) -> Problem {
    let named = words.split('`').nth(1).unwrap_or_default();
    let (field, code, message) = if words.starts_with("unknown field") {
        (named, "unknown", "This call takes no such field.")
    } else if words.starts_with("duplicate field") {
        (named, "duplicate", TWICE)
    } else if words.starts_with("missing field") {
        (named, "required", "This field is missing.")
    } else {
        (path, "wrong_type", "This is not what the field takes.")
    };
    of_field(if matches!(field, "." | "?" | "") { "body" } else { field }, code, message)
}

/// The refusal of one field, whose name a stranger wrote.
fn of_field(name: &str, code: &str, message: &str) -> Problem {
    let field: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
    Problem::new(Code::Invalid).with_errors(vec![FieldError::new(&field, code, message)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::RegistrationForm;

    fn first(answer: Result<RegistrationForm, Problem>) -> (Code, String, String) {
        let problem = answer.unwrap_err();
        let error = problem.errors.into_iter().next();
        let (field, code) = error.map(|error| (error.field, error.code)).unwrap_or_default();
        (problem.code, field, code)
    }

    #[test]
    fn json_is_refused_by_the_name_of_its_field() {
        let invalid = |field: &str, code: &str| (Code::Invalid, field.to_owned(), code.to_owned());
        for (json, expected) in [
            (r#"{"role":"admin"}"#, invalid("role", "unknown")),
            (r#"{"email":"a","email":"b"}"#, invalid("email", "duplicate")),
            (r#"{"email":7}"#, invalid("email", "wrong_type")),
            (r#"{"email":{"a":{}}}"#, invalid("email", "wrong_type")),
            (r#"{"password":["hunter2"]}"#, invalid("password", "wrong_type")),
            ("[]", invalid("body", "wrong_type")),
            ("7", invalid("body", "wrong_type")),
        ] {
            assert_eq!(first(from_json(json.as_bytes())), expected, "{json}");
        }
    }

    #[test]
    fn what_is_no_json_is_unreadable() {
        let deep = format!(r#"{{"email":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        let bodies = [&b"{"[..], b"{}{}", b"nonsense", b"{\"email\":\"\xff\"}", br#"{"email":"\ud800"}"#];
        for body in bodies {
            assert_eq!(first(from_json(body)).0, Code::Unreadable, "{}", String::from_utf8_lossy(body));
        }
        assert!(from_json::<RegistrationForm>(deep.as_bytes()).is_err());
        assert!(from_json::<RegistrationForm>(b"").is_ok(), "an empty body is an empty object");
    }

    #[test]
    fn no_value_is_repeated() {
        for json in [r#"{"password":{"hunter2":1}}"#, r#"{"password":"hunter2","name":73550123}"#] {
            let problem = from_json::<RegistrationForm>(json.as_bytes()).unwrap_err();
            let told = serde_json::to_string(&problem).unwrap();
            assert!(!told.contains("hunter2") && !told.contains("73550123"), "{told}");
        }
    }

    #[test]
    fn forms_follow_the_same_rules() {
        let form: RegistrationForm = from_form(b"email=ana%40example.com&password=x").unwrap();
        assert_eq!(form.email, "ana@example.com");
        assert_eq!(first(from_form(b"email=a&role=admin")).2, "unknown");
        let doubled = (Code::Invalid, "email".to_owned(), "duplicate".to_owned());
        assert_eq!(first(from_form(b"email=a&email=b")), doubled);
        assert_eq!(first(from_form(b"email=%ff")).0, Code::Unreadable);
    }
}
