use domain::next_in;

/// Where a stranger wants to go, kept in the links between sign-in and sign-up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ReturnPath {
    /// A path of ours; empty: nowhere in particular.
    pub(crate) next: String,
}

impl ReturnPath {
    /// The path that an address' query carries.
    pub(crate) fn new(query: &str) -> Self {
        Self { next: next_in(query).unwrap_or_default() }
    }

    /// The address of `page` with the path kept; `escape` makes a text fit for a query.
    pub(crate) fn link(&self, page: &str, escape: fn(&str) -> String) -> String {
        if self.next.is_empty() { page.to_owned() } else { format!("{page}?next={}", escape(&self.next)) }
    }

    /// The same to the sign-in page, for the account of this address.
    pub(crate) fn sign_in_link(&self, email: &str, escape: fn(&str) -> String) -> String {
        let path = self.link("/login", escape);
        let sign = if path.contains('?') { '&' } else { '?' };
        if email.is_empty() { path } else { format!("{path}{sign}email={}", escape(email)) }
    }
}

#[cfg(test)]
mod tests {
    use super::ReturnPath;

    #[test]
    fn next_survives_the_way_over_another_page() {
        let path = ReturnPath::new("next=/account/security");
        assert_eq!(path.link("/register", str::to_uppercase), "/register?next=/ACCOUNT/SECURITY");
    }

    #[test]
    fn a_way_off_our_origin_is_dropped() {
        for query in ["", "next=", "next=//evil.example", "next=/.//x/", "next=/login"] {
            assert_eq!(ReturnPath::new(query).link("/login", str::to_owned), "/login", "{query}");
        }
    }

    #[test]
    fn the_way_to_an_account_keeps_next_and_address() {
        let escape: fn(&str) -> String = |text| text.replace('@', "%40");
        let inside = ReturnPath::new("next=/account/security");
        assert_eq!(inside.sign_in_link("a@b.c", escape), "/login?next=/account/security&email=a%40b.c");
        assert_eq!(ReturnPath::default().sign_in_link("a@b.c", escape), "/login?email=a%40b.c");
        assert_eq!(ReturnPath::default().sign_in_link("", escape), "/login");
    }
}
