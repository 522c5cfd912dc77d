//! The layer over `/fn`. Leptos 0.8 alone answers every refusal with 500, sends a plain form post back
//! to the Referer with the error in the address, and loses what was typed. Here a refusal gets its
//! status, and a plain post is answered by a redirect to the form's own page with a flash.

use super::form::{self, Fields};
use super::form_context::{FormContext, is_for_anyone};
use super::{flash, unsent};
use crate::http::layers::timeout::in_time;
use crate::http::negotiation::wants_html;
use crate::http::redirect::{see_other, with_next};
use crate::http::{body, paths};
use crate::state::AppState;
use app::Flash;
use app::forms::{Answer, CONFIRM, FACTORS, FORMS, FormPage, SECOND_STEP, filled_by};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use domain::{Code, MadeLink, ProblemDocument, RecoveryCodes};
use edge::CookieStyle;
use edge::caller::Callers;
use edge::origin::RequestOrigin;
use edge::problem::{answer, refusal};
use edge::rate_limit;
use http::header::{ACCEPT, COOKIE, LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::de::DeserializeOwned;

const SIGN_OUT: &str = "/fn/logout";
/// Where a flash carries recovery codes, sealed for their account.
pub(super) const SEALED_CODES: &str = "recovery_codes";
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
/// How Leptos marks the answer of a server function that failed.
const FAILED: &str = "serverfnerror";
/// No problem document of ours is longer.
const MAX_PROBLEM: usize = 64 * 1024;

fn is_call(request: &Request) -> bool {
    paths::is_function(request.uri().path())
}

pub(crate) async fn middleware(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if !is_call(&request) {
        return next.run(request).await;
    }
    // Both headers absent: no browser of the last years, and a server function has no other client.
    if state.origin.judge(request.headers()) != RequestOrigin::Own {
        return refusal(Code::CrossSite);
    }
    let method = request.method().clone();
    // A body that does not come in time is the client's fault, a slow answer ours.
    let read = tokio::time::timeout(state.request_timeout, Post::read(request)).await;
    let (post, outcome) = match read.unwrap_or(Err(Code::TimedOut)) {
        Ok((post, Some(request))) => {
            (post, outcome(in_time(state.request_timeout, method, next.run(request)).await).await)
        }
        Ok((post, None)) => (post, Err((words::code_document(Code::Unreadable), HeaderMap::new()))),
        Err(code) => return refusal(code),
    };
    match outcome {
        Ok(response) => post.accepted(response, &state).await,
        Err((problem, headers)) => with_cookies(&headers, post.refused(problem, &state)),
    }
}

/// Counts calls, not pages. It comes after the check of the origin: another site's page cannot use up its visitors'
/// limits.
pub(crate) async fn rate_limit(callers: State<Callers>, request: Request, next: Next) -> Response {
    if is_call(&request) {
        rate_limit::browsers(callers, request, next).await
    } else {
        next.run(request).await
    }
}

/// A call of a server function.
struct Post {
    path: String,
    form: Option<&'static FormPage>,
    context: FormContext,
    fields: Vec<(String, String)>,
    plain: bool,
    cookies: HeaderMap,
}

impl Post {
    /// Reads the whole request. Returns no request if the body was no form of ours.
    async fn read(request: Request) -> Result<(Self, Option<Request>), Code> {
        let (mut parts, stream) = request.into_parts();
        let bytes = body::read(stream, form::MAX_BYTES).await?;
        if !body::is(body::FORM, &parts.headers, &bytes) {
            return Err(Code::UnsupportedMediaType);
        }
        let plain = wants_html(&parts.headers);
        if plain {
            // Leptos redirects by itself wherever it sees text/html: it must not see it.
            parts.headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        }
        let path = parts.uri.path().to_owned();
        let cookies = parts.headers.get_all(COOKIE).iter().map(|line| (COOKIE, line.clone())).collect();
        let form = FORMS.iter().find(|form| form.function == path);
        let fields = Fields::parse(&bytes);
        let readable = fields.is_some();
        let fields = fields.unwrap_or_default();
        let anyone = path.ends_with("/load") || form.is_some_and(is_for_anyone);
        let kept = form.map(|form| fields.keep(form.keeps)).unwrap_or_default();
        let context = FormContext { account: fields.account, version: fields.version, anyone };
        parts.extensions.insert(context.clone());
        let request = readable.then(|| Request::from_parts(parts, Body::from(bytes)));
        Ok((Self { path, form, context, fields: kept, plain, cookies }, request))
    }

    /// WebAssembly reads the answer itself; a browser without it is sent on.
    async fn accepted(self, mut response: Response, state: &AppState) -> Response {
        let cookies = state.cookies;
        if self.plain {
            response = match filled_by(&self.path) {
                Some(form) => handed_on(form, response, cookies).await,
                None => self.answered(response, state).await,
            };
        }
        let sign_out = self.path == SIGN_OUT;
        // What was saved just now is newer than the unsent form.
        let newer =
            || unsent::read(&self.cookies, cookies).is_some_and(|old| old.flash.function == self.path);
        if sign_out || newer() {
            response.headers_mut().extend([cookies.clear_unsent()]);
        }
        if sign_out {
            response.headers_mut().extend([cookies.clear_flash(), cookies.clear_challenge()]);
            response.headers_mut().insert(CLEAR_SITE_DATA, HeaderValue::from_static("\"storage\""));
        }
        response
    }

    /// Sent on, with what was answered for the next page to show, where there is something.
    async fn answered(&self, response: Response, state: &AppState) -> Response {
        let (parts, stream) = response.into_parts();
        let shown = match self.form.map_or(Answer::Nothing, |form| form.answers) {
            Answer::Nothing => Vec::new(),
            Answer::Link => {
                let link: Option<MadeLink> = answer_of(stream).await;
                link.map(|link| vec![("token", link.url), ("until", link.expires_at.0)]).unwrap_or_default()
            }
            Answer::RecoveryCodes => {
                let made: Option<RecoveryCodes> = answer_of(stream).await;
                let sealed = made.and_then(|made| self.sealed(&made, state));
                sealed.map(|sealed| vec![(SEALED_CODES, sealed)]).unwrap_or_default()
            }
        };
        let shown = shown.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        self.sent_on(&parts.headers, shown, state.cookies)
    }

    /// For the page of the account that the form was shown to, and that it was compared with.
    fn sealed(&self, made: &RecoveryCodes, state: &AppState) -> Option<String> {
        let sealed = state.accounts.seal_recovery_codes(self.context.owner()?, made);
        // The page says then that nobody has seen them.
        sealed.inspect_err(|error| tracing::error!(%error, "recovery codes were not sealed")).ok()
    }

    /// To where the function said, else back to the form's page, which says that it worked.
    fn sent_on(&self, headers: &HeaderMap, shown: Vec<(String, String)>, cookies: CookieStyle) -> Response {
        let location = headers.get(LOCATION).and_then(|location| location.to_str().ok());
        let page = self.form.map_or_else(|| "/".to_owned(), |form| form.address(&self.fields));
        let done_on = |path: &str| self.form.is_some_and(|form| form.is_done_on(path));
        // A sign-in goes on at its second step, to which nothing returns.
        let known = |path: &&str| done_on(path) || *path == SECOND_STEP || domain::safe_next(path).is_some();
        let onward = location.filter(known).filter(|path| *path != page.as_str());
        let to = onward.unwrap_or(&page);
        let mut answer = see_other(to);
        if self.form.is_some() && (onward.is_none() || done_on(to)) {
            // Whom it was for, which the next form begins with.
            const WHOM: [&str; 5] = ["email", "identifier", "next", "user", "act"];
            let goes_on = |name: &str| WHOM.contains(&name) && done_on(to);
            let kept = self.fields.iter().filter(|(name, _)| goes_on(name)).cloned();
            let lasts = shown.iter().any(|(name, _)| name == SEALED_CODES);
            let values = kept.chain(shown).collect();
            let flash = flash::encode(Flash { function: self.path.clone(), values, ..Flash::default() });
            let cookie = if lasts { cookies.set_lasting_flash(&flash) } else { cookies.set_flash(&flash) };
            answer.headers_mut().extend([cookie]);
        }
        with_cookies(headers, answer)
    }

    /// A refusal that the person can mend goes back to the form; any other is a page with its own status.
    fn refused(self, problem: ProblemDocument, state: &AppState) -> Response {
        let mendable = matches!(problem.status, 400 | 401 | 409 | 422 | 429 | 503)
            || matches!(
                problem.code,
                Code::Reauthenticate
                    | Code::AccountClosing
                    | Code::AccountDisabled
                    | Code::FactorRequired
                    | Code::FactorsOff
                    | Code::PasskeysOff
            );
        let Some(form) = self.form.filter(|_| self.plain && mendable) else { return answer(problem) };
        let next = self.fields.iter().find(|(name, _)| name == "next");
        let next = next.and_then(|(_, next)| domain::safe_next(next));
        let confirms = form.page == CONFIRM;
        if confirms && problem.code == Code::SignInNeeded {
            // A new sign-in confirms it as well, and brings back what was typed before.
            return see_other(next.unwrap_or("/account"));
        }
        // The person shows first that the account is theirs; what was typed waits meanwhile.
        let asks = problem.code == Code::Reauthenticate && !is_for_anyone(form) && !confirms;
        // The same where a second factor is to be set up first; what would have taken the last one says so on its page.
        let enrols = problem.code == Code::FactorRequired && form.page != FACTORS;
        let own = form.address(&self.fields);
        let page = match next {
            _ if asks => with_next(CONFIRM, &own),
            _ if enrols => FACTORS.to_owned(),
            Some(next) => with_next(&own, next),
            None => own,
        };
        let waits = asks || enrols || problem.code == Code::SignInNeeded;
        // Whoever was shown the current version is compared with that one from now on.
        let told = matches!(problem.code, Code::OtherAccount | Code::ChangedMeanwhile);
        let owner = self.context.owner();
        let version = Some(self.context.version).filter(|_| !told).unwrap_or_default();
        // Nobody trusts a browser for a sign-in that they did not see.
        let values = self.fields.into_iter().filter(|(name, _)| !told || name != "trust").collect();
        let flash = Flash { function: self.path, problem: Some(problem), values, version };
        // Two cookies: a mistyped password at the sign-in must not lose the text that was typed before.
        let left = if waits {
            unsent::keep(state.cookies, owner, flash)
        } else {
            Some(state.cookies.set_flash(&flash::encode(flash)))
        };
        let mut answer = see_other(&page);
        answer.headers_mut().extend(left);
        answer
    }
}

/// The outcome of the call: an inner layer refused it, the function failed, or it worked. A failure keeps its headers
/// for the cookies in them.
async fn outcome(response: Response) -> Result<Response, (ProblemDocument, HeaderMap)> {
    if let Some(problem) = response.extensions().get::<ProblemDocument>() {
        return Err((problem.clone(), response.headers().clone()));
    }
    if !response.headers().contains_key(FAILED) {
        return Ok(response);
    }
    let (parts, stream) = response.into_parts();
    let problem = match body::read(stream, MAX_PROBLEM).await {
        Ok(content) => serde_json::from_slice(&content).ok(),
        Err(_) => None,
    };
    let problem = problem.unwrap_or_else(|| words::code_document(Code::Internal));
    Err((problem, parts.headers))
}

/// To the form that the answer fills.
async fn handed_on(form: &FormPage, response: Response, cookies: CookieStyle) -> Response {
    let (parts, stream) = response.into_parts();
    let values = vec![("token".to_owned(), answer_of(stream).await)];
    let flash = Flash { function: form.function.to_owned(), values, ..Flash::default() };
    let mut answer = see_other(form.page);
    answer.headers_mut().extend([cookies.set_flash(&flash::encode(flash))]);
    with_cookies(&parts.headers, answer)
}

/// What a function answered.
async fn answer_of<T: DeserializeOwned + Default>(stream: Body) -> T {
    let content = body::read(stream, MAX_PROBLEM).await.unwrap_or_default();
    serde_json::from_slice(&content).unwrap_or_default()
}

fn with_cookies(from: &HeaderMap, mut answer: Response) -> Response {
    for cookie in from.get_all(SET_COOKIE) {
        answer.headers_mut().append(SET_COOKIE, cookie.clone());
    }
    answer
}
