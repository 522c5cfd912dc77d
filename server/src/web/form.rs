//! The body of a server function, read strictly: Leptos ignores keys it does not know and decodes
//! percent sequences that are no text as replacement characters.

use axum::body::Body;
use domain::Code;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http_body_util::BodyExt;

/// The most a form may send (security.md, Limits).
pub(super) const MAX_BYTES: usize = 16 * 1024;
/// How much of a larger body is read and thrown away: a client that still sends would otherwise see
/// its connection reset instead of the answer.
const DRAIN_BYTES: usize = 2 * 1024 * 1024;

/// The fields of a form: name inside `form[…]`, and value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fields(Vec<(String, String)>);

/// The whole body, if it is no larger than `limit`.
pub(super) async fn read_body(mut body: Body, limit: usize) -> Result<Vec<u8>, Code> {
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

/// Whether the body says that it is a form; an empty one need not say anything.
pub(super) fn is_form(headers: &HeaderMap, body: &[u8]) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    match (types.next(), types.next()) {
        (None, _) => body.is_empty(),
        (Some(kind), None) => kind.to_str().is_ok_and(|kind| {
            let essence = kind.split(';').next().unwrap_or_default().trim();
            essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        }),
        _ => false,
    }
}

impl Fields {
    /// Reads `form[a]=…&form[b]=…`; `None` where a key is another, comes twice, or is no text.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let mut fields: Vec<(String, String)> = Vec::new();
        for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let end = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            let key = decode(&pair[..end])?;
            let name = key.strip_prefix("form[")?.strip_suffix(']')?;
            let plain =
                !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            if !plain || fields.iter().any(|(known, _)| known == name) {
                return None;
            }
            fields.push((name.to_owned(), decode(pair.get(end + 1..).unwrap_or_default())?));
        }
        Some(Self(fields))
    }

    /// The fields of these names, in their order.
    pub(super) fn keep(&self, names: &[&str]) -> Vec<(String, String)> {
        self.0.iter().filter(|(name, _)| names.contains(&name.as_str())).cloned().collect()
    }
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
    use http::HeaderValue;

    fn parse(body: &str) -> Option<Vec<(String, String)>> {
        Fields::parse(body.as_bytes()).map(|fields| fields.0)
    }

    #[test]
    fn fields_are_read_with_either_kind_of_bracket() {
        let expected =
            Some(vec![("name".to_owned(), "a b+ü".to_owned()), ("next".to_owned(), String::new())]);
        assert_eq!(parse("form[name]=a+b%2B%C3%BC&form[next]="), expected);
        assert_eq!(parse("form%5Bname%5D=a%20b%2b%c3%bc&form%5Bnext%5D"), expected);
        assert_eq!(parse(""), Some(vec![]));
    }

    #[test]
    fn anything_else_is_refused() {
        for body in [
            "role=admin",
            "form=x",
            "form[a][b]=x",
            "form[]=x",
            "form[a=x",
            "form[A]=x",
            "form[a]=1&form[a]=2",
            "form[a]=1&form%5Ba%5D=2",
            "form[a]=%FF",
            "form[a]=%C3",
            "form[a]=%zz",
            "form[a]=%4",
            "form[%ff]=x",
        ] {
            assert_eq!(parse(body), None, "{body}");
        }
        assert_eq!(Fields::parse(b"form[a]=\xff"), None);
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
        let form = "application/x-www-form-urlencoded";
        assert!(is_form(&headers(&[form]), b"x"));
        assert!(is_form(&headers(&["Application/X-WWW-Form-Urlencoded; charset=UTF-8"]), b"x"));
        assert!(is_form(&headers(&[]), b""));
        for kinds in
            [&[][..], &["application/json"], &["text/plain"], &[form, form], &["multipart/form-data"]]
        {
            assert!(!is_form(&headers(kinds), b"x"), "{kinds:?}");
        }
    }

    #[tokio::test]
    async fn a_body_is_read_to_its_limit() {
        assert_eq!(read_body(Body::from("12345"), 5).await, Ok(b"12345".to_vec()));
        assert_eq!(read_body(Body::from("123456"), 5).await, Err(Code::TooLarge));
        assert_eq!(read_body(Body::from(vec![0; 3 * 1024 * 1024]), 5).await, Err(Code::TooLarge));
    }
}
