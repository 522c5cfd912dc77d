//! Connections to one server or to a cluster. Each carries any number of calls at once.

use crate::script::Call;
use crate::settings::{RedisNode, RedisSettings, RedisTls};
use redis::aio::{MultiplexedConnection, PubSub};
use redis::cluster::{ClusterClient, ClusterConfig};
use redis::cluster_async::ClusterConnection;
use redis::io::tcp::TcpSettings;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ConnectionInfo, ErrorKind, FromRedisValue,
    IntoConnectionInfo, RedisConnectionInfo, RedisError, RedisResult, ServerErrorKind, TlsCertificates,
};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use std::time::Duration;
use thiserror::Error;

/// No connection can ever be opened with these settings. The driver's words are left out: they could repeat a part.
#[derive(Debug, Error)]
#[error("the address or its certificates cannot be used")]
pub struct RedisSetupError;

/// Opens connections.
pub(crate) struct Connector {
    to: To,
    /// The server, or the nodes of the cluster that are known from the start.
    nodes: Vec<Client>,
    answer_within: Duration,
}

enum To {
    Server(Box<Client>),
    Cluster(Box<ClusterClient>),
}

/// Cheap to clone: all clones share one connection.
#[derive(Clone)]
pub(crate) enum Connection {
    Server(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Connector {
    pub(crate) fn new(settings: &RedisSettings) -> Result<Self, RedisSetupError> {
        if settings.tls.is_some() {
            need_provider();
        }
        let nodes = settings.nodes.iter().map(|node| client(settings, node)).collect::<RedisResult<Vec<_>>>();
        let nodes = nodes.map_err(|_| RedisSetupError)?;
        let to = if settings.cluster {
            To::Cluster(Box::new(cluster(settings).map_err(|_| RedisSetupError)?))
        } else {
            To::Server(Box::new(nodes.first().ok_or(RedisSetupError)?.clone()))
        };
        Ok(Self { to, nodes, answer_within: settings.answer_within })
    }

    pub(crate) async fn connect(&self, within: Duration) -> RedisResult<Connection> {
        let connecting = async {
            match &self.to {
                To::Server(client) => {
                    let config = AsyncConnectionConfig::new()
                        .set_connection_timeout(Some(within))
                        .set_response_timeout(Some(self.answer_within));
                    client.get_multiplexed_async_connection_with_config(&config).await.map(Connection::Server)
                }
                To::Cluster(client) => {
                    // A node that hangs is left out in time for the others to be used.
                    let config = ClusterConfig::new()
                        .set_connection_timeout(within.min(self.answer_within) * 3 / 4)
                        .set_response_timeout(self.answer_within);
                    client.get_async_connection_with_config(config).await.map(Connection::Cluster)
                }
            }
        };
        in_time(within, connecting).await
    }

    /// A connection that hears what is published, in a cluster at whichever node: each passes it on to all.
    pub(crate) async fn subscriber(&self, within: Duration) -> RedisResult<PubSub> {
        let mut last = Err(std::io::Error::from(std::io::ErrorKind::NotConnected).into());
        for node in &self.nodes {
            last = in_time(within, node.get_async_pubsub()).await;
            if last.is_ok() {
                break;
            }
        }
        last
    }
}

impl Connection {
    pub(crate) async fn invoke<T: FromRedisValue>(&mut self, call: &Call<'_>) -> RedisResult<T> {
        match self.command(&call.by_hash()).await {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                self.command(&call.whole()).await
            }
            answer => answer,
        }
    }

    pub(crate) async fn command<T: FromRedisValue>(&mut self, command: &Cmd) -> RedisResult<T> {
        match self {
            Self::Server(connection) => command.query_async(connection).await,
            Self::Cluster(connection) => command.query_async(connection).await,
        }
    }
}

/// An error of connecting in words for the log. What the server said is left out: one that does not know a command
/// repeats it, and a part of the password with it.
pub(crate) fn words(error: &RedisError) -> String {
    let words = error.to_string();
    let said = error.detail().and_then(|detail| words.strip_suffix(detail));
    said.map_or(words.as_str(), |said| said.trim_end_matches(": ")).to_owned()
}

/// A timeout is an error of the connection.
pub(crate) async fn in_time<T>(
    within: Duration,
    work: impl Future<Output = RedisResult<T>>,
) -> RedisResult<T> {
    tokio::time::timeout(within, work)
        .await
        .unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))
}

