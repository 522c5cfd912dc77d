//! Cookies: their names, their attributes, and reading them without trusting them.

use accounts::{RawToken, SessionToken};
use domain::{Purpose, SessionKind};
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};
use time::Duration;

/// How long a flash lives: one redirect, with time for a slow network.
const FLASH_SECONDS: i64 = 60;
/// How long one does whose page is to be loaded again where it failed.
const LASTING_FLASH_SECONDS: i64 = 600;
/// How long an unsent form waits for a new sign-in.
const UNSENT_SECONDS: i64 = 3_600;
/// As long as the link of a sign-up may be used.
const SIGN_UP_SECONDS: i64 = accounts::policy::token_lifetime(Purpose::SignUp).whole_seconds();
/// As long as a sign-in waits for its second factor.
const CHALLENGE_SECONDS: i64 = 300;
/// As long as a passkey's challenge counts.
const PASSKEY_SECONDS: i64 = 300;
/// As long as a device stays known.
const DEVICE_SECONDS: i64 = accounts::limits::DEVICES_ARE_KNOWN_FOR.whole_seconds();

/// The names and the `Secure` attribute that go with the site's own scheme.
///
/// Over https the `__Host-` prefix makes browsers refuse a cookie that another host of the same
/// domain tries to plant. On plain http (loopback in development) script clients and Safari drop
/// `Secure` cookies, and cookies of localhost ignore the port: so another name, without the prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CookieStyle {
    secure: bool,
}

impl CookieStyle {
    /// The style for a site that is reached by https, or not.
    #[must_use]
    pub fn new(https: bool) -> Self {
        Self { secure: https }
    }

