use std::fmt;
use std::time::Duration;

/// How long an answer may take, and a connection in the middle of a call.
const ANSWER: Duration = Duration::from_millis(200);

/// How to reach Redis or Valkey.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisSettings {
    /// The server, or some nodes of the cluster.
    pub nodes: Vec<RedisNode>,
    /// Whether these are nodes of a cluster, which names the others.
    pub cluster: bool,
    /// How the way there is encrypted, if it is.
    pub tls: Option<RedisTls>,
    /// The user, where it is not the default one.
    pub user: Option<String>,
    /// The password; not shown.
    pub password: Option<String>,
    /// The number of the database.
    pub database: u16,
    /// How long an answer may take.
    pub answer_within: Duration,
}

/// One server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisNode {
    /// Its name or address, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// How the way is encrypted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RedisTls {
    /// The certificates of the authority in PEM that take the place of the public ones.
    pub authority: Option<String>,
}

impl RedisSettings {
    /// One server without encryption, user or password.
    #[must_use]
    pub fn at(host: impl Into<String>, port: u16) -> Self {
        Self {
            nodes: vec![RedisNode { host: host.into(), port }],
            cluster: false,
            tls: None,
            user: None,
            password: None,
            database: 0,
            answer_within: ANSWER,
        }
    }
}

impl fmt::Debug for RedisSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { nodes, cluster, tls, user, password, database, answer_within } = self;
        f.debug_struct("RedisSettings")
            .field("nodes", nodes)
            .field("cluster", cluster)
            .field("tls", &tls.is_some())
            .field("user", user)
            .field("password", &password.is_some())
            .field("database", database)
            .field("answer_within", answer_within)
            .finish()
    }
}
