use super::passkey::PasskeyAnswer;
use crate::{CODE_ALPHABET, FieldErrors, RawSecret, Reason};
use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// How many digits an authenticator app shows.
const TOTP_DIGITS: usize = 6;

/// How many letters a recovery code has: 120 bits, so that a quick hash keeps it (ASVS 6.5.2).
pub const RECOVERY_LETTERS: usize = 24;
/// How many it had before 2026-11-28: 80 bits. Those codes work on.
pub const RECOVERY_LETTERS_BEFORE: usize = 16;

/// What a sign-in that waits for its second factor can be completed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FactorMethod {
    /// A passkey; its code is the browser's answer.
    Passkey,
    /// The code that an authenticator app shows.
    Totp,
    /// One of the codes that were shown once.
    RecoveryCode,
}

impl FactorMethod {
    /// Every method, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Passkey, Self::Totp, Self::RecoveryCode];

    /// The word that forms and the API use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::Totp => "totp",
            Self::RecoveryCode => "recovery_code",
        }
    }
}

/// What was typed to prove a second factor, of acceptable shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactorCode {
    /// What a browser answers with a passkey.
    Passkey(PasskeyAnswer),
    /// Of an authenticator app.
    Totp(TotpCode),
    /// One of those that were shown once.
    Recovery(RecoveryCode),
}

/// A code of an authenticator app: six digits.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct TotpCode(u32);

impl TotpCode {
    /// The code in a text, if it has a code's shape. Spaces and dashes do not matter.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits: String = significant(text).take(TOTP_DIGITS + 1).collect();
        let whole = digits.len() == TOTP_DIGITS && digits.bytes().all(|digit| digit.is_ascii_digit());
        whole.then(|| digits.parse().ok().map(Self)).flatten()
    }

    /// The number that the digits make.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.0
    }
}

/// A recovery code as it was typed, in its one spelling: without the dashes, in capitals.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct RecoveryCode(String);

impl RecoveryCode {
    /// The code in a text, if it has a code's shape. Case, spaces and dashes do not matter.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let code: String = significant(text).take(RECOVERY_LETTERS + 1).collect();
        let whole = [RECOVERY_LETTERS, RECOVERY_LETTERS_BEFORE].contains(&code.len());
        (whole && code.bytes().all(|letter| CODE_ALPHABET.contains(&letter))).then_some(Self(code))
    }

    /// The code that these bits make.
    #[must_use]
    pub fn of(bits: [u8; 15]) -> Self {
        let bits = bits.iter().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
        let letter = |at: usize| {
            let index = bits >> (5 * (RECOVERY_LETTERS - 1 - at)) & 31;
            char::from(CODE_ALPHABET[usize::try_from(index).unwrap_or_default()])
        };
        Self((0..RECOVERY_LETTERS).map(letter).collect())
    }

    /// The letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The letters in groups of four, as they are shown.
    #[must_use]
    pub fn in_groups(&self) -> String {
        in_groups(&self.0, "-")
    }
}

/// A text of ASCII letters in groups of four.
pub(super) fn in_groups(text: &str, between: &str) -> String {
    let groups: Vec<String> =
        text.as_bytes().chunks(4).map(|group| group.iter().copied().map(char::from).collect()).collect();
    groups.join(between)
}

/// Without blanks and dashes, as phones and pages paste them: a minus sign, and what has no width; in capitals.
fn significant(text: &str) -> impl Iterator<Item = char> {
    let separates = |c: char| {
        c.is_whitespace()
            || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{200b}' | '\u{2060}' | '\u{feff}')
    };
    let letters = text.chars().filter(move |c| !separates(*c));
    letters.map(|c| c.to_ascii_uppercase())
}

impl fmt::Debug for TotpCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpCode(…)")
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

