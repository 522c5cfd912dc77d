//! The input of a call, read strictly: anything unknown, repeated or of a wrong type is refused by name, and nothing is
//! changed.

use super::answer::Refusal;
use crate::http::body::{self, FormError};
use crate::state::AppState;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::response::{IntoResponse, Response};
use axum::routing::Route;
use domain::{Code, Detail, FieldError, Problem, Reason};
use http::HeaderMap;
use http::request::Parts;
use serde::Deserialize;
use serde::de::value::{Error as PlainError, MapDeserializer};
use serde::de::{DeserializeOwned, IgnoredAny};
use std::convert::Infallible;
use tower::Service;
use uuid::Uuid;

/// The most a body may hold: no text of ours is longer.
const MAX_BYTES: usize = 64 * 1024;
/// The same on the sign-in paths, whose fields are few and short.
const MAX_CREDENTIALS: usize = 16 * 1024;

/// A JSON object. An empty body is an empty object.
pub(super) struct Json<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<AppState> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Refusal> {
        let (headers, content) = read(request, state, MAX_BYTES).await?;
        if !body::is(body::JSON, &headers, &content) {
            return Err(Problem::new(Code::UnsupportedMediaType).with_detail(Detail::TakesJson).into());
        }
        Ok(Self(from_json(&content)?))
    }
}

/// A sign-in, as a JSON object or as a form of either kind: every sign-in path accepts all three.
pub(super) struct Credentials<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<AppState> for Credentials<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Refusal> {
        let (headers, content) = read(request, state, MAX_CREDENTIALS).await?;
        match body::media_type(&headers).as_deref() {
            Some(body::FORM) if looks_like_json(&content) => {
                Err(sent_as(Detail::JsonAsForm, Reason::JsonAsForm).into())
            }
            Some(body::FORM) => Ok(Self(from_form(&content)?)),
            Some(body::MULTIPART) => {
                let fields = body::parts(&headers, content).await;
                Ok(Self(from_fields(fields.map_err(|error| form_problem(&error))?)?))
            }
            _ if !body::is(body::JSON, &headers, &content) => Err(other_type().into()),
            _ => match from_json(&content) {
                Err(problem) if problem.code == Code::Unreadable && looks_like_a_form(&content) => {
                    Err(sent_as(Detail::FormAsJson, Reason::FormAsJson).into())
                }
                value => Ok(Self(value?)),
            },
        }
    }
}

/// A body whose media type names another kind.
fn sent_as(detail: Detail, reason: Reason) -> Problem {
    of_field(BODY, reason).with_detail(detail)
}

fn other_type() -> Problem {
    Problem::new(Code::UnsupportedMediaType).with_detail(Detail::TakesJsonOrForm)
}

fn looks_like_json(content: &[u8]) -> bool {
    matches!(content.trim_ascii_start().first(), Some(b'{' | b'[' | b'"'))
}

fn looks_like_a_form(content: &[u8]) -> bool {
    let name = content.split(|byte| *byte == b'=').next().unwrap_or_default();
    name.len() < content.len() && std::str::from_utf8(name).is_ok_and(is_a_name)
}

/// The query parameters.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<AppState> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Refusal> {
        Ok(Self(from_query(parts.uri.query())?))
    }
}

/// Nothing to ask by.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoWords {}

/// The layer of every call that takes no [`Query`]: it is refused with one, before anybody asks who calls.
pub(super) fn no_query(
    request: Request,
    route: &mut Route,
) -> impl Future<Output = Result<Response, Infallible>> + Send + use<> {
    let read = request.uri().query().map_or(Ok(NoWords {}), |query| from_query(Some(query)));
    let answer = route.call(request);
    async {
        match read {
            Ok(NoWords {}) => answer.await,
            Err(problem) => Ok(Refusal::from(problem).into_response()),
        }
    }
}

/// The id in the path. A malformed id is not found.
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

/// A body that does not arrive within half of a request's time is the client's fault; a slower answer is ours.
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
        if inner.is_data() { refused(&path, &inner.to_string()) } else { no_json(&inner) }
    })?;
    source.end().map_err(|error| no_json(&error))?;
    Ok(value)
}

/// Where the text stops being JSON, without quoting it.
fn no_json(error: &serde_json::Error) -> Problem {
    Problem::new(Code::Unreadable).with_detail(Detail::NoJson { line: error.line(), column: error.column() })
}

fn from_query<T: DeserializeOwned>(query: Option<&str>) -> Result<T, Problem> {
    from_form(query.unwrap_or_default().as_bytes())
        .map_err(|problem| unnamed(problem, |name| name == BODY, "query"))
}

fn from_form<T: DeserializeOwned>(content: &[u8]) -> Result<T, Problem> {
    // A single word is not taken for a field's name: it may be a whole secret.
    let alone = |name: &str| content.split(|byte| *byte == b'&').any(|pair| pair == name.as_bytes());
    let fields = body::fields(content).map_err(|error| form_problem(&error));
    fields.and_then(from_fields).map_err(|problem| unnamed(problem, alone, BODY))
}

