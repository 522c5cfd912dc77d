//! Invisible characters. They come along when an address is copied from a mail or a page, and nobody sees them.

/// Unicode's `Default_Ignorable_Code_Point`: with one of them inside, a text looks like another.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// An identifier without the blanks and the invisible characters around it.
#[must_use]
pub fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c))
}

/// A text for people, without the same around it. Invisible characters that change the look of the one before them
/// stay: an emoji's colours, a flag, a variant of a letter.
pub(crate) fn trim_text(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || (is_invisible(c) && !varies(c)))
}

fn varies(c: char) -> bool {
    matches!(c, '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0020}'..='\u{e01ef}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_goes_from_both_ends_and_from_nowhere_else() {
        for c in [
            '\u{ad}', '\u{34f}', '\u{61c}', '\u{115f}', '\u{180e}', '\u{200b}', '\u{200d}', '\u{200e}',
            '\u{200f}', '\u{202a}', '\u{202c}', '\u{202e}', '\u{2060}', '\u{2066}', '\u{2069}', '\u{3164}',
            '\u{feff}', '\u{a0}', '\u{2007}', '\u{202f}', '\u{3000}', '\u{85}', '\t', '\n', ' ',
        ] {
            for around in [format!("{c}"), format!("{c} {c}"), format!("\u{feff}{c}")] {
                assert_eq!(trim(&format!("{around}a{c}b{around}")), format!("a{c}b"), "{c:?}");
                assert_eq!(trim_text(&format!("{around}a{c}b{around}")), format!("a{c}b"), "{c:?}");
            }
            assert_eq!(trim(&format!("{c}{c}")), "", "{c:?}");
        }
        assert_eq!(trim("ana@example.com\u{fe0f}"), "ana@example.com");
    }

    #[test]
    fn a_sign_at_the_end_keeps_its_look() {
        let wales = "🏴\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}";
        for text in ["Ana ❤\u{fe0f}", wales, "葛\u{e0100}"] {
            assert_eq!(trim_text(&format!("\u{200b} {text} \u{200b}")), text);
        }
    }
}
