use crate::AppSettings;
use crate::session::Session;
use crate::ui::{Front, Heading, Mark};
use leptos::prelude::*;

/// The front page.
#[component]
pub fn HomePage() -> impl IntoView {
    let session = Session::of_page();
    let settings = use_context::<AppSettings>().unwrap_or_default();
    let member = move || session.viewer().is_some();
    view! {
        <Front wide=true>
            <p class="brand">
                <Mark/>
                <span>{settings.name}</span>
            </p>
            <Heading text="Accounts, ready to own."/>
            <p class="lead">
                "Sign-up, sign-in, profiles and sessions: one Rust program and one Postgres. "
                "Clone it, rename it, and the door is yours."
            </p>
            <p class="actions">
                {move || if member() {
                    view! { <a class="button" href="/account">"Open your profile"</a> }.into_any()
                } else {
                    view! {
                        <a class="button" href="/register">"Create account"</a>
                        <a class="button button-quiet" href="/login">"Sign in"</a>
                    }
                        .into_any()
                }}
            </p>
            <div class="terminal">
                <p class="terminal-title">"Is it up? Ask it."</p>
                <pre><code>{format!("curl -i {}/readyz", settings.base_url)}</code></pre>
            </div>
        </Front>
    }
}
