//! Guards answer before Leptos renders anything, and a flash is handed to its page.

use super::flash;
use super::unsent::{self, UnsentForm};
use crate::http::redirect::{see_other, with_next};
use crate::state::AppState;
use accounts::RequestCtx;
use app::Flash;
use app::forms::{CONFIRM, FACTORS, FORMS};
use app::routes::{Guard, Page, every_page};
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use domain::{Code, Viewer};
use edge::problem::refusal;
use edge::{CookieStyle, cookie};
use http::header::{COOKIE, REFERER};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};

pub(crate) async fn middleware(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let Some(page) = page(&request) else { return next.run(request).await };
    if let Some(home) = state.app.home_url.as_deref().filter(|_| page.path == "/") {
        return see_other(home);
    }
    let viewer = request.extensions().get::<RequestCtx>().and_then(RequestCtx::viewer);
    if !page.guard.admits(viewer.as_ref()) {
        return turn_away(page.guard, viewer.as_ref(), &request);
    }
    if page.path != FACTORS && page.guard.waits_for_factor() && must_enrol(&request) {
        return see_other(FACTORS);
    }
    let unsent = unsent::read(request.headers(), state.cookies);
    if let Some(unsent) = unsent.as_ref().filter(|_| viewer.is_none()) {
        request.extensions_mut().insert(unsent.kind());
    }
    let (shown, cleared) = left_for(page, viewer.as_ref(), unsent, &request, state.cookies);
    // A refusal gives its page its own status. Any other page that fails has not said what it was to say.
    let is_success = shown.as_ref().is_some_and(|flash| flash.problem.is_none());
    if let Some(flash) = shown {
        request.extensions_mut().insert(flash);
    }
    let mut response = next.run(request).await;
    let failed = response.status().is_client_error() || response.status().is_server_error();
    if !(is_success && failed) {
        response.headers_mut().extend(cleared);
    }
    response
}

/// Whether the caller has to set a second factor up before they see members' pages. What else they have to do comes first.
fn must_enrol(request: &Request) -> bool {
    let member = request.extensions().get::<RequestCtx>().and_then(|ctx| ctx.signed_in().ok());
    member.is_some_and(|member| member.must_enrol && !member.must_prove)
}

fn page(request: &Request) -> Option<&'static Page> {
    let path = request.extensions().get::<MatchedPath>()?;
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    every_page().find(|page| reads && page.path == path.as_str())
}

fn turn_away(guard: Guard, viewer: Option<&Viewer>, request: &Request) -> Response {
    let uri = request.uri();
    match (guard, viewer) {
        (Guard::Admins, Some(_)) => refusal(Code::Forbidden),
        (Guard::SignedIn | Guard::Members | Guard::Admins, _) => {
            let lost = if lost_cookie(request.headers()) { "&cookie=lost" } else { "" };
            see_other(&format!("{}{lost}", sign_in_path(uri)))
        }
        (Guard::Strangers | Guard::Open, _) => {
            let next = uri.query().and_then(domain::next_in);
            see_other(next.as_deref().unwrap_or("/account"))
        }
    }
}

/// A stranger who comes from a sign-in page to a members' page, or to its second step, without any cookie has just signed in, and the cookies
/// did not come back: the sign-in page says so, instead of asking again and again. Somebody who goes Back after signing
/// out comes from the sign-in page too, but still has the cookie of the known device. This decides only a message.
pub(super) fn lost_cookie(headers: &HeaderMap) -> bool {
    if headers.contains_key(COOKIE) {
        return false;
    }
    let referer = headers.get(REFERER).and_then(|referer| referer.to_str().ok()?.parse::<Uri>().ok());
    referer.is_some_and(|from| {
        every_page().any(|page| page.guard == Guard::Strangers && page.path == from.path())
    })
}

/// A new sign-in confirms who somebody is, so it leads to where that would have led.
fn sign_in_path(uri: &Uri) -> String {
    let back = way_back(uri.path(), uri.query().unwrap_or_default());
    with_next("/login", back.as_deref().unwrap_or("/account"))
}

/// What leads back to a page as it was asked for; from the page that confirms who somebody is, to where that leads.
pub(super) fn way_back(path: &str, query: &str) -> Option<String> {
    if path == CONFIRM {
        return domain::next_in(query);
    }
    let whole = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    domain::safe_next(&whole).map(str::to_owned)
}

/// The message for exactly this page, and the cookies to delete with it: the answer to the last plain post, else this
/// person's form that was sent after its session had ended. A form that is not shown before the address is proven waits
/// until then.
fn left_for(
    page: &Page,
    viewer: Option<&Viewer>,
    unsent: Option<UnsentForm>,
    request: &Request,
    cookies: CookieStyle,
) -> (Option<Flash>, Vec<(HeaderName, HeaderValue)>) {
    if request.method() != Method::GET {
        return (None, Vec::new());
    }
    let proof_first = page.guard.waits_for_proof(viewer);
    let here = |flash: &Flash| {
        FORMS.iter().filter(|form| form.function == flash.function).any(|form| {
            let stands = form.page == page.path && (form.leads_to_proof || !proof_first);
            stands || (flash.problem.is_none() && form.done_on.contains(&page.path))
        }) && concerns(flash, page, request)
    };
    let answer = cookie::read(request.headers(), cookies.flash_name()).and_then(flash::decode).filter(here);
    let mut cleared: Vec<_> = answer.iter().map(|_| cookies.clear_flash()).collect();
    let Some((viewer, unsent)) = viewer.zip(unsent) else { return (answer, cleared) };
    let (own, here) = (unsent.owner == viewer.id, here(&unsent.flash));
    if here || !own {
        cleared.push(cookies.clear_unsent());
    }
    let again = (own && here).then(|| unsent.shown_again());
    (answer.or(again), cleared)
}

/// Whether a flash is about whom the page is about, if it is about somebody.
fn concerns(flash: &Flash, page: &Page, request: &Request) -> bool {
    let about = |user| request.uri().path().contains(user);
    !page.path.contains("{user}") || flash.value("user").is_some_and(about)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_survives() {
        let path = |uri: &str| sign_in_path(&uri.parse().unwrap());
        assert_eq!(path("/account"), "/login?next=/account");
        assert_eq!(path("/account?a=1&b=%20"), "/login?next=/account?a=1%26b=%2520");
        assert_eq!(path("/confirm?next=/account/leave&step=enter"), "/login?next=/account/leave");
        for nowhere in ["/confirm", "/confirm?next=//evil.example"] {
            assert_eq!(path(nowhere), "/login?next=/account", "{nowhere}");
        }
    }
}
