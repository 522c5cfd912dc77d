//! Behind PgBouncer: where transactions share sessions the server is not ready, where sessions are kept it is. Where
//! there is no PgBouncer nothing is tried.

use crate::deploy::{free_port, program};
use crate::process::Process;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection, PgPool, Row};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use store::invalidation::Listener;
use store::{Listening, Store, StoreError, StoreOptions};
use testkit::World;
use tokio::net::TcpStream;

struct Pooler {
    process: Process,
    folder: PathBuf,
    database: PgConnectOptions,
}

impl Drop for Pooler {
    fn drop(&mut self) {
        self.process.end();
        fs::remove_dir_all(&self.folder).ok();
    }
}

impl Pooler {
    async fn new(program: &Path, pool: &PgPool, mode: &str) -> Self {
        let (port, real) = (free_port().await, pool.connect_options());
        let folder = std::env::temp_dir().join(format!("pooler-{}-{port}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let host =
            real.get_socket().map_or(real.get_host().to_owned(), |socket| socket.display().to_string());
        let password =
            std::env::var("PGPASSWORD").map(|word| format!(" password={word}")).unwrap_or_default();
        // It does not run as root, and the socket is for whom Postgres runs as.
        let said = |program: &str, words: &[&str]| {
            let output = Command::new(program).args(words).output().unwrap().stdout;
            String::from_utf8(output).unwrap().trim().to_owned()
        };
        let user = match (said("id", &["-u"]).as_str(), real.get_socket()) {
            ("0", Some(_)) => format!("user = {}\n", said("stat", &["-c", "%U", &host])),
            ("0", None) => "user = nobody\n".to_owned(),
            _ => String::new(),
        };
        let settings = format!(
            "[databases]\nthrough = host={host} port={} dbname={} user={}{password}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n\
             pool_mode = {mode}\n{user}",
            real.get_port(),
            real.get_database().unwrap(),
            real.get_username(),
        );
        fs::write(folder.join("pgbouncer.ini"), settings).unwrap();
        let log = fs::File::create(folder.join("log")).unwrap();
        let mut command = Command::new(program);
        command.arg(folder.join("pgbouncer.ini")).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let mut process = Process::spawn(&mut command);
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            let ended = process.try_wait().unwrap();
            assert!(ended.is_none(), "{}", fs::read_to_string(folder.join("log")).unwrap());
            tokio::task::yield_now().await;
        }
        let database = PgConnectOptions::new().host("127.0.0.1").port(port).database("through");
        Self { process, folder, database: database.username(real.get_username()) }
    }

    fn store(&self) -> Store {
        Store::open(&StoreOptions::new(self.database.clone()))
    }
}

async fn listen(store: &Store) -> Result<Listener, StoreError> {
    store.listening_place().unwrap().listen().await
}

/// What the session that is shared has been told.
async fn settings(database: &PgConnectOptions) -> Vec<String> {
    let database = database.clone().extra_float_digits(None);
    let mut session = PgConnection::connect_with(&database).await.unwrap();
    let settings = "SELECT name || ' = ' || setting FROM pg_settings WHERE source = 'session' \
                    AND name ~ 'timeout|keepalives' ORDER BY name";
    let rows = sqlx::raw_sql(settings).fetch_all(&mut session).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn where_transactions_share_sessions_nothing_is_ready(pool: PgPool) {
    let Some(program) = program("pgbouncer") else { return };
    let pooler = Pooler::new(&program, &pool, "transaction").await;
    let (store, before) = (pooler.store(), settings(&pooler.database).await);
    // A request may come before anybody has asked.
    assert!(store.begin().await.is_err());
    // Each time anew, for it may be mended.
    for _ in 0..3 {
        let refused = store.is_ready().await;
        assert!(matches!(refused, Err(StoreError::SharedSessions)), "{refused:?}");
    }
    assert!(matches!(listen(&store).await, Err(StoreError::SharedSessions)));
    assert!(matches!(store::migrate(&pooler.database).await, Err(StoreError::SharedSessions)));
    assert!(store.begin().await.is_err());
    assert_eq!(settings(&pooler.database).await, before, "what others' sessions are told is theirs");
    let told = StoreError::SharedSessions.to_string();
    assert!(told.contains("set DATABASE_URL to") && told.contains("pool_mode = session"), "{told}");
}

#[sqlx::test(migrations = false)]
async fn a_pooler_that_keeps_sessions_is_as_good_as_none(pool: PgPool) {
    let Some(program) = program("pgbouncer") else { return };
    let pooler = Pooler::new(&program, &pool, "session").await;
    store::migrate(&pooler.database).await.unwrap();
    let store = pooler.store();
    assert!(store.is_ready().await.unwrap());
    listen(&store).await.unwrap();
}

/// E3: requests go through a pooler, and the listener does not, or there is none. A pooler that gives each transaction
/// another session is refused for either.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn where_a_server_listens_is_judged_apart_from_its_requests(pool: PgPool) {
    let Some(program) = program("pgbouncer") else { return };
    let keeps = Pooler::new(&program, &pool, "session").await;
    let shares = Pooler::new(&program, &pool, "transaction").await;
    let direct = pool.connect_options().as_ref().clone();
    let store = |requests: &Pooler, listening| {
        Store::open(&StoreOptions { listening, ..StoreOptions::new(requests.database.clone()) })
    };
    let apart = store(&keeps, Listening::At(direct.clone().into()));
    let mut listener = listen(&apart).await.unwrap();
    let world = World::new(pool.clone());
    let ana = world.member("ana").await.viewer.id;
    let mut tx = apart.begin().await.unwrap();
    store::users::set_email_verified(&mut tx, ana, world.accounts.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(listener.next().await.unwrap(), ana, "what was changed through the pooler");
    let refused = listen(&store(&keeps, Listening::At(shares.database.clone().into()))).await;
    assert!(matches!(refused, Err(StoreError::SharedListener)));
    assert!(store(&shares, Listening::Off).listening_place().is_none());
    for listening in [Listening::At(direct.into()), Listening::Off] {
        let refused = store(&shares, listening).is_ready().await;
        assert!(matches!(refused, Err(StoreError::SharedSessions)), "{refused:?}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_listener_to_another_database_is_refused(pool: PgPool) {
    let connect = pool.connect_options().as_ref().clone();
    let elsewhere = connect.clone().database("postgres");
    let options = StoreOptions { listening: Listening::At(elsewhere.into()), ..StoreOptions::new(connect) };
    assert!(matches!(listen(&Store::open(&options)).await, Err(StoreError::NotHeard)));
}
