use std::time::Duration;

/// How many connections there may be, and what one may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How many connections that have sent a request are open at once; the next one replaces the oldest idle one.
    pub connections: usize,
    /// How many of these one address may have; a trusted proxy may have all.
    pub per_address: usize,
    /// How many of these the addresses of one network (/24, of IPv6 /48) may have, trusted proxies apart.
    pub per_network: usize,
    /// How many more have sent no request yet; for the next one the oldest goes of the address that has most.
    pub silent: usize,
    /// How long a client may take to send a request's head, the first one counted from when it connected.
    pub head_time: Duration,
    /// How long a client may stay silent between two requests.
    pub keep_alive: Duration,
    /// How large a request's head may be.
    pub head_bytes: usize,
    /// How long a client may leave an answer unread.
    pub write_timeout: Duration,
    /// How long a request may take in all before its connection may be cut for one that needs the place.
    pub answer_time: Duration,
    /// How long running requests may take to end once nobody new is let in.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 800,
            per_address: 200,
            per_network: 400,
            silent: 200,
            head_time: Duration::from_secs(5),
            keep_alive: Duration::from_secs(75),
            head_bytes: 16 * 1024,
            write_timeout: Duration::from_secs(30),
            answer_time: Duration::from_secs(30),
            drain: Duration::from_secs(30),
        }
    }
}
