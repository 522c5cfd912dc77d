use crate::settings::AppSettings;
use crate::site::plain_document;
use crate::ui::Mark;
use domain::ProblemDocument;
use leptos::prelude::*;

/// What happened, what was kept, what to do next.
#[component]
pub fn Failure(
    /// What happened.
    problem: ProblemDocument,
    /// The path to try again, if that may help.
    #[prop(into)]
    retry: String,
) -> impl IntoView {
    let settings = AppSettings::from_context();
    view! {
        <Mark/>
        <h1>{problem.title}</h1>
        <p class="lead">{problem.detail}</p>
        <p class="actions">
            <a class="button" href=retry>
                {words::failure::retry()}
            </a>
            <a class="button button-quiet" href=settings.home().to_owned()>
                {words::failure::home()}
            </a>
        </p>
    }
}

/// The whole document of an error answer.
#[must_use]
pub fn failure_document(
    options: LeptosOptions,
    settings: &AppSettings,
    problem: ProblemDocument,
    retry: &str,
) -> String {
    let title = problem.title.clone();
    let retry = retry.to_owned();
    plain_document(options, settings, &title, move || view! { <Failure problem retry/> })
}
