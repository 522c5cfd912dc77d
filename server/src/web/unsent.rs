//! A form that was sent after its session had ended waits in a cookie for a new sign-in, so that nothing typed
//! is lost. It is shown to the person whose session it was, and to nobody else who uses the same browser.

use super::flash;
use crate::AppState;
use app::Flash;
use app::forms::FORMS;
use app::routes::{Guard, PAGES};
use domain::{Code, UserId};
use edge::{CookieStyle, cookie};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Marks a request of a stranger for whose next sign-in a form waits.
#[derive(Clone)]
pub(super) struct Waits;

/// What waits.
pub(super) struct Unsent {
    pub(super) of: UserId,
    pub(super) flash: Flash,
}

/// The cookie in which `flash` waits. Without a token of ours, which browsers lose at a sign-out, nobody knows
/// whose it is; without anything typed there is nothing to keep.
pub(super) fn keep(
    state: &AppState,
    headers: &HeaderMap,
    flash: &Flash,
) -> Option<(HeaderName, HeaderValue)> {
    let typed = flash.values.iter().any(|(_, text)| !text.is_empty());
    let token = cookie::read(headers, state.cookies.session_name()).filter(|_| typed)?;
    let UserId(owner) = state.accounts.owner(token, state.accounts.now())?;
    Some(state.cookies.set_unsent(&format!("{}.{}", owner.simple(), flash::encode(flash.clone()))))
}

/// What the cookie holds, if we could have written it.
pub(super) fn waiting(headers: &HeaderMap, cookies: CookieStyle) -> Option<Unsent> {
    let (owner, flash) = cookie::read(headers, cookies.unsent_name())?.split_once('.')?;
    let (of, flash) = (UserId(owner.parse().ok()?), flash::decode(flash)?);
    let ended = flash.problem.as_ref().is_some_and(|problem| problem.code == Code::SignInNeeded);
    let form = FORMS.iter().find(|form| form.function == flash.function)?;
    let for_members = PAGES.iter().any(|page| page.path == form.page && page.guard == Guard::Members);
    (ended && for_members).then_some(Unsent { of, flash })
}
