//! Who uses the server: browsers, with WebAssembly and without, and whatever else sends requests.

use app::forms::FORMS;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use domain::ProblemDocument;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use tower::ServiceExt;

const FORM: &str = "application/x-www-form-urlencoded";
/// The front page of Harbour's owner, the one place elsewhere that an answer may lead to.
pub const HOME: &str = "https://www.harbour.example/";

/// A browser with its cookies. It says where its requests come from, as browsers do.
#[derive(Clone)]
pub struct Browser {
    router: Router,
    origin: String,
    address: String,
    pub cookies: BTreeMap<String, String>,
    /// Sent with every request, beside what the browser itself says.
    pub extra: HeaderMap,
}

impl Browser {
    pub fn new(router: Router, origin: &str) -> Self {
        let (cookies, extra) = (BTreeMap::new(), HeaderMap::new());
        Self { router, origin: origin.to_owned(), address: somewhere(), cookies, extra }
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).unwrap();
        self.extra.append(HeaderName::from_static(name), value);
        self
    }

    /// Opens a page.
    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(self.request(&Method::GET, path, "text/html,*/*;q=0.8").body(Body::empty()).unwrap()).await
    }

    /// Sends a form without WebAssembly, as its page is now.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let hidden = self.hidden_fields(path).await;
        self.post_as(&hidden, path, fields).await
    }

    /// The same for a page that was opened before.
    pub async fn post_as(&mut self, hidden: &HiddenFields, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_raw(path, "text/html,*/*;q=0.8", FORM, hidden.with(fields)).await
    }

    /// Sends a form and goes where the answer leads.
    pub async fn post_and_follow(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = self.post(path, fields).await.expect(303);
        self.get(answer.location().unwrap()).await
    }

    /// Calls a server function, as WebAssembly does.
    pub async fn call(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let hidden = self.hidden_fields(path).await;
        self.call_as(&hidden, path, fields).await
    }

    /// The same for a page that was opened before.
    pub async fn call_as(&mut self, hidden: &HiddenFields, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_raw(path, "application/json", FORM, hidden.with(fields)).await
    }

    /// The hidden fields of this function's form, on its page as this browser sees it now. It changes nothing.
    pub async fn hidden_fields(&self, function: &str) -> HiddenFields {
        let Some(form) = FORMS.iter().find(|form| form.function == function) else {
            return HiddenFields::default();
        };
        let page = self.clone().get(form.page).await.text;
        let form = page.split(&format!("action=\"{function}\"")).nth(1).unwrap_or_default();
        let form = form.split("</form>").next().unwrap_or_default();
        let value = |name: &str| {
            let (_, rest) = form.split_once(&format!("name=\"{name}\" value=\""))?;
            Some((name.to_owned(), rest.split('"').next()?.to_owned()))
        };
        HiddenFields(["account", "version"].into_iter().filter_map(value).collect())
    }

    /// Sends any body.
    pub async fn post_raw(&mut self, path: &str, accept: &str, kind: &str, body: impl Into<Body>) -> Answer {
        let request = self.request(&Method::POST, path, accept).header(header::CONTENT_TYPE, kind);
        self.send(request.body(body.into()).unwrap()).await
    }

    /// A request as this browser begins it.
    pub fn request(&self, method: &Method, path: &str, accept: &str) -> http::request::Builder {
        let mut request = Request::builder().method(method).uri(path).header(header::ACCEPT, accept);
        if *method != Method::GET {
            request = request.header(header::ORIGIN, &self.origin).header("sec-fetch-site", "same-origin");
        }
        request
    }

    pub async fn send(&mut self, mut request: Request<Body>) -> Answer {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() && !request.headers().contains_key(header::COOKIE) {
            let line = HeaderValue::from_str(&cookies.join("; ")).unwrap();
            request.headers_mut().insert(header::COOKIE, line);
        }
        let address = HeaderValue::from_str(&self.address).unwrap();
        request.headers_mut().entry("x-forwarded-for").or_insert(address);
        for name in self.extra.keys() {
            request.headers_mut().remove(name);
        }
        request.headers_mut().extend(self.extra.clone());
        let answer = send(&self.router, request).await;
        for line in answer.headers.get_all(header::SET_COOKIE) {
            let (pair, attributes) = line.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }
}

/// The hidden fields of a form: its account and its version.
#[derive(Clone, Default)]
pub struct HiddenFields(pub Vec<(String, String)>);

impl HiddenFields {
    /// The body that a browser sends.
    pub fn with(&self, fields: &[(&str, &str)]) -> String {
        let own = self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        serde_urlencoded::to_string(own.chain(fields.iter().copied()).collect::<Vec<_>>()).unwrap()
    }
}

/// A program that calls the API.
#[derive(Clone)]
pub struct Program {
    router: Router,
    address: String,
    pub token: Option<String>,
}

