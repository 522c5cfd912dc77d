//! The JSON that travels: answers of server functions, and what the document carries.
//!
//! The libraries' own codecs are not taken. They read answers from bytes and the document from text, so the browser's
//! build would hold two readers of every type; and their errors bring sentences that nobody reads.

use leptos::server::codee::{Decoder, Encoder};
use leptos::server_fn::{Bytes, ContentType, Decodes, Encodes, Format, FormatType};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;
use std::string::FromUtf8Error;

/// Both ends of it.
pub struct Json;

/// What came is not what was expected.
#[derive(Debug, PartialEq, Eq)]
pub struct Unreadable;

impl Json {
    pub(crate) fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, Unreadable> {
        serde_json::from_slice(json).map_err(|_| Unreadable)
    }
}

/// An answer that is still the text in which it travels. The page reads it where it is painted, so the way there is
/// compiled once, not once for each `T`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonOf<T> {
    text: String,
    of: PhantomData<fn() -> T>,
}

impl<T: Serialize> JsonOf<T> {
    /// What cannot be written is empty, which no page can read.
    pub(crate) fn new(value: &T) -> Self {
        Self { text: serde_json::to_string(value).unwrap_or_default(), of: PhantomData }
    }
}

impl<T> JsonOf<T> {
    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

impl<T> Encodes<JsonOf<T>> for Json {
    type Error = Infallible;

    fn encode(answer: &JsonOf<T>) -> Result<Bytes, Infallible> {
        Ok(Bytes::copy_from_slice(answer.text.as_bytes()))
    }
}

impl<T> Decodes<JsonOf<T>> for Json {
    type Error = FromUtf8Error;

    fn decode(json: Bytes) -> Result<JsonOf<T>, FromUtf8Error> {
        Ok(JsonOf { text: String::from_utf8(json.into())?, of: PhantomData })
    }
}

impl ContentType for Json {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for Json {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for Json {
    type Error = serde_json::Error;

    fn encode(value: &T) -> Result<Bytes, Self::Error> {
        serde_json::to_vec(value).map(Bytes::from)
    }
}

impl<T: DeserializeOwned> Decodes<T> for Json {
    type Error = Unreadable;

    fn decode(json: Bytes) -> Result<T, Unreadable> {
        Self::read(&json)
    }
}

impl<T: Serialize> Encoder<T> for Json {
    type Error = serde_json::Error;
    type Encoded = String;

    fn encode(value: &T) -> Result<String, Self::Error> {
        serde_json::to_string(value)
    }
}

impl<T: DeserializeOwned> Decoder<T> for Json {
    type Error = Unreadable;
    type Encoded = str;

    fn decode(json: &str) -> Result<T, Unreadable> {
        Self::read(json.as_bytes())
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unreadable")
    }
}
