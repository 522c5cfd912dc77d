mod breached;

pub use breached::BreachedPasswords;

use super::weakness::weakness;
use domain::{FieldError, PasswordAdvice, PasswordWarning, PasswordWeakness, Reason};
use std::sync::Arc;
use zxcvbn::{Score, zxcvbn};

/// The length that zxcvbn reads. It tries every way to read digits and signs as letters on every part of the text,
/// which takes seconds for a hundred hostile characters. Further characters can only make a password stronger.
const JUDGED: usize = 32;

/// The least score that production may ask for: below it a common password passes, and the service's name.
pub const LEAST_SCORE: u8 = 2;

/// The rule for new passwords, after the form has checked their length: hard enough to guess, no composition rules
/// (NIST SP 800-63B-4 section 3.1.1.2).
#[derive(Debug)]
pub(crate) struct Strength {
    /// The form's name of the field that a refusal stands beside.
    pub(crate) field: &'static str,
    /// Least score, 0 to 4.
    pub(crate) min_score: u8,
    /// Words about the person and the service, which make bad passwords.
    pub(crate) words: Vec<String>,
    /// What nobody may choose, however hard it is to guess.
    pub(crate) breached: Option<Arc<BreachedPasswords>>,
}

impl Strength {
    pub(crate) fn judge(&self, password: &str) -> Result<(), FieldError<Reason>> {
        self.estimate(password)?;
        if !self.breached.as_ref().is_some_and(|list| list.holds(password)) {
            return Ok(());
        }
        let weakness = PasswordWeakness {
            warning: Some(PasswordWarning::Common),
            advice: Some(PasswordAdvice::FewWords),
        };
        Err(FieldError::new(self.field, Reason::PasswordWeak(weakness)))
    }

    fn estimate(&self, password: &str) -> Result<(), FieldError<Reason>> {
        let head: String = password.chars().take(JUDGED).collect();
        let parts = self.words.iter().flat_map(|words| words.split(|c: char| !c.is_alphanumeric()));
        let words: Vec<&str> = self.words.iter().map(String::as_str).chain(parts).collect();
        let estimate = zxcvbn(&head, &words);
        if u8::from(estimate.score()) >= self.min_score {
            return Ok(());
        }
        let weakness = estimate.feedback().map(weakness).unwrap_or_default();
        Err(FieldError::new(self.field, Reason::PasswordWeak(weakness)))
    }
}

/// Whether a long random text, such as a key, is none: it holds a pattern, a common password or a repetition at
/// either end. Of random texts zxcvbn says that they take more guesses than it can count.
#[must_use]
pub fn is_pattern(secret: &str) -> bool {
    let characters: Vec<char> = secret.chars().collect();
    let head: String = characters.iter().take(JUDGED).collect();
    let tail: String = characters.iter().skip(characters.len().saturating_sub(JUDGED)).collect();
    [head, tail].iter().any(|part| zxcvbn(part, &[]).guesses() < u64::MAX)
}

const _: () = assert!(Score::Four as u8 == 4, "scores are 0 to 4");

#[cfg(test)]
mod tests {
    use super::*;

    fn judge_at(min_score: u8, password: &str, personal: &[&str]) -> Result<(), &'static str> {
        let words = personal.iter().map(ToString::to_string).collect();
        let rule = Strength { field: "password", min_score, words, breached: None };
        rule.judge(password).map_err(|refusal| refusal.reason.code())
    }

    fn judge(password: &str, personal: &[&str]) -> Result<(), &'static str> {
        judge_at(3, password, personal)
    }

    /// At the least score that production takes, too.
    #[test]
    fn common_and_personal_passwords_are_refused() {
        for least in [LEAST_SCORE, 3] {
            for weak in ["password", "password123", "qwertyuiop", "aaaaaaaaaaaa", "12345678"] {
                assert_eq!(judge_at(least, weak, &[]), Err("too_weak"), "{weak}");
            }
            assert_eq!(judge_at(least, "perezana", &["ana.perez@example.com"]), Err("too_weak"));
            assert_eq!(judge_at(least, "Zwielbach1", &["Zwielbach"]), Err("too_weak"));
        }
    }

    #[test]
    fn a_phrase_is_welcome_whatever_its_characters() {
        for strong in ["violet staircase under rain", "correct horse battery staple", "ünüsüäl-tür-schwelle"]
        {
            assert_eq!(judge(strong, &[]), Ok(()), "{strong}");
        }
    }
}
