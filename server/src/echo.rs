//! What `server doctor` asks by the way that people come, and what a server answers to nobody else: as whom it sees the one
//! who asks.
//!
//! The question carries a code that only this site's signing key makes, its time and a nonce; the answer a code over the
//! question and what was seen. To any other request nothing is added, and what is told is of the very request that asks:
//! whoever repeats a question that they overheard, within its minute, learns their own address.

use crate::state::AppState;
use accounts::{Accounts, Rng};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use edge::client_ip::peer;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use time::{Duration, OffsetDateTime};

/// Carries the question, and its answer.
pub static HEADER: HeaderName = HeaderName::from_static("doorstep-doctor");
/// The call that answers it, as each page asks it.
pub const PATH: &str = "/whoami";
/// How far the clocks of doctor and server may be apart.
const GOOD_FOR: Duration = Duration::minutes(1);
const ASKS: &str = "doctor asks";
const ANSWERS: &str = "doctor is answered";
/// A proxy may let a client's header be long.
const MOST_FORWARDED: usize = 512;

/// As whom a server sees whoever asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Whom it takes the request for.
    pub client: IpAddr,
    /// The other end of its connection.
    pub peer: IpAddr,
    /// Whether that is one of `TRUSTED_PROXIES`.
    pub trusted: bool,
    /// `X-Forwarded-For` as it came, from its end.
    pub forwarded: String,
}

/// A question, made now.
#[must_use]
pub fn question(accounts: &Accounts, rng: &dyn Rng) -> String {
    let mut nonce = [0; 16];
    rng.fill(&mut nonce);
    let said = format!("{}.{}", accounts.now().unix_timestamp(), URL_SAFE_NO_PAD.encode(nonce));
    let proof = accounts.prove(ASKS, said.as_bytes());
    format!("{said}.{}", URL_SAFE_NO_PAD.encode(proof))
}

/// What an answer to this question says, if it is one of this site's server.
#[must_use]
pub fn read(accounts: &Accounts, question: &str, headers: &HeaderMap) -> Option<Seen> {
    let (seen, proof) = headers.get(&HEADER)?.to_str().ok()?.split_once('.')?;
    let proof = URL_SAFE_NO_PAD.decode(proof).ok()?;
    let proven = accounts.is_proven(ANSWERS, format!("{question}.{seen}").as_bytes(), &proof);
    let seen = proven.then(|| URL_SAFE_NO_PAD.decode(seen).ok()).flatten()?;
    serde_json::from_slice(&seen).ok()
}

/// Answers a question that is proven, beside what is answered to everybody.
pub(crate) async fn middleware(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let answer = answer(&state, &request);
    let mut response = next.run(request).await;
    if let Some(answer) = answer {
        let (cookie, value) = state.cookies.set_trial();
        response.headers_mut().append(cookie, value);
        response.headers_mut().insert(HEADER.clone(), answer);
    }
    response
}

fn answer(state: &AppState, request: &Request) -> Option<HeaderValue> {
    let question = request.headers().get(&HEADER)?.to_str().ok()?;
    if !is_ours(&state.accounts, question) {
        return None;
    }
    let peer = peer(request.extensions());
    let seen = Seen {
        client: state.proxies.client(peer, request.headers()),
        peer,
        trusted: state.proxies.trusts(peer),
        forwarded: forwarded(request.headers()),
    };
    let seen = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&seen).ok()?);
    let proof = state.accounts.prove(ANSWERS, format!("{question}.{seen}").as_bytes());
    HeaderValue::try_from(format!("{seen}.{}", URL_SAFE_NO_PAD.encode(proof))).ok()
}

/// Whether somebody with the site's signing key asked it within a minute.
fn is_ours(accounts: &Accounts, question: &str) -> bool {
    let Some((said, proof)) = question.rsplit_once('.') else { return false };
    let proven =
        URL_SAFE_NO_PAD.decode(proof).is_ok_and(|proof| accounts.is_proven(ASKS, said.as_bytes(), &proof));
    let at = said.split_once('.').and_then(|(at, _)| at.parse().ok());
    let at = at.and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok());
    proven && at.is_some_and(|at| (accounts.now() - at).abs() <= GOOD_FOR)
}

fn forwarded(headers: &HeaderMap) -> String {
    let lists = headers.get_all("x-forwarded-for").iter();
    let whole = lists.map(|list| String::from_utf8_lossy(list.as_bytes())).collect::<Vec<_>>().join(", ");
    let from = whole.len().saturating_sub(MOST_FORWARDED);
    whole.char_indices().skip_while(|(at, _)| *at < from).map(|(_, sign)| sign).collect()
}
