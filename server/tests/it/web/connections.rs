//! The accept loop, over real sockets: slow and large heads, and the drain. Each test waits for an
//! event, never for a time.

use crate::app::App;
use axum::Router;
use axum::routing::get;
use server::serve::{Limits, serve};
use sqlx::PgPool;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

struct Served {
    address: SocketAddr,
    stop: Arc<Notify>,
    done: JoinHandle<()>,
}

async fn served(router: Router, limits: Limits) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = Arc::new(Notify::new());
    let signal = stop.clone();
    let done = tokio::spawn(async move { serve(listener, router, limits, signal.notified()).await });
    Served { address, stop, done }
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
    let limits = Limits { connections: 1, write_time: Duration::from_millis(50), ..Limits::default() };
    let server = served(app.router(), limits).await;
    let mut deaf = server.connect().await;
    deaf.write_all(&get_request("/big")).await.unwrap();
    begun.notified().await;
    let next = server.exchange(&get_request("/livez")).await;
    assert!(next.starts_with("HTTP/1.1 200 OK"), "{next}");
    drop(deaf);
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

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_request_that_never_ends_does_not_hold_the_server(pool: PgPool) {
    let begun = Arc::new(Notify::new());
    let told = begun.clone();
    let never = async move || {
        told.notify_one();
        std::future::pending::<()>().await;
    };
    let app = App::new(pool).serving(Router::new().route("/never", get(never)));
    let limits = Limits { drain: Duration::ZERO, ..Limits::default() };
    let server = served(app.router(), limits).await;
    let mut client = server.connect().await;
    client.write_all(&get_request("/never")).await.unwrap();
    begun.notified().await;
    server.stop.notify_one();
    server.done.await.unwrap();
}
