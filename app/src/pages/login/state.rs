use crate::ui::Flash;
use domain::EMAIL_MAX_BYTES;

/// The address in a link to a page. Anyone can write such a link, so the address is only shown as text in the field,
/// where it can be changed.
pub(crate) fn prefill(raw: Option<&str>) -> Option<String> {
    let email = raw.map(str::trim).filter(|raw| raw.contains('@') && raw.len() <= EMAIL_MAX_BYTES)?;
    (!email.contains(char::is_control)).then(|| email.to_owned())
}

/// The address of a page, for the account of an address that was typed.
pub(super) fn with_email(page: &str, identifier: &str, escape: fn(&str) -> String) -> String {
    let sign = if page.contains('?') { '&' } else { '?' };
    let email = prefill(Some(identifier));
    email.map_or_else(|| page.to_owned(), |email| format!("{page}{sign}email={}", escape(&email)))
}

/// The address that was typed in the form that led here.
pub(super) fn typed_before(flash: &Flash) -> Option<String> {
    prefill(flash.value("email"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_looks_like_an_address_is_filled_in() {
        assert_eq!(prefill(Some(" ana@example.com ")).as_deref(), Some("ana@example.com"));
        let long = format!("{}@example.com", "a".repeat(300));
        for raw in ["", "ana", "call 555 now", "a@b\u{7}", &long] {
            assert_eq!(prefill(Some(raw)), None, "{raw}");
        }
    }

    #[test]
    fn a_username_leads_to_an_empty_field() {
        let link = |page: &str, typed| with_email(page, typed, |text| text.replace('@', "%40"));
        assert_eq!(link("/forgot", "ana@example.com"), "/forgot?email=ana%40example.com");
        assert_eq!(link("/login/code?next=/x", "a@b"), "/login/code?next=/x&email=a%40b");
        assert_eq!((link("/forgot", "ana"), link("/forgot", "")), ("/forgot".into(), "/forgot".into()));
    }
}
