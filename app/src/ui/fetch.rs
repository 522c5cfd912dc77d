use super::dom::effect;
use super::notice::{Notice, Tone};
use super::page_context::PageContext;
use crate::AppError;
use crate::json::Json;
use domain::{Code, ProblemDocument};
use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// Calls a server function and paints its answer. On an error it says why and offers to try again; if nobody is signed
/// in any more, it leads to the sign-in page.
#[component]
pub fn Fetch<T, A, P, V>(from: fn() -> A, children: P) -> impl IntoView
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    A: Future<Output = Result<T, AppError>> + Send + 'static,
    P: Fn(T) -> V + Send + Sync + 'static,
    V: IntoView + 'static,
{
    // Blocking: the document comes with the answer in it, and the browser does not ask again.
    let answer = Resource::new_with_options(|| (), move |()| from(), true);
    screen(answer, Arc::new(move |data| children(data).into_any()))
}

/// The part of [`Fetch`] that is compiled once for all answers of one type.
fn screen<T>(
    answer: Resource<Result<T, AppError>, Json>,
    paint: Arc<dyn Fn(T) -> AnyView + Send + Sync>,
) -> AnyView
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    let screen = move || {
        let paint = Arc::clone(&paint);
        Suspend::new(async move {
            match answer.await {
                Ok(data) => paint(data),
                Err(AppError(ProblemDocument { code: Code::SignInNeeded, .. })) => {
                    view! { <AskSignIn/> }.into_any()
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
