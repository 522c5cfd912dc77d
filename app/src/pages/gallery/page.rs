use crate::pages::failure::Failure;
use crate::settings::AppSettings;
use crate::site::{HeadTags, MemberHeader};
use crate::ui::{
    Card, CheckboxField, FormErrors, FormState, InputKind, Mark, Notice, PasswordField, Progress,
    ReadOnlyField, SubmitButton, TextAreaField, TextField, Tone,
};
use domain::{Code, FieldError, Problem, Reason};
use leptos::context::Provider;
use leptos::prelude::*;
use leptos_router::components::Router;
use leptos_router::location::RequestUrl;

/// The whole document.
#[must_use]
pub fn gallery_document(options: LeptosOptions, settings: &AppSettings) -> String {
    let title = format!("Gallery · {}", settings.name);
    Owner::new_root(None).with(|| {
        // The header marks the current page, so it needs a router, and the router an address.
        provide_context(RequestUrl::new("/account"));
        view! {
            <!DOCTYPE html>
            // Marked as scripted, to show what comes with the scripts.
            <html lang=words::language().code() data-scripted="">
                <head>
                    <HeadTags options settings=settings.clone()/>
                    <title>{title}</title>
                </head>
                <body>
                    <Router>
                        <MemberHeader name=LONG.to_owned() email="maximiliane@example.com".to_owned()/>
                    </Router>
                    <main id="main">
                        <Gallery/>
                    </main>
                </body>
            </html>
        }
        .to_html()
    })
}

const LONG: &str = "Maximiliane-Theodora Wolfeschlegelsteinhausenbergerdorff";

#[component]
fn Gallery() -> impl IntoView {
    view! {
        <div class="column">
            <header class="column-head">
                <Mark/>
                <h1>"Gallery"</h1>
                <p class="lead">"Every component in every state."</p>
            </header>
            <Fresh/>
            <Refused/>
            <Working/>
            <Done/>
            <div class="message">
                <Failure problem=words::code_document(Code::Unavailable) retry="/dev/gallery"/>
            </div>
        </div>
    }
}

#[component]
fn Fresh() -> impl IntoView {
    let state =
        FormState::new(FormErrors::default(), vec![("filled".to_owned(), LONG.to_owned())], Progress::Idle);
    view! {
        <Provider value=state>
            <Card id="fresh" title="Empty and filled" purpose="As a page comes, and once it was typed in.">
                <div class="form">
                    <TextField name="empty" label="Empty" note="Optional" autocomplete="off" max=100/>
                    <TextField name="filled" label="Filled, and long" kind=InputKind::Email autocomplete="off" max=100/>
                    <PasswordField name="plain_password" label="Password"/>
                    <PasswordField name="shown_password" label="Password, new" new=true/>
                    <TextAreaField name="lines" label="Several lines" note="Up to 300 characters" max=300/>
                    <CheckboxField name="tick" label="Keep me signed in"/>
                    <ReadOnlyField label="Read-only" value="ana@example.com".to_owned()/>
                    <SubmitButton label="Save profile" busy="Saving…"/>
                    <SubmitButton label="Sign out" busy="Signing out…" quiet=true/>
                </div>
            </Card>
        </Provider>
    }
}

#[component]
fn Refused() -> impl IntoView {
    let errors = ["refused_line", "refused_password", "refused_lines"]
        .map(|name| FieldError::new(name, Reason::EmailTaken));
    let problem = words::document(&Problem::new(Code::Taken).with_errors(errors.to_vec()));
    let state = FormState::new(FormErrors::after_refusal(&problem), Vec::new(), Progress::Idle);
    view! {
        <Provider value=state>
            <Card id="refused" title="Refused" purpose="Words beside the field; what was typed stays.">
                <div class="form">
                    <TextField name="refused_line" label="Email" autocomplete="off" max=100/>
                    <PasswordField name="refused_password" label="Password" new=true/>
                    <TextAreaField name="refused_lines" label="Bio" max=300/>
                    <SubmitButton label="Save profile" busy="Saving…"/>
                    <div class="notices">
                        <Notice tone=Tone::Error words=words::detail::wrong_credentials()/>
                    </div>
                </div>
            </Card>
        </Provider>
    }
}

#[component]
fn Working() -> impl IntoView {
    view! {
        <Provider value=FormState::new(FormErrors::default(), Vec::new(), Progress::Slow)>
            <Card id="working" title="Under way" purpose="The size stays, the words change.">
                <div class="form">
                    <SubmitButton label="Sign in" busy="Signing in…"/>
                    <SubmitButton label="Sign out" busy="Signing out…" quiet=true/>
                </div>
            </Card>
        </Provider>
    }
}

#[component]
fn Done() -> impl IntoView {
    view! {
        <Card id="done" title="Done" purpose="Said once, until somebody types on.">
            <div class="form">
                <SubmitButton label="Save profile" busy="Saving…"/>
                <div class="notices">
                    <Notice tone=Tone::Success words="Profile saved."/>
                </div>
            </div>
        </Card>
    }
}