    /// The name of the cookie that holds the session token of pages.
    #[must_use]
    pub fn session_name(self) -> &'static str {
        if self.secure { "__Host-token" } else { "session-token" }
    }

    /// The name of the cookie that carries a form's answer over one redirect.
    #[must_use]
    pub fn flash_name(self) -> &'static str {
        if self.secure { "__Host-flash" } else { "flash" }
    }

    /// The name of the cookie that keeps a form which was sent after its session had ended.
    #[must_use]
    pub fn unsent_name(self) -> &'static str {
        if self.secure { "__Host-unsent" } else { "unsent" }
    }

    /// The name of the cookie that holds the token of the API's cookie family. Its clients know it by this
    /// name, so it has no prefix; no page reads it.
    #[must_use]
    pub fn api_name(self) -> &'static str {
        "token"
    }

    /// The header that sets the cookie of a session of this kind.
    #[must_use]
    pub fn set(self, kind: SessionKind, token: &SessionToken) -> (HeaderName, HeaderValue) {
        let max_age = token.max_age.map(Duration::whole_seconds);
        self.header(self.token_name(kind), &token.jwt, max_age)
    }

    /// The header that deletes it.
    #[must_use]
    pub fn clear(self, kind: SessionKind) -> (HeaderName, HeaderValue) {
        self.header(self.token_name(kind), "", Some(0))
    }

    /// A program's access token is in no cookie, so this is the pages' cookie.
    pub(crate) fn token_name(self, kind: SessionKind) -> &'static str {
        match kind {
            SessionKind::ApiCookie => self.api_name(),
            SessionKind::Browser | SessionKind::Bearer => self.session_name(),
        }
    }

    /// The name of the cookie that holds a browser's device token.
    #[must_use]
    pub fn device_name(self) -> &'static str {
        if self.secure { "__Host-device" } else { "device" }
    }

    /// The header that sets the device token.
    #[must_use]
    pub fn set_device(self, token: &RawToken) -> (HeaderName, HeaderValue) {
        self.header(self.device_name(), &token.reveal(), Some(DEVICE_SECONDS))
    }

    /// The name of the cookie of a browser in which somebody signs up.
    #[must_use]
    pub fn sign_up_name(self) -> &'static str {
        if self.secure { "__Host-sign-up" } else { "sign-up" }
    }

    /// The header that sets it.
    #[must_use]
    pub fn set_sign_up(self, token: &RawToken) -> (HeaderName, HeaderValue) {
        self.header(self.sign_up_name(), &token.reveal(), Some(SIGN_UP_SECONDS))
    }

    /// The name of the cookie that names a sign-in which waits for its second factor.
    #[must_use]
    pub fn challenge_name(self) -> &'static str {
        if self.secure { "__Host-signin" } else { "signin" }
    }

    /// The header that sets it.
    #[must_use]
    pub fn set_challenge(self, token: &RawToken) -> (HeaderName, HeaderValue) {
        self.header(self.challenge_name(), &token.reveal(), Some(CHALLENGE_SECONDS))
    }

    /// The header that takes it away.
    #[must_use]
    pub fn clear_challenge(self) -> (HeaderName, HeaderValue) {
        self.header(self.challenge_name(), "", Some(0))
    }

    /// The sign-in that a request's cookie names. Only the page of the second factor and its form ask: for every other
    /// route the browser is a stranger's (P26).
    #[must_use]
    pub fn challenge(self, headers: &HeaderMap) -> Option<&str> {
        read(headers, self.challenge_name())
    }

    /// The name of the cookie of a browser that is asked for a passkey by somebody who has not said who they are.
    #[must_use]
    pub fn passkey_name(self) -> &'static str {
        if self.secure { "__Host-passkey" } else { "passkey" }
    }

    /// The header that sets it.
    #[must_use]
    pub fn set_passkey(self, browser: &RawToken) -> (HeaderName, HeaderValue) {
        self.header(self.passkey_name(), &browser.reveal(), Some(PASSKEY_SECONDS))
    }

    /// The header that takes it away.
    #[must_use]
    pub fn clear_passkey(self) -> (HeaderName, HeaderValue) {
        self.header(self.passkey_name(), "", Some(0))
    }

    /// The browser that a request's cookie names. Only what asks for a passkey and the form that brings it read it.
    #[must_use]
    pub fn passkey(self, headers: &HeaderMap) -> Option<&str> {
        read(headers, self.passkey_name())
    }

    /// The name of the cookie that `server doctor` looks at; nothing reads it.
    #[must_use]
    pub fn trial_name(self) -> &'static str {
        if self.secure { "__Host-doctor" } else { "doctor" }
    }

    /// The header that sets it.
    #[must_use]
    pub fn set_trial(self) -> (HeaderName, HeaderValue) {
        self.header(self.trial_name(), "1", Some(1))
    }

    /// The header that sends a flash along.
    #[must_use]
    pub fn set_flash(self, value: &str) -> (HeaderName, HeaderValue) {
        self.header(self.flash_name(), value, Some(FLASH_SECONDS))
    }

    /// The same of what is shown once and nowhere else.
    #[must_use]
    pub fn set_lasting_flash(self, value: &str) -> (HeaderName, HeaderValue) {
        self.header(self.flash_name(), value, Some(LASTING_FLASH_SECONDS))
    }

    /// The header that takes a flash away.
    #[must_use]
    pub fn clear_flash(self) -> (HeaderName, HeaderValue) {
        self.header(self.flash_name(), "", Some(0))
    }

    /// The header that keeps an unsent form.
    #[must_use]
    pub fn set_unsent(self, value: &str) -> (HeaderName, HeaderValue) {
        self.header(self.unsent_name(), value, Some(UNSENT_SECONDS))
    }

    /// The header that takes an unsent form away.
    #[must_use]
    pub fn clear_unsent(self) -> (HeaderName, HeaderValue) {
        self.header(self.unsent_name(), "", Some(0))
    }

    fn header(self, name: &str, value: &str, max_age: Option<i64>) -> (HeaderName, HeaderValue) {
        let max_age = max_age.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        let secure = if self.secure { "; Secure" } else { "" };
        let text = format!("{name}={value}{max_age}; Path=/; HttpOnly; SameSite=Lax{secure}");
        // A value outside visible ASCII cannot come from us: all values are base64url and dots.
        let value = HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""));
        (SET_COOKIE, value)
    }
}

