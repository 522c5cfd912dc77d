//! The accept loop, over real sockets: slow and large heads, and the drain. Each test waits for an
//! event, never for a time.

use crate::app::App;
use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::routing::get;
use hyper::body::Frame;
use server::http::serve::{Limits, Server};
use sqlx::PgPool;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

struct Served {
    address: SocketAddr,
    stop: Arc<Notify>,
    stopping: CancellationToken,
    done: JoinHandle<()>,
}

async fn served(router: Router, limits: Limits) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = Arc::new(Notify::new());
    let signal = stop.clone();
    let stopping = CancellationToken::new();
    let server = Server { router, limits, proxies: Arc::default(), stopping: stopping.clone() };
    let done = tokio::spawn(async move { server.run(listener, signal.notified()).await });
    Served { address, stop, stopping, done }
}

impl Served {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends these bytes and reads until the server ends the connection.
    async fn exchange(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes).await.unwrap();
        rest(&mut stream).await
    }
}

async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// One answer of a connection that stays.
async fn next_answer(stream: &mut TcpStream) -> String {
    let mut answer = String::new();
    while !answer.ends_with("alive\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).await.unwrap();
        answer.push(char::from(byte[0]));
    }
    answer
}

const KEPT: &[u8] = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// An app that never answers `/never`, and what tells that a request has come there.
fn app_with_never(pool: PgPool) -> (App, Arc<Notify>) {
    let begun = Arc::new(Notify::new());
    let told = begun.clone();
    let never = async move || {
        told.notify_one();
        std::future::pending::<()>().await;
    };
    (App::new(pool).serving(Router::new().route("/never", get(never))), begun)
}

