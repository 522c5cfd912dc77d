use crate::Refusal;
use crate::SpentChallenge;
use crate::challenge::{Ceremony, Challenges};
use crate::client_data::ClientData;
use aws_lc_rs::digest::{SHA256, digest};
use std::fmt;
use thiserror::Error;

/// Passkeys belong to a name, over TLS; `localhost` is the one exception that browsers make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("passkeys need an address like https://accounts.example.com, or http://localhost:8000")]
pub struct NoPasskeysHere;

/// The site that passkeys are made for.
#[derive(Clone)]
pub struct RelyingParty {
    pub(crate) origin: String,
    pub(crate) id: String,
    pub(crate) id_hash: [u8; 32],
    pub(crate) challenges: Challenges,
}

impl fmt::Debug for RelyingParty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelyingParty").field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl RelyingParty {
    /// The site at `origin`, as browsers write it: lower case, no default port, no path. All of its servers share
    /// `secret`, by which challenges are known again.
    ///
    /// # Errors
    /// [`NoPasskeysHere`] where no browser would make a passkey, such as at an IP address.
    pub fn new(origin: &str, secret: &[u8; 32]) -> Result<Self, NoPasskeysHere> {
        let host = match origin.split_once("://") {
            Some(("https", authority)) => host(authority, 443)?,
            Some(("http", authority)) => {
                Some(host(authority, 80)?).filter(|host| *host == "localhost").ok_or(NoPasskeysHere)?
            }
            _ => return Err(NoPasskeysHere),
        };
        let mut id_hash = [0; 32];
        id_hash.copy_from_slice(digest(&SHA256, host.as_bytes()).as_ref());
        let challenges = Challenges::new(secret);
        Ok(Self { origin: origin.to_owned(), id: host.to_owned(), id_hash, challenges })
    }

    /// The domain that passkeys are bound to.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Reads the client data, which must answer a challenge of ours.
    pub(crate) fn answered(
        &self,
        client_data: &[u8],
        ceremony: &Ceremony<'_>,
    ) -> Result<SpentChallenge, Refusal> {
        let kind = ceremony.purpose.client_data_type();
        let client_data = ClientData::read(client_data, kind, &self.origin)?;
        self.challenges.check(ceremony, &client_data.challenge)
    }
}

/// The name before the port. A name that browsers would write in another way is refused, or no origin would match.
fn host(authority: &str, default_port: u16) -> Result<&str, NoPasskeysHere> {
    let (host, port) = authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
    let is_port =
        |text: &str| text.parse::<u16>().is_ok_and(|port| port != default_port && port.to_string() == text);
    let labels: Vec<&str> = host.split('.').collect();
    // Browsers read such a name as an IP address, or not at all.
    let ends_in_number = labels.last().is_none_or(|last| last.starts_with(|c: char| c.is_ascii_digit()));
    let good = host.len() <= 253 && labels.iter().all(|label| is_label(label)) && !ends_in_number;
    if good && port.is_none_or(is_port) { Ok(host) } else { Err(NoPasskeysHere) }
}

/// A part of a name, as browsers write it (RFC 1123).
fn is_label(label: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let at_ends = [label.bytes().next(), label.bytes().next_back()];
    label.len() <= 63
        && label.bytes().all(is_plain)
        && at_ends.iter().all(|end| end.is_some_and(|end| end != b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_belong_to_a_name() {
        let id = |origin: &str| RelyingParty::new(origin, &[0; 32]).map(|site| site.id);
        for (origin, name) in [
            ("https://accounts.example.com", "accounts.example.com"),
            ("https://example.com:8443", "example.com"),
            ("https://xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("http://localhost:8000", "localhost"),
            ("https://localhost", "localhost"),
        ] {
            assert_eq!(id(origin).as_deref(), Ok(name));
        }
        let long = format!("https://{}.example.com", "a".repeat(64));
        for origin in [
            "http://accounts.example.com",
            "http://localhost.example",
            "http://127.0.0.1:8000",
            "https://192.0.2.1",
            "https://127.1",
            "https://2130706433",
            "https://0x7f.1",
            "https://1.2.3.999",
            "https://accounts.example.com.",
            "https://accounts..com",
            "https://-.example.com",
            "https://accounts-.example.com",
            "https://.",
            &long,
            "https://[::1]:8000",
            "https://Accounts.example.com",
            "https://accounts.example.com/",
            "https://accounts.example.com:",
            "https://accounts.example.com:99999",
            "https://accounts.example.com:+8443",
            "https://accounts.example.com:08443",
            "https://accounts.example.com:443",
            "http://localhost:80",
            "https://ana@example.com",
            "https://bücher.example",
            "https://",
            "wss://example.com",
            "example.com",
            "",
        ] {
            assert_eq!(id(origin), Err(NoPasskeysHere), "{origin}");
        }
    }
}
