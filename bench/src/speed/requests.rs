//! The requests of which loads are made.

use super::load::{Script, Scripts};
use crate::stand::PASSWORD;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A request without a body.
pub(super) fn get(path: &str, headers: &[(&str, &str)]) -> String {
    let mut request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n");
    for (name, value) in headers {
        let _ = write!(request, "{name}: {value}\r\n");
    }
    request + "\r\n"
}

/// A call of the API with a token.
pub(super) fn call(path: &str, token: &str) -> String {
    get(path, &[("Authorization", &format!("Bearer {token}"))])
}

/// A request with a body in JSON, from an address that nobody came from before: limits on guessing, which are counted by
/// addresses and networks, go on.
fn post(path: &str, body: &str, into: &mut Vec<u8>) {
    let (from, length) = (address(), body.len());
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nX-Forwarded-For: {from}\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    );
    into.extend_from_slice(request.as_bytes());
}

/// The next address: one of each network before the second of any.
pub(super) fn address() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let [_, host, high, low] = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    format!("10.{high}.{low}.{}", host.wrapping_add(1))
}

/// Signs these people in, one after the other.
struct SignIns {
    path: String,
    emails: Vec<String>,
    at: usize,
}

impl Script for SignIns {
    fn next(&mut self, into: &mut Vec<u8>) {
        let email = &self.emails[self.at];
        self.at = (self.at + 1) % self.emails.len();
        post(&self.path, &format!(r#"{{"email":"{email}","password":"{PASSWORD}"}}"#), into);
    }
}

/// Sign-ins of these people, each of them on one of so many connections.
pub(super) fn sign_ins(path: &str, emails: &[String], connections: usize) -> Scripts {
    let one = |first: usize| -> Box<dyn Script> {
        let emails = emails.iter().skip(first).step_by(connections).cloned().collect();
        Box::new(SignIns { path: path.to_owned(), emails, at: 0 })
    };
    (0..connections.min(emails.len())).map(one).collect()
}

/// Refresh tokens that wait to be exchanged.
pub(super) type Waiting = Arc<Mutex<VecDeque<String>>>;

/// Exchanges the token that has waited for longest for the next one, which waits then.
struct Exchanges(Waiting);

impl Script for Exchanges {
    fn next(&mut self, into: &mut Vec<u8>) {
        let token = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front().unwrap_or_default();
        post("/api/v1/auth/refresh", &format!(r#"{{"refresh_token":"{token}"}}"#), into);
    }

    fn answered(&mut self, body: &[u8]) {
        let next = serde_json::from_slice::<serde_json::Value>(body).ok();
        if let Some(token) = next.as_ref().and_then(|next| next["refresh_token"].as_str()) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(token.to_owned());
        }
    }
}

/// Exchanges on so many connections; each of the tokens that wait is of a family of its own.
pub(super) fn exchanges(waiting: &Waiting, connections: usize) -> Scripts {
    (0..connections).map(|_| -> Box<dyn Script> { Box::new(Exchanges(waiting.clone())) }).collect()
}
