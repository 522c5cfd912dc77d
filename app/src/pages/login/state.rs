use domain::EMAIL_MAX_BYTES;

/// The address in a link to the sign-in page. Anyone can write such a link, so the address is only shown as text in the
/// field, where it can be changed.
pub(crate) fn prefill(raw: Option<&str>) -> Option<String> {
    let email = raw.map(str::trim).filter(|raw| raw.contains('@') && raw.len() <= EMAIL_MAX_BYTES)?;
    (!email.contains(char::is_control)).then(|| email.to_owned())
}

#[cfg(test)]
mod tests {
    use super::prefill;

    #[test]
    fn only_what_looks_like_an_address_is_filled_in() {
        assert_eq!(prefill(Some(" ana@example.com ")).as_deref(), Some("ana@example.com"));
        let long = format!("{}@example.com", "a".repeat(300));
        for raw in ["", "ana", "call 555 now", "a@b\u{7}", &long] {
            assert_eq!(prefill(Some(raw)), None, "{raw}");
        }
    }
}
