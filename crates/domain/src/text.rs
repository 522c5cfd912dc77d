use crate::invisible::{is_invisible, trim, trim_text};
use crate::{
    EMAIL_MAX_BYTES, FieldErrors, FormReason, PASSWORD_MAX, PASSWORD_MAX_BYTES, PASSWORD_TRIED_MAX,
    PlainPassword, USERNAME_MAX, USERNAME_MIN,
};

/// A text with the shape of an email address, as typed. `accounts` makes its canonical form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// The address as it was typed, trimmed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Characters that quote, group and list addresses (RFC 5322 section 3.2.3): `"ana"@b` would be a second spelling of
/// `ana@b`, and `a,b@c` two addresses in a mail's header.
const QUOTING: &str = "\"(),:;<>[\\]";

/// The joiners alone may stand in a domain of some scripts (RFC 5892 appendix A); `accounts` judges whether they do.
fn is_in_no_address(c: char) -> bool {
    let joins = matches!(c, '\u{200c}' | '\u{200d}');
    c.is_control() || c.is_whitespace() || QUOTING.contains(c) || (is_invisible(c) && !joins)
}

impl<R: From<FormReason>> FieldErrors<R> {
    pub(crate) fn email(&mut self, field: &str, raw: &str) -> Option<Email> {
        let text = trim(raw);
        let whole = text
            .split_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'));
        if text.is_empty() {
            self.refuse(field, FormReason::EmailMissing);
        } else if text.len() > EMAIL_MAX_BYTES {
            self.refuse(field, FormReason::TooLong { max: EMAIL_MAX_BYTES });
        } else if !whole || text.chars().any(is_in_no_address) {
            self.refuse(field, FormReason::EmailInvalid);
        } else {
            return Some(Email(text.to_owned()));
        }
        None
    }

    /// 3 to 32 of `A-Za-z0-9._-`, so never an email address.
    pub(crate) fn username(&mut self, field: &str, raw: &str) -> Option<String> {
        let text = trim(raw);
        if !(USERNAME_MIN..=USERNAME_MAX).contains(&text.chars().count()) {
            self.refuse(field, FormReason::Length { min: USERNAME_MIN, max: USERNAME_MAX });
        } else if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)) {
            self.refuse(field, FormReason::UsernameInvalid);
        } else {
            return Some(text.to_owned());
        }
        None
    }

    /// One line of at most `max` code points.
    pub(crate) fn line(&mut self, field: &str, raw: &str, max: usize) -> Option<String> {
        self.bounded(field, raw, max, is_unseen)
    }

    /// Several lines of at most `max` code points, CRLF counted as one.
    pub(crate) fn lines(&mut self, field: &str, raw: &str, max: usize) -> Option<String> {
        let text = raw.replace("\r\n", "\n");
        self.bounded(field, &text, max, |c| is_unseen(c) && c != '\n')
    }

    fn bounded(&mut self, field: &str, raw: &str, max: usize, forbidden: fn(char) -> bool) -> Option<String> {
        let text = trim_text(raw);
        if text.chars().count() > max {
            self.refuse(field, FormReason::TooLong { max });
        } else if text.chars().any(forbidden) {
            self.refuse(
                field,
                match field {
                    "bio" => FormReason::BioInvalid,
                    "q" => FormReason::SearchInvalid,
                    "name" | "first_name" | "last_name" => FormReason::NameInvalid,
                    _ => FormReason::TextInvalid,
                },
            );
        } else {
            return Some(text.to_owned());
        }
        None
    }

    /// A new password: its length in code points has a minimum and a maximum.
    pub(crate) fn new_password(&mut self, field: &str, raw: &str, min: usize) -> Option<PlainPassword> {
        let length = raw.chars().count();
        if raw.is_empty() {
            self.refuse(field, FormReason::NewPasswordMissing);
        } else if length < min {
            self.refuse(field, FormReason::TooShort { min });
        } else if length > PASSWORD_MAX || raw.len() > PASSWORD_MAX_BYTES {
            self.refuse(field, FormReason::TooLong { max: PASSWORD_MAX });
        } else {
            return self.password(field, raw);
        }
        None
    }

    /// An existing password: whatever another service accepted, up to the longest that is read.
    pub(crate) fn password(&mut self, field: &str, raw: &str) -> Option<PlainPassword> {
        if raw.is_empty() {
            self.refuse(field, FormReason::PasswordMissing);
        } else if raw.chars().count() > PASSWORD_TRIED_MAX {
            self.refuse(field, FormReason::TooLong { max: PASSWORD_TRIED_MAX });
        } else if raw.contains('\0') {
            self.refuse(field, FormReason::PasswordInvalid);
        } else {
            return Some(PlainPassword::new(raw));
        }
        None
    }
}

/// Control characters, and those that turn the direction of the text around them: a name must not
/// rearrange the page it stands on (CVE-2021-42574).
fn is_unseen(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
