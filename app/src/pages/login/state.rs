use domain::{EMAIL_MAX_BYTES, next_in};

/// Where a stranger wants to go, carried along between the pages that let them in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Way {
    /// A path of ours; empty: nowhere in particular.
    pub(crate) next: String,
}

impl Way {
    /// The way that an address' query carries.
    pub(crate) fn new(query: &str) -> Self {
        Self { next: next_in(query).unwrap_or_default() }
    }

    /// The address of `page` with the way kept; `escape` makes a text fit for a query.
    pub(crate) fn over(&self, page: &str, escape: fn(&str) -> String) -> String {
        if self.next.is_empty() { page.to_owned() } else { format!("{page}?next={}", escape(&self.next)) }
    }

    /// The same to the sign-in page, for the account of this address.
    pub(crate) fn to_account(&self, email: &str, escape: fn(&str) -> String) -> String {
        let path = self.over("/login", escape);
        let sign = if path.contains('?') { '&' } else { '?' };
        if email.is_empty() { path } else { format!("{path}{sign}email={}", escape(email)) }
    }
}

/// The address that a link to the sign-in page brought along. Anyone can write such a link, so it is shown as
/// text in the field, where it can be changed, and nothing else hangs on it.
pub(crate) fn prefill(raw: Option<&str>) -> Option<String> {
    let email = raw.map(str::trim).filter(|raw| raw.contains('@') && raw.len() <= EMAIL_MAX_BYTES)?;
    (!email.contains(char::is_control)).then(|| email.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Way, prefill};

    #[test]
    fn next_survives_the_way_over_another_page() {
        let way = Way::new("next=/account/security");
        assert_eq!(way.over("/register", str::to_uppercase), "/register?next=/ACCOUNT/SECURITY");
    }

    #[test]
    fn a_way_off_our_origin_is_dropped() {
        for query in ["", "next=", "next=//evil.example", "next=/.//x/", "next=/login"] {
            assert_eq!(Way::new(query).over("/login", str::to_owned), "/login", "{query}");
        }
    }

    #[test]
    fn the_way_to_an_account_keeps_next_and_address() {
        let escape: fn(&str) -> String = |text| text.replace('@', "%40");
        let inside = Way::new("next=/account/security");
        assert_eq!(inside.to_account("a@b.c", escape), "/login?next=/account/security&email=a%40b.c");
        assert_eq!(Way::default().to_account("a@b.c", escape), "/login?email=a%40b.c");
        assert_eq!(Way::default().to_account("", escape), "/login");
    }

    #[test]
    fn only_what_looks_like_an_address_is_filled_in() {
        assert_eq!(prefill(Some(" ana@example.com ")).as_deref(), Some("ana@example.com"));
        let long = format!("{}@example.com", "a".repeat(300));
        for raw in ["", "ana", "call 555 now", "a@b\u{7}", &long] {
            assert_eq!(prefill(Some(raw)), None, "{raw}");
        }
    }
}
