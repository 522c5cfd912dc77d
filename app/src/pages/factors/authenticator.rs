use super::api::{BeginTotp, ConfirmTotp};
use crate::site::{DocumentContext, FactorCodeField};
use crate::ui::{Card, PlainForm};
use domain::{FactorMethod, FactorsView, Timestamp, TotpEnrolment, TotpView, WaysIn};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// An enrolment that has begun, and its address as a picture.
pub struct Enrolment {
    /// The key, and the address that holds it.
    pub key: TotpEnrolment,
    /// The QR code as SVG; none where the address is too long for one.
    pub qr: Option<String>,
    /// Of this key.
    pub version: String,
}

/// The authenticator app: that there is one, or how to add one.
pub(super) fn card(
    context: &DocumentContext,
    factors: &FactorsView,
    ways: &WaysIn,
    enrolment: Option<&Enrolment>,
) -> AnyView {
    let parts = match (&factors.totp, enrolment) {
        (Some(totp), Some(enrolment)) => {
            let (there, steps) =
                (enrolled(totp, ways.authenticator, &context.now), steps(context, enrolment));
            view! { {there} <p>{words::factors::replacing()}</p> {steps} }.into_any()
        }
        (Some(totp), None) => {
            let there = enrolled(totp, ways.authenticator, &context.now);
            view! { {there} {factors.totp_available.then(|| another(context))} }.into_any()
        }
        (None, Some(enrolment)) => steps(context, enrolment),
        (None, None) if factors.totp_available => off(context, factors.passkeys.is_empty()),
        (None, None) => view! { <p>{words::factors::unavailable()}</p> }.into_any(),
    };
    view! {
        <Card id="authenticator" title=words::factors::app() purpose=words::factors::app_purpose()>
            {parts}
        </Card>
    }
    .into_any()
}

/// `alone`: there is no other second factor.
fn off(context: &DocumentContext, alone: bool) -> AnyView {
    let (state, class) = if alone {
        (words::factors::off(), "button")
    } else {
        (words::factors::no_app(), "button button-quiet")
    };
    let form =
        PlainForm { class, ..PlainForm::new(&context.viewer.id, BeginTotp::PATH, words::factors::set_up()) };
    view! {
        <p>{state}</p>
        {form.show(().into_any())}
    }
    .into_any()
}

fn another(context: &DocumentContext) -> AnyView {
    let form = PlainForm {
        class: "button button-quiet",
        ..PlainForm::new(&context.viewer.id, BeginTotp::PATH, words::factors::another())
    };
    form.show(().into_any())
}

/// `works` says whether its key is there.
fn enrolled(totp: &TotpView, works: bool, now: &Timestamp) -> AnyView {
    let time = |at: &Timestamp, said: String| {
        view! { <time datetime=at.0.clone() title=words::exact(at)>{said}</time> }.into_any()
    };
    let added = time(&totp.added_at, words::factors::added(&words::ago(&totp.added_at, now)));
    let used = time(&totp.last_used_at, words::factors::last_used(&words::ago(&totp.last_used_at, now)));
    view! {
        <p>
            <b>{words::factors::on()}</b>
        </p>
        <p class="help">{added} " · " {used}</p>
        {(!works).then(|| view! { <p>{words::factors::unreadable()}</p> })}
    }
    .into_any()
}

/// What to do, in order.
fn steps(context: &DocumentContext, Enrolment { key, qr, version }: &Enrolment) -> AnyView {
    let [before, after] = words::factors::by_hand();
    // A picture that is only seen: whoever cannot scan it has the key as text.
    let qr = qr.clone().map(|svg| {
        view! { <div class="qr" role="img" aria-label=words::factors::qr() inner_html=svg></div> }
    });
    let form = PlainForm {
        version: version.clone(),
        ..PlainForm::new(&context.viewer.id, ConfirmTotp::PATH, words::factors::turn_on())
    };
    let code = || view! { <FactorCodeField method=FactorMethod::Totp/> }.into_any();
    let again = PlainForm {
        class: "button button-quiet",
        ..PlainForm::new(&context.viewer.id, BeginTotp::PATH, words::factors::new_key())
    };
    view! {
        <ol class="steps">
            <li>
                <p>{words::factors::scan()}</p>
                {qr}
                <p>
                    {before} <a href=key.otpauth_url.clone()>{words::factors::open_app()}</a> {after}
                </p>
                <p class="key" translate="no">{key.in_groups()}</p>
            </li>
            <li>
                <p>{words::factors::enter()}</p>
                {form.show_with_refusal(code, ().into_any())}
            </li>
        </ol>
        {again.show(().into_any())}
    }
    .into_any()
}
