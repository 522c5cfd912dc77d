//! To whom a form was shown, and which version of the data it showed (promise P35). Every page says so in two hidden
//! fields beside those in `form[…]`; they are checked before Leptos runs anything.

use accounts::{Caller, Member, Precondition, RequestCtx};
use app::forms::FormPage;
use app::routes::{Guard, every_page};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use domain::{Code, Detail, Problem, RefusedAct, UserId, Viewer};
use edge::problem::refusal;

/// The two hidden fields of a call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FormContext {
    /// The account that the form was shown to.
    pub(super) account: Option<String>,
    /// The version that it showed; `None` for a form without one.
    pub(super) version: String,
    /// Whether it may come without an account: it only loads, or is for strangers.
    pub(super) anyone: bool,
}

impl FormContext {
    pub(super) fn owner(&self) -> Option<UserId> {
        self.account.as_deref()?.parse().ok().map(UserId)
    }

    fn fits(&self, member: &Member) -> bool {
        if self.account.is_none() { self.anyone } else { self.owner() == Some(member.user) }
    }
}

/// Whether a form acts for the account that its own fields name: it stands on a page that is not only for members.
pub(super) fn is_for_anyone(form: &FormPage) -> bool {
    let open = |guard| matches!(guard, Guard::Strangers | Guard::Open);
    every_page().any(|page| page.path == form.page && open(page.guard))
}

/// Refuses a form that was made for another account, and passes the version on to the use case, which compares it after
/// locking the row.
pub(crate) async fn middleware(mut request: Request, next: Next) -> Response {
    let extensions = request.extensions_mut();
    if let Some(context) = extensions.remove::<FormContext>()
        && let Some(ctx) = extensions.get_mut::<RequestCtx>()
    {
        if let Caller::Member(member) = &ctx.caller
            && !context.fits(member)
        {
            let viewer = member.viewer();
            return refusal(other_account(viewer, request.uri().path()));
        }
        ctx.precondition = Precondition::Form(context.version);
    }
    next.run(request).await
}

/// The name is isolated (U+2068, U+2069), so that its direction affects nothing around it.
fn other_account(viewer: Viewer, form: &str) -> Problem {
    let who = match &viewer.name {
        Some(name) => format!("\u{2068}{name}\u{2069} ({})", viewer.email),
        None => viewer.email,
    };
    let act = match form {
        "/fn/logout" => RefusedAct::SigningOut,
        "/fn/password/change" => RefusedAct::ChangingPassword,
        "/fn/profile/save" | "/fn/email/change" => RefusedAct::Saving,
        _ => RefusedAct::Acting,
    };
    Problem::new(Code::OtherAccount).with_detail(Detail::OtherAccount { who, act })
}
