use crate::{Email, FieldErrors, FormReason, RawSecret};
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// How many letters a code of a mail has: 50 bits.
pub const CODE_LETTERS: usize = 10;

/// The letters of a code (RFC 4648 section 6), in which no zero, one or eight can be misread.
pub const CODE_ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A code as it was typed, in its one spelling: without the dash, in capitals.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct MailCode(String);

impl MailCode {
    /// The code in a text, if it has a code's shape. Case, spaces and dashes do not matter.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let letters =
            text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2010}'..='\u{2015}'));
        let code: String = letters.map(|c| c.to_ascii_uppercase()).take(CODE_LETTERS + 1).collect();
        let whole = code.len() == CODE_LETTERS && code.bytes().all(|letter| CODE_ALPHABET.contains(&letter));
        whole.then_some(Self(code))
    }

    /// The ten letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for MailCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailCode(…)")
    }
}

/// What somebody shows of a mail: its link, or its code together with the address that it went to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presented {
    /// The token of the link, not yet read.
    Link(RawSecret),
    /// The code.
    Code {
        /// The address.
        email: Email,
        /// The code.
        code: MailCode,
    },
}

impl<R: From<FormReason>> FieldErrors<R> {
    /// A link's token, which goes before what was typed; else the fields `email` and `code`.
    pub(crate) fn presented(
        &mut self,
        token: &RawSecret,
        email: &str,
        code: &RawSecret,
    ) -> Option<Presented> {
        if !token.expose().is_empty() {
            return Some(Presented::Link(token.clone()));
        }
        let email = self.email("email", email);
        let code = self.code("code", code);
        email.zip(code).map(|(email, code)| Presented::Code { email, code })
    }

    /// The code of a mail.
    pub(crate) fn code(&mut self, field: &str, raw: &RawSecret) -> Option<MailCode> {
        let code = MailCode::parse(raw.expose());
        if code.is_none() {
            let empty = raw.expose().trim().is_empty();
            self.refuse(field, if empty { FormReason::CodeMissing } else { FormReason::CodeInvalid });
        }
        code
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        for typed in ["ABCDE-FGH23", "abcde fgh23", " abcdefgh23 ", "ABCDE\u{2013}FGH23"] {
            assert_eq!(MailCode::parse(typed).unwrap().as_str(), "ABCDEFGH23", "{typed:?}");
        }
        for other in ["", "ABCDE-FGH2", "ABCDE-FGH234", "ABCDE-FGH01", "ABCDE-FGHÄÖ", &"A".repeat(1 << 20)]
        {
            assert!(MailCode::parse(other).is_none(), "{} characters", other.len());
        }
    }

    #[test]
    fn a_link_goes_before_what_was_typed() {
        let mut errors = FieldErrors::<FormReason>::default();
        assert_eq!(errors.presented(&"x".into(), "", &"".into()), Some(Presented::Link("x".into())));
        assert!(errors.finish(Some(())).is_ok());
        let mut errors = FieldErrors::<FormReason>::default();
        assert_eq!(errors.presented(&"".into(), "", &" ".into()), None);
        let refused = errors.finish::<()>(None).unwrap_err();
        let refused: Vec<_> = refused.iter().map(|e| (e.field.as_str(), e.reason.code())).collect();
        assert_eq!(refused, [("email", "required"), ("code", "required")]);
    }

    #[test]
    fn debug_output_hides_the_secrets() {
        let shown = format!("{:?} {:?}", MailCode::parse("ABCDEFGH23"), Presented::Link("secret".into()));
        assert!(!shown.contains("ABCDE") && !shown.contains("secret"), "{shown}");
    }
}