impl FieldErrors<Reason> {
    /// A method and its code.
    pub(super) fn factor_code(&mut self, method: &str, code: &RawSecret) -> Option<FactorCode> {
        let Some(known) = FactorMethod::ALL.into_iter().find(|known| known.as_str() == method) else {
            self.refuse("method", Reason::MethodUnknown);
            return None;
        };
        match known {
            FactorMethod::Passkey => self.passkey("code", code).map(FactorCode::Passkey),
            FactorMethod::Totp => self.totp_code(code).map(FactorCode::Totp),
            FactorMethod::RecoveryCode => self.recovery_code(code).map(FactorCode::Recovery),
        }
    }

    pub(super) fn totp_code(&mut self, raw: &RawSecret) -> Option<TotpCode> {
        let code = TotpCode::parse(raw.expose());
        if code.is_none() {
            self.refuse_code(raw, Reason::TotpInvalid);
        }
        code
    }

    fn recovery_code(&mut self, raw: &RawSecret) -> Option<RecoveryCode> {
        let code = RecoveryCode::parse(raw.expose());
        if code.is_none() {
            self.refuse_code(raw, Reason::RecoveryCodeInvalid);
        }
        code
    }

    fn refuse_code(&mut self, raw: &RawSecret, invalid: Reason) {
        let empty = raw.expose().trim().is_empty();
        self.refuse("code", if empty { Reason::FactorCodeMissing } else { invalid });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_totp_code_is_read_however_it_is_typed() {
        for typed in
            ["012345", "012 345", " 0-1-2-3-4-5 ", "012\u{2212}345", "\u{feff}012\u{200b}345\u{2060}"]
        {
            assert_eq!(TotpCode::parse(typed).unwrap().number(), 12_345, "{typed:?}");
        }
        for other in ["", "12345", "0123456", "01234a", "０１２３４５", "+12345", &"1".repeat(1 << 20)]
        {
            assert!(TotpCode::parse(other).is_none(), "{} characters", other.len());
        }
    }

    #[test]
    fn a_recovery_code_is_read_however_it_is_typed() {
        let code = RecoveryCode::of(*b"\x00\x44\x32\x14\xc7\x42\x54\xb6\x35\xcf\x84\x65\x3a\x56\xd7");
        assert_eq!(code.as_str(), "ABCDEFGHIJKLMNOPQRSTUVWX");
        assert_eq!(RecoveryCode::of([0xff; 15]).in_groups(), "7777-7777-7777-7777-7777-7777");
        for typed in [
            "ABCD-EFGH-IJKL-MNOP-QRST-UVWX",
            "abcd efgh ijkl mnop qrst uvwx",
            " abcdefghijklmnopqrstuvwx\u{2013}",
        ] {
            assert_eq!(RecoveryCode::parse(typed), Some(code.clone()), "{typed:?}");
        }
        for other in [
            "",
            "ABCD-EFGH-IJKL-MNO",
            "ABCD-EFGH-IJKL-MNOPQ",
            "ABCD-EFGH-IJKL-MNOP-QRST-UVW",
            "ABCD-EFGH-IJKL-MNOP-QRST-UVWXY",
            "ABCD-EFGH-IJKL-MN01",
            "ABCDEFGHIJKLMNÄ",
        ] {
            assert!(RecoveryCode::parse(other).is_none(), "{other}");
        }
    }

    #[test]
    fn a_recovery_code_of_before_is_read_as_it_was() {
        let code = RecoveryCode::parse("abcd-efgh-ijkl-mnop").unwrap();
        assert_eq!((code.as_str(), code.in_groups().as_str()), ("ABCDEFGHIJKLMNOP", "ABCD-EFGH-IJKL-MNOP"));
    }

    #[test]
    fn debug_output_hides_the_secrets() {
        let (totp, recovery) = (TotpCode::parse("012345"), RecoveryCode::parse("ABCDEFGHIJKLMNOP"));
        let shown = format!("{:?} {:?}", totp.map(FactorCode::Totp), recovery.map(FactorCode::Recovery));
        assert!(!shown.contains("12345") && !shown.contains("ABCD"), "{shown}");
    }
}
