//! Forms that the browser alone sends, with scripts and without.

use super::form::notices::FormNotices;
use super::form::state::FormState;
use super::{Flash, Notice, PageContext, Tone};
use domain::PasskeyPurpose;
use leptos::context::Provider;
use leptos::prelude::*;

/// A plain form of the viewer's own: it names the account that it was shown to; a stranger's names none.
pub(crate) struct PlainForm {
    pub(crate) function: &'static str,
    pub(crate) account: String,
    /// Of the data that it shows; empty for none.
    pub(crate) version: String,
    pub(crate) class: &'static str,
    pub(crate) label: &'static str,
    /// What the button is called where several are alike.
    pub(crate) about: Option<String>,
    /// What a script asks the browser's passkey for before it shows and sends the form.
    pub(crate) passkey: Option<PasskeyPurpose>,
}

impl PlainForm {
    pub(crate) fn new(
        account: &(impl ToString + ?Sized),
        function: &'static str,
        label: &'static str,
    ) -> Self {
        let account = account.to_string();
        Self { function, account, version: String::new(), class: "button", label, about: None, passkey: None }
    }

    pub(crate) fn show(self, fields: AnyView) -> AnyView {
        let function = self.function;
        let (preconditions, button) = self.parts();
        view! {
            <form class="form" action=function method="post">
                {preconditions}
                {fields}
                {button}
            </form>
        }
        .into_any()
    }

    /// The same with the fields of the program's forms: each says itself why it was refused, and what concerns none of
    /// them is said by the button. `more` follows the button.
    pub(crate) fn show_with_refusal(
        self,
        fields: impl FnOnce() -> AnyView + Send + 'static,
        more: AnyView,
    ) -> AnyView {
        let function = self.function;
        let state = FormState::after(PageContext::flash_of(function).unwrap_or_default(), "");
        let passkey = self.passkey.map(PasskeyPurpose::as_str);
        let (preconditions, button) = self.parts();
        view! {
            <form
                class="form"
                action=function
                method="post"
                novalidate
                data-passkey=passkey
                hidden=passkey.is_some()
            >
                {preconditions}
                <Provider value=state>
                    {fields()}
                    {button}
                    {more}
                    <FormNotices/>
                </Provider>
            </form>
        }
        .into_any()
    }

    /// What the server compares first, and the button.
    fn parts(self) -> (AnyView, AnyView) {
        let Self { account, version, class, label, about, .. } = self;
        let preconditions = view! {
            {(!account.is_empty())
                .then(|| view! { <input type="hidden" name="account" value=account autocomplete="off"/> })}
            {(!version.is_empty())
                .then(|| view! { <input type="hidden" name="version" value=version autocomplete="off"/> })}
        };
        let button = view! { <button type="submit" class=class aria-label=about>{label}</button> };
        (preconditions.into_any(), button.into_any())
    }
}

pub(crate) fn hidden(name: &'static str, value: &(impl ToString + ?Sized)) -> AnyView {
    view! { <input type="hidden" name=name value=value.to_string() autocomplete="off"/> }.into_any()
}

/// What came of the last form, if it was one of these.
pub(crate) fn outcome(flash: &Flash, functions: &[&str], done: impl Fn(&Flash) -> &'static str) -> AnyView {
    if !functions.contains(&flash.function.as_str()) {
        return ().into_any();
    }
    let notice = match &flash.problem {
        Some(problem) => view! { <Notice tone=Tone::Error words=problem.detail.clone()/> }.into_any(),
        None => view! { <Notice tone=Tone::Success words=done(flash)/> }.into_any(),
    };
    view! { <div class="notices" role="status" tabindex="-1" autofocus=true>{notice}</div> }.into_any()
}
