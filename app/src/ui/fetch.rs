use super::notice::{Notice, Tone};
use crate::AppError;
use domain::{Code, ProblemDocument};
use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Called when the server says that nobody is signed in.
#[derive(Clone, Copy)]
pub struct SessionEnded(pub Callback<()>);

/// Calls a server function and paints its answer. On an error it says why and offers to try again; if nobody is signed
/// in any more, it leads to the sign-in page.
#[component]
pub fn Fetch<T, A, P, V>(from: fn() -> A, children: P) -> impl IntoView
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    A: Future<Output = Result<T, AppError>> + Send + 'static,
    P: Fn(T) -> V + Clone + Send + 'static,
    V: IntoView + 'static,
{
    // Blocking: the document comes with the answer in it, and the browser does not ask again.
    let answer = Resource::new_blocking(|| (), move |()| from());
    let ended = use_context::<SessionEnded>();
    let screen = move || {
        let paint = children.clone();
        Suspend::new(async move {
            match answer.await {
                Ok(data) => paint(data).into_any(),
                Err(AppError(ProblemDocument { code: Code::SignInNeeded, .. })) => {
                    view! { <AskSignIn ended/> }.into_any()
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
    view! { <Suspense fallback=|| view! { <p class="placeholder" aria-hidden="true"></p> }>{screen}</Suspense> }
}

#[component]
fn AskSignIn(#[prop(optional_no_strip)] ended: Option<SessionEnded>) -> impl IntoView {
    Effect::new(move || {
        if let Some(SessionEnded(ended)) = ended {
            ended.run(());
        }
    });
}
