use super::document::{Head, document};
use super::parts::{field_error, role, typed};
use crate::site::DocumentContext;
use crate::ui::{Card, Flash, PlainForm, outcome};
use domain::{EMAIL_MAX_BYTES, Role};
use leptos::prelude::*;

/// Inviting somebody.
#[must_use]
pub fn admin_invite_document(context: DocumentContext) -> String {
    let mail = context.settings.mail;
    let lead = if mail { words::admin_invite::lead() } else { words::admin_invite::lead_no_mail() };
    document(context, Head::new(words::admin_invite::title(), lead), page)
}

const INVITE: &str = "/fn/admin/invite";

fn page(context: &DocumentContext) -> AnyView {
    let flash = &context.flash;
    let fields = view! { {email_field(flash)} {role_field(flash)} };
    let form =
        PlainForm::new(&context.viewer.id, INVITE, words::admin_invite::submit()).show(fields.into_any());
    view! {
        {outcome(flash, &[INVITE], |_| "")}
        <Card id="invite" title=words::admin_invite::card() purpose=words::admin_invite::card_purpose()>
            {form}
        </Card>
    }
    .into_any()
}

fn email_field(flash: &Flash) -> AnyView {
    let error = field_error(flash, "email");
    view! {
        <div class="field">
            <div class="field-head">
                <label for="email">{words::admin_invite::email()}</label>
            </div>
            <input
                class="input"
                id="email"
                type="email"
                name="form[email]"
                value=typed(flash, "email")
                required
                maxlength=EMAIL_MAX_BYTES
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                aria-invalid=error.is_some().then_some("true")
                aria-describedby=error.is_some().then_some("email-error")
            />
            {error.map(|error| view! { <p class="field-error" id="email-error">{error}</p> })}
        </div>
    }
    .into_any()
}

fn role_field(flash: &Flash) -> AnyView {
    let error = field_error(flash, "role");
    let described = if error.is_some() { "role-help role-error" } else { "role-help" };
    let asked = typed(flash, "role").unwrap_or_default();
    let options = [Role::User, Role::Admin].map(|offered| {
        let selected = asked == offered.as_str();
        view! { <option value=offered.as_str() selected=selected>{role(offered)}</option> }.into_any()
    });
    view! {
        <div class="field">
            <div class="field-head">
                <label for="role">{words::admin_invite::role()}</label>
            </div>
            <select
                class="input"
                id="role"
                name="form[role]"
                aria-invalid=error.is_some().then_some("true")
                aria-describedby=described
            >
                {Vec::from(options)}
            </select>
            <p class="help" id="role-help">{words::admin_invite::role_note()}</p>
            {error.map(|error| view! { <p class="field-error" id="role-error">{error}</p> })}
        </div>
    }
    .into_any()
}
