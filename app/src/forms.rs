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
    /// What the answer holds that the next page shows.
    pub answers: Answer,
    /// Whether it also stands on the page of whoever has to prove their address first.
    pub leads_to_proof: bool,
}

/// What a form's answer holds that the next page shows, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Nothing.
    Nothing,
    /// A link.
    Link,
    /// Recovery codes.
    RecoveryCodes,
}

/// A form that keeps nothing, and has nothing to say but on its own page.
const FORM: FormPage = FormPage {
    function: "",
    page: "",
    keeps: &[],
    done_on: &[],
    answers: Answer::Nothing,
    leads_to_proof: false,
};

impl FormPage {
    /// The address of the form's page. What it names in braces stands in the form's fields, as a word of letters, digits and
    /// dashes.
    #[must_use]
    pub fn address(&self, fields: &[(String, String)]) -> String {
        let value = |name: &str| {
            let given = fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str());
            given.filter(|value| is_word(value)).unwrap_or_default().to_owned()
        };
        let part = |part: &str| match named(part) {
            Some(name) => value(name),
            None => part.to_owned(),
        };
        self.page.split('/').map(part).collect::<Vec<_>>().join("/")
    }

    /// Whether success leads to the page at `address`, which says so.
    #[must_use]
    pub fn is_done_on(&self, address: &str) -> bool {
        let path = address.split('?').next().unwrap_or_default();
        self.done_on.iter().any(|page| fits(page, path))
    }
}

/// The name of a part of a path that stands for any word: `{user}`.
fn named(part: &str) -> Option<&str> {
    part.strip_prefix('{')?.strip_suffix('}')
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Whether `path` is that of `page`, whatever words stand in place of what `page` names.
fn fits(page: &str, path: &str) -> bool {
    let same = |(part, word): (&str, &str)| part == word || (named(part).is_some() && is_word(word));
    page.split('/').count() == path.split('/').count() && page.split('/').zip(path.split('/')).all(same)
}

/// What a mail brought: its link's token, or its code and the address that it went to.
const PROOF: &[&str] = &["token", "email", "code"];

/// Every form that can be posted without WebAssembly.
pub const FORMS: &[FormPage] = &[
    FormPage {
        function: "/fn/register",
        page: "/register",
        keeps: &["name", "username", "email", "next"],
        ..FORM
    },
    FormPage { function: "/fn/login", page: "/login", keeps: &["identifier", "remember", "next"], ..FORM },
    FormPage { function: "/fn/login/passkey", page: "/login", keeps: &["remember", "next"], ..FORM },
    FormPage {
        function: "/fn/login/code/ask",
        page: "/login/code",
        keeps: &["identifier", "next"],
        done_on: &["/login/code"],
        ..FORM
    },
    FormPage {
        function: "/fn/login/code",
        page: "/login/code",
        keeps: &["identifier", "code", "remember", "next"],
        ..FORM
    },
    FormPage { function: "/fn/login/factor", page: SECOND_STEP, keeps: &["method", "next", "trust"], ..FORM },
    FormPage { function: "/fn/login/factor/end", page: SECOND_STEP, done_on: &["/login"], ..FORM },
    FormPage { function: "/fn/logout", page: "/account", leads_to_proof: true, ..FORM },
    FormPage { function: "/fn/profile/save", page: "/account", keeps: Profile::NAMES, ..FORM },
    FormPage { function: "/fn/password/change", page: "/account/security", ..FORM },
    FormPage {
        function: "/fn/email/change",
        page: "/account/security",
        keeps: &["email"],
        leads_to_proof: true,
        ..FORM
    },
    FormPage { function: "/fn/email/cancel", page: "/account/security", leads_to_proof: true, ..FORM },
    FormPage { function: "/fn/sessions/end", page: "/account/security", ..FORM },
    FormPage { function: "/fn/sessions/end-others", page: "/account/security", ..FORM },
    FormPage { function: "/fn/devices/forget", page: "/account/security", ..FORM },
    FormPage {
        function: "/fn/factors/passkeys/add",
        page: FACTORS,
        keeps: &["name"],
        answers: Answer::RecoveryCodes,
        ..FORM
    },
    FormPage { function: "/fn/factors/passkeys/rename", page: FACTORS, ..FORM },
    FormPage { function: "/fn/factors/passkeys/remove", page: FACTORS, ..FORM },
    FormPage { function: "/fn/factors/totp/begin", page: FACTORS, ..FORM },
    FormPage { function: "/fn/factors/totp/confirm", page: FACTORS, answers: Answer::RecoveryCodes, ..FORM },
    FormPage { function: "/fn/factors/totp/remove", page: FACTORS, ..FORM },
    FormPage {
        function: "/fn/factors/recovery-codes",
        page: FACTORS,
        answers: Answer::RecoveryCodes,
        ..FORM
    },
    FormPage {
        function: "/fn/account/delete",
        page: "/account/leave",
        keeps: &["email"],
        done_on: &["/login"],
        ..FORM
    },
    FormPage { function: "/fn/confirm", page: CONFIRM, keeps: &["next"], ..FORM },
    FormPage {
        function: "/fn/confirm/code/ask",
        page: CONFIRM,
        keeps: &["next"],
        done_on: &[CONFIRM],
        ..FORM
    },
    FormPage { function: "/fn/confirm/code", page: CONFIRM, keeps: &["code", "next"], ..FORM },
    FormPage { function: "/fn/confirm/factor", page: CONFIRM, keeps: &["method", "next"], ..FORM },
    FormPage { function: "/fn/not-me", page: "/not-me", keeps: PROOF, ..FORM },
    FormPage {
        function: "/fn/password/forgot",
        page: "/forgot",
        keeps: &["email"],
        done_on: &["/forgot"],
        ..FORM
    },
    FormPage { function: "/fn/password/reset", page: "/reset", keeps: PROOF, done_on: &["/login"], ..FORM },
    FormPage {
        function: "/fn/verify",
        page: "/verify",
        keeps: PROOF,
        done_on: &["/account", "/login"],
        ..FORM
    },
    FormPage { function: "/fn/invite", page: "/invite", keeps: &["token", "email", "code", "name"], ..FORM },
    FormPage { function: "/fn/verify/resend", page: "/account", leads_to_proof: true, ..FORM },
    FormPage {
        function: "/fn/admin/act",
        page: ADMIN_USER,
        keeps: &["user", "act"],
        done_on: &[ADMIN_USER],
        ..FORM
    },
    FormPage {
        function: "/fn/admin/confirmed",
        page: ADMIN_ACT,
        keeps: &["user", "act", "reason"],
        done_on: &[ADMIN_USER, ADMIN_USERS],
        ..FORM
    },
    FormPage {
        function: "/fn/admin/link",
        page: ADMIN_ACT,
        keeps: &["user", "act"],
        done_on: &[ADMIN_USER],
        answers: Answer::Link,
        ..FORM
    },
    FormPage {
        function: "/fn/admin/invite",
        page: "/admin/users/new",
        keeps: &["email", "role"],
        done_on: &[ADMIN_INVITATIONS],
        answers: Answer::Link,
        ..FORM
    },
    FormPage { function: "/fn/admin/invitations/revoke", page: ADMIN_INVITATIONS, ..FORM },
];

/// The page that asks again who somebody is.
pub const CONFIRM: &str = "/confirm";
/// The page of two-step sign-in.
pub const FACTORS: &str = "/account/factors";
/// The page that asks for the second factor of a sign-in.
pub const SECOND_STEP: &str = "/login/factor";
const ADMIN_USERS: &str = "/admin/users";
const ADMIN_USER: &str = "/admin/users/{user}";
const ADMIN_ACT: &str = "/admin/users/{user}/{act}";
const ADMIN_INVITATIONS: &str = "/admin/invitations";

/// The form whose hidden field `token` the answer of `function` fills: it stands in no address.
#[must_use]
pub fn filled_by(function: &str) -> Option<&'static FormPage> {
    let filled = (function == "/fn/not-me").then_some("/fn/password/reset")?;
    FORMS.iter().find(|form| form.function == filled)
}

