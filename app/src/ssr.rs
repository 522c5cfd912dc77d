//! The server's side of the pages, with every call that is specific to Leptos 0.8: what the server puts into a
//! request's context, what server functions read from it, cookies and redirects.

pub mod admin;
pub mod passkey;
pub mod rows;
pub mod second_factor;

use crate::error::{AppError, Fault};
use crate::forms::FACTORS;
use crate::initial_state::{InitialState, SessionState, SignUpNonce, Unsent};
use crate::settings::AppSettings;
use crate::ui::Flash;
use accounts::{Accounts, RawToken, RequestCtx, SignedIn, version};
use domain::{Code, ProblemDocument, SessionKind, Viewer, safe_next};
use edge::CookieStyle;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

pub use leptos_axum::redirect;

/// What pages and server functions know of one request.
#[derive(Clone)]
pub struct Request {
    /// The use cases.
    pub accounts: Accounts,
    /// Who calls, from where, and when.
    pub ctx: RequestCtx,
    /// How cookies are named.
    pub cookies: CookieStyle,
    /// The owner's settings.
    pub settings: AppSettings,
    /// The message of the last plain form post.
    pub flash: Option<Flash>,
    /// Whether a form waits for a new sign-in.
    pub unsent: Unsent,
    /// For the sign-up form.
    pub nonce: SignUpNonce,
    /// The sign-in that waits for its second factor, for the form that completes it.
    pub challenge: Option<Challenge>,
    /// The browser that was asked for a passkey, for the form that signs in with it.
    pub passkey_browser: Option<passkey::PasskeyBrowser>,
}

/// What the cookie of such a sign-in holds.
#[derive(Clone)]
pub struct Challenge(pub String);

/// Makes a request known to pages and server functions; called by the server for each of them.
pub fn provide(request: Request) {
    provide_context(InitialState {
        settings: request.settings.clone(),
        viewer: request.ctx.viewer(),
        flash: request.flash.clone().unwrap_or_default(),
        unsent: request.unsent,
        nonce: request.nonce.clone(),
    });
    provide_context(SessionState(version::of_viewer(request.ctx.viewer().as_ref())));
    provide_context(request);
}

/// The use cases, and who calls.
///
/// # Errors
/// [`domain::Code::Internal`] outside a request.
pub fn context() -> Result<(Accounts, RequestCtx), AppError> {
    let request = request()?;
    Ok((request.accounts, request.ctx))
}

/// The owner's settings, for a server function.
///
/// # Errors
/// As [`context`].
pub fn settings() -> Result<AppSettings, AppError> {
    Ok(request()?.settings)
}

/// What a person may know of an error.
impl From<accounts::Error> for AppError {
    fn from(error: accounts::Error) -> Self {
        Self(words::document(&edge::problem::problem(error)))
    }
}

/// What a person may know of an error, with this page's own sentence for some codes. Only forms that came with a link
/// have such: the address is not among their fields, so none is marked.
#[must_use]
pub fn refusal(error: accounts::Error, own: &[(Code, &str)]) -> AppError {
    let AppError(problem) = error.into();
    match own.iter().find(|(code, _)| *code == problem.code) {
        Some((_, sentence)) => {
            AppError(ProblemDocument { detail: (*sentence).to_owned(), errors: Vec::new(), ..problem })
        }
        None => AppError(problem),
    }
}

/// Signs this browser in, and leads to `next` if that is a page of ours; first to the second factor, where one has to be set
/// up.
///
/// # Errors
/// As [`context`].
pub fn sign_in(signed_in: SignedIn, next: &str) -> Result<Viewer, AppError> {
    set_session(&signed_in.token)?;
    // A sign-in that waits here is over, whoever's it is.
    second_factor::forget()?;
    if let Some(device) = &signed_in.device {
        let (name, value) = request()?.cookies.set_device(device);
        response()?.append_header(name, value);
    }
    let next = if signed_in.must_enrol { FACTORS } else { safe_next(next).unwrap_or("/account") };
    redirect(next);
    Ok(signed_in.viewer)
}

/// Opens the session in which somebody has shown again that the account is theirs, and leads to `next` if that is a
/// page of ours.
///
/// # Errors
/// As [`context`].
pub fn confirmed(token: Option<&accounts::SessionToken>, next: &str) -> Result<(), AppError> {
    token.map_or(Ok(()), set_session)?;
    redirect(safe_next(next).unwrap_or("/account"));
    Ok(())
}

/// Makes this the browser in which the password of a sign-up counts.
///
/// # Errors
/// As [`context`].
pub fn await_proof(browser: &RawToken) -> Result<(), AppError> {
    let (name, value) = request()?.cookies.set_sign_up(browser);
    response()?.append_header(name, value);
    Ok(())
}

/// Sends the session's cookie.
///
/// # Errors
/// As [`context`].
pub fn set_session(token: &accounts::SessionToken) -> Result<(), AppError> {
    let (name, value) = request()?.cookies.set(SessionKind::Browser, token);
    response()?.append_header(name, value);
    Ok(())
}

/// Takes the session's cookie away.
///
/// # Errors
/// As [`context`].
pub fn clear_session() -> Result<(), AppError> {
    let (name, value) = request()?.cookies.clear(SessionKind::Browser);
    response()?.append_header(name, value);
    Ok(())
}

fn request() -> Result<Request, AppError> {
    use_context::<Request>().ok_or_else(|| Fault::Internal.into())
}

fn response() -> Result<ResponseOptions, AppError> {
    use_context::<ResponseOptions>().ok_or_else(|| Fault::Internal.into())
}
