//! The initials of a name in any script, for its avatar.

/// The first letters of the first and the last word. Only one in scripts without capitals, where two letters would
/// join, or read as a word. The style sheet makes capitals.
pub(crate) fn initials(name: &str) -> String {
    let mut starts = name.split_whitespace().filter_map(first_letter);
    let Some(first) = starts.next() else { return first_cluster(name.trim()).to_owned() };
    match starts.next_back().filter(|last| has_case(first) && has_case(last)) {
        Some(last) => format!("{first}{last}"),
        None => first.to_owned(),
    }
}

/// Quotes and brackets around a name are not its first letter; invisible signs of direction are neither.
fn first_letter(word: &str) -> Option<&str> {
    let word = word.trim_start_matches(|c: char| {
        c.is_ascii_punctuation()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2018}'..='\u{201f}' | '«' | '»' | '\u{2060}' | '\u{feff}')
    });
    Some(first_cluster(word)).filter(|cluster| !cluster.is_empty())
}

/// Latin, Greek, Cyrillic, Armenian, and what stands above their letters.
fn has_case(cluster: &str) -> bool {
    cluster.chars().all(|c| c < '\u{590}' || matches!(c, '\u{1e00}'..='\u{1fff}'))
        && !cluster.starts_with(|c: char| c.is_ascii_digit())
}

/// What a person takes for one character. Unicode's own tables (UAX 29) weigh more than the rest of the page:
/// these ranges cover what names are written with, and where they miss, one accent is not shown.
fn first_cluster(text: &str) -> &str {
    let mut characters = text.char_indices().peekable();
    let Some((_, mut before)) = characters.next() else { return "" };
    let mut flag = is_flag_letter(before);
    for (at, c) in characters {
        let joined = is_joiner(before) || is_extender(c) || is_joiner(c) || is_hangul_tail(before, c);
        if !(joined || flag && is_flag_letter(c)) {
            return &text[..at];
        }
        flag = false;
        before = c;
    }
    text
}

/// Two of them make a flag.
fn is_flag_letter(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

/// Joins with what follows: within emoji, and between the consonants of India and Cambodia.
fn is_joiner(c: char) -> bool {
    let india = matches!(c, '\u{900}'..='\u{d7f}') && u32::from(c) % 0x80 == 0x4d;
    india || matches!(c, '\u{200d}' | '\u{17d2}')
}

/// Letters of Korean that are typed one by one.
fn is_hangul_tail(before: char, c: char) -> bool {
    matches!(before, '\u{1100}'..='\u{11ff}') && matches!(c, '\u{1160}'..='\u{11ff}')
}

/// Stands above, below or around what comes before.
fn is_extender(c: char) -> bool {
    let india = matches!(c, '\u{900}'..='\u{d7f}')
        && matches!(u32::from(c) % 0x80, 0x00..=0x03 | 0x3a..=0x3c | 0x3e..=0x4f | 0x51..=0x57 | 0x62..=0x63);
    india
        || matches!(c,
            '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{5bf}'..='\u{5c7}'
            | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6ed}'
            | '\u{d81}'..='\u{d83}' | '\u{dca}'..='\u{ddf}' | '\u{e31}' | '\u{e34}'..='\u{e3a}'
            | '\u{e47}'..='\u{e4e}' | '\u{eb1}' | '\u{eb4}'..='\u{ebc}' | '\u{ec8}'..='\u{ece}'
            | '\u{f71}'..='\u{f84}' | '\u{f8d}'..='\u{fbc}' | '\u{102b}'..='\u{103e}'
            | '\u{17b4}'..='\u{17d3}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
            | '\u{20d0}'..='\u{20ff}' | '\u{3099}' | '\u{309a}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{fe20}'..='\u{fe2f}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0020}'..='\u{e007f}'
            | '\u{e0100}'..='\u{e01ef}')
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn every_script_has_its_initials() {
        for (name, shown) in [
            ("Ana Ilves", "AI"),
            ("ana maria de la cruz", "ac"),
            ("Ana", "A"),
            ("ana@example.com", "a"),
            ("Éva Ørsted", "ÉØ"),
            ("E\u{301}va O\u{308}zil", "E\u{301}O\u{308}"),
            ("Δημήτρης Παππάς", "ΔΠ"),
            ("Анна Каренина", "АК"),
            ("محمد علي", "م"),
            ("مُحَمَّد", "م\u{64f}"),
            ("דָּוִד כהן", "ד\u{5b8}\u{5bc}"),
            ("山田 太郎", "山"),
            ("김 민수", "김"),
            ("\u{1112}\u{1161}\u{11ab}", "\u{1112}\u{1161}\u{11ab}"),
            ("क्षितिज शर्मा", "क्षि"),
            ("กิตติ", "กิ"),
            ("🦊 Fox", "🦊"),
            ("👩🏽\u{200d}🚀 Ana", "👩🏽\u{200d}🚀"),
            ("🇪🇪🇫🇮", "🇪🇪"),
            ("1\u{fe0f}\u{20e3} one", "1\u{fe0f}\u{20e3}"),
            ("\"Ana\" (Ilves)", "AI"),
            ("'t Hooft", "tH"),
            ("\u{200f}محمد", "م"),
            ("  Ana  ", "A"),
            ("***", "*"),
            ("", ""),
        ] {
            assert_eq!(initials(name), shown, "{name}");
        }
    }
}
