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
        if email.is_empty() { path } else { with(&path, "email", &escape(email)) }
    }

    /// The same to the second step of a page that mails codes.
    pub(crate) fn second_step(&self, page: &str, escape: fn(&str) -> String) -> String {
        with(&self.link(page, escape), "step", "enter")
    }

    /// Whether an address' query is that of a second step.
    pub(crate) fn is_second_step(query: &str) -> bool {
        query.split('&').any(|pair| pair == "step=enter")
    }
}

fn with(path: &str, name: &str, value: &str) -> String {
    let sign = if path.contains('?') { '&' } else { '?' };
    format!("{path}{sign}{name}={value}")
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
        assert_eq!(inside.second_step("/confirm", escape), "/confirm?next=/account/security&step=enter");
        assert_eq!(ReturnPath::default().second_step("/confirm", escape), "/confirm?step=enter");
        assert!(
            ReturnPath::is_second_step("next=/account&step=enter") && !ReturnPath::is_second_step("step=x")
        );
    }
}
