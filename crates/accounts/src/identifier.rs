//! Canonical forms: what makes two spellings one account (promise P3).
//!
//! The Unicode tables this needs weigh 100 kB in WebAssembly, so the page only checks shapes.

use unicode_normalization::UnicodeNormalization;

/// The one spelling of an e-mail address: trimmed, NFC, the domain as a lower-case A-label without
/// its root dot (RFC 5891), the local part in lower case. `None` where there is none: the local part
/// would change under NFKC (so it would look like another's, as full-width letters do), or the domain
/// is no domain. Plus signs and dots stay: what they mean is the provider's business.
pub(crate) fn email(typed: &str) -> Option<String> {
    let text: String = typed.trim().nfc().collect();
    let (local, domain) = text.rsplit_once('@')?;
    let local = lowercase(local);
    let looks_like_another = local.nfkc().ne(local.chars());
    // The full-width full stops are dots to IDNA; the root dot is one more spelling of the same host.
    let host =
        idna::domain_to_ascii_strict(&domain.nfkc().collect::<String>().trim_end_matches('.').to_lowercase())
            .ok()?;
    let canonical = format!("{local}@{host}");
    let whole = !local.is_empty() && !host.is_empty() && canonical.len() <= 320;
    (whole && !looks_like_another).then_some(canonical)
}

/// The one spelling of a username; its letters are ASCII.
pub(crate) fn username(typed: &str) -> String {
    typed.trim().to_ascii_lowercase()
}

fn lowercase(text: &str) -> String {
    text.to_lowercase().nfc().collect()
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
        for lookalike in ["ａna@example.com", "ﬁona@example.com", "ana²@example.com"] {
            assert_eq!(email(lookalike), None, "{lookalike}");
        }
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
