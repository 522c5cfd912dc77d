//! Request bodies for pages and API, read strictly: with a size limit, and only as valid text.

use axum::body::{Body, HttpBody};
use axum::extract::{FromRequest, Multipart, Request};
use domain::Code;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http_body_util::BodyExt;

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";
pub(crate) const JSON: &str = "application/json";
pub(crate) const MULTIPART: &str = "multipart/form-data";
const MAX_FIELDS: usize = 64;
/// How much of a larger body is read and thrown away: a client that still sends would otherwise see
/// its connection reset instead of the answer.
const DRAIN_BYTES: usize = 2 * 1024 * 1024;

/// The whole body, if it is no larger than `limit`. Nobody waits for one that says beforehand that it is larger than what is
/// thrown away.
pub(crate) async fn read(mut body: Body, limit: usize) -> Result<Vec<u8>, Code> {
    if body.size_hint().lower() > DRAIN_BYTES as u64 {
        return Err(Code::TooLarge);
    }
    let (mut bytes, mut seen) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Code::Unreadable)?.into_data() else { continue };
        seen += data.len();
        if seen <= limit {
            bytes.extend_from_slice(&data);
        } else if seen > DRAIN_BYTES {
            break;
        }
    }
    if seen > limit { Err(Code::TooLarge) } else { Ok(bytes) }
}

/// The one media type that the headers name, without its parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (first, None) = (types.next()?, types.next()) else { return None };
    Some(first.to_str().ok()?.split(';').next()?.trim().to_ascii_lowercase())
}

/// Whether the body says that it is of this media type; an empty one need not say anything.
pub(crate) fn is(kind: &str, headers: &HeaderMap, body: &[u8]) -> bool {
    match media_type(headers) {
        Some(named) => named == kind,
        None => body.is_empty() && !headers.contains_key(CONTENT_TYPE),
    }
}

/// Why a form has no fields to read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum FormError {
    /// The field of this name comes twice.
    Duplicate(String),
    /// The field of this name is a file.
    File(String),
    /// It is not valid text, or it has more fields than any form.
    Unreadable,
    /// It is multipart without a boundary.
    NoBoundary,
}

/// The fields of a form.
pub(crate) fn fields(body: &[u8]) -> Result<Vec<(String, String)>, FormError> {
    let mut fields = Vec::new();
    for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let end = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let name = admit(&fields, decode(&pair[..end]))?;
        fields.push((name, decode(pair.get(end + 1..).unwrap_or_default()).ok_or(FormError::Unreadable)?));
    }
    Ok(fields)
}

/// The fields of a form in parts (RFC 7578), none of which is a file.
pub(crate) async fn parts(headers: &HeaderMap, body: Vec<u8>) -> Result<Vec<(String, String)>, FormError> {
    let mut request = Request::new(Body::from(body));
    *request.headers_mut() = headers.clone();
    let form = Multipart::from_request(request, &()).await;
    let (mut form, mut fields) = (form.map_err(|_| FormError::NoBoundary)?, Vec::new());
    while let Some(part) = form.next_field().await.map_err(|_| FormError::Unreadable)? {
        let name = admit(&fields, part.name().map(str::to_owned))?;
        if part.file_name().is_some() {
            return Err(FormError::File(name));
        }
        let value = part.bytes().await.ok().and_then(|value| String::from_utf8(value.into()).ok());
        fields.push((name, value.ok_or(FormError::Unreadable)?));
    }
    Ok(fields)
}

/// The name of one more field. No form of ours has more than these, and each is compared with all before it.
fn admit(fields: &[(String, String)], name: Option<String>) -> Result<String, FormError> {
    let name = name.filter(|_| fields.len() < MAX_FIELDS).ok_or(FormError::Unreadable)?;
    if fields.iter().any(|(known, _)| *known == name) { Err(FormError::Duplicate(name)) } else { Ok(name) }
}

