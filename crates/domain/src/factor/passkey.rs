//! Passkeys: what their owner sees, and the forms that bring a browser's answer.

use crate::{FieldError, FieldErrors, PASSKEY_NAME_MAX, PasskeyId, RawSecret, Reason, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The longest answer of a browser that is looked at, in bytes.
const ANSWER_MAX: usize = 16 * 1024;

/// What a browser answers with a passkey: the JSON of `PublicKeyCredential.toJSON()`, not yet read.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct PasskeyAnswer(String);

impl PasskeyAnswer {
    /// The JSON.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasskeyAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasskeyAnswer(…)")
    }
}

/// A passkey of yours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasskeyView {
    /// The passkey's ID.
    pub id: PasskeyId,
    /// What you call it.
    pub name: String,
    /// When you added it.
    pub added_at: Timestamp,
    /// When you last used it; null until you do.
    pub last_used_at: Option<Timestamp>,
    /// Whether there is a copy of it, such as in your cloud.
    pub backed_up: bool,
}

/// Signs in with a passkey and nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PasskeySignInForm {
    /// The browser's answer: see [`PasskeyAnswer`].
    pub passkey: RawSecret,
    /// "on" where "Keep me signed in" was ticked.
    pub remember: String,
    /// Where to go afterwards, as in [`crate::SignInForm`].
    pub next: String,
    /// "on" where an account that its owner has deleted is to be restored; else empty.
    pub restore: String,
}

/// A sign-in with a passkey, of acceptable shape.
#[derive(Debug)]
pub struct PasskeySignIn {
    /// What the browser answered.
    pub answer: PasskeyAnswer,
    /// Whether the session outlives the browser.
    pub remember: bool,
    /// Whether an account that closes is restored.
    pub restore: bool,
}

impl PasskeySignInForm {
    /// Checks the shape of the answer.
    ///
    /// # Errors
    /// The refused field.
    pub fn parse(&self) -> Result<PasskeySignIn, Vec<FieldError<Reason>>> {
        let mut errors = FieldErrors::default();
        let answer = errors.passkey("passkey", &self.passkey);
        errors.finish(answer.map(|answer| PasskeySignIn {
            answer,
            remember: !self.remember.is_empty(),
            restore: !self.restore.is_empty(),
        }))
    }
}

/// A passkey that a browser has made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct PasskeyAddForm {
    /// What you call it.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub name: String,
    /// What `JSON.stringify(credential)` makes of the browser's answer.
    #[cfg_attr(feature = "openapi", schema(required, value_type = String))]
    pub passkey: RawSecret,
}

/// A new passkey, of acceptable shape.
#[derive(Debug)]
pub struct NewPasskey {
    /// What its owner calls it.
    pub name: String,
    /// What the browser answered.
    pub answer: PasskeyAnswer,
}

impl PasskeyAddForm {
    /// Checks the shape of both.
    ///
    /// # Errors
    /// All refused fields.
    pub fn parse(&self) -> Result<NewPasskey, Vec<FieldError<Reason>>> {
        let mut errors = FieldErrors::default();
        let name = errors.passkey_name(&self.name);
        let answer = errors.passkey("passkey", &self.passkey);
        errors.finish(name.zip(answer).map(|(name, answer)| NewPasskey { name, answer }))
    }
}

/// Gives a passkey another name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasskeyRenameForm {
    /// One of the caller's own.
    pub id: PasskeyId,
    /// What they call it from now on.
    pub name: String,
}

impl PasskeyRenameForm {
    /// Checks the shape of the name.
    ///
    /// # Errors
    /// The refused field.
    pub fn parse(&self) -> Result<String, Vec<FieldError<Reason>>> {
        let mut errors = FieldErrors::default();
        let name = errors.passkey_name(&self.name);
        errors.finish(name)
    }
}

/// Names a passkey that is to be removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasskeyRemoveForm {
    /// One of the caller's own.
    pub id: PasskeyId,
}

impl FieldErrors<Reason> {
    /// What a browser answered with a passkey.
    pub(super) fn passkey(&mut self, field: &str, raw: &RawSecret) -> Option<PasskeyAnswer> {
        let text = raw.expose().trim();
        if text.is_empty() {
            self.refuse(field, Reason::PasskeyMissing);
        } else if text.len() > ANSWER_MAX {
            self.refuse(field, Reason::PasskeyUnusable);
        } else {
            return Some(PasskeyAnswer(text.to_owned()));
        }
        None
    }

    fn passkey_name(&mut self, raw: &str) -> Option<String> {
        let name = self.line("name", raw, PASSKEY_NAME_MAX)?;
        if name.is_empty() {
            self.refuse("name", Reason::PasskeyNameMissing);
            return None;
        }
        Some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(name: &str, passkey: &str) -> PasskeyAddForm {
        PasskeyAddForm { name: name.to_owned(), passkey: passkey.into() }
    }

    #[test]
    fn a_refused_field_is_named() {
        let long = "x".repeat(PASSKEY_NAME_MAX + 1);
        for (form, refused) in [
            (add("", ""), vec![("name", "required"), ("passkey", "required")]),
            (add(" \u{200b}", "{}"), vec![("name", "required")]),
            (add(&long, "{}"), vec![("name", "too_long")]),
            (add("a\u{202e}b", "{}"), vec![("name", "invalid")]),
            (add("Phone", " "), vec![("passkey", "required")]),
            (add("Phone", &"x".repeat(ANSWER_MAX + 1)), vec![("passkey", "wrong")]),
        ] {
            let found = form.parse().unwrap_err();
            let found: Vec<_> = found.iter().map(|e| (e.field.as_str(), e.reason.code())).collect();
            assert_eq!(found, refused);
        }
        let new = add("  Ana's phone ", &"x".repeat(ANSWER_MAX)).parse().unwrap();
        assert_eq!(new.name, "Ana's phone");
        assert!(add(&"x".repeat(PASSKEY_NAME_MAX), "{}").parse().is_ok());
    }

    #[test]
    fn debug_output_hides_the_answer() {
        let form = PasskeySignInForm { passkey: "canary".into(), ..PasskeySignInForm::default() };
        let shown = format!("{form:?} {:?} {:?}", form.parse().unwrap(), add("Phone", "canary"));
        assert!(!shown.contains("canary"), "{shown}");
    }
}
