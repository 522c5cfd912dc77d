//! Which page a server function's form lives on: where the server sends a plain post back to.

use domain::Profile;

/// One form of the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormPage {
    /// The server function's path.
    pub function: &'static str,
    /// The page that holds the form and shows its errors.
    pub page: &'static str,
    /// The fields shown again after a refusal. A password is never among them.
    pub keeps: &'static [&'static str],
}

/// Every form that can be posted without WebAssembly.
pub const FORMS: &[FormPage] = &[
    FormPage { function: "/fn/register", page: "/register", keeps: &["name", "email", "next"] },
    FormPage { function: "/fn/login", page: "/login", keeps: &["identifier", "remember", "next"] },
    FormPage { function: "/fn/logout", page: "/account", keeps: &[] },
    FormPage { function: "/fn/profile/save", page: "/account", keeps: Profile::NAMES },
    FormPage { function: "/fn/password/change", page: "/account/security", keeps: &[] },
];

#[cfg(test)]
mod tests {
    use super::FORMS;
    use crate::routes::PAGES;

    #[test]
    fn every_form_lives_on_a_page_and_keeps_no_password() {
        for form in FORMS {
            assert!(PAGES.iter().any(|page| page.path == form.page), "{}", form.page);
            assert!(form.keeps.iter().all(|field| !field.contains("password")), "{}", form.function);
        }
    }
}
