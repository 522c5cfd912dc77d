//! A form that was sent after its session had ended waits in a cookie for a new sign-in, and one that needs a recent
//! sign-in, or a second factor, for the page that asks for it, so that nothing typed is lost. It is shown to the person whose session it was,
//! and to nobody else who uses the same browser.

use super::flash;
use super::form_context::is_for_anyone;
use app::forms::FORMS;
use app::{Flash, Unsent};
use domain::{Code, UserId};
use edge::{CookieStyle, cookie};
use http::{HeaderMap, HeaderName, HeaderValue};

const PASSWORD_CHANGE: &str = "/fn/password/change";

pub(super) struct UnsentForm {
    pub(super) owner: UserId,
    pub(super) flash: Flash,
}

impl UnsentForm {
    /// What a stranger may know of it.
    pub(super) fn kind(&self) -> Unsent {
        if self.flash.function == PASSWORD_CHANGE {
            Unsent::Passwords
        } else if self.flash.values.is_empty() {
            Unsent::Lost
        } else {
            Unsent::Text
        }
    }

    /// What its owner sees after a new sign-in.
    pub(super) fn shown_again(mut self) -> Flash {
        let code = self.flash.problem.as_ref().map(|problem| problem.code);
        let detail = match self.kind() {
            _ if code == Some(Code::Reauthenticate) => words::confirm::again(),
            _ if code == Some(Code::FactorRequired) => words::unsent::factor_first(),
            Unsent::Passwords => words::unsent::passwords(),
            Unsent::Lost => words::unsent::lost(),
            Unsent::Text | Unsent::Nothing => words::unsent::text(),
        };
        if let Some(problem) = &mut self.flash.problem {
            detail.clone_into(&mut problem.detail);
        }
        self.flash
    }
}

/// The cookie that keeps `flash` for its owner, whom the form names: the browser may have lost all our tokens.
pub(super) fn keep(
    cookies: CookieStyle,
    owner: Option<UserId>,
    flash: Flash,
) -> Option<(HeaderName, HeaderValue)> {
    let UserId(owner) = owner?;
    Some(cookies.set_unsent(&format!("{}.{}", owner.simple(), flash::encode(flash))))
}

/// The content of the cookie, if it has the shape that we write.
pub(super) fn read(headers: &HeaderMap, cookies: CookieStyle) -> Option<UnsentForm> {
    let (owner, flash) = cookie::read(headers, cookies.unsent_name())?.split_once('.')?;
    let (owner, flash) = (UserId(owner.parse().ok()?), flash::decode(flash)?);
    let waits = |code| matches!(code, Code::SignInNeeded | Code::Reauthenticate | Code::FactorRequired);
    let waits = flash.problem.as_ref().is_some_and(|problem| waits(problem.code));
    let form = FORMS.iter().find(|form| form.function == flash.function)?;
    (waits && !is_for_anyone(form)).then_some(UnsentForm { owner, flash })
}