/// The problem with another word for the fields of these names.
fn unnamed(mut problem: Problem, names: impl Fn(&str) -> bool, word: &str) -> Problem {
    for error in problem.errors.iter_mut().filter(|error| names(&error.field)) {
        word.clone_into(&mut error.field);
    }
    problem
}

fn from_fields<T: DeserializeOwned>(fields: Vec<(String, String)>) -> Result<T, Problem> {
    let source = MapDeserializer::<_, PlainError>::new(fields.into_iter());
    serde_path_to_error::deserialize(source)
        .map_err(|error| refused(&error.path().to_string(), &error.inner().to_string()))
}

fn form_problem(error: &FormError) -> Problem {
    match error {
        FormError::Duplicate(name) => of_field(name, Reason::Doubled),
        FormError::File(name) => of_field(name, Reason::File),
        FormError::Unreadable => Problem::new(Code::Unreadable).with_detail(Detail::NoForm),
        FormError::NoBoundary => other_type(),
    }
}

/// Serde's message without the value, which may be a password.
fn refused(path: &str, words: &str) -> Problem {
    let (field, reason) = if let Some(rest) = words.strip_prefix("unknown field `") {
        let name = rest.rsplit_once("`, expected").or_else(|| rest.rsplit_once("`, there are no fields"));
        (name.map_or("", |(name, _)| name), Reason::Unknown)
    } else if let Some(rest) = words.strip_prefix("duplicate field `") {
        (until_quote(rest), Reason::Doubled)
    } else if let Some(rest) = words.strip_prefix("missing field `") {
        (until_quote(rest), Reason::Missing)
    } else {
        (path, Reason::WrongType)
    };
    of_field(field, reason)
}

/// The name of a field of ours.
fn until_quote(words: &str) -> &str {
    words.split('`').next().unwrap_or_default()
}

/// What a refusal says if the name cannot be repeated.
const BODY: &str = "body";
/// No field has a longer name.
const MAX_NAME: usize = 32;
/// More of them stand in passwords and tokens.
const MAX_DIGITS: usize = 3;

/// The refusal of one field, whose name a stranger wrote: it is repeated only where it looks like one, since a
/// whole body, with a password in it, may stand where a name belongs.
fn of_field(name: &str, reason: Reason) -> Problem {
    let field = if is_a_name(name) { name } else { BODY };
    Problem::new(Code::Invalid).with_errors(vec![FieldError::new(field, reason)])
}

fn is_a_name(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.len() <= MAX_NAME
        && digits <= MAX_DIGITS
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::RegistrationForm;

    fn first(answer: Result<RegistrationForm, Problem>) -> (Code, String, String) {
        let problem = answer.unwrap_err();
        let error = problem.errors.into_iter().next();
        let (field, code) =
            error.map(|error| (error.field, error.reason.code().to_owned())).unwrap_or_default();
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
            let told = serde_json::to_string(&words::document(&problem)).unwrap();
            assert!(!told.contains("hunter2") && !told.contains("73550123"), "{told}");
        }
    }

    /// B4: whatever stands where a name belongs.
    #[test]
    fn what_does_not_look_like_a_name_is_not_repeated() {
        let token = "qX3vN8sJ0aPzT5wL2mYkR7uHcE9bGdF4iO1nVxQjWt6";
        for secret in [
            r#"{"email":"a@b.example","password":"hunter2 is my secret"}"#,
            "hunter2 is my secret",
            "hunter2`, expected `email",
            "Tr0ub4dor&3",
            "pass`hunter2",
            "4f7a",
            "a.b",
            "ana@example.com",
            "mot de passe",
            "пароль",
            "\u{200b}",
            "line\nline",
            "abcdefghijklmnopqrstuvwxyzabcdefg",
            token,
            &token[..31],
        ] {
            let json = serde_json::json!({ secret: 1 }).to_string();
            let form = serde_urlencoded::to_string([(secret, "x")]).unwrap();
            let doubled = format!("{form}&{form}");
            let nested = serde_json::json!({ "email": { secret: [secret] } }).to_string();
            for answer in
                [from_json(json.as_bytes()), from_form(form.as_bytes()), from_form(doubled.as_bytes())]
            {
                assert_eq!(first(answer).1, "body", "{secret}");
            }
            assert_eq!(first(from_json(nested.as_bytes())).1, "email", "{secret}");
        }
        for name in ["role", "password_hash", "firstName", "X-Token", "line2", "_method"] {
            assert_eq!(first(from_json(format!(r#"{{"{name}":1}}"#).as_bytes())).1, name);
            assert_eq!(first(from_form(format!("{name}=1").as_bytes())).1, name);
        }
        // A word alone is a secret that somebody sent as the whole body.
        for word in ["hunter", "hunter&hunter", "email=a&hunter"] {
            assert_eq!(first(from_form(word.as_bytes())).1, "body", "{word}");
        }
    }

    #[test]
    fn a_body_that_is_no_json_is_told_by_its_place_alone() {
        for (body, place) in
            [("{\n \"email\" \"hunter2\"}", "line 2, column"), ("hunter2", "line 1, column 1")]
        {
            let told = words::document(&from_json::<RegistrationForm>(body.as_bytes()).unwrap_err());
            assert!(told.detail.contains(place) && !told.detail.contains("hunter2"), "{}", told.detail);
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