fn get_request(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").into_bytes()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_head_that_never_ends_is_cut_off(pool: PgPool) {
    let limits = Limits { head_time: Duration::from_millis(50), ..Limits::default() };
    let server = served(App::new(pool).router(), limits).await;
    let answer = server.exchange(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").await;
    assert!(!answer.contains("200 OK"), "{answer}");
    assert!(server.exchange(b"").await.is_empty(), "silence is ended, too");
    assert!(
        server.exchange(&get_request("/livez")).await.starts_with("HTTP/1.1 200 OK"),
        "others are served"
    );
}

/// A head has seconds, the silence before it minutes: neither is the other's time.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_idle_connection_outlives_the_time_for_a_head(pool: PgPool) {
    assert_eq!(Limits::default().head_time, Duration::from_secs(5));
    assert_eq!(Limits::default().keep_alive, Duration::from_secs(75));
    let limits = Limits { head_time: Duration::from_millis(50), ..Limits::default() };
    let server = served(App::new(pool).router(), limits).await;
    let mut idle = server.connect().await;
    idle.write_all(KEPT).await.unwrap();
    next_answer(&mut idle).await;
    // Whoever came after it and was as silent has been cut by now.
    assert!(server.exchange(b"").await.is_empty());
    assert!(server.exchange(b"GET /livez HT").await.is_empty());
    idle.write_all(KEPT).await.unwrap();
    next_answer(&mut idle).await;
    // The next head has that time again.
    idle.write_all(b"GET /livez HT").await.unwrap();
    assert!(rest(&mut idle).await.is_empty());
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_idle_connection_ends_with_its_time_and_in_good_order(pool: PgPool) {
    let limits = Limits { keep_alive: Duration::from_millis(50), ..Limits::default() };
    let server = served(App::new(pool).router(), limits).await;
    let mut idle = server.connect().await;
    idle.write_all(KEPT).await.unwrap();
    next_answer(&mut idle).await;
    assert!(rest(&mut idle).await.is_empty(), "the end, and no reset");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn silent_connections_crowd_nobody_out(pool: PgPool) {
    let app = App::new(pool);
    // A head has an hour: whoever is served here did not wait for the silent ones to be cut.
    let limits = Limits { head_time: Duration::from_hours(1), silent: 20, ..Limits::default() };
    let server = served(app.router(), limits).await;
    let mut silent = Vec::new();
    for _ in 0..60 {
        silent.push(server.connect().await);
        silent.last_mut().unwrap().write_all(b"GET /").await.unwrap();
    }
    for path in ["/livez", "/readyz", "/login"] {
        let answer = server.exchange(&get_request(path)).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{path}: {answer}");
    }
    assert!(rest(&mut silent[0]).await.is_empty(), "the oldest made room");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn idle_connections_crowd_nobody_out(pool: PgPool) {
    let limits = Limits { connections: 5, per_address: 5, ..Limits::default() };
    let server = served(App::new(pool).router(), limits).await;
    let mut idle = Vec::new();
    for _ in 0..6 {
        let mut stream = server.connect().await;
        stream.write_all(KEPT).await.unwrap();
        next_answer(&mut stream).await;
        idle.push(stream);
    }
    assert!(rest(&mut idle[0]).await.is_empty(), "the oldest made room");
    idle[5].write_all(KEPT).await.unwrap();
    next_answer(&mut idle[5]).await;
}

/// Every place is taken by a request that does not end: probes are answered all the same, and others told.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn probes_are_answered_where_there_is_no_place(pool: PgPool) {
    let (app, begun) = app_with_never(pool);
    let limits = Limits { connections: 1, ..Limits::default() };
    let server = served(app.router(), limits).await;
    let mut busy = server.connect().await;
    busy.write_all(&get_request("/never")).await.unwrap();
    begun.notified().await;
    for path in ["/livez", "/readyz"] {
        assert!(server.exchange(&get_request(path)).await.starts_with("HTTP/1.1 200 OK"), "{path}");
    }
    let answer = server.exchange(b"GET /login HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("connection: close"), "{answer}");
    assert!(answer.contains("overloaded") && answer.contains("retry-after: "), "{answer}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_large_head_is_refused(pool: PgPool) {
    let server = served(App::new(pool).router(), Limits::default()).await;
    let head =
        format!("GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Large: {}\r\n\r\n", "a".repeat(17 * 1024));
    assert!(server.exchange(head.as_bytes()).await.starts_with("HTTP/1.1 431"));
    let head = format!(
        "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Fits: {}\r\n\r\n",
        "a".repeat(15 * 1024)
    );
    assert!(server.exchange(head.as_bytes()).await.starts_with("HTTP/1.1 200 OK"));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn who_sends_a_mebibyte_still_reads_the_answer(pool: PgPool) {
    let server = served(App::new(pool).router(), Limits::default()).await;
    let mut request =
        b"POST /fn/login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nSec-Fetch-Site: same-origin\r\n\
        Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1048576\r\n\r\n"
            .to_vec();
    request.resize(request.len() + (1 << 20), b'a');
    let answer = server.exchange(&request).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_form_that_never_arrives_is_its_senders_fault(pool: PgPool) {
    let mut app = App::new(pool);
    app.state.request_timeout = Duration::ZERO;
    let server = served(app.serving(Router::new()).router(), Limits::default()).await;
    let head =
        b"POST /fn/login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nSec-Fetch-Site: same-origin\r\n\
        Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\n\r\n";
    let answer = server.exchange(head).await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("timed_out"), "{answer}");
    let head =
        b"POST /csp-report HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 100\r\n\r\n";
    let answer = server.exchange(head).await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("timed_out"), "{answer}");
}

/// There is one place: who comes second is served only once the first connection has been closed.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn who_never_reads_makes_room_for_the_next(pool: PgPool) {
    let begun = Arc::new(Notify::new());
    let told = begun.clone();
    // More than the buffers of both sockets hold.
    let big = async move || {
        told.notify_one();
        vec![0_u8; 64 << 20]
    };
    let app = App::new(pool).serving(Router::new().route("/big", get(big)));
    let limits = Limits { connections: 1, write_timeout: Duration::from_millis(50), ..Limits::default() };
    let server = served(app.router(), limits).await;
    let mut deaf = server.connect().await;
    deaf.write_all(&get_request("/big")).await.unwrap();
    begun.notified().await;
    // Until then each is told that there is no place.
    let next = async || server.exchange(&get_request("/login")).await;
    while next().await.starts_with("HTTP/1.1 503") {}
    let next = next().await;
    assert!(next.starts_with("HTTP/1.1 200 OK"), "{next}");
    drop(deaf);
}

/// More of it than any buffer holds, a piece at a time.
struct Endless;

impl HttpBody for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[0; 1 << 12])))))
    }
}

