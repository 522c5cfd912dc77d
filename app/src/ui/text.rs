/// Text as it must stand between `<textarea>` and `</textarea>`: Leptos 0.8.23 does not escape the
/// children of a textarea, so a person's text could close it and open a script.
pub(crate) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            other => html.push(other),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn text_cannot_close_its_textarea() {
        assert_eq!(
            escaped("</textarea><script>alert(1)</script> &lt;"),
            "&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp;lt;"
        );
    }
}