#[cfg(test)]
mod tests {
    use super::{ADMIN_ACT, FORMS, fits};
    use crate::routes::every_page;

    #[test]
    fn every_form_lives_on_a_page_and_keeps_no_password() {
        assert_eq!(FORMS.iter().filter(|form| form.leads_to_proof).count(), 4, "each of them is there");
        for form in FORMS {
            assert!(every_page().any(|page| page.path == form.page), "{}", form.page);
            let done_on = form.done_on.iter().all(|done| every_page().any(|page| page.path == *done));
            assert!(done_on, "{}", form.function);
            assert!(form.keeps.iter().all(|field| !field.contains("password")), "{}", form.function);
        }
    }

    #[test]
    fn a_page_that_is_about_somebody_has_their_id_in_its_address() {
        let form = FORMS.iter().find(|form| form.page == ADMIN_ACT).unwrap();
        let address = |user: &str, act: &str| {
            form.address(&[("user".to_owned(), user.to_owned()), ("act".to_owned(), act.to_owned())])
        };
        assert_eq!(address("019a-7", "end-sessions"), "/admin/users/019a-7/end-sessions");
        for strange in ["", "..", "/evil.example", "a?b", "a b", "ü"] {
            assert_eq!(address(strange, "delete"), "/admin/users//delete", "{strange}");
        }
        assert!(fits(ADMIN_ACT, "/admin/users/019a-7/delete"));
        for other in ["/admin/users/019a-7", "/admin/users//delete", "/admin/users/a/b/c", "//admin/users/a"]
        {
            assert!(!fits(ADMIN_ACT, other), "{other}");
        }
    }
}
