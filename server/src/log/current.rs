//! The request that this thread works at. A span would be made for each request, to be read by the few that write a
//! line; this is only looked at then.

use axum::extract::MatchedPath;
use edge::RequestId;
use http::Method;
use std::cell::RefCell;
use std::future::poll_fn;
use std::mem::swap;
use std::pin::pin;

/// A request, as lines name it.
pub(crate) struct Named {
    pub(crate) id: RequestId,
    pub(crate) method: Method,
    /// Its path's pattern.
    pub(crate) path: Option<MatchedPath>,
}

impl Named {
    pub(crate) fn path(&self) -> &str {
        self.path.as_ref().map_or("-", MatchedPath::as_str)
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Named>> = const { RefCell::new(None) };
}

/// It is the current one while this exists.
struct Entered<'a>(&'a mut Option<Named>);

impl<'a> Entered<'a> {
    fn new(request: &'a mut Option<Named>) -> Self {
        CURRENT.with_borrow_mut(|current| swap(current, request));
        Self(request)
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        CURRENT.with_borrow_mut(|current| swap(current, self.0));
    }
}

/// Makes the answer as that request's.
pub(crate) async fn within<T>(request: &mut Option<Named>, answer: impl Future<Output = T>) -> T {
    let mut answer = pin!(answer);
    poll_fn(|context| {
        let _entered = Entered::new(request);
        answer.as_mut().poll(context)
    })
    .await
}

/// What is told of the current request, if there is one. A line may come at the very end of a thread, when nothing is kept for
/// it any more.
pub(super) fn read<T>(tell: impl FnOnce(&Named) -> T) -> Option<T> {
    CURRENT.try_with(|current| current.borrow().as_ref().map(tell)).ok().flatten()
}
