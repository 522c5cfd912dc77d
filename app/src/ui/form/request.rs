use crate::error::{AppError, Fault};
use crate::json::Json;
use leptos::prelude::*;
use leptos::server_fn::client::Client;
use leptos::server_fn::codec::PostUrl;
use leptos::server_fn::request::ClientReq;
use leptos::server_fn::response::ClientRes;
use leptos::server_fn::{Bytes, ContentType, ServerFn};
use std::pin::Pin;

/// The content of an answer, once it is there.
pub(super) type Reply = Pin<Box<dyn Future<Output = Result<Bytes, AppError>>>>;

/// Sends a form to the path of its function.
pub(super) type Post = fn(&'static str, String, Option<Callback<String>>) -> Reply;

/// Sends a form as it stands, with the account and the version that it was made for, which are no arguments of its
/// function. One and the same for all functions, which differ in their paths alone.
pub(super) fn post<F: ServerFn<Error = AppError> + 'static>() -> Post {
    |path, body, follow| {
        Box::pin(send::<F::Client, F::InputStreamError, F::OutputStreamError>(path, body, follow))
    }
}

/// Every form changes something: once it was sent, only our own answer tells whether the change was made.
async fn send<C, I, O>(path: &str, body: String, follow: Option<Callback<String>>) -> Result<Bytes, AppError>
where
    C: Client<AppError, I, O>,
{
    let request = ClientReq::try_new_post(path, PostUrl::CONTENT_TYPE, Json::CONTENT_TYPE, body)?;
    let unknown = |_| AppError::from(Fault::OutcomeUnknown);
    let answer = C::send(request).await.map_err(unknown)?;
    let (status, onward) = (answer.status(), answer.has_redirect().then(|| answer.location()));
    let content = answer.try_into_bytes().await.map_err(unknown)?;
    if status >= 400 {
        return Err(AppError::after_sending(&content));
    }
    if let (Some(follow), Some(onward)) = (follow, onward) {
        follow.run(onward);
    }
    Ok(content)
}
