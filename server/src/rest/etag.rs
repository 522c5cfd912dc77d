//! Entity tags (RFC 9110 sections 8.8.3 and 13.1): an answer carries its version, a change may say which version it was
//! made for, and a client that has the current version is not sent it again.

use super::answer::Refusal;
use super::caller::Member;
use crate::state::AppState;
use accounts::{EncodedAccount, Precondition, RequestCtx, version};
use axum::Json;
use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use domain::UserView;
use http::header::{CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use std::convert::Infallible;

/// How many headers an answer has, at most but for rare ones.
const HEADERS: usize = 16;

/// An account with its tag.
pub(super) struct WithEtag(pub(super) UserView);

impl IntoResponse for WithEtag {
    fn into_response(self) -> Response {
        ([tag(&version::of_view(&self.0))], Json(self.0)).into_response()
    }
}

fn tag(version: &str) -> (HeaderName, String) {
    (ETAG, ["\"", version, "\""].concat())
}

/// The versions that a reader has already (`If-None-Match`).
pub(super) struct IfNoneMatch(Option<Tags>);

impl IfNoneMatch {
    /// The account, or 304 if the reader has this version.
    pub(super) fn or(self, user: UserView) -> Response {
        self.unless_known(&version::of_view(&user), || Json(user))
    }

    /// The same for one that is encoded already.
    pub(super) fn or_encoded(self, account: &EncodedAccount) -> Response {
        self.unless_known(&account.version, || {
            let mut response = Response::new(Body::from(account.json.clone()));
            // With room for those that come on the way out.
            response.headers_mut().reserve(HEADERS);
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            response
        })
    }

    fn unless_known<T: IntoResponse>(self, version: &str, account: impl FnOnce() -> T) -> Response {
        let tag = [tag(version)];
        if self.0.is_some_and(|tags| tags.name(version)) {
            return (StatusCode::NOT_MODIFIED, tag).into_response();
        }
        (tag, account()).into_response()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(Tags::read(&parts.headers, IF_NONE_MATCH)))
    }
}

/// A member who wants to change an account, maybe only as long as it is the one they know (`If-Match`).
pub(super) struct IfMatch(pub(super) RequestCtx);

impl FromRequestParts<AppState> for IfMatch {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        let Member(ctx) = Member::from_request_parts(parts, state).await?;
        let precondition = match Tags::read(&parts.headers, IF_MATCH) {
            None | Some(Tags::Any) => Precondition::None,
            // A weak tag says that two answers are alike, not that they are the same (RFC 9110 section 13.1.1).
            Some(Tags::These(tags)) => {
                Precondition::IfMatch(tags.into_iter().filter(|tag| !tag.weak).map(|tag| tag.text).collect())
            }
        };
        Ok(Self(RequestCtx { precondition, ..ctx }))
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Tags {
    /// `*`
    Any,
    These(Vec<Tag>),
}

#[derive(Debug, PartialEq, Eq)]
struct Tag {
    weak: bool,
    text: String,
}

impl Tags {
    /// The tags of all lines of a header; a malformed tag ends the list, and matches nothing.
    fn read(headers: &HeaderMap, name: HeaderName) -> Option<Self> {
        let lines: Vec<_> = headers.get_all(name).iter().collect();
        match lines[..] {
            [] => None,
            [only] if only.as_bytes().trim_ascii() == b"*" => Some(Self::Any),
            _ => Some(Self::These(
                lines.iter().flat_map(|line| list(line.to_str().unwrap_or_default())).collect(),
            )),
        }
    }

    fn name(&self, version: &str) -> bool {
        match self {
            Self::Any => true,
            Self::These(tags) => tags.iter().any(|tag| tag.text == version),
        }
    }
}

/// A comma may stand inside a tag.
fn list(line: &str) -> Vec<Tag> {
    let (mut tags, mut rest) = (Vec::new(), line);
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let weak = rest.strip_prefix("W/");
        let quoted = weak.unwrap_or(rest).strip_prefix('"').and_then(|rest| rest.split_once('"'));
        let Some((text, after)) = quoted else { return tags };
        tags.push(Tag { weak: weak.is_some(), text: text.to_owned() });
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn read(lines: &[&'static str]) -> Option<Tags> {
        let lines = lines.iter().map(|line| (IF_MATCH, HeaderValue::from_static(line)));
        Tags::read(&lines.collect(), IF_MATCH)
    }

    #[test]
    fn every_spelling_of_the_header_is_read() {
        let these = |tags: &[(bool, &str)]| {
            let tag = |(weak, text): &(bool, &str)| Tag { weak: *weak, text: (*text).to_owned() };
            Some(Tags::These(tags.iter().map(tag).collect()))
        };
        assert_eq!(read(&[]), None);
        for any in ["*", " * ", "\t*"] {
            assert_eq!(read(&[any]), Some(Tags::Any));
        }
        for (lines, tags) in [
            (&["\"a\""][..], &[(false, "a")][..]),
            (&["\"a\",\"b\"", " \"c\" "], &[(false, "a"), (false, "b"), (false, "c")]),
            (&["W/\"a\" ,, \"b\""], &[(true, "a"), (false, "b")]),
            (&["\"a,b\", \"\""], &[(false, "a,b"), (false, "")]),
            (&["\"a\", b, \"c\""], &[(false, "a")]),
            (&["", "a", "\"a", "w/\"a\"", "*, \"a\"", "*"], &[]),
        ] {
            assert_eq!(read(lines), these(tags), "{lines:?}");
        }
    }
}
