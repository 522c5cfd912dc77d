//! What stands around every answer, from the outside in, as one function: axum's own `from_fn` would copy, for each of
//! them and for each request, all that is inside.

mod around;
mod compression;
pub(crate) mod cors;
mod failures;
mod overload;
pub(crate) mod timeout;
mod trace;

pub(crate) use around::around;
pub(crate) use overload::Overloaded;

use crate::state::AppState;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::Route;
use cors::Cors;
use failures::Failures;
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use tower::Service;
use trace::Trace;

/// What the layers know.
pub(crate) struct Layers {
    state: AppState,
    cors: Cors,
}

impl Layers {
    pub(crate) fn new(state: AppState) -> Self {
        Self { cors: Cors::new(&state), state }
    }

    /// An id, a log line and the headers of every answer; CORS for the origins whose pages may call the API; all else.
    pub(crate) fn answer(
        self: &Arc<Self>,
        mut request: Request,
        route: &mut Route,
    ) -> impl Future<Output = Result<Response, Infallible>> + Send + use<> {
        let trace = Trace::begin(&self.state, &mut request);
        let inside = if self.cors.is_for(&request) {
            let (layers, mut route) = (self.clone(), route.clone());
            let inside = move |request| layers.inside(request, &mut route);
            Inside::CrossOrigin(Box::pin(self.cors.answer(request, inside)))
        } else {
            Inside::Plain(self.inside(request, route))
        };
        let layers = self.clone();
        async move {
            let answer = async {
                match inside {
                    Inside::Plain(answer) => answer.await,
                    Inside::CrossOrigin(answer) => answer.await,
                }
            };
            Ok(trace.end(&layers.state, answer).await)
        }
    }

    /// Compression; a refusal becomes a page for clients that accept HTML; panics and timeouts become refusals; where no
    /// place is free, a refusal.
    fn inside(
        self: &Arc<Self>,
        request: Request,
        route: &mut Route,
    ) -> impl Future<Output = Response> + Send + use<> {
        let accepts = compression::Accepts::of(request.headers());
        let failures = Failures::of(&self.state, &request);
        let (limit, method) = (timeout::limit(&self.state, &request), request.method().clone());
        let overloaded = overload::refuses(&request);
        let answer = if overloaded { Ok(None) } else { caught(|| Some(route.call(request))) };
        let layers = self.clone();
        async move {
            let answer = pin!(async {
                match answer {
                    Ok(Some(answer)) => until_panic(answer).await,
                    Ok(None) => overload::refused(),
                    Err(Panicked) => failures::panicked(),
                }
            });
            let response = match limit {
                Some(limit) => timeout::in_time(limit, method, answer).await,
                None => answer.await,
            };
            accepts.compressed(failures.shown(&layers.state, response)).await
        }
    }
}

enum Inside<F> {
    Plain(F),
    CrossOrigin(Pin<Box<dyn Future<Output = Response> + Send>>),
}

struct Panicked;

fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| Panicked)
}

/// The answer, or a refusal if making it panics: the hook has logged the details, and the answer says only that
/// something broke.
async fn until_panic(answer: impl Future<Output = Result<Response, Infallible>>) -> Response {
    let mut answer = pin!(answer);
    std::future::poll_fn(|context| match caught(|| answer.as_mut().poll(context)) {
        Ok(poll) => poll.map(|Ok(response)| response),
        Err(Panicked) => Poll::Ready(failures::panicked()),
    })
    .await
}
