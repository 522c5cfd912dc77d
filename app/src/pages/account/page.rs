use super::api::{SaveProfile, load_profile};
use crate::site::{MemberLayout, Session};
use crate::ui::{Card, Fetch, Form, InputKind, ReadOnlyField, SubmitButton, TextAreaField, TextField};
use domain::{BIO_MAX, NAME_MAX, NAME_PART_MAX, ProfileView, USERNAME_MAX, display_name};
use leptos::prelude::*;

/// The profile.
#[component]
pub fn AccountPage() -> impl IntoView {
    view! {
        <MemberLayout heading="Your profile" lead="How you appear, and how you sign in.">
            <Card id="profile" title="About you" purpose="All fields are optional.">
                <Fetch from=load_profile let:view>
                    <Profile view/>
                </Fetch>
            </Card>
        </MemberLayout>
    }
}

#[component]
fn Profile(view: ProfileView) -> impl IntoView {
    let session = Session::from_context();
    session.confirm_cookie();
    let version = RwSignal::new(view.version);
    view! {
        <Form
            check=|call: &SaveProfile, _| call.form.parse().err().unwrap_or_default()
            on_done=move |view: ProfileView| {
                session.rename(label(&view));
                version.set(view.version);
            }
            done="Profile saved."
            version
        >
            <ReadOnlyField label="Email" value=view.email/>
            <TextField name="name" label="Name" autocomplete="name" value=view.name max=NAME_MAX/>
            <div class="field-row">
                <TextField
                    name="first_name"
                    label="First name"
                    autocomplete="given-name"
                    value=view.first_name
                    max=NAME_PART_MAX
                />
                <TextField
                    name="last_name"
                    label="Last name"
                    autocomplete="family-name"
                    value=view.last_name
                    max=NAME_PART_MAX
                />
            </div>
            <TextField
                name="username"
                label="Username"
                note="You can also sign in with this."
                kind=InputKind::Login
                autocomplete="username"
                value=view.username
                max=USERNAME_MAX
            />
            <TextAreaField name="bio" label="Bio" note="Up to 300 characters" value=view.bio max=BIO_MAX/>
            <SubmitButton label="Save profile" busy="Saving…"/>
        </Form>
    }
}

/// What the header calls the person after a change.
fn label(view: &ProfileView) -> Option<String> {
    display_name(view.name.as_deref(), view.first_name.as_deref(), view.last_name.as_deref())
}
