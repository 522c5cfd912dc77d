use crate::AppSettings;
use crate::shell::plain_document;
use crate::ui::Mark;
use leptos::prelude::*;

/// One question, one button.
#[component]
pub fn Leaving(
    /// Where the form is posted to.
    action: &'static str,
) -> impl IntoView {
    view! {
        <div class="message">
            <Mark/>
            <h1>"Sign out?"</h1>
            <p class="lead">
                "This ends the session in this browser. If you did not ask for that, stay: "
                "nothing has happened yet."
            </p>
            <form method="post" action=action>
                <p class="actions">
                    <button type="submit" class="button">"Sign out"</button>
                    <a class="button button-quiet" href="/">"Stay signed in"</a>
                </p>
            </form>
        </div>
    }
}

/// The whole document. The form is a plain one.
#[must_use]
pub fn leaving_document(options: LeptosOptions, settings: &AppSettings, action: &'static str) -> String {
    let title = format!("Sign out? · {}", settings.name);
    plain_document(options, title, move || view! { <Leaving action/> })
}
