//! The `Authorization` header of programs (RFC 6750 section 2.1).

use accounts::{Accounts, ReadToken};
use domain::SessionKind;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use time::OffsetDateTime;

/// What the header holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bearer<'a> {
    /// There is none.
    Absent,
    /// A token of the right shape, not yet looked at.
    Token(&'a str),
    /// Another scheme, two headers, or bytes that no token holds.
    Malformed,
}

/// The same, once the token was looked at.
#[derive(Debug, Clone, Copy)]
pub enum ReadBearer {
    /// There is none.
    Absent,
    /// What the token says.
    Token(ReadToken),
    /// Another scheme, two headers, or bytes that no token holds.
    Malformed,
}

impl ReadBearer {
    /// What the token says, where there is one.
    #[must_use]
    pub fn token(self) -> Option<ReadToken> {
        match self {
            Self::Token(token) => Some(token),
            Self::Absent | Self::Malformed => None,
        }
    }
}

/// Reads the header and its access token.
#[must_use]
pub fn read_token(accounts: &Accounts, headers: &HeaderMap, now: OffsetDateTime) -> ReadBearer {
    match read(headers) {
        Bearer::Absent => ReadBearer::Absent,
        Bearer::Token(token) => ReadBearer::Token(accounts.read_token(SessionKind::Bearer, token, now)),
        Bearer::Malformed => ReadBearer::Malformed,
    }
}

/// Reads the header.
#[must_use]
pub fn read(headers: &HeaderMap) -> Bearer<'_> {
    let mut lines = headers.get_all(AUTHORIZATION).iter();
    match (lines.next(), lines.next()) {
        (None, _) => Bearer::Absent,
        (Some(line), None) => token(line.as_bytes()).map_or(Bearer::Malformed, Bearer::Token),
        (Some(_), Some(_)) => Bearer::Malformed,
    }
}

/// `Bearer` in any case, blanks, and a token of RFC 7235's `token68`.
fn token(line: &[u8]) -> Option<&str> {
    let (scheme, rest) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    let token = rest.trim_matches(' ');
    let good = token.bytes().all(|byte| TOKEN68[usize::from(byte)]);
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && good).then_some(token)
}

/// The bytes of a token: a table, because each request has hundreds of them.
static TOKEN68: [bool; 256] = token68();

const fn token68() -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte.is_ascii() {
        table[byte as usize] = byte.is_ascii_alphanumeric();
        byte += 1;
    }
    let others = b"-._~+/=";
    let mut at = 0;
    while at < others.len() {
        table[others[at] as usize] = true;
        at += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(lines: &[&[u8]]) -> HeaderMap {
        lines.iter().map(|line| (AUTHORIZATION, HeaderValue::from_bytes(line).unwrap())).fold(
            HeaderMap::new(),
            |mut map, (name, value)| {
                map.append(name, value);
                map
            },
        )
    }

    #[test]
    fn one_token_is_read() {
        assert_eq!(read(&HeaderMap::new()), Bearer::Absent);
        for line in [&b"Bearer a.b-c_d"[..], b"bearer a.b-c_d", b"BEARER  a.b-c_d "] {
            assert_eq!(read(&headers(&[line])), Bearer::Token("a.b-c_d"));
        }
    }

    #[test]
    fn anything_else_is_malformed() {
        let lines = [
            &b""[..],
            b"Bearer",
            b"Bearer ",
            b"Basic YTpi",
            b"a.b.c",
            b"Bearer a b",
            b"Bearer a,b",
            b"Bearer \xff",
            b"Bearer\ta",
            b"Bearer \"a\"",
        ];
        for line in lines {
            assert_eq!(read(&headers(&[line])), Bearer::Malformed, "{}", String::from_utf8_lossy(line));
        }
        assert_eq!(read(&headers(&[b"Bearer a", b"Bearer a"])), Bearer::Malformed);
    }
}
