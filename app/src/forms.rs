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
    /// The pages that success leads to and that say so, with the name that was typed; where there is none, success
    /// is said by the form's own page, or shows where it led.
    pub done_on: &'static [&'static str],
}

impl FormPage {
    /// Whether it also stands on the page of whoever has to prove their address first.
    #[must_use]
    pub fn leads_to_proof(&self) -> bool {
        ["/fn/logout", "/fn/email/change", "/fn/email/cancel", "/fn/verify/resend"].contains(&self.function)
    }
}

/// What a mail brought: its link's token, or its code and the address that it went to.
const PROOF: &[&str] = &["token", "email", "code"];

/// Every form that can be posted without WebAssembly.
pub const FORMS: &[FormPage] = &[
    FormPage {
        function: "/fn/register",
        page: "/register",
        keeps: &["name", "username", "email", "next"],
        done_on: &[],
    },
    FormPage {
        function: "/fn/login",
        page: "/login",
        keeps: &["identifier", "remember", "next"],
        done_on: &[],
    },
    FormPage {
        function: "/fn/login/code/ask",
        page: "/login/code",
        keeps: &["identifier", "next"],
        done_on: &["/login/code"],
    },
    FormPage {
        function: "/fn/login/code",
        page: "/login/code",
        keeps: &["identifier", "code", "remember", "next"],
        done_on: &[],
    },
    FormPage { function: "/fn/logout", page: "/account", keeps: &[], done_on: &[] },
    FormPage { function: "/fn/profile/save", page: "/account", keeps: Profile::NAMES, done_on: &[] },
    FormPage { function: "/fn/password/change", page: "/account/security", keeps: &[], done_on: &[] },
    FormPage { function: "/fn/email/change", page: "/account/security", keeps: &["email"], done_on: &[] },
    FormPage { function: "/fn/email/cancel", page: "/account/security", keeps: &[], done_on: &[] },
    FormPage { function: "/fn/sessions/end", page: "/account/security", keeps: &[], done_on: &[] },
    FormPage { function: "/fn/sessions/end-others", page: "/account/security", keeps: &[], done_on: &[] },
    FormPage { function: "/fn/devices/forget", page: "/account/security", keeps: &[], done_on: &[] },
    FormPage { function: "/fn/account/delete", page: "/account/leave", keeps: &[], done_on: &["/login"] },
    FormPage { function: "/fn/confirm", page: "/confirm", keeps: &["next"], done_on: &[] },
    FormPage { function: "/fn/not-me", page: "/not-me", keeps: PROOF, done_on: &[] },
    FormPage { function: "/fn/password/forgot", page: "/forgot", keeps: &["email"], done_on: &["/forgot"] },
    FormPage { function: "/fn/password/reset", page: "/reset", keeps: PROOF, done_on: &["/login"] },
    FormPage { function: "/fn/verify", page: "/verify", keeps: PROOF, done_on: &["/account", "/login"] },
    FormPage {
        function: "/fn/invite",
        page: "/invite",
        keeps: &["token", "email", "code", "name"],
        done_on: &[],
    },
    FormPage { function: "/fn/verify/resend", page: "/account", keeps: &[], done_on: &[] },
];

/// The form whose hidden field `token` the answer of `function` fills: it stands in no address.
#[must_use]
pub fn filled_by(function: &str) -> Option<&'static FormPage> {
    let filled = (function == "/fn/not-me").then_some("/fn/password/reset")?;
    FORMS.iter().find(|form| form.function == filled)
}

#[cfg(test)]
mod tests {
    use super::FORMS;
    use crate::routes::PAGES;

    #[test]
    fn every_form_lives_on_a_page_and_keeps_no_password() {
        assert_eq!(FORMS.iter().filter(|form| form.leads_to_proof()).count(), 4, "each of them is there");
        for form in FORMS {
            assert!(PAGES.iter().any(|page| page.path == form.page), "{}", form.page);
            let done_on = form.done_on.iter().all(|done| PAGES.iter().any(|page| page.path == *done));
            assert!(done_on, "{}", form.function);
            assert!(form.keeps.iter().all(|field| !field.contains("password")), "{}", form.function);
        }
    }
}
