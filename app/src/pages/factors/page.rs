use super::api::{
    AddPasskey, BeginTotp, ConfirmTotp, NewRecoveryCodes, RemovePasskey, RemoveTotp, RenamePasskey,
};
use super::authenticator::{self, Enrolment};
use super::{passkeys, recovery_codes, ways_in};
use crate::site::{DocumentContext, DocumentLayout, PASSKEY_SCRIPT, member_document};
use crate::ui::{Card, Flash, PlainForm, outcome};
use domain::{FactorsView, RecoveryCodes, WaysIn};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// What the page shows.
pub struct FactorsPage {
    /// The second factors of the account.
    pub factors: FactorsView,
    /// The enrolment that has begun, if one has.
    pub enrolment: Option<Enrolment>,
    /// What the account can be signed in to with.
    pub ways: WaysIn,
    /// Recovery codes that were made just now, shown this once.
    pub codes: Option<RecoveryCodes>,
}

/// Passkeys and two-step sign-in: how it stands, and how to change that.
#[must_use]
pub fn factors_document(context: DocumentContext, page: FactorsPage) -> String {
    let layout = DocumentLayout {
        first_scripts: PASSKEY_SCRIPT,
        stylesheet: Some("/account/factors/style.css"),
        scripts: include_str!("../../scripts/recovery_codes.js"),
        ..DocumentLayout::new(words::factors::title(), words::factors::lead())
    };
    member_document(context, layout, move |context| content(context, &page))
}

/// What gives something first, and what takes it away at the end.
fn content(context: &DocumentContext, page: &FactorsPage) -> AnyView {
    let FactorsPage { factors, enrolment, ways, codes } = page;
    let has_app = factors.totp.is_some();
    let is_on = has_app || !factors.passkeys.is_empty();
    let lacks = factors.required && !is_on;
    // The last one stays where one is required.
    let is_last = factors.passkeys.is_empty();
    let may_turn_off = has_app && !(factors.required && is_last);
    view! {
        {lacks.then(|| view! { <p class="notice">{words::factors::required()}</p> })}
        {said(&context.flash, page)}
        {passkeys::card(context, factors)}
        {authenticator::card(context, factors, ways, enrolment.as_ref())}
        {is_on.then(|| recovery_codes::card(context, factors, codes.as_ref()))}
        {ways_in::card(*ways)}
        {may_turn_off.then(|| turn_off(context, is_last))}
    }
    .into_any()
}

/// What came of the last form. Why a code or a new passkey was refused stands beside its field, while there is one.
fn said(flash: &Flash, page: &FactorsPage) -> AnyView {
    let of = |form: &str| flash.of(form).is_some();
    let refused = flash.problem.is_some() && page.factors.passkeys_available && of(AddPasskey::PATH);
    if refused || (page.enrolment.is_some() && of(ConfirmTotp::PATH)) {
        return ().into_any();
    }
    let forms = [
        AddPasskey::PATH,
        RenamePasskey::PATH,
        RemovePasskey::PATH,
        BeginTotp::PATH,
        ConfirmTotp::PATH,
        RemoveTotp::PATH,
        NewRecoveryCodes::PATH,
    ];
    let has_codes = page.codes.is_some();
    outcome(flash, &forms, |flash| match flash.function.as_str() {
        AddPasskey::PATH if has_codes => words::passkeys::added_with_codes(),
        AddPasskey::PATH => words::passkeys::added_done(),
        RenamePasskey::PATH => words::passkeys::renamed(),
        RemovePasskey::PATH => words::passkeys::removed(),
        BeginTotp::PATH if page.enrolment.is_none() => words::factors::not_begun(),
        BeginTotp::PATH => words::factors::begun(),
        ConfirmTotp::PATH if has_codes => words::factors::on_done_with_codes(),
        ConfirmTotp::PATH => words::factors::on_done(),
        RemoveTotp::PATH => words::factors::removed(),
        _ if has_codes => words::recovery_codes::made(),
        _ => words::recovery_codes::unseen(),
    })
}

/// `last`: nothing else is asked for after the password then.
fn turn_off(context: &DocumentContext, last: bool) -> AnyView {
    let (title, purpose, label) = if last {
        (words::factors::off_title(), words::factors::off_purpose(), words::factors::turn_off())
    } else {
        (words::factors::remove_title(), words::factors::remove_purpose(), words::factors::remove())
    };
    let form = PlainForm {
        class: "button button-danger",
        ..PlainForm::new(&context.viewer.id, RemoveTotp::PATH, label)
    };
    view! {
        <Card id="turn-off" title purpose>
            {form.show(().into_any())}
        </Card>
    }
    .into_any()
}
