use crate::settings::AppSettings;
use crate::site::{Session, SplitLayout};
use crate::ui::dom::effect;
use crate::ui::{Heading, Mark, dynamic};
use leptos::prelude::*;

/// The front page. With `HOME_URL` the server sends everybody there, and so does this page in the browser.
#[component]
pub fn HomePage() -> impl IntoView {
    let session = Session::from_context();
    let settings = AppSettings::from_context();
    let (name, open) = (settings.name, settings.signup_open);
    let [before, after] = words::home::welcome();
    if let Some(home) = settings.home_url {
        effect(move || _ = window().location().replace(&home));
    }
    view! {
        <SplitLayout wide=true>
            <p class="home-link">
                <Mark/>
            </p>
            <Heading title="">{before} <bdi>{name}</bdi> {after}</Heading>
            {dynamic(move || match session.viewer() {
                Some(viewer) => {
                    let [before, after] = words::home::signed_in();
                    view! {
                        <p class="lead">{before} <bdi>{viewer.label().to_owned()}</bdi> {after}</p>
                        <p class="actions">
                            <a class="button" href="/account">{words::home::profile()}</a>
                        </p>
                    }
                        .into_any()
                }
                None if open => {
                    view! {
                        <p class="lead">{words::home::lead()}</p>
                        <p class="actions">
                            <a class="button" href="/register" rel="external">{words::home::register()}</a>
                            <a class="button button-quiet" href="/login">{words::home::login()}</a>
                        </p>
                    }
                        .into_any()
                }
                None => {
                    view! {
                        <p class="lead">{words::home::lead_closed()}</p>
                        <p class="actions">
                            <a class="button" href="/login">{words::home::login()}</a>
                        </p>
                    }
                        .into_any()
                }
            })}
        </SplitLayout>
    }
}
