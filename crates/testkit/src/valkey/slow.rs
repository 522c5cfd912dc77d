use super::Valkey;
use std::io::{Read, Write, copy};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// A way to a server on which each answer takes as long as it is told.
#[derive(Debug)]
pub struct SlowWay {
    pub(super) port: u16,
    delay: Arc<Delay>,
}

#[derive(Debug, Default)]
struct Delay {
    by: Mutex<Option<Duration>>,
    changed: Condvar,
}

impl SlowWay {
    /// A way that is quick as yet.
    #[must_use]
    pub fn to(valkey: &Valkey) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (real, delay) = (valkey.port(), Arc::new(Delay::default()));
        let until = delay.clone();
        // It ends with the process that runs the tests: nobody else knows the port.
        thread::spawn(move || {
            for client in listener.incoming() {
                if let (Ok(client), Ok(server)) = (client, TcpStream::connect(("127.0.0.1", real))) {
                    connect(client, server, &until);
                }
            }
        });
        Self { port, delay }
    }

    /// Its address, as `REDIS_URL` takes it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// From now on each answer takes this much longer.
    pub fn delay(&self, by: Duration) {
        self.delay.set(Some(by));
    }

    /// What waits comes through, and all that follows.
    pub fn mend(&self) {
        self.delay.set(None);
    }
}

impl Delay {
    fn set(&self, by: Option<Duration>) {
        *self.by.lock().unwrap_or_else(PoisonError::into_inner) = by;
        self.changed.notify_all();
    }

    /// Waits as long as an answer takes now, or until that changes.
    fn wait(&self) {
        let began = Instant::now();
        let mut by = self.by.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(left) =
            by.and_then(|by| by.checked_sub(began.elapsed())).filter(|left| !left.is_zero())
        {
            by = self.changed.wait_timeout(by, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

fn connect(client: TcpStream, server: TcpStream, delay: &Arc<Delay>) {
    let [requests, answers] = [client, server].map(Arc::new);
    let (to_server, to_client) = (answers.clone(), requests.clone());
    thread::spawn(move || {
        copy(&mut &*requests, &mut &*to_server).ok();
        to_server.shutdown(Shutdown::Both).ok();
    });
    let delay = delay.clone();
    thread::spawn(move || {
        let mut bytes = [0; 16 * 1024];
        while let Ok(count @ 1..) = (&*answers).read(&mut bytes) {
            delay.wait();
            if (&*to_client).write_all(&bytes[..count]).is_err() {
                break;
            }
        }
        to_client.shutdown(Shutdown::Both).ok();
    });
}
