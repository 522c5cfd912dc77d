use super::api::{Login, LoginByPasskey};
use super::state::{prefill, typed_before, with_email};
use crate::initial_state::Unsent;
use crate::pages::leave::DeleteAccount;
use crate::pages::reset::ResetPassword;
use crate::pages::verify::VerifyEmail;
use crate::settings::AppSettings;
use crate::site::{AuthLayout, ReturnPath, Session};
use crate::ui::{
    CheckboxField, Form, FormState, HiddenField, InputKind, Notice, PageContext, PasswordField, SubmitButton,
    TextField, Tone, dom, dynamic, input_value,
};
use domain::{Code, EMAIL_MAX_BYTES};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::{use_location, use_query_map};
use leptos_router::location::Url;

/// The sign-in page.
#[component]
pub fn LoginPage() -> impl IntoView {
    let session = Session::from_context();
    let query = use_query_map().get_untracked();
    let path = ReturnPath::new(&use_location().search.get_untracked());
    // A link to sign-up loads the document, which has the form's nonce: `rel="external"`.
    let register = path.link("/register", Url::escape);
    let code_instead = StoredValue::new(path.link("/login/code", Url::escape));
    let AppSettings { signup_open: open, mail, passkeys, .. } = AppSettings::from_context();
    let lead = if path.next.is_empty() { "" } else { words::login::lead() };
    let unsent = use_context::<Unsent>().and_then(not_sent);
    let (done, email) = done_before();
    let email = email.or_else(|| prefill(query.get("email").as_deref()));
    let refused = PageContext::flash_of(LoginByPasskey::PATH).and_then(|flash| flash.problem);
    let restore = refused.as_ref().filter(|problem| problem.code == Code::AccountClosing).map(|_| "on");
    let cookie_lost = query.get("cookie").as_deref() == Some("lost");
    view! {
        <AuthLayout
            title=words::login::title()
            heading=words::login::heading()
            lead
            alternative=move || {
                if open {
                    let [before, after] = words::login::new_here();
                    view! { {before} <a href=register rel="external">{words::login::register()}</a> {after} }.into_any()
                } else {
                    words::detail::signup_closed().into_any()
                }
            }
        >
            {done.map(|words| view! { <Notice tone=Tone::Success words/> })}
            {unsent.map(|words| view! { <Notice tone=Tone::Error words/> })}
            {refused.map(|problem| view! { <Notice tone=Tone::Error words=problem.detail/> })}
            {cookie_lost.then(|| view! { <Notice tone=Tone::Error words=words::login::cookie_lost()/> })}
            <Form
                check=|call: &Login, _| call.form.parse().err().unwrap_or_default()
                on_done=move |viewer| _ = viewer.map(|viewer| session.sign_in(viewer))
                leaves=true
                if_refused=move || mail.then(|| help(code_instead.get_value()))
            >
                <TextField
                    name="identifier"
                    label=words::login::identifier()
                    kind=InputKind::Login
                    autocomplete="username webauthn"
                    required=true
                    value=email
                    max=EMAIL_MAX_BYTES
                />
                <PasswordField name="password" label=words::login::password()/>
                <div class="check-row">
                    <CheckboxField name="remember" label=words::login::remember()/>
                    {mail.then(|| view! { <OtherWay page="/forgot" label=words::login::forgot()/> })}
                </div>
                <HiddenField name="next" value=path.next/>
                <Submit/>
                // The script makes a button of it, where the browser knows passkeys.
                {passkeys
                    .then(|| view! { <div data-passkey="sign_in" data-restore=restore inner_html=words::login::no_passkey()></div> }.into_any())}
                {mail.then(|| by_code(code_instead.get_value()))}
            </Form>
        </AuthLayout>
    }
}

/// Signing in, or restoring the account where the right password or code has shown that it closes.
#[component]
pub(crate) fn Submit() -> impl IntoView {
    let form = FormState::from_context();
    let closing = Memo::new(move |_| form.is_closing());
    dynamic(move || {
        if closing.get() {
            view! {
                <input type="hidden" name="form[restore]" value=input_value("identifier")/>
                <SubmitButton label=words::login::restore() busy=words::login::restoring()/>
            }
            .into_any()
        } else {
            view! { <SubmitButton label=words::login::submit() busy=words::login::busy()/> }.into_any()
        }
    })
}

/// The way in without the password.
fn by_code(page: String) -> AnyView {
    view! { <p class="help"><OtherWay page label=words::login_code::instead()/></p> }.into_any()
}

/// What helps after a refusal: a new password, or a code while the name has to wait.
fn help(code_instead: String) -> AnyView {
    if FormState::from_context().wait().is_some() {
        view! { <OtherWay page=code_instead label=words::login_code::instead()/> }.into_any()
    } else {
        view! { <OtherWay page="/forgot" label=words::login::reset()/> }.into_any()
    }
}

/// Another way in, none for an account that closes. The address goes along as it stands in the field when somebody turns
/// to the link.
#[component]
fn OtherWay(#[prop(into)] page: String, label: &'static str) -> impl IntoView {
    let form = FormState::from_context();
    let typed = input_value("identifier");
    let read = move || _ = dom::value_of("identifier").map(|text| typed.set(text));
    view! {
        <a
            href=move || typed.with(|typed| with_email(&page, typed, Url::escape))
            hidden=move || form.is_closing()
            on:focus=move |_| read()
            on:pointerdown=move |_| read()
        >
            {label}
        </a>
    }
}

/// What a form on another page has done that led here, and the address that was typed there.
fn done_before() -> (Option<&'static str>, Option<String>) {
    let done = |path, words| PageContext::flash_of(path).map(|flash| (words, typed_before(&flash)));
    let found = done(ResetPassword::PATH, words::login::password_reset())
        .or_else(|| done(VerifyEmail::PATH, words::login::email_verified()))
        .or_else(|| done(DeleteAccount::PATH, words::login::account_closed()));
    found.map_or((None, None), |(words, email)| (Some(words), email))
}

/// Why the form that was sent last was not saved.
fn not_sent(unsent: Unsent) -> Option<&'static str> {
    match unsent {
        Unsent::Nothing => None,
        Unsent::Text => Some(words::login::unsent_text()),
        Unsent::Passwords => Some(words::login::unsent_passwords()),
        Unsent::Lost => Some(words::login::unsent_lost()),
    }
}
