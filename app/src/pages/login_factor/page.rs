use super::api::SignInByFactor;
use crate::forms::SECOND_STEP;
use crate::site::{
    FactorCodeField, StrangerContext, StrangerHead, asked_for, other_factors, stranger_document,
};
use crate::ui::PlainForm;
use domain::{FactorMethod, PendingSignInView};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

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
        return stranger_document(context, StrangerHead { title, heading, lead }, expired);
    };
    let sent = context.flash.of(SignInByFactor::PATH).and_then(|flash| flash.value("method"));
    let method = asked_for(&pending.methods, sent, query);
    let lead = match method {
        FactorMethod::Passkey => words::factor_sign_in::lead_passkey(),
        FactorMethod::Totp => words::factor_sign_in::lead_app(),
        FactorMethod::RecoveryCode => words::factor_sign_in::lead_recovery(),
    };
    let head = StrangerHead { title: words::factor_sign_in::title(), heading, lead };
    stranger_document(context, head, move || content(&pending, method))
}

fn content(pending: &PendingSignInView, method: FactorMethod) -> AnyView {
    let form = PlainForm::new("", SignInByFactor::PATH, words::factor_sign_in::submit());
    let field = move || view! { <FactorCodeField method named=true focus=true/> }.into_any();
    let others = other_factors(SECOND_STEP, &pending.methods, method);
    let [before, after] = words::factor_sign_in::other();
    view! {
        {form.show_with_refusal(field, others)}
        <div class="alternative">
            {before} <a href="/login">{words::factor_sign_in::other_link()}</a> {after}
        </div>
    }
    .into_any()
}

fn expired() -> AnyView {
    view! { <p><a class="button" href="/login">{words::factor_sign_in::again()}</a></p> }.into_any()
}
