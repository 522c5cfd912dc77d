use crate::json::Document;
use crate::{Refusal, base64url};

/// The longest challenge that is looked at; ours is shorter.
const CHALLENGE_MAX: usize = 64;

/// What the browser says of the page that asked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ClientData {
    pub(crate) challenge: Vec<u8>,
}

impl ClientData {
    /// Reads the client data of a ceremony, for the pages of `origin` alone.
    pub(crate) fn read(bytes: &[u8], ceremony: &str, origin: &str) -> Result<Self, Refusal> {
        let document = Document::parse(bytes).ok_or(Refusal::ClientData)?;
        let said = document.object().ok_or(Refusal::ClientData)?;
        let text = |name| said.text(name).ok_or(Refusal::ClientData);
        if text("type")? != ceremony {
            return Err(Refusal::Type);
        }
        let challenge = base64url::decode(text("challenge")?, CHALLENGE_MAX)?;
        if text("origin")? != origin {
            return Err(Refusal::Origin);
        }
        // Absent in older browsers.
        let is_embedded = said.has("crossOrigin") && said.flag("crossOrigin") != Some(false);
        if is_embedded || said.has("topOrigin") {
            return Err(Refusal::CrossOrigin);
        }
        Ok(Self { challenge })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "https://accounts.example.com";

    fn read(text: &str) -> Result<Vec<u8>, Refusal> {
        ClientData::read(text.as_bytes(), "webauthn.get", ORIGIN).map(|data| data.challenge)
    }

    fn said(rest: &str) -> String {
        format!(r#"{{"type":"webauthn.get","challenge":"AQID","origin":"{ORIGIN}"{rest}}}"#)
    }

    #[test]
    fn what_browsers_say_is_read() {
        let more =
            r#","crossOrigin":false,"other_keys_can_be_added_here":"do not compare against a template""#;
        for rest in ["", r#","crossOrigin":false"#, more] {
            assert_eq!(read(&said(rest)), Ok(vec![1, 2, 3]), "{rest}");
        }
    }

    #[test]
    fn only_the_sites_own_page_may_ask() {
        for (rest, refusal) in [
            (r#","crossOrigin":true"#, Refusal::CrossOrigin),
            (r#","crossOrigin":"false""#, Refusal::CrossOrigin),
            (r#","crossOrigin":null"#, Refusal::CrossOrigin),
            (r#","crossOrigin":0"#, Refusal::CrossOrigin),
            (r#","crossOrigin":false,"topOrigin":"https://evil.example""#, Refusal::CrossOrigin),
            (r#","topOrigin":null"#, Refusal::CrossOrigin),
            (r#","type":"webauthn.get""#, Refusal::ClientData),
        ] {
            assert_eq!(read(&said(rest)), Err(refusal), "{rest}");
        }
        for origin in [
            "https://accounts.example.com.evil.example",
            "https://accounts.example.com/",
            "https://accounts.example.com:443",
            "https://accounts.example.co",
            "http://accounts.example.com",
            "HTTPS://accounts.example.com",
            "https://Accounts.example.com",
            "https://evil.accounts.example.com",
            "https://accounts.example.com ",
            "null",
            "",
        ] {
            let text = said("").replace(ORIGIN, origin);
            assert_eq!(read(&text), Err(Refusal::Origin), "{origin}");
        }
    }
}