/// The cookie of this name, if there is exactly one.
///
/// Two of one name mean that somebody planted one (RFC 6265 section 8.6): neither is believed. A cookie that is no text
/// is another program's; ours beside it are still read.
#[must_use]
pub fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers
        .get_all(COOKIE)
        .iter()
        .flat_map(|header| header.as_bytes().split(|byte| *byte == b';'))
        .filter_map(|pair| std::str::from_utf8(pair).ok()?.trim().split_once('='))
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value);
    values.next().filter(|_| values.next().is_none())
}

/// Whether an answer sets or deletes the cookie of this name.
#[must_use]
pub fn is_set(headers: &HeaderMap, name: &str) -> bool {
    headers
        .get_all(SET_COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .any(|header| header.split_once('=').is_some_and(|(key, _)| key == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(lines: &[&'static str]) -> HeaderMap {
        lines.iter().map(|line| (COOKIE, HeaderValue::from_static(line))).collect()
    }

    #[test]
    fn https_cookies_are_bound_to_the_host() {
        let (_, value) = CookieStyle::new(true).clear(SessionKind::Browser);
        assert_eq!(value, "__Host-token=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure");
        let (_, value) = CookieStyle::new(true).set_flash("abc");
        assert_eq!(value, "__Host-flash=abc; Max-Age=60; Path=/; HttpOnly; SameSite=Lax; Secure");
        let (_, value) = CookieStyle::new(true).clear_challenge();
        assert_eq!(value, "__Host-signin=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure");
        let (_, value) = CookieStyle::new(true).clear_passkey();
        assert_eq!(value, "__Host-passkey=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure");
        let (_, value) = CookieStyle::new(true).set_unsent("abc");
        assert_eq!(value, "__Host-unsent=abc; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax; Secure");
    }

    #[test]
    fn plain_http_has_its_own_names() {
        let (_, value) = CookieStyle::new(false).clear(SessionKind::Browser);
        assert_eq!(value, "session-token=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax");
        assert_eq!(CookieStyle::new(false).flash_name(), "flash");
    }

    #[test]
    fn the_cookie_family_has_a_name_of_its_own_and_the_same_attributes() {
        for (https, secure) in [(true, "; Secure"), (false, "")] {
            let style = CookieStyle::new(https);
            assert_ne!(style.api_name(), style.session_name());
            let (_, value) = style.clear(SessionKind::ApiCookie);
            assert_eq!(value, format!("token=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax{secure}"));
        }
    }

    #[test]
    fn one_cookie_is_read_and_two_of_one_name_are_not() {
        assert_eq!(read(&cookies(&["a=1; token=x.y"]), "token"), Some("x.y"));
        assert_eq!(read(&cookies(&["a=1", "token=x"]), "token"), Some("x"));
        assert_eq!(read(&cookies(&["token=x; token=y"]), "token"), None);
        assert_eq!(read(&cookies(&["token=x", "token=x"]), "token"), None);
        assert_eq!(read(&cookies(&["xtoken=1; tokenx=2; token"]), "token"), None);
    }

    #[test]
    fn a_cookie_of_another_program_takes_none_of_ours_along() {
        let line = HeaderValue::from_bytes(b"other=\xfc; session-token=x.y").unwrap();
        assert_eq!(read(&[(COOKIE, line)].into_iter().collect(), "session-token"), Some("x.y"));
    }

    #[test]
    fn an_answer_that_sets_the_cookie_is_noticed() {
        let style = CookieStyle::new(true);
        let headers: HeaderMap = [style.clear(SessionKind::Browser)].into_iter().collect();
        assert!(is_set(&headers, style.session_name()));
        assert!(!is_set(&headers, style.flash_name()));
    }
}
