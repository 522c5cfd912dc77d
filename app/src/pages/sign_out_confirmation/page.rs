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
        <h1>{words::logout::question()}</h1>
        <p class="lead">
            {words::logout::lead()}
        </p>
        <form method="post" action=action>
            <p class="actions">
                <button type="submit" class="button">{words::logout::submit()}</button>
                <a class="button button-quiet" href="/">{words::logout::stay()}</a>
            </p>
        </form>
    }
}

/// The whole document. The form is a plain one.
#[must_use]
pub fn sign_out_document(options: LeptosOptions, settings: &AppSettings, action: &'static str) -> String {
    plain_document(
        options,
        settings,
        words::logout::question(),
        move || view! { <SignOutConfirmation action/> },
    )
}
