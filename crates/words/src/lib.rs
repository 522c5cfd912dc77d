//! Every sentence that a person reads: on pages, in refusals, in answers of the API.
//!
//! `locales/en.toml` holds them. The build makes a function of each: `welcome` in `[home]` is [`home::welcome`]. Code
//! with a missing argument or an unknown key does not compile. There is no parser and no table at run time, and the
//! browser's build holds only the sentences that its code calls.
//!
//! This crate also chooses the words for a [`Problem`](domain::Problem), a refused field, a number, a moment, an event or
//! a browser. Nothing here reads a clock, a header or a setting.
//!
//! A second language is a second file. Then [`Language`] gets another variant, and [`language`] has to say who reads
//! which.

mod agent;
mod event_kind;
mod moments;
pub mod plural;
mod problem;
mod reason;

pub use agent::{client_of, is_browser, is_phone};
pub use event_kind::{what_happened, what_was_recorded};
pub use moments::{ago, day, exact, month_and_year, to_the_second};
pub use problem::{code_document, document, in_words};
pub use reason::{form_message, import_reason, message};

include!(concat!(env!("OUT_DIR"), "/table.rs"));

/// The reader's language.
#[must_use]
pub const fn language() -> Language {
    Language::En
}

/// The formatting machinery would be larger than this in WebAssembly.
fn number(n: u64) -> String {
    let mut text = if n < 10 { String::new() } else { number(n / 10) };
    text.push(char::from(b'0' + u8::try_from(n % 10).unwrap_or_default()));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use plural::{CATEGORIES, Category};

    #[test]
    fn numbers_are_written_out() {
        for (n, text) in [(0, "0"), (9, "9"), (10, "10"), (4_096, "4096"), (u64::MAX, "18446744073709551615")]
        {
            assert_eq!(number(n), text);
        }
    }

    #[test]
    fn english_says_one_of_one_alone() {
        assert_eq!((0..1_000).filter(|n| plural::en(*n) == Category::One).collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn every_language_has_its_plural_forms() {
        for language in Language::ALL {
            assert!(CATEGORIES.iter().any(|(code, _)| *code == language.code()), "{}", language.code());
        }
    }

    #[test]
    fn what_is_no_text_has_its_place_in_the_sentence() {
        assert_eq!(home::signed_in(), ["You're signed in as ", "."]);
        assert_eq!(field::length(3, 32), "Use 3 to 32 characters.");
        assert_eq!((wait::hours(1), wait::hours(2)), ("1 hour".into(), "2 hours".into()));
    }
}
