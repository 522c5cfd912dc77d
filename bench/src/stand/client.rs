//! A client of HTTP/1.1: one connection that stays open, a cookie jar, an address of its own.

use anyhow::{Context, Result, anyhow, bail};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONTENT_TYPE, COOKIE, HOST, SET_COOKIE};
use hyper::{HeaderMap, Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};
use tokio::net::TcpSocket;

/// The password of everybody who signs up.
pub const PASSWORD: &str = "violet staircase under rain";

/// One client. It asks one thing after the other.
#[derive(Debug)]
pub struct Client {
    port: u16,
    from: Option<Ipv4Addr>,
    forwarded_for: Option<String>,
    within: Duration,
    cookies: Option<BTreeMap<String, String>>,
    sender: Option<SendRequest<Full<Bytes>>>,
}

/// What a server answered.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its head.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
    /// From the first byte of the request to the last of the answer.
    pub took: Duration,
}

/// What a program is signed in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// For calls.
    pub access: String,
    /// For the next pair.
    pub refresh: String,
}

impl Answer {
    /// The body as JSON; null where it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header as text; empty where there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The tokens of an answer that signs in.
    ///
    /// # Errors
    /// Where it holds none.
    pub fn tokens(&self) -> Result<Tokens> {
        let json = self.json();
        let text = |name: &str| {
            json[name].as_str().map(str::to_owned).ok_or_else(|| anyhow!("{}: {}", self.status, self.text()))
        };
        Ok(Tokens { access: text("access_token")?, refresh: text("refresh_token")? })
    }
}

impl Client {
    /// A client of a port of this machine.
    #[must_use]
    pub fn new(port: u16) -> Self {
        let within = Duration::from_secs(20);
        Self { port, from: None, forwarded_for: None, within, cookies: None, sender: None }
    }

    /// Connects from this address of the loopback network.
    #[must_use]
    pub fn from(mut self, address: Ipv4Addr) -> Self {
        self.from = Some(address);
        self
    }

    /// Says that it is a proxy, and asks for this address. Servers of a stand believe it to 127.0.0.1 alone.
    #[must_use]
    pub fn forwarded_for(mut self, address: impl Into<String>) -> Self {
        self.forwarded_for = Some(address.into());
        self
    }

    /// Gives up after this time; an answer counts as lost then.
    #[must_use]
    pub fn within(mut self, within: Duration) -> Self {
        self.within = within;
        self
    }

    /// Keeps cookies, as a browser does.
    #[must_use]
    pub fn with_cookies(mut self) -> Self {
        self.cookies = Some(BTreeMap::new());
        self
    }

    /// The value of a cookie that it keeps.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.as_ref()?.get(name).map(String::as_str)
    }

    /// Asks another server from now on, and keeps its cookies.
    pub fn turn_to(&mut self, port: u16) {
        self.port = port;
        self.sender = None;
    }

    /// Closes the connection; the next request opens another.
    pub fn close(&mut self) {
        self.sender = None;
    }

    /// Asks for a page or a file.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn get(&mut self, path: &str) -> Result<Answer> {
        self.send(Method::GET, path, &[], Vec::new()).await
    }

    /// Calls the API: with a token, and with a body unless it is null.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn call(&mut self, method: Method, path: &str, token: &str, body: &Value) -> Result<Answer> {
        let bearer = format!("Bearer {token}");
        let mut headers = Vec::new();
        if !token.is_empty() {
            headers.push(("authorization", bearer.as_str()));
        }
        let mut bytes = Vec::new();
        if !body.is_null() {
            headers.push((CONTENT_TYPE.as_str(), "application/json"));
            bytes = serde_json::to_vec(body)?;
        }
        self.send(method, path, &headers, bytes).await
    }

    /// Sends a form, as a browser does.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn post_form(&mut self, path: &str, headers: &[(&str, &str)], form: String) -> Result<Answer> {
        let mut all = vec![(CONTENT_TYPE.as_str(), "application/x-www-form-urlencoded")];
        all.extend_from_slice(headers);
        self.send(Method::POST, path, &all, form.into_bytes()).await
    }

    /// Sends a request, over the connection that is there or a new one, and reads its answer.
    ///
    /// # Errors
    /// Where there is no connection, it breaks, or no answer comes in time. Nothing is sent twice.
    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Answer> {
        let within = self.within;
        let answered = tokio::time::timeout(within, self.send_now(method, path, headers, body)).await;
        match answered {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                self.sender = None;
                Err(error)
            }
            Err(_) => {
                self.sender = None;
                bail!("no answer within {within:?}")
            }
        }
    }

    async fn send_now(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Answer> {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header(HOST, format!("localhost:{}", self.port));
        if let Some(address) = &self.forwarded_for {
            request = request.header("x-forwarded-for", address);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(cookies) = self.cookies.as_ref().filter(|cookies| !cookies.is_empty()) {
            let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(COOKIE, pairs.join("; "));
        }
        let request = request.body(Full::new(Bytes::from(body)))?;
        let began = Instant::now();
        let answer = self.sender().await?.send_request(request).await?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await?.to_bytes().to_vec();
        self.keep(&head.headers);
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body, took: began.elapsed() })
    }

    /// The connection, opened where there is none.
    async fn sender(&mut self) -> Result<&mut SendRequest<Full<Bytes>>> {
        let open = match &mut self.sender {
            Some(sender) => sender.ready().await.is_ok(),
            None => false,
        };
        if !open {
            let socket = TcpSocket::new_v4()?;
            if let Some(from) = self.from {
                socket.bind(SocketAddr::new(IpAddr::V4(from), 0))?;
            }
            let to = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), self.port);
            let stream = socket.connect(to).await?;
            stream.set_nodelay(true)?;
            let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
            tokio::spawn(connection);
            self.sender = Some(sender);
        }
        self.sender.as_mut().context("it was just opened")
    }

    fn keep(&mut self, headers: &HeaderMap) {
        let Some(cookies) = &mut self.cookies else { return };
        for cookie in headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok()) {
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let Some((name, value)) = pair.split_once('=') else { continue };
            if value.is_empty() || attributes.to_ascii_lowercase().contains("max-age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Signs up by the API with [`PASSWORD`]: 201.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn sign_up(&mut self, email: &str) -> Result<Answer> {
        let body = json!({ "email": email, "password": PASSWORD });
        self.call(Method::POST, "/api/v1/users", "", &body).await
    }

    /// Signs in by the API: 200 with [`Answer::tokens`].
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn sign_in(&mut self, email: &str, password: &str) -> Result<Answer> {
        let body = json!({ "email": email, "password": password });
        self.call(Method::POST, "/api/v1/auth/login", "", &body).await
    }

    /// Exchanges a refresh token: 200 with [`Answer::tokens`].
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn refresh(&mut self, refresh: &str) -> Result<Answer> {
        self.call(Method::POST, "/api/v1/auth/refresh", "", &json!({ "refresh_token": refresh })).await
    }

    /// Reads the caller's own account: 200.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn me(&mut self, access: &str) -> Result<Answer> {
        self.call(Method::GET, "/api/v1/users/me", access, &Value::Null).await
    }

    /// Ends the session of a token: 204.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn sign_out(&mut self, access: &str) -> Result<Answer> {
        self.call(Method::POST, "/api/v1/auth/logout", access, &Value::Null).await
    }
}
