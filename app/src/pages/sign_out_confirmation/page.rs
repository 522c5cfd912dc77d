use crate::settings::AppSettings;
use crate::site::plain_document;
use crate::ui::Mark;
use leptos::prelude::*;

/// One question, one button.
#[component]
fn SignOutConfirmation(
    /// Where the form is posted to.
    action: &'static str,
) -> impl IntoView {
    view! {
        <Mark/>
        <h1>"Sign out?"</h1>
        <p class="lead">
            "You'll be signed out in this browser. If you didn't ask for this, stay signed in."
        </p>
        <form method="post" action=action>
            <p class="actions">
                <button type="submit" class="button">"Sign out"</button>
                <a class="button button-quiet" href="/">"Stay signed in"</a>
            </p>
        </form>
    }
}

/// The whole document. The form is a plain one.
#[must_use]
pub fn sign_out_document(options: LeptosOptions, settings: &AppSettings, action: &'static str) -> String {
    plain_document(options, settings, "Sign out?", move || view! { <SignOutConfirmation action/> })
}