impl Program {
    pub fn new(router: Router) -> Self {
        Self { router, address: somewhere(), token: None }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(&Method::GET, path).body(Body::empty()).unwrap()).await
    }

    /// Sends a JSON body.
    pub async fn call(&self, method: &str, path: &str, body: &serde_json::Value) -> Answer {
        let method = method.parse().unwrap();
        let request = self.request(&method, path).header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    pub async fn post(&self, path: &str, body: serde_json::Value) -> Answer {
        self.call("POST", path, &body).await
    }

    /// The same program at another server.
    pub fn over(&self, router: Router) -> Self {
        Self { router, ..self.clone() }
    }

    /// A request as this program begins it.
    pub fn request(&self, method: &Method, path: &str) -> http::request::Builder {
        let request = Request::builder().method(method).uri(path).header("x-forwarded-for", &self.address);
        match &self.token {
            Some(token) => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        }
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        send(&self.router, request).await
    }
}

/// An address in a network that nobody else here has: no limit is loosened for tests.
fn somewhere() -> String {
    static CLIENTS: AtomicU32 = AtomicU32::new(1);
    let [c, d, a, b] = CLIENTS.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    format!("2001:db8:{a:x}{b:02x}:{c:x}{d:02x}::1")
}

/// Marks a request whose answer a page of this origin may read; no other answer says so.
#[derive(Clone, Copy)]
pub struct ReadableBy(pub &'static str);

/// Sends a request as it is, from 127.0.0.1, and checks what every answer must carry.
pub async fn send(router: &Router, mut request: Request<Body>) -> Answer {
    if request.extensions().get::<ConnectInfo<SocketAddr>>().is_none() {
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 40_000))));
    }
    let what = format!("{} {}", request.method(), request.uri());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let reader = request.extensions().get::<ReadableBy>().map(|reader| reader.0);
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    crate::described::check(&method, &path, parts.status.as_u16(), &parts.headers);
    let bytes = body.collect().await.unwrap().to_bytes();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let answer = Answer { what, status: parts.status, headers: parts.headers, text };
    answer.carries_what_every_answer_must(reader);
    answer
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    what: String,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}: {}", self.what, self.text);
        self
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn location(&self) -> Option<&str> {
        self.header("location")
    }

    #[track_caller]
    pub fn problem(&self) -> ProblemDocument {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.what);
        serde_json::from_str(&self.text).unwrap()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// The code of the problem, as clients read it.
    #[track_caller]
    pub fn code(&self) -> String {
        serde_json::to_value(self.problem().code).unwrap().as_str().unwrap().to_owned()
    }

    /// The whole `Set-Cookie` line of this name.
    pub fn set_cookie(&self, name: &str) -> Option<&str> {
        let lines = self.headers.get_all(header::SET_COOKIE);
        let mut lines = lines.iter().map(|line| line.to_str().unwrap());
        lines.find(|line| line.split_once('=').is_some_and(|(key, _)| key == name))
    }

    pub fn is_html(&self) -> bool {
        self.header("content-type").is_some_and(|kind| kind.starts_with("text/html"))
    }

    /// Promise P11, on every answer that any test here sees.
    #[track_caller]
    fn carries_what_every_answer_must(&self, reader: Option<&str>) {
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(self.header(name), Some(value), "{}", self.what);
        }
        for name in ["permissions-policy", "content-security-policy", "cache-control", "x-request-id"] {
            assert_eq!(self.headers.get_all(name).iter().count(), 1, "{}: {name}", self.what);
        }
        for name in ["server", "x-powered-by", "access-control-allow-credentials"] {
            assert_eq!(self.header(name), None, "{}", self.what);
        }
        assert_eq!(self.header("access-control-allow-origin"), reader, "{}", self.what);
        let policy = self.header("content-security-policy").unwrap();
        // A mail's own document, which a page of ours shows in development.
        let mail =
            self.what.starts_with("GET /dev/mail/") && self.what.ends_with("/html") && self.status == 200;
        let policy = if mail {
            policy.replace("frame-ancestors 'self'", "frame-ancestors 'none'")
        } else {
            policy.to_owned()
        };
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{}",
            self.what
        );
        // The pages that show the API and that document alone, and styles alone.
        let shown = mail || ["GET /docs", "GET /redoc"].contains(&self.what.as_str());
        let policy = if shown {
            policy.replace("style-src 'self' 'unsafe-inline'", "").replace("style-src 'unsafe-inline'", "")
        } else {
            policy
        };
        assert!(!policy.contains("'unsafe-"), "{}", self.what);
        if let Some(location) = self.location() {
            let ours = location.starts_with('/') && !location.starts_with("//");
            assert!(ours || location == HOME, "{}: {location}", self.what);
        }
    }
}
