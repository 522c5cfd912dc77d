//! Who calls: from the cookie to a [`RequestCtx`], once for each request.

use crate::bearer::{self, ReadBearer};
use crate::client_ip::peer;
use crate::{CookieStyle, RequestId, TrustedProxies, cookie, problem};
use accounts::{Accounts, Authenticated, Caller, Client, Precondition, RawToken, RequestCtx};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use domain::SessionKind;
use http::header::USER_AGENT;
use http::{Extensions, HeaderMap, HeaderValue};
use std::net::IpAddr;
use std::sync::Arc;
use time::OffsetDateTime;

/// Longest part of a `User-Agent` that is kept.
const AGENT_MAX: usize = 200;

/// What finds out who calls.
#[derive(Clone)]
pub struct Callers {
    /// These look up the cookie's session.
    pub accounts: Accounts,
    /// Which cookie it is.
    pub cookies: CookieStyle,
    /// The proxies that may name other addresses.
    pub proxies: Arc<TrustedProxies>,
}

/// Puts the [`RequestCtx`] into the request's extensions, and the renewed token into the answer
/// unless the handler set or deleted that cookie itself. With the database out of reach a request
/// that has a cookie is answered 503: neither "signed out" nor "wrong password" would be true.
pub async fn middleware(State(callers): State<Callers>, mut request: Request, next: Next) -> Response {
    let token = token(&callers, request.headers());
    let mut ctx = stranger(&callers, request.extensions(), request.headers());
    let known = match token {
        Some(token) => callers.accounts.authenticate(&token, ctx.now).await,
        None => Ok(None),
    };
    let renewed = match known {
        Ok(Some(Authenticated { member, renewed })) => {
            ctx.caller = Caller::Member(member);
            renewed
        }
        Ok(None) => None,
        Err(error) => return problem::refusal(problem::problem(error)),
    };
    request.extensions_mut().insert(ctx);
    let mut response = next.run(request).await;
    if let Some(token) = renewed
        && !cookie::is_set(response.headers(), callers.cookies.session_name())
    {
        let (name, value) = callers.cookies.set(SessionKind::Browser, &token);
        response.headers_mut().append(name, value);
    }
    response
}

fn token(callers: &Callers, headers: &HeaderMap) -> Option<String> {
    let token = cookie::read(headers, callers.cookies.session_name())?;
    (!token.is_empty()).then(|| token.to_owned())
}

/// What was read of a program's call before it was counted. Nothing of it is read a second time.
#[derive(Debug, Clone, Copy)]
pub struct ReadCall {
    /// Its access token.
    pub bearer: ReadBearer,
    /// The client's address.
    pub address: IpAddr,
    /// When.
    pub now: OffsetDateTime,
}

impl ReadCall {
    /// Reads a call.
    #[must_use]
    pub fn of(
        accounts: &Accounts,
        proxies: &TrustedProxies,
        extensions: &Extensions,
        headers: &HeaderMap,
    ) -> Self {
        let now = accounts.now();
        let bearer = bearer::read_token(accounts, headers, now);
        Self { bearer, address: proxies.client(peer(extensions), headers), now }
    }

    /// The context of the call before its session is looked up. No cookie is read.
    #[must_use]
    pub fn stranger(
        &self,
        extensions: &Extensions,
        headers: &HeaderMap,
        device: Option<RawToken>,
    ) -> RequestCtx {
        RequestCtx {
            caller: Caller::Stranger,
            client: Client { address: self.address, agent: agent(headers), device, sign_up: None },
            request_id: request_id(extensions),
            now: self.now,
            precondition: Precondition::None,
        }
    }
}

/// The context of a request before its session is looked up.
#[must_use]
pub fn stranger(callers: &Callers, extensions: &Extensions, headers: &HeaderMap) -> RequestCtx {
    RequestCtx {
        caller: Caller::Stranger,
        client: client(callers, extensions, headers),
        request_id: request_id(extensions),
        now: callers.accounts.now(),
        precondition: Precondition::None,
    }
}

fn client(callers: &Callers, extensions: &Extensions, headers: &HeaderMap) -> Client {
    let address = callers.proxies.client(peer(extensions), headers);
    let device = cookie::read(headers, callers.cookies.device_name()).and_then(RawToken::parse);
    let sign_up = cookie::read(headers, callers.cookies.sign_up_name()).and_then(RawToken::parse);
    Client { address, agent: agent(headers), device, sign_up }
}

/// Only printable ASCII is kept: the text is shown in lists and logs.
fn agent(headers: &HeaderMap) -> String {
    let text = headers.get(USER_AGENT).map(HeaderValue::as_bytes).unwrap_or_default();
    text.iter()
        .filter(|byte| matches!(byte, b' '..=b'~'))
        .take(AGENT_MAX)
        .map(|byte| char::from(*byte))
        .collect()
}

fn request_id(extensions: &Extensions) -> String {
    extensions.get::<RequestId>().map(|id| id.write(&mut [0; 36]).to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_is_printable_and_short() {
        let headers = |bytes: &[u8]| -> HeaderMap {
            [(USER_AGENT, HeaderValue::from_bytes(bytes).unwrap())].into_iter().collect()
        };
        assert_eq!(agent(&headers("Fire\u{fc}fox\t1".as_bytes())), "Firefox1");
        assert_eq!(agent(&headers("x".repeat(500).as_bytes())).len(), AGENT_MAX);
        assert_eq!(agent(&HeaderMap::new()), "");
    }
}
