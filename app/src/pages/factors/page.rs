use super::api::{BeginTotp, ConfirmTotp, NewRecoveryCodes, RemoveTotp};
use super::authenticator::{self, Enrolment};
use super::{recovery_codes, ways_in};
use crate::site::{DocumentContext, DocumentLayout, member_document};
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

/// Two-step sign-in: how it stands, and how to change that.
#[must_use]
pub fn factors_document(context: DocumentContext, page: FactorsPage) -> String {
    let layout = DocumentLayout {
        stylesheet: Some("/account/factors/style.css"),
        scripts: include_str!("../../scripts/recovery_codes.js"),
        ..DocumentLayout::new(words::factors::title(), words::factors::lead())
    };
    member_document(context, layout, move |context| content(context, &page))
}

/// What gives something first, and what takes it away at the end.
fn content(context: &DocumentContext, page: &FactorsPage) -> AnyView {
    let FactorsPage { factors, enrolment, ways, codes } = page;
    let is_on = factors.totp.is_some();
    view! {
        {said(&context.flash, enrolment.is_some(), codes.is_some())}
        {authenticator::card(context, factors, ways, enrolment.as_ref())}
        {is_on.then(|| recovery_codes::card(context, factors, codes.as_ref()))}
        {ways_in::card(*ways)}
        {is_on.then(|| turn_off(context))}
    }
    .into_any()
}

/// What came of the last form. Why a code was refused stands beside its field, while there is one.
fn said(flash: &Flash, has_field: bool, has_codes: bool) -> AnyView {
    if has_field && flash.of(ConfirmTotp::PATH).is_some() {
        return ().into_any();
    }
    let forms = [BeginTotp::PATH, ConfirmTotp::PATH, RemoveTotp::PATH, NewRecoveryCodes::PATH];
    outcome(flash, &forms, |flash| match flash.function.as_str() {
        BeginTotp::PATH => words::factors::begun(),
        ConfirmTotp::PATH if has_codes => words::factors::on_done_with_codes(),
        ConfirmTotp::PATH => words::factors::on_done(),
        RemoveTotp::PATH => words::factors::off_done(),
        _ if has_codes => words::recovery_codes::made(),
        _ => words::recovery_codes::unseen(),
    })
}

fn turn_off(context: &DocumentContext) -> AnyView {
    let form = PlainForm {
        class: "button button-danger",
        ..PlainForm::new(&context.viewer.id, RemoveTotp::PATH, words::factors::turn_off())
    };
    view! {
        <Card id="turn-off" title=words::factors::off_title() purpose=words::factors::off_purpose()>
            {form.show(().into_any())}
        </Card>
    }
    .into_any()
}
