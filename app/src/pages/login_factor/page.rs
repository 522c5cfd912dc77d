use super::api::{SignInByFactor, StartAgain};
use crate::forms::SECOND_STEP;
use crate::site::{
    FactorCodeField, PASSKEY_SCRIPT, PasskeyForm, ReturnPath, StrangerContext, StrangerHead, asked_for,
    other_factors, stranger_document,
};
use crate::ui::{CheckboxField, HiddenField, PageContext, PlainForm};
use domain::{FactorMethod, PasskeyPurpose, PendingSignInView};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::location::Url;

/// The field of the second factor's code, or that the sign-in has ended. `query` is the address'.
#[must_use]
pub fn login_factor_document(
    context: StrangerContext,
    pending: Option<PendingSignInView>,
    query: &str,
) -> String {
    let heading = words::login::heading();
    let Some(pending) = pending else {
        let (title, lead) = (words::factor_sign_in::expired_title(), words::factor_sign_in::expired());
        let again = ReturnPath::new(query).link("/login", Url::escape);
        let head = StrangerHead { title, heading, lead, scripts: "" };
        return stranger_document(context, head, || expired(again));
    };
    let sent = context.flash.of(SignInByFactor::PATH).and_then(|flash| flash.value("method"));
    let method = asked_for(&pending.methods, sent, query);
    let lead = match method {
        FactorMethod::Passkey => words::factor_sign_in::lead_passkey(),
        FactorMethod::Totp => words::factor_sign_in::lead_app(),
        FactorMethod::RecoveryCode => words::factor_sign_in::lead_recovery(),
    };
    let (title, scripts) = match method {
        FactorMethod::Passkey => (words::factor_sign_in::passkey_title(), PASSKEY_SCRIPT),
        FactorMethod::Totp | FactorMethod::RecoveryCode => (words::factor_sign_in::title(), ""),
    };
    let head = StrangerHead { title, heading, lead, scripts };
    stranger_document(context, head, move || content(&pending, method))
}

fn content(pending: &PendingSignInView, method: FactorMethod) -> AnyView {
    let version = pending.version.clone();
    let form = PlainForm {
        version: version.clone(),
        ..PlainForm::new("", SignInByFactor::PATH, words::factor_sign_in::submit())
    };
    // The first on the page that wants the focus has it: what a refusal says goes before the field.
    let sent = PageContext::flash_of(SignInByFactor::PATH);
    let focus = sent.and_then(|flash| flash.problem).is_none_or(|problem| !problem.errors.is_empty());
    let next = pending.next.clone();
    // Whoever has lost their second factor has more to put right first.
    let may_trust = pending.may_trust && method != FactorMethod::RecoveryCode;
    let more = move || {
        view! {
            <HiddenField name="next" value=next/>
            {may_trust.then(trust)}
        }
        .into_any()
    };
    let others = other_factors(SECOND_STEP, &pending.methods, method);
    let form = if method == FactorMethod::Passkey {
        by_passkey(form, more, others)
    } else {
        let field = move || view! { <FactorCodeField method named=true focus/> {more()} }.into_any();
        form.show_with_refusal(field, others)
    };
    let other = PlainForm {
        version,
        class: "button button-quiet",
        ..PlainForm::new("", StartAgain::PATH, words::factor_sign_in::start_again())
    };
    view! {
        {form}
        <div class="alternative">
            {pending.set_up_lately.then(|| view! { <p>{words::factor_sign_in::set_up_lately()}</p> })}
            <p>{words::factor_sign_in::other()}</p>
            {other.show_with_refusal(|| ().into_any(), ().into_any())}
        </div>
    }
    .into_any()
}

fn trust() -> AnyView {
    view! {
        <CheckboxField name="trust" label=words::factor_sign_in::trust()/>
        <p class="help">{words::factor_sign_in::trust_note()}</p>
    }
    .into_any()
}

fn by_passkey(form: PlainForm, more: impl FnOnce() -> AnyView + Send + 'static, others: AnyView) -> AnyView {
    let form = PasskeyForm {
        form: PlainForm { label: words::factor_sign_in::use_passkey(), ..form },
        purpose: PasskeyPurpose::Factor,
        answer: "code",
        otherwise: words::factor_code::no_passkey(),
    };
    let method = || view! { <HiddenField name="method" value=FactorMethod::Passkey.as_str().to_owned()/> };
    form.show(move || view! { {method()} {more()} }.into_any(), others)
}

fn expired(again: String) -> AnyView {
    view! { <p><a class="button" href=again>{words::factor_sign_in::again()}</a></p> }.into_any()
}
