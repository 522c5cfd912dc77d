//! The `Authorization` header: one line, one token of RFC 7235's letters, or it is refused.
#![no_main]

use edge::bearer::{Bearer, read};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n') {
        let Ok(value) = HeaderValue::from_bytes(line) else { return Corpus::Reject };
        headers.append(AUTHORIZATION, value);
    }
    let lines = headers.len();
    let Bearer::Token(token) = read(&headers) else {
        assert_ne!(read(&headers), Bearer::Absent, "there is a header");
        return Corpus::Keep;
    };
    assert_eq!(lines, 1);
    assert!(!token.is_empty());
    assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)));
    assert!(data[..7].eq_ignore_ascii_case(b"bearer "));
    assert!(data.len() >= 7 + token.len());
    let again = HeaderMap::from_iter([(AUTHORIZATION, format!("Bearer {token}").parse().expect("a header"))]);
    assert_eq!(read(&again), Bearer::Token(token), "it is read as it is written");
    Corpus::Keep
});
