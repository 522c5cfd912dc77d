//! Canonical forms: what makes two spellings one account (promise P3).
//!
//! The Unicode tables this needs weigh 100 kB in WebAssembly, so the page only checks shapes.

use domain::Identifier;
use unicode_normalization::UnicodeNormalization;

/// The one spelling of an e-mail address: trimmed, NFC, the domain as a lower-case A-label without
/// its root dot (RFC 5891), the local part in lower case. `None` where there is none: the local part
/// would change under NFKC (so it would look like another's, as full-width letters do), or the domain
/// is no domain. Plus signs and dots stay: what they mean is the provider's business.
#[must_use]
pub fn email(typed: &str) -> Option<String> {
    let text: String = typed.trim().nfc().collect();
    let (local, domain) = text.rsplit_once('@')?;
    let local = lowercase(local);
    let looks_like_another = local.nfkc().ne(local.chars()) || local.chars().any(is_invisible);
    // The full-width full stops are dots to IDNA; the root dot is one more spelling of the same host.
    let host = idna::domain_to_ascii_strict(domain.nfkc().collect::<String>().trim_end_matches('.')).ok()?;
    let canonical = format!("{local}@{host}");
    let whole = !local.is_empty() && !host.is_empty() && canonical.len() <= 320;
    (whole && !looks_like_another).then_some(canonical)
}

/// The one spelling of a username; its letters are ASCII.
#[must_use]
pub fn username(typed: &str) -> String {
    typed.trim().to_ascii_lowercase()
}

/// The one spelling of what somebody signs in with. A name that has none is nobody's, and is looked up, and
/// its failures are counted, all the same.
#[must_use]
pub fn canonical(typed: &Identifier) -> Identifier {
    match typed {
        Identifier::Email(typed) => Identifier::Email(email(typed).unwrap_or_else(|| format!("@{typed}"))),
        Identifier::Username(typed) => Identifier::Username(username(typed)),
    }
}

/// The final sigma is a matter of position, not of spelling: ΟΔΟΣ and οδος are one.
fn lowercase(text: &str) -> String {
    text.to_lowercase().replace('ς', "σ").nfc().collect()
}

/// Characters that leave no mark (Unicode's `Default_Ignorable_Code_Point`): with one of them in it a
/// second account would look like the first.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_address_are_one() {
        let spellings = [
            "jörg@bücher.example",
            " jörg@bücher.example ",
            "Jörg@Bücher.Example",
            "JÖRG@BÜCHER.EXAMPLE",
            "jo\u{308}rg@bu\u{308}cher.example",
            "JO\u{308}RG@BU\u{308}CHER.EXAMPLE",
            "jörg@xn--bcher-kva.example",
            "jörg@XN--BCHER-KVA.EXAMPLE",
            "jörg@bücher.example.",
            "jörg@bücher。example",
            "jörg@bücher．example",
            "jörg@ｂücher.example",
        ];
        for spelling in spellings {
            assert_eq!(email(spelling).as_deref(), Some("jörg@xn--bcher-kva.example"), "{spelling}");
        }
    }

    #[test]
    fn a_local_part_that_looks_like_another_is_refused() {
        let lookalikes = [
            "ａna@example.com",
            "ﬁona@example.com",
            "ana²@example.com",
            "a\u{200b}na@example.com",
            "an\u{ad}a@example.com",
            "ana\u{feff}@example.com",
        ];
        for lookalike in lookalikes {
            assert_eq!(email(lookalike), None, "{lookalike}");
        }
    }

    #[test]
    fn a_final_sigma_is_no_other_letter() {
        assert_eq!(email("ΟΔΟΣ@example.gr"), email("οδος@example.gr"));
        assert_eq!(email("ΟΔΟΣ@example.gr"), email("οδοσ@example.gr"));
        // In a domain it is (RFC 5894 section 7.2): οδος.gr and οδοσ.gr have different owners.
        assert_eq!(email("x@ΟΔΟΣ.gr"), email("x@οδοσ.gr"));
        assert_ne!(email("x@οδος.gr"), email("x@οδοσ.gr"));
    }

    #[test]
    fn plus_and_dots_stay() {
        assert_eq!(email("A.na+list@Example.com").as_deref(), Some("a.na+list@example.com"));
    }

    #[test]
    fn what_is_no_domain_is_refused() {
        for bad in
            ["ana@", "ana@.", "ana@a..b", "ana@-a.b", "ana@a_b.c", "ana@xn--a.b", "@example.com", "ana"]
        {
            assert_eq!(email(bad), None, "{bad}");
        }
    }
}
