use crate::error::{AppError, Fault};
use crate::json::Json;
use leptos::prelude::*;
use leptos::server_fn::client::Client;
use leptos::server_fn::codec::PostUrl;
use leptos::server_fn::request::ClientReq;
use leptos::server_fn::response::ClientRes;
use leptos::server_fn::{Bytes, ContentType, ServerFn};
use serde::de::DeserializeOwned;

/// Sends a form as it stands, with the account and the version that it was made for, which are no arguments of its
/// function.
pub(super) async fn post<F>(body: String, follow: Option<Callback<String>>) -> Result<F::Output, AppError>
where
    F: ServerFn<Error = AppError>,
    F::Output: DeserializeOwned,
{
    let answer = send::<F::Client, F::InputStreamError, F::OutputStreamError>(F::PATH, body, follow).await?;
    Json::read(&answer).map_err(|_| Fault::OutcomeUnknown.into())
}

/// The part of [`post`] that is compiled once. Every form changes something: once it was sent, only our own answer
/// tells whether the change was made.
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
