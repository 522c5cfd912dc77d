//! Versions as programs print them.

/// The first number of the first version in a program's answer: `v20.20.2`, `postgres (PostgreSQL) 15.20`.
pub(crate) fn major(text: &str) -> Option<u32> {
    dotted(text)?.split('.').next()?.parse().ok()
}

/// The first thing in the text that looks like a version.
pub(crate) fn dotted(text: &str) -> Option<&str> {
    text.split(|c: char| c.is_whitespace() || c == '(' || c == ')')
        .map(|word| word.trim_start_matches('v'))
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn majors_are_read_from_what_programs_print() {
        let cases = [
            ("v20.20.2", Some(20)),
            ("11.19.1\n", Some(11)),
            ("postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)", Some(15)),
            ("postgres (PostgreSQL) 19beta1", None),
            ("cargo-leptos 0.3.10", Some(0)),
            ("command not found", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(major(text), expected, "{text}");
        }
    }

    #[test]
    fn the_whole_version_is_found() {
        assert_eq!(dotted("wasm-bindgen 0.2.130"), Some("0.2.130"));
    }
}
