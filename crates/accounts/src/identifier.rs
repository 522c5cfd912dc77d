//! Canonical forms: what makes two spellings one account (promise P3).
//!
//! The Unicode tables this needs weigh 100 kB in WebAssembly, so the page only checks shapes.

use domain::{EMAIL_MAX_BYTES, Identifier, is_invisible, trim};
use unicode_normalization::UnicodeNormalization;

/// Longest part before the @, in bytes (RFC 5321 section 4.5.3.1.1).
const LOCAL_MAX_BYTES: usize = 64;

/// An email address, as it is shown and written to, and as it is unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// As typed, except for what mail could not reach: full-width letters and stops in the domain, and its root dot.
    pub shown: String,
    /// Trimmed, NFC, the domain as a lower-case A-label (RFC 5891), the local part in lower case.
    pub canonical: String,
}

/// Both forms of an address. `None` where there are none: the local part would change under NFKC (so it would look
/// like another's, as full-width letters do), or the domain is no domain. Plus signs and dots stay: what they mean
/// is the provider's business.
#[must_use]
pub fn address(typed: &str) -> Option<Address> {
    let text: String = trim(typed).nfc().collect();
    let (typed, domain) = text.rsplit_once('@')?;
    let local = lowercase(typed);
    let looks_like_another = local.nfkc().ne(local.chars()) || local.chars().any(is_invisible);
    // The full-width full stops are dots to IDNA; the root dot is one more spelling of the same host.
    let domain = domain.nfkc().collect::<String>().replace('。', ".");
    let domain = domain.strip_suffix('.').unwrap_or(&domain);
    let host = idna::domain_to_ascii_strict(domain).ok().filter(|_| !domain.contains(is_ignored))?;
    let (shown, canonical) = (format!("{typed}@{domain}"), format!("{local}@{host}"));
    let whole =
        !local.is_empty() && !host.is_empty() && canonical.len() <= 320 && shown.len() <= EMAIL_MAX_BYTES;
    (whole && !looks_like_another).then_some(Address { shown, canonical })
}

/// The same of an address that a mail can be sent to: one that is new here must be such. Older rows may hold others,
/// and work as ever.
#[must_use]
pub fn new_address(typed: &str) -> Option<Address> {
    address(typed).filter(Address::takes_mail)
}

impl Address {
    /// RFC 5321 sections 4.1.2 (no stop at an end or beside another), 4.5.3.1.1 and 4.5.3.1.3: mail servers, and what
    /// writes to them, take no other. The domain is written to in ASCII.
    fn takes_mail(&self) -> bool {
        let parts = self.shown.rsplit_once('@').zip(self.canonical.rsplit_once('@'));
        parts.is_some_and(|((local, _), (_, host))| {
            let whole = local.len() + 1 + host.len();
            local.len() <= LOCAL_MAX_BYTES && whole <= EMAIL_MAX_BYTES && !local.split('.').any(str::is_empty)
        })
    }
}

/// The one spelling of an address.
#[must_use]
pub fn email(typed: &str) -> Option<String> {
    address(typed).map(|address| address.canonical)
}

/// Characters that IDNA drops silently: `exa\u{ad}mple.com` is `example.com` to it. It judges the joiners itself.
fn is_ignored(c: char) -> bool {
    is_invisible(c) && !matches!(c, '\u{200c}' | '\u{200d}')
}

/// The one spelling of a username; its letters are ASCII.
#[must_use]
pub fn username(typed: &str) -> String {
    trim(typed).to_ascii_lowercase()
}

/// The one spelling of what somebody signs in with. A name without one is unknown; it is looked up and its failures are
/// counted all the same.
#[must_use]
pub fn canonical(typed: &Identifier) -> Identifier {
    match typed {
        Identifier::Email(typed) => Identifier::Email(email(typed).unwrap_or_else(|| format!("@{typed}"))),
        Identifier::Username(typed) => Identifier::Username(username(typed)),
    }
}

/// The final sigma depends on position, not on spelling: ΟΔΟΣ and οδος are the same.
fn lowercase(text: &str) -> String {
    text.to_lowercase().replace('ς', "σ").nfc().collect()
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

    /// B7: what is shown is what mail can reach.
    #[test]
    fn what_is_shown_is_what_mail_can_reach() {
        for (typed, shown) in [
            ("Ana@Example.com", "Ana@Example.com"),
            ("\u{feff}ana@example.com\u{200b}", "ana@example.com"),
            ("\u{202a}ana@example.com\u{202c}", "ana@example.com"),
            ("ana@example.com.", "ana@example.com"),
            ("ana@example.com。", "ana@example.com"),
            ("jörg@bücher。example", "jörg@bücher.example"),
            ("jörg@ｂücher．example．", "jörg@bücher.example"),
            ("jo\u{308}rg@xn--bcher-kva.example", "jörg@xn--bcher-kva.example"),
        ] {
            assert_eq!(address(typed).unwrap().shown, shown, "{typed:?}");
        }
        for unreachable in [
            "user@example.com..",
            "user@example.com.。",
            "user@example.com…",
            "user@.example.com",
            "user@exa\u{ad}mple.com",
            "user@exam\u{2060}ple.com",
            "user@example\u{fe0f}.com",
            "user@example.com\u{200b}.",
            "user@example.\u{202e}com",
        ] {
            assert_eq!(address(unreachable), None, "{unreachable:?}");
        }
        assert_eq!(address(&format!("{}@\u{fdfa}.example", "a".repeat(220))), None, "longer than a column");
        assert!(address("ana@ශ්\u{200d}රී.example").is_some(), "a joiner that belongs there");
    }

    #[test]
    fn a_new_address_is_one_that_a_mail_can_be_sent_to() {
        let long = |bytes: usize| format!("{}@example.com", "a".repeat(bytes));
        let umlauts = |count: usize| format!("{}@example.com", "ö".repeat(count));
        let of_host = |labels| format!("{}@{}.example", "a".repeat(20), vec!["ö"; labels].join("."));
        for good in ["a.n.a@example.com", "a'na+b=c/d@example.com", &long(64), &umlauts(32), &of_host(25)] {
            assert_eq!(new_address(good), address(good), "{good}");
            assert!(new_address(good).is_some(), "{good}");
        }
        // Those that an older version stored are still found.
        let stopped = [".ana@example.com", "ana.@example.com", "a..na@example.com", ".@example.com"];
        for bad in stopped.into_iter().chain([long(65), umlauts(33), of_host(29)].iter().map(String::as_str))
        {
            assert_eq!(new_address(bad), None, "{bad}");
            assert!(email(bad).is_some(), "{bad}");
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
