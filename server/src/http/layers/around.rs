//! A layer as a function of the request and of the route inside.

use axum::extract::Request;
use axum::response::Response;
use axum::routing::Route;
use std::convert::Infallible;
use std::task::{Context, Poll};
use tower::{Layer, Service};

/// The layer, and the service that it makes.
#[derive(Clone)]
pub(crate) struct Around<F, R> {
    answer: F,
    route: R,
}

/// A layer of what `answer` does. It may call the route only before its future is awaited; the call does nothing before
/// it is.
pub(crate) fn around<F, A>(answer: F) -> Around<F, ()>
where
    F: Fn(Request, &mut Route) -> A,
    A: Future<Output = Result<Response, Infallible>>,
{
    Around { answer, route: () }
}

impl<F: Clone> Layer<Route> for Around<F, ()> {
    type Service = Around<F, Route>;

    fn layer(&self, route: Route) -> Self::Service {
        Around { answer: self.answer.clone(), route }
    }
}

impl<F, A> Service<Request> for Around<F, Route>
where
    F: Fn(Request, &mut Route) -> A,
    A: Future<Output = Result<Response, Infallible>>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = A;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> A {
        (self.answer)(request, &mut self.route)
    }
}
