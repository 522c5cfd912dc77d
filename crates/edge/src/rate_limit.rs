//! The general limit, and the headers that tell clients what is left (draft-ietf-httpapi-ratelimit-headers-10).

use crate::caller::{Callers, ReadCall};
use crate::client_ip::peer;
use crate::{cookie, problem};
use accounts::{Error, RateLimit};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use domain::SessionKind;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::sync::OnceLock;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Counts the calls of browsers by their session's cookie, else by their address.
pub async fn browsers(State(callers): State<Callers>, mut request: Request, next: Next) -> Response {
    let count = count(&callers, SessionKind::Browser, &mut request);
    limited(count, next.run(request)).await
}

/// Counts a call by the token of its session, else by its address. A preflight is the browser's own question, and does
/// nothing. What was read of a program's call is kept in it.
pub fn count(
    callers: &Callers,
    kind: SessionKind,
    request: &mut Request,
) -> impl Future<Output = Option<RateLimit>> + Send + use<> {
    let preflight = *request.method() == Method::OPTIONS;
    let accounts = callers.accounts.clone();
    let (token, address, now) = if kind == SessionKind::Bearer {
        let read = ReadCall::of(&accounts, &callers.proxies, request.extensions(), request.headers());
        request.extensions_mut().insert(read);
        (read.bearer.token(), read.address, read.now)
    } else {
        let (headers, now) = (request.headers(), accounts.now());
        let token = cookie::read(headers, callers.cookies.token_name(kind));
        let token = token.map(|token| accounts.read_token(kind, token, now));
        (token, callers.proxies.client(peer(request.extensions()), headers), now)
    };
    async move {
        if preflight {
            return None;
        }
        accounts.check_rate_limit(kind, token, address, now).await
    }
}

/// The answer, once its call was counted; a refusal in place of one that is not even begun.
pub async fn limited(
    count: impl Future<Output = Option<RateLimit>>,
    answer: impl Future<Output = Response>,
) -> Response {
    let Some(rate_limit) = count.await else { return answer.await };
    let mut response = if rate_limit.admitted {
        answer.await
    } else {
        problem::refusal(problem::problem(Error::TooManyTries { wait: rate_limit.more_in }))
    };
    tell(response.headers_mut(), &rate_limit);
    response
}

fn tell(headers: &mut HeaderMap, rate_limit: &RateLimit) {
    let RateLimit { limit, left, more_in, .. } = rate_limit;
    let seconds = problem::seconds(*more_in);
    headers.insert(POLICY, policy(*limit));
    let mut text = b"\"general\";r=".to_vec();
    write(&mut text, u64::from(*left));
    text.extend_from_slice(b";t=");
    write(&mut text, seconds.unsigned_abs());
    if let Ok(value) = HeaderValue::try_from(text) {
        headers.insert(LIMIT, value);
    }
}

/// A number in decimal, without the detour by `Display`.
fn write(text: &mut Vec<u8>, mut number: u64) {
    let begin = text.len();
    loop {
        text.push(b'0' + u8::try_from(number % 10).unwrap_or_default());
        number /= 10;
        if number == 0 {
            return text[begin..].reverse();
        }
    }
}

/// What is said of a limit. There is one, as a rule, so its text is kept.
fn policy(limit: u32) -> HeaderValue {
    static FIRST: OnceLock<(u32, HeaderValue)> = OnceLock::new();
    let text = || {
        let text = format!("\"general\";q={limit};w=60");
        HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
    };
    let (first, said) = FIRST.get_or_init(|| (limit, text()));
    if *first == limit { said.clone() } else { text() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Duration;

    #[test]
    fn what_is_left_is_told_in_decimal() {
        for (left, more_in, told) in [
            (0, Duration::ZERO, "\"general\";r=0;t=0"),
            (59, Duration::milliseconds(1), "\"general\";r=59;t=1"),
            (u32::MAX, Duration::seconds(120), "\"general\";r=4294967295;t=120"),
        ] {
            let mut headers = HeaderMap::new();
            tell(&mut headers, &RateLimit { limit: 60, left, more_in, admitted: true });
            assert_eq!(headers[LIMIT], told);
            assert_eq!(headers[POLICY], "\"general\";q=60;w=60");
        }
        assert_eq!(policy(5), "\"general\";q=5;w=60");
    }
}