/// The driver takes the process's provider, and without one rustls panics. There is only one in the build, so nobody
/// else can have installed another.
fn need_provider() {
    if CryptoProvider::get_default().is_none() {
        drop(aws_lc_rs::default_provider().install_default());
    }
}

fn client(settings: &RedisSettings, node: &RedisNode) -> RedisResult<Client> {
    let info = address(settings, node)?;
    match &settings.tls {
        Some(tls) => Client::build_with_tls(info, certificates(tls)),
        None => Client::open(info),
    }
}

fn cluster(settings: &RedisSettings) -> RedisResult<ClusterClient> {
    let nodes: Vec<_> =
        settings.nodes.iter().map(|node| address(settings, node)).collect::<RedisResult<_>>()?;
    let mut builder = ClusterClient::builder(nodes)
        .tcp_settings(tcp())
        // Of one command, to follow a slot that moved.
        .retries(1)
        .min_retry_wait(5)
        .max_retry_wait(20)
        .overall_response_timeout(Some(settings.answer_within));
    if let Some(tls) = &settings.tls {
        builder = builder.certs(certificates(tls));
    }
    builder.build()
}

fn address(settings: &RedisSettings, node: &RedisNode) -> RedisResult<ConnectionInfo> {
    let (host, port) = (node.host.clone(), node.port);
    let address = match settings.tls {
        Some(_) => ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None },
        None => ConnectionAddr::Tcp(host, port),
    };
    let mut redis = RedisConnectionInfo::default().set_db(settings.database.into());
    if let Some(user) = &settings.user {
        redis = redis.set_username(user);
    }
    if let Some(password) = &settings.password {
        redis = redis.set_password(password);
    }
    Ok(address.into_connection_info()?.set_tcp_settings(tcp()).set_redis_settings(redis))
}

fn tcp() -> TcpSettings {
    TcpSettings::default().set_nodelay(true)
}

fn certificates(tls: &RedisTls) -> TlsCertificates {
    TlsCertificates { client_tls: None, root_cert: tls.authority.clone().map(String::into_bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_of_a_server_shows_the_password() {
        let said = |said: &str| {
            let answer = redis::parse_redis_value(format!("-{said}\r\n").as_bytes()).unwrap();
            words(&answer.extract_error().unwrap_err())
        };
        // Long arguments are cut off.
        for repeated in ["'ana' 'canary'", "'ana' 'cana"] {
            let answer = format!("ERR unknown command 'AUTH', with args beginning with: {repeated}");
            assert_eq!(said(&answer), "ResponseError");
            let node = (ErrorKind::Io, "Failed to create initial connections", answer);
            assert_eq!(words(&node.into()), "Failed to create initial connections - Io");
        }
        assert_eq!(said("LOADING Redis is loading the dataset in memory"), "BusyLoading");
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        assert_eq!(words(&refused.into()), "connection refused");
        let settings =
            RedisSettings { password: Some("canary".to_owned()), ..RedisSettings::at("localhost", 6379) };
        assert!(!format!("{settings:?}").contains("canary"));
    }

    #[test]
    fn an_authority_that_is_none_is_refused() {
        let authority = |pem: &str| Some(RedisTls { authority: Some(pem.to_owned()) });
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for cluster in [false, true] {
            let settings = RedisSettings { cluster, ..RedisSettings::at("localhost", 6379) };
            assert!(Connector::new(&RedisSettings { tls: authority(broken), ..settings.clone() }).is_err());
            assert!(Connector::new(&RedisSettings { tls: Some(RedisTls::default()), ..settings }).is_ok());
        }
    }
}