/// `application/x-www-form-urlencoded` to text; `None` for a broken percent sequence or broken UTF-8.
fn decode(text: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        rest = tail;
        bytes.push(match first {
            b'+' => b' ',
            b'%' => {
                let (digits, tail) = rest.split_at_checked(2)?;
                rest = tail;
                hex(digits[0])? * 16 + hex(digits[1])?
            }
            byte => *byte,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Bytes;
    use http::HeaderValue;
    use hyper::body::{Frame, SizeHint};
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    #[test]
    fn a_field_is_read_once_and_as_text() {
        let one = |name: &str, value: &str| Ok(vec![(name.to_owned(), value.to_owned())]);
        assert_eq!(fields(b"a=b+c%2Bd%C3%BC"), one("a", "b c+d\u{fc}"));
        assert_eq!(fields(b"&a&"), one("a", ""));
        assert_eq!(fields(b""), Ok(vec![]));
        for body in [&b"a=1&a=2"[..], b"a=1&%61=2"] {
            assert_eq!(
                fields(body),
                Err(FormError::Duplicate("a".to_owned())),
                "{}",
                String::from_utf8_lossy(body)
            );
        }
        for body in [&b"a=%FF"[..], b"a=%C3", b"a=%zz", b"a=%4", b"%ff=x", b"a=\xff"] {
            assert_eq!(fields(body), Err(FormError::Unreadable), "{}", String::from_utf8_lossy(body));
        }
    }

    #[tokio::test]
    async fn a_form_in_parts_is_read_once_and_as_text() {
        let read = |kind: &'static str, body: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            let body = String::from_utf8_lossy(body).replace('\n', "\r\n").into_bytes();
            async move { parts(&headers, body).await }
        };
        let kind = "multipart/form-data; boundary=X";
        let part =
            |head: &str, text: &str| format!("--X\nContent-Disposition: form-data; {head}\n\n{text}\n");
        let one = part("name=\"a\"", "b c=&ü");
        let whole = |parts: &[&str]| format!("{}--X--\n", parts.concat());
        let fields = vec![("a".to_owned(), "b c=&ü".to_owned())];
        assert_eq!(read(kind, whole(&[&one]).as_bytes()).await, Ok(fields.clone()));
        assert_eq!(read("Multipart/Form-Data;boundary=\"X\"", whole(&[&one]).as_bytes()).await, Ok(fields));
        assert_eq!(read(kind, b"--X--\n").await, Ok(vec![]));
        let many: String = (0..=MAX_FIELDS).map(|n| part(&format!("name=\"{n}\""), "")).collect();
        for (body, error) in [
            (whole(&[&one, &one]), FormError::Duplicate("a".to_owned())),
            (whole(&[&part("name=\"a\"; filename=\"x.txt\"", "b")]), FormError::File("a".to_owned())),
            (whole(&[&part("name=\"a\"; filename=\"\"", "")]), FormError::File("a".to_owned())),
            (whole(&[&part("filename=\"x\"", "b")]), FormError::Unreadable),
            (whole(&["--X\n\nb\n"]), FormError::Unreadable),
            (one.clone(), FormError::Unreadable),
            (one[..one.len() - 4].to_owned(), FormError::Unreadable),
            ("a=b".to_owned(), FormError::Unreadable),
            (whole(&[&many]), FormError::Unreadable),
        ] {
            assert_eq!(read(kind, body.as_bytes()).await, Err(error), "{body}");
        }
        let without_boundary = read("multipart/form-data", whole(&[&one]).as_bytes()).await;
        assert_eq!(without_boundary, Err(FormError::NoBoundary));
    }

    #[test]
    fn only_a_form_is_a_form() {
        let headers = |kinds: &[&'static str]| {
            let mut map = HeaderMap::new();
            for kind in kinds {
                map.append(CONTENT_TYPE, HeaderValue::from_static(kind));
            }
            map
        };
        assert!(is(FORM, &headers(&[FORM]), b"x"));
        assert!(is(FORM, &headers(&["Application/X-WWW-Form-Urlencoded; charset=UTF-8"]), b"x"));
        assert!(is(FORM, &headers(&[]), b""));
        for kinds in [&[][..], &[JSON], &["text/plain"], &[FORM, FORM], &["multipart/form-data"]] {
            assert!(!is(FORM, &headers(kinds), b"x"), "{kinds:?}");
        }
    }

    #[tokio::test]
    async fn a_body_is_read_to_its_limit() {
        assert_eq!(read(Body::from("12345"), 5).await, Ok(b"12345".to_vec()));
        assert_eq!(read(Body::from("123456"), 5).await, Err(Code::TooLarge));
        assert_eq!(read(Body::from(vec![0; 3 * 1024 * 1024]), 5).await, Err(Code::TooLarge));
    }

    /// A body that never comes.
    struct Announced(u64);

    impl HttpBody for Announced {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Pending
        }

        fn size_hint(&self) -> SizeHint {
            SizeHint::with_exact(self.0)
        }
    }

    #[test]
    fn a_body_that_says_how_large_it_is_is_not_waited_for() {
        let asked = |length| {
            let mut read = Box::pin(read(Body::new(Announced(length)), 5));
            read.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        };
        assert_eq!(asked(1 << 40), Poll::Ready(Err(Code::TooLarge)));
        assert_eq!(asked(5), Poll::Pending);
    }
}
