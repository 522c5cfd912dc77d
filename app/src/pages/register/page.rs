use super::api::Register;
use crate::initial_state::SignUpNonce;
use crate::settings::AppSettings;
use crate::site::{AuthLayout, ReturnPath, Session, SplitLayout};
use crate::ui::{
    Form, Heading, HiddenField, InputKind, Mark, PageContext, PasswordField, SubmitButton, TextField,
    dynamic, input_value,
};
use domain::{EMAIL_MAX_BYTES, NAME_MAX, USERNAME_MAX};
use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_location;
use leptos_router::location::Url;

/// Sign-up, where strangers may.
#[component]
pub fn RegisterPage() -> impl IntoView {
    let settings = AppSettings::from_context();
    let path = ReturnPath::new(&use_location().search.get_untracked());
    if !settings.signup_open {
        return view! { <Closed login=path.link("/login", Url::escape)/> }.into_any();
    }
    let posted = PageContext::flash_of(Register::PATH);
    let sent = RwSignal::new(posted.is_some_and(|flash| flash.problem.is_none()));
    dynamic(move || {
        // Not two views of one type: the second would take over the first one's heading, and not the focus.
        if sent.get() {
            Either::Left(view! { <Sent/> })
        } else {
            Either::Right(view! { <SignUp path=path.clone() settings=settings.clone() sent/> })
        }
    })
}

/// A mail says how to go on.
#[component]
fn Sent() -> impl IntoView {
    view! {
        <SplitLayout>
            <p class="home-link">
                <Mark/>
            </p>
            <Heading title=words::register::sent_title()/>
            <p class="lead">{words::register::sent()}</p>
            <p class="note">{words::register::sent_note()}</p>
            <p class="actions">
                <a class="button" href="/verify">{words::register::enter_code()}</a>
            </p>
        </SplitLayout>
    }
}

#[component]
fn SignUp(path: ReturnPath, settings: AppSettings, sent: RwSignal<bool>) -> impl IntoView {
    let session = Session::from_context();
    let login = path.link("/login", Url::escape);
    let next = path.next.clone();
    let fields = settings.signup_fields;
    let SignUpNonce(nonce) = use_context().unwrap_or_default();
    let instead = move || view! { <SignInInstead path=path.clone()/> };
    view! {
        <AuthLayout
            title=words::register::title()
            heading=words::register::heading()
            lead=words::register::lead()
            alternative=move || {
                let [before, after] = words::register::known_here();
                view! { {before} <a href=login>{words::register::login()}</a> {after} }
            }
        >
            <Form
                check=|call: &Register, min| call.form.parse(min).err().unwrap_or_default()
                on_done=move |viewer| match viewer {
                    (Some(viewer), _) => session.sign_in(viewer),
                    (None, mailed) => {
                        if mailed {
                            sent.set(true);
                        }
                    }
                }
                leaves=true
            >
                {fields.name.then(|| view! { <NameField/> }.into_any())}
                {fields.username.then(|| view! { <UsernameField/> }.into_any())}
                <TextField
                    name="email"
                    label=words::register::email()
                    kind=InputKind::Email
                    autocomplete="username"
                    required=true
                    max=EMAIL_MAX_BYTES
                    if_taken=instead
                />
                <PasswordField name="password" label=words::register::password() new=true/>
                <HiddenField name="next" value=next/>
                <HiddenField name="nonce" value=nonce/>
                <SubmitButton label=words::register::submit() busy=words::register::busy()/>
            </Form>
            <Agreement settings/>
        </AuthLayout>
    }
}

/// What to call the person.
#[component]
pub(crate) fn NameField() -> impl IntoView {
    view! {
        <TextField
            name="name"
            label=words::register::name()
            note=words::register::optional()
            autocomplete="name"
            max=NAME_MAX
        />
    }
}

/// Password managers save the address, which stands next.
#[component]
fn UsernameField() -> impl IntoView {
    view! {
        <TextField
            name="username"
            label=words::profile::username()
            note=words::register::optional()
            kind=InputKind::Login
            autocomplete="nickname"
            max=USERNAME_MAX
        />
    }
}

/// Leads to the account that has this address already.
#[component]
fn SignInInstead(path: ReturnPath) -> impl IntoView {
    let email = input_value("email");
    view! { <a href=move || path.sign_in_link(&email.get(), Url::escape)>{words::register::login_instead()}</a> }
}

/// Links to the terms and the privacy policy. They open new tabs, so that the form keeps its text.
#[component]
fn Agreement(settings: AppSettings) -> impl IntoView {
    let link = |url: String, label| view! { <a href=url target="_blank" rel="external noopener">{label}</a> };
    let sentence = |[before, after]: [&'static str; 2], link| view! { {before} {link} {after} };
    let terms = settings
        .terms_url
        .map(|url| sentence(words::register::terms(), link(url, words::register::terms_link())));
    let privacy = settings
        .privacy_url
        .map(|url| sentence(words::register::privacy(), link(url, words::register::privacy_link())));
    (terms.is_some() || privacy.is_some())
        .then(|| view! { <p class="help agreement">{terms}{privacy}</p> }.into_any())
}

/// A closed sign-up shows no form.
#[component]
fn Closed(login: String) -> impl IntoView {
    view! {
        <SplitLayout>
            <p class="home-link">
                <Mark/>
            </p>
            <Heading title=words::title::signup_closed()/>
            <p class="lead">{words::detail::signup_closed()}</p>
            <p class="actions">
                <a class="button" href=login>{words::register::login()}</a>
            </p>
        </SplitLayout>
    }
}
