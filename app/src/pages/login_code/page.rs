use super::api::{AskSignInCode, SignInByCode};
use crate::pages::login::{Submit, prefill};
use crate::settings::AppSettings;
use crate::site::{AuthLayout, CodeStep, MailCodeField, ReturnPath, Session};
use crate::ui::{
    CheckboxField, Flash, Form, HiddenField, InputKind, Notice, PageContext, SubmitButton, TextField, Tone,
    dom, dynamic,
};
use domain::EMAIL_MAX_BYTES;
use leptos::ev::MouseEvent;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::{use_location, use_query_map};
use leptos_router::location::Url;
use std::time::Duration;

/// What a plain post kept for a field.
fn kept(flash: &Flash, field: &str) -> String {
    flash.value(field).unwrap_or_default().to_owned()
}

/// Signing in with a code by mail, in two steps.
#[component]
pub fn LoginCodePage() -> impl IntoView {
    let asked = PageContext::flash_of(AskSignInCode::PATH);
    let entered = PageContext::flash_of(SignInByCode::PATH).is_some();
    let query = use_query_map().get_untracked();
    let search = use_location().search.get_untracked();
    let has_code = ReturnPath::is_second_step(&search);
    let step = RwSignal::new(CodeStep::first(asked.as_ref(), entered, has_code));
    let (mut path, mut name) = (ReturnPath::new(&search), None);
    if let Some(asked) = &asked {
        (path.next, name) = (kept(asked, "next"), Some(kept(asked, "identifier")));
    }
    let name = StoredValue::new(name.or_else(|| prefill(query.get("email").as_deref())));
    // The form that is left may still be at work.
    let go = Callback::new(move |to: CodeStep| {
        name.set_value(dom::value_of("identifier"));
        set_timeout(move || step.set(to), Duration::ZERO);
    });
    let mail = AppSettings::from_context().mail;
    let login = path.link("/login", Url::escape);
    view! {
        <AuthLayout
            title=words::login_code::title()
            heading=words::login::heading()
            lead=if mail { words::login_code::lead() } else { words::login_code::no_mail() }
            alternative=move || {
                let [before, after] = words::login_code::know_password();
                view! { {before} <a href=login>{words::login::submit()}</a> {after} }
            }
        >
            {mail.then(|| dynamic(move || {
                let path = path.clone();
                match step.get() {
                    CodeStep::Ask => view! { <Ask path name=name.get_value() go/> }.into_any(),
                    CodeStep::Enter { asked } => view! { <Enter asked path name=name.get_value() go/> }.into_any(),
                }
            }))}
        </AuthLayout>
    }
}

#[component]
fn Ask(
    path: ReturnPath,
    #[prop(optional_no_strip)] name: Option<String>,
    go: Callback<CodeStep>,
) -> impl IntoView {
    let next_step = path.second_step("/login/code", Url::escape);
    view! {
        <Form
            check=|call: &AskSignInCode, _| call.form.parse().err().unwrap_or_default()
            on_done=move |()| go.run(CodeStep::Enter { asked: true })
        >
            <Name name/>
            <HiddenField name="next" value=path.next/>
            <SubmitButton label=words::login_code::ask() busy=words::login_code::asking()/>
            <OtherStep href=next_step label=words::login_code::have_code() to=CodeStep::Enter { asked: false } go/>
        </Form>
    }
}

#[component]
fn Enter(
    asked: bool,
    path: ReturnPath,
    #[prop(optional_no_strip)] name: Option<String>,
    go: Callback<CodeStep>,
) -> impl IntoView {
    let session = Session::from_context();
    let first_step = path.link("/login/code", Url::escape);
    view! {
        {asked.then(|| view! { <Notice tone=Tone::Success words=words::login_code::asked()/> })}
        <Form
            check=|call: &SignInByCode, _| call.form.parse().err().unwrap_or_default()
            on_done=move |viewer| _ = viewer.map(|viewer| session.sign_in(viewer))
            leaves=true
        >
            <Name name/>
            <MailCodeField/>
            <CheckboxField name="remember" label=words::login::remember()/>
            <HiddenField name="next" value=path.next/>
            <Submit/>
            <OtherStep href=first_step label=words::login_code::ask_again() to=CodeStep::Ask go/>
        </Form>
    }
}

#[component]
fn Name(#[prop(optional_no_strip)] name: Option<String>) -> impl IntoView {
    view! {
        <TextField
            name="identifier"
            label=words::login::identifier()
            kind=InputKind::Login
            autocomplete="username"
            required=true
            value=name
            max=EMAIL_MAX_BYTES
        />
    }
}

/// The way to the other step: a page of its own where no program runs, which would lose what was typed.
#[component]
fn OtherStep(href: String, label: &'static str, to: CodeStep, go: Callback<CodeStep>) -> impl IntoView {
    let follow = move |event: MouseEvent| {
        event.prevent_default();
        go.run(to);
    };
    view! {
        <p class="help">
            <a href=href on:click=follow>
                {label}
            </a>
        </p>
    }
}