/// Who reads a little now and then is never stalled, and makes room all the same.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn who_reads_slowly_makes_room_for_the_next(pool: PgPool) {
    let app = App::new(pool).serving(Router::new().route("/endless", get(async || Body::new(Endless))));
    let hour = Duration::from_hours(1);
    let limits = Limits {
        connections: 1,
        write_timeout: hour,
        answer_time: Duration::from_millis(50),
        ..Limits::default()
    };
    let server = served(app.router(), limits).await;
    let mut slow = server.connect().await;
    slow.write_all(&get_request("/endless")).await.unwrap();
    slow.read_exact(&mut [0; 1024]).await.unwrap();
    let next = async || server.exchange(&get_request("/login")).await;
    while next().await.starts_with("HTTP/1.1 503") {
        slow.read_exact(&mut [0; 1024]).await.ok();
    }
    let next = next().await;
    assert!(next.starts_with("HTTP/1.1 200 OK"), "{next}");
    let mut buffer = vec![0; 1 << 16];
    while slow.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_answer_names_no_software(pool: PgPool) {
    let server = served(App::new(pool).router(), Limits::default()).await;
    let answer = server.exchange(&get_request("/livez")).await.to_lowercase();
    assert!(answer.starts_with("http/1.1 200 ok") && !answer.contains("\r\nserver:"), "{answer}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_running_request_ends_before_the_server_does(pool: PgPool) {
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (told, waits) = (begun.clone(), go_on.clone());
    let slow = async move || {
        told.notify_one();
        waits.notified().await;
        "finished"
    };
    let app = App::new(pool).serving(Router::new().route("/slow", get(slow)));
    let server = served(app.router(), Limits::default()).await;

    let mut client = server.connect().await;
    client.write_all(&get_request("/slow")).await.unwrap();
    begun.notified().await;
    let mut idle = server.connect().await;
    idle.write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut first = [0; 12];
    idle.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");

    server.stop.notify_one();
    rest(&mut idle).await;
    assert!(TcpStream::connect(server.address).await.is_err(), "nobody new is let in");
    assert!(!server.done.is_finished());
    go_on.notify_one();
    let answer = rest(&mut client).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("finished"), "{answer}");
    server.done.await.unwrap();
}

/// While the server is told to stop each answer is the last of its connection, and whoever has connected already is
/// still answered.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn nobody_who_has_connected_goes_without_an_answer(pool: PgPool) {
    let app = App::new(pool);
    let server = served(app.router(), Limits::default()).await;
    let mut kept = server.connect().await;
    kept.write_all(KEPT).await.unwrap();
    assert!(!next_answer(&mut kept).await.contains("connection: close"));
    server.stopping.cancel();
    kept.write_all(KEPT).await.unwrap();
    assert!(rest(&mut kept).await.contains("connection: close"), "it goes elsewhere next");

    let (mut begun, mut silent) = (server.connect().await, server.connect().await);
    begun.write_all(b"GET /livez HTTP/1.1\r\n").await.unwrap();
    server.stop.notify_one();
    while TcpStream::connect(server.address).await.is_ok() {}
    begun.write_all(b"Host: localhost\r\n\r\n").await.unwrap();
    silent.write_all(KEPT).await.unwrap();
    for stream in [&mut begun, &mut silent] {
        let answer = rest(stream).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("connection: close"), "{answer}");
    }
    server.done.await.unwrap();
}

/// One silent connection is admitted, so that clients come faster than they are let in.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn who_goes_on_connecting_does_not_keep_the_server_from_stopping(pool: PgPool) {
    let server = served(App::new(pool).router(), Limits { silent: 1, ..Limits::default() }).await;
    let address = server.address;
    let crowd = tokio::spawn(async move { while TcpStream::connect(address).await.is_ok() {} });
    drop(server.connect().await);
    server.stop.notify_one();
    server.done.await.unwrap();
    crowd.abort();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whoever_asks_is_told_that_the_server_stops(pool: PgPool) {
    let app = App::new(pool);
    app.state.stopping.cancel();
    app.browser().get("/readyz").await.expect(503);
    app.browser().get("/livez").await.expect(200);
    app.browser().get("/login").await.expect(200);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_request_that_never_ends_does_not_hold_the_server(pool: PgPool) {
    let (app, begun) = app_with_never(pool);
    let limits = Limits { drain: Duration::ZERO, ..Limits::default() };
    let server = served(app.router(), limits).await;
    let mut client = server.connect().await;
    client.write_all(&get_request("/never")).await.unwrap();
    begun.notified().await;
    server.stop.notify_one();
    server.done.await.unwrap();
}
