use domain::ProfileView;

/// What the header calls the person after a change.
pub(super) fn label(view: &ProfileView) -> Option<String> {
    let parts = [view.first_name.as_deref(), view.last_name.as_deref()];
    let whole = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    view.name.clone().or(Some(whole).filter(|name| !name.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Role;

    fn view(name: Option<&str>, first: Option<&str>, last: Option<&str>) -> ProfileView {
        ProfileView {
            email: "ana@example.com".into(),
            username: None,
            name: name.map(Into::into),
            first_name: first.map(Into::into),
            last_name: last.map(Into::into),
            bio: None,
            role: Role::User,
        }
    }

    #[test]
    fn the_name_falls_back_to_first_and_last() {
        assert_eq!(
            label(&view(Some("Ana"), Some("Anastasia"), None)).as_deref(),
            Some("Ana")
        );
        assert_eq!(
            label(&view(None, Some("Ana"), Some("Novak"))).as_deref(),
            Some("Ana Novak")
        );
        assert_eq!(label(&view(None, None, Some("Novak"))).as_deref(), Some("Novak"));
        assert_eq!(label(&view(None, None, None)), None);
    }
}
