use super::code::in_groups;
use super::passkey::PasskeyView;
use crate::{CODE_ALPHABET, FactorMethod, ProblemDocument, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Your second factors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[expect(
    clippy::struct_excessive_bools,
    reason = "an answer of the API, each of whose members says a thing of its own"
)]
pub struct FactorsView {
    /// Your passkeys, in the order in which you added them.
    pub passkeys: Vec<PasskeyView>,
    /// Whether passkeys can be added here: they need an address with a name, over TLS.
    pub passkeys_available: bool,
    /// Whether your account must have a second factor.
    pub required: bool,
    /// The authenticator app, if you have set one up.
    pub totp: Option<TotpView>,
    /// Whether one can be set up here.
    pub totp_available: bool,
    /// How many recovery codes are left.
    pub recovery_codes_left: u32,
    /// Whether they have been shown to you. If not, an answer was lost: make new ones.
    pub recovery_codes_seen: bool,
}

/// An authenticator app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TotpView {
    /// When you set it up.
    pub added_at: Timestamp,
    /// When you last proved a code of it.
    pub last_used_at: Timestamp,
}

/// An authenticator app that is being set up.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TotpEnrolment {
    /// The secret, in base32 without padding.
    pub secret: String,
    /// The same as an address that authenticator apps read from a QR code.
    pub otpauth_url: String,
}

impl TotpEnrolment {
    /// For this secret; `issuer` and `account` are what the app shows it under.
    #[must_use]
    pub fn of(secret: &[u8], issuer: &str, account: &str) -> Self {
        let (secret, issuer, account) = (base32(secret), percent_encoded(issuer), percent_encoded(account));
        let otpauth_url = format!(
            "otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period=30"
        );
        Self { secret, otpauth_url }
    }

    /// The secret in groups of four letters, as people type it.
    #[must_use]
    pub fn in_groups(&self) -> String {
        in_groups(&self.secret, " ")
    }
}

impl fmt::Debug for TotpEnrolment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpEnrolment(…)")
    }
}

/// RFC 4648 section 6, of whole groups of five bytes.
fn base32(bytes: &[u8]) -> String {
    let letters = bytes.chunks_exact(5).flat_map(|group| {
        let bits = group.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        (0..8).rev().map(move |at| CODE_ALPHABET[usize::try_from(bits >> (5 * at) & 31).unwrap_or_default()])
    });
    letters.map(char::from).collect()
}

/// All but the unreserved characters of RFC 3986.
fn percent_encoded(text: &str) -> String {
    let encoded = |byte: u8| match byte {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(encoded).collect()
}

/// Your recovery codes: each works once, and they are not shown again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecoveryCodes {
    /// The codes.
    pub recovery_codes: Vec<String>,
}

impl fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCodes(…)")
    }
}

/// An authenticator app was set up.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TotpConfirmation {
    /// Your recovery codes, if it is your first second factor. They are not shown again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_codes: Option<Vec<String>>,
}

impl fmt::Debug for TotpConfirmation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpConfirmation(…)")
    }
}

/// A sign-in that waits for its second factor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingSignInView {
    /// What it can be completed with.
    pub methods: Vec<FactorMethod>,
    /// Until when.
    pub expires_at: Timestamp,
    /// Where to go afterwards: a path of ours, or empty.
    pub next: String,
    /// Of this sign-in: another one in the same browser has another.
    pub version: String,
    /// Whether the browser may be trusted with the password alone afterwards.
    pub may_trust: bool,
    /// Whether the owner was told, within the days of that mail's link, that one of these was set up.
    pub set_up_lately: bool,
}

/// The answer to a sign-in that needs a second factor: a problem document (RFC 9457) with the challenge to complete it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecondFactorNeeded {
    /// The problem.
    #[serde(flatten)]
    pub problem: ProblemDocument,
    /// Names this sign-in at `POST /api/v1/auth/login/factor`.
    pub challenge: String,
    /// What it can be completed with.
    pub methods: Vec<FactorMethod>,
    /// Seconds until the challenge expires.
    pub expires_in: u32,
}

impl fmt::Debug for SecondFactorNeeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecondFactorNeeded").field("methods", &self.methods).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    #[test]
    fn what_is_needed_reads_as_a_problem_with_more_members() {
        let problem = ProblemDocument::new(Code::SecondFactorNeeded, "A", "B");
        let methods = FactorMethod::ALL.to_vec();
        let needed = SecondFactorNeeded { problem, challenge: "canary".into(), methods, expires_in: 300 };
        let json = serde_json::to_value(&needed).unwrap();
        assert_eq!((&json["status"], &json["code"]), (&401.into(), &"second_factor_needed".into()));
        assert_eq!(json["methods"], serde_json::json!(["passkey", "totp", "recovery_code"]));
        assert_eq!((&json["challenge"], &json["expires_in"]), (&"canary".into(), &300.into()));
        assert!(!format!("{needed:?}").contains("canary"));
    }

    #[test]
    fn an_app_is_told_all_that_it_needs() {
        let enrolment = TotpEnrolment::of(b"12345678901234567890", "Acme & Søn", "ana@example.com");
        assert_eq!(enrolment.secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(
            enrolment.otpauth_url,
            "otpauth://totp/Acme%20%26%20S%C3%B8n:ana%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Acme%20%26%20S%C3%B8n&algorithm=SHA1&digits=6&period=30"
        );
    }

    #[test]
    fn debug_output_hides_the_secrets() {
        let secret = || "canary".to_owned();
        let enrolment = TotpEnrolment { secret: secret(), otpauth_url: secret() };
        assert_eq!(enrolment.in_groups(), "cana ry");
        let codes = RecoveryCodes { recovery_codes: vec![secret()] };
        let confirmation = TotpConfirmation { recovery_codes: Some(vec![secret()]) };
        let shown = format!("{enrolment:?} {codes:?} {confirmation:?}");
        assert!(!shown.contains("canary"), "{shown}");
    }
}
