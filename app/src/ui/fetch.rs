use super::dom::effect;
use super::notice::{Notice, Tone};
use super::page_context::PageContext;
use crate::error::{AppError, Fault};
use crate::forms::FACTORS;
use crate::json::Json;
use domain::{Code, ProblemDocument};
use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::pin::Pin;
use std::sync::Arc;

type Answer = Pin<Box<dyn Future<Output = Result<String, AppError>> + Send>>;
type Paint = dyn Fn(&str) -> Result<AnyView, AppError> + Send + Sync;

/// Calls a server function and paints its answer. On an error it says why and offers to try again; if nobody is signed
/// in any more, it leads to the sign-in page.
#[component]
pub fn Fetch<T, A, P, V>(from: fn() -> A, children: P) -> impl IntoView
where
    T: Serialize + DeserializeOwned + 'static,
    A: Future<Output = Result<T, AppError>> + Send + 'static,
    P: Fn(T) -> V + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let ask = move || -> Answer {
        Box::pin(async move { serde_json::to_string(&from().await?).map_err(|_| Fault::Internal.into()) })
    };
    let paint = move |text: &str| {
        let data = Json::read(text.as_bytes()).map_err(|_| Fault::Internal)?;
        Ok(children(data).into_any())
    };
    screen(Arc::new(ask), Arc::new(paint))
}

/// The part of [`Fetch`] that is compiled once, whatever the answer is: here it is JSON.
fn screen(ask: Arc<dyn Fn() -> Answer + Send + Sync>, paint: Arc<Paint>) -> AnyView {
    // Blocking: the document comes with the answer in it, and the browser does not ask again.
    let answer: Resource<_, Json> = Resource::new_with_options(|| (), move |()| ask(), true);
    let screen = move || {
        let paint = Arc::clone(&paint);
        Suspend::new(async move {
            match answer.await.and_then(|text| paint(&text)) {
                Ok(view) => view,
                Err(AppError(ProblemDocument { code: Code::SignInNeeded, .. })) => {
                    view! { <AskSignIn/> }.into_any()
                }
                // No page of the program leads to it.
                Err(AppError(ProblemDocument { code: Code::FactorRequired, .. })) => {
                    effect(|| _ = window().location().assign(FACTORS));
                    ().into_any()
                }
                Err(AppError(problem)) => {
                    let again = move |_| answer.refetch();
                    view! {
                        <Notice tone=Tone::Error words=problem.detail/>
                        <p>
                            <button type="button" class="button button-quiet" on:click=again>
                                {words::form::try_again()}
                            </button>
                        </p>
                    }
                    .into_any()
                }
            }
        })
    };
    view! { <Suspense fallback=|| view! { <p class="placeholder" aria-hidden="true"></p> }>{screen}</Suspense> }.into_any()
}

#[component]
fn AskSignIn() -> impl IntoView {
    let page = PageContext::from_context();
    effect(move || _ = page.map(|page| page.session_ended.run(())));
}
