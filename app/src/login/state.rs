use domain::next_in;

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
}

#[cfg(test)]
mod tests {
    use super::Way;

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
}
