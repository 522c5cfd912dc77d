use super::api::{AskSignInCode, SignInByCode};
use crate::pages::login::{Submit, prefill};
use crate::settings::AppSettings;
use crate::site::{AuthLayout, MailCodeField, ReturnPath, Session};
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

/// What the page asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Whom to mail a code.
    Ask,
    /// The code; `asked`: one was asked for just now.
    Enter { asked: bool },
}

impl Step {
    /// Where the page begins: after a plain post of either form, with a link to the second step, or at the first.
    fn first(asked: Option<&Flash>, entered: bool, has_code: bool) -> Self {
        match asked {
            Some(flash) if flash.problem.is_none() => Self::Enter { asked: true },
            None if entered || has_code => Self::Enter { asked: false },
            _ => Self::Ask,
        }
    }
}

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
    let has_code = query.get("step").as_deref() == Some("enter");
    let step = RwSignal::new(Step::first(asked.as_ref(), entered, has_code));
    let (mut path, mut name) = (ReturnPath::new(&use_location().search.get_untracked()), None);
    if let Some(asked) = &asked {
        (path.next, name) = (kept(asked, "next"), Some(kept(asked, "identifier")));
    }
    let name = StoredValue::new(name.or_else(|| prefill(query.get("email").as_deref())));
    // The form that is left may still be at work.
    let go = Callback::new(move |to: Step| {
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
                    Step::Ask => view! { <Ask path name=name.get_value() go/> }.into_any(),
                    Step::Enter { asked } => view! { <Enter asked path name=name.get_value() go/> }.into_any(),
                }
            }))}
        </AuthLayout>
    }
}

#[component]
fn Ask(
    path: ReturnPath,
    #[prop(optional_no_strip)] name: Option<String>,
    go: Callback<Step>,
) -> impl IntoView {
    let next_step = second_step(&path);
    view! {
        <Form
            check=|call: &AskSignInCode, _| call.form.parse().err().unwrap_or_default()
            on_done=move |()| go.run(Step::Enter { asked: true })
        >
            <Name name/>
            <HiddenField name="next" value=path.next/>
            <SubmitButton label=words::login_code::ask() busy=words::login_code::asking()/>
            <OtherStep href=next_step label=words::login_code::have_code() to=Step::Enter { asked: false } go/>
        </Form>
    }
}

#[component]
fn Enter(
    asked: bool,
    path: ReturnPath,
    #[prop(optional_no_strip)] name: Option<String>,
    go: Callback<Step>,
) -> impl IntoView {
    let session = Session::from_context();
    let first_step = path.link("/login/code", Url::escape);
    view! {
        {asked.then(|| view! { <Notice tone=Tone::Success words=words::login_code::asked()/> })}
        <Form
            check=|call: &SignInByCode, _| call.form.parse().err().unwrap_or_default()
            on_done=move |viewer| session.sign_in(viewer)
            leaves=true
        >
            <Name name/>
            <MailCodeField/>
            <CheckboxField name="remember" label=words::login::remember()/>
            <HiddenField name="next" value=path.next/>
            <Submit/>
            <OtherStep href=first_step label=words::login_code::ask_again() to=Step::Ask go/>
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
fn OtherStep(href: String, label: &'static str, to: Step, go: Callback<Step>) -> impl IntoView {
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

/// The address of the second step.
fn second_step(path: &ReturnPath) -> String {
    let link = path.link("/login/code", Url::escape);
    let sign = if link.contains('?') { '&' } else { '?' };
    format!("{link}{sign}step=enter")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Code;

    fn flash(problem: Option<Code>) -> Flash {
        Flash { problem: problem.map(|code| words::document(&code.into())), ..Flash::default() }
    }

    #[test]
    fn the_page_goes_on_where_the_last_form_ended() {
        let (sent, refused) = (flash(None), flash(Some(Code::TooManyRequests)));
        for (asked, entered, has_code, expected) in [
            (None, false, false, Step::Ask),
            (None, false, true, Step::Enter { asked: false }),
            (None, true, false, Step::Enter { asked: false }),
            (Some(&sent), false, false, Step::Enter { asked: true }),
            (Some(&refused), false, false, Step::Ask),
        ] {
            assert_eq!(Step::first(asked, entered, has_code), expected);
        }
    }
}
