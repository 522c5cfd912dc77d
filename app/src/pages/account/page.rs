use super::api::{SaveProfile, load_profile};
use super::unproven::Unproven;
use crate::pages::verify::VerifyEmail;
use crate::settings::AppSettings;
use crate::site::{MemberLayout, Session, avatar};
use crate::ui::{
    Card, Fetch, Form, InputKind, Notice, PageContext, ReadOnlyField, SubmitButton, TextAreaField, TextField,
    Tone, dynamic,
};
use domain::{BIO_MAX, NAME_MAX, NAME_PART_MAX, ProfileView, Timestamp, USERNAME_MAX};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;

/// The profile.
#[component]
pub fn AccountPage() -> impl IntoView {
    let username_taken = use_query_map().get_untracked().get("username").as_deref() == Some("taken");
    let verified = PageContext::flash_of(VerifyEmail::PATH).is_some();
    view! {
        <MemberLayout heading=words::profile::heading() lead=words::profile::lead()>
            {username_taken.then(|| view! { <Notice tone=Tone::Error words=words::profile::username_taken()/> })}
            {verified.then(|| view! { <Notice tone=Tone::Success words=words::profile::email_verified()/> })}
            <Card id="profile" title=words::profile::title() purpose=words::profile::purpose()>
                <Fetch from=load_profile let:view>
                    <Profile view/>
                </Fetch>
            </Card>
            <p class="help">
                <a href="/account/leave">{words::leave::link()}</a>
            </p>
        </MemberLayout>
    }
}

#[component]
fn Profile(view: ProfileView) -> impl IntoView {
    let session = Session::from_context();
    session.confirm_cookie();
    let version = RwSignal::new(view.version);
    let profile = view.profile;
    let mail = AppSettings::from_context().mail;
    let unproven = (view.email_unproven && mail).then(|| view! { <Unproven email=view.email.clone()/> });
    let proof = if view.email_unproven { words::profile::not_proven() } else { words::profile::proven() };
    let state = Some(proof).filter(|_| mail);
    view! {
        <Person since=view.created_at/>
        {unproven}
        <Form
            check=|call: &SaveProfile, _| call.form.parse().err().unwrap_or_default()
            on_done=move |view: ProfileView| {
                session.rename(view.profile.display_name());
                version.set(view.version);
            }
            done=words::profile::done()
            version
        >
            <ReadOnlyField label=words::profile::email() value=view.email state/>
            <TextField name="name" label=words::profile::name() autocomplete="name" value=profile.name max=NAME_MAX/>
            <div class="field-row">
                <TextField
                    name="first_name"
                    label=words::profile::first_name()
                    autocomplete="given-name"
                    value=profile.first_name
                    max=NAME_PART_MAX
                />
                <TextField
                    name="last_name"
                    label=words::profile::last_name()
                    autocomplete="family-name"
                    value=profile.last_name
                    max=NAME_PART_MAX
                />
            </div>
            <TextField
                name="username"
                label=words::profile::username()
                note=words::profile::username_note()
                kind=InputKind::Login
                autocomplete="username"
                value=profile.username
                max=USERNAME_MAX
            />
            <TextAreaField name="bio" label=words::profile::bio() note=words::profile::bio_note(BIO_MAX as u64) value=profile.bio max=BIO_MAX/>
            <SubmitButton label=words::profile::submit() busy=words::profile::busy()/>
        </Form>
    }
}

/// Whose profile it is.
#[component]
fn Person(since: Option<Timestamp>) -> impl IntoView {
    let session = Session::from_context();
    let since = since.map(|since| words::profile::member_since(&words::month_and_year(&since)));
    dynamic(move || {
        let name = session.viewer().map(|viewer| viewer.label().to_owned()).unwrap_or_default();
        view! {
            <div class="person">
                {avatar(&name, true)}
                <div>
                    <p class="person-name" dir="auto">{name}</p>
                    <p class="help">{since.clone()}</p>
                </div>
            </div>
        }
        .into_any()
    })
}
