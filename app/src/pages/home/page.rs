use crate::settings::AppSettings;
use crate::site::{Session, SplitLayout};
use crate::ui::{Heading, Mark};
use leptos::prelude::*;

/// The front page. With `HOME_URL` the server sends everybody there, and so does this page in the browser.
#[component]
pub fn HomePage() -> impl IntoView {
    let session = Session::from_context();
    let settings = use_context::<AppSettings>().unwrap_or_default();
    let (name, open) = (settings.name, settings.signup_open);
    if let Some(home) = settings.home_url {
        Effect::new(move || _ = window().location().replace(&home));
    }
    view! {
        <SplitLayout wide=true>
            <p class="home-link">
                <Mark/>
            </p>
            <Heading title="">"Welcome to " <bdi>{name}</bdi></Heading>
            {move || match session.viewer() {
                Some(viewer) => {
                    view! {
                        <p class="lead">"You're signed in as " <bdi>{viewer.label().to_owned()}</bdi> "."</p>
                        <p class="actions">
                            <a class="button" href="/account">"Open your profile"</a>
                        </p>
                    }
                        .into_any()
                }
                None if open => {
                    view! {
                        <p class="lead">"Create an account, or sign in to yours."</p>
                        <p class="actions">
                            <a class="button" href="/register">"Create account"</a>
                            <a class="button button-quiet" href="/login">"Sign in"</a>
                        </p>
                    }
                        .into_any()
                }
                None => {
                    view! {
                        <p class="lead">"Sign in to your account. New accounts are by invitation only."</p>
                        <p class="actions">
                            <a class="button" href="/login">"Sign in"</a>
                        </p>
                    }
                        .into_any()
                }
            }}
        </SplitLayout>
    }
}
