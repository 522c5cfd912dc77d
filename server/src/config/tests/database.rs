//! A database's address is understood whole, or refused by the name of what is not.

use super::{Config, raw};
use crate::config::database::postgres;

fn refused(url: &str) -> String {
    postgres("DATABASE_URL", url).map(|_| ()).expect_err(url).to_string()
}

#[test]
fn what_is_not_understood_is_refused_by_name() {
    for (url, named) in [
        ("postgres://ana@a.example,b.example/app", "names several hosts"),
        ("postgres://ana@a.example:5432,b.example:5433/app", "names several hosts"),
        ("postgres://ana@/app?host=a.example,b.example", "names several hosts"),
        ("postgres://ana@/app?host=a.example%2Cb.example", "names several hosts"),
        ("postgres://a.example/app?port=5432,5433", "names several hosts"),
        ("postgres://a.example/app?target_session_attrs=read-write", "target_session_attrs chooses among"),
        ("postgres://a.example/app?load_balance_hosts=random", "load_balance_hosts chooses among"),
        ("postgres://a.example/app?sslmod=require", "sslmod is not understood"),
        ("postgres://a.example/app?SSLMODE=require", "SSLMODE is not understood"),
        ("postgres://a.example/app?connect_timeout=10", "connect_timeout is not understood"),
        ("postgres://a.example/app?pgbouncer=true", "pgbouncer is not understood"),
        ("postgres://a.example/app?schema=public&sslmode=require", "schema is not understood"),
        ("postgres://a.example/app?ssl=require", "write sslmode=require"),
        ("postgres://a.example/app?sslmode=yes", "sslmode must be one of disable"),
        ("postgres://a.example/app?sslmode", "sslmode must be one of disable"),
        ("postgres://a.example/app?sslmode=require&sslmode=disable", "sslmode stands in it twice"),
        ("postgres://a.example/app?sslrootcert=/nowhere/ca.pem", "/nowhere/ca.pem cannot be read"),
        ("postgres://a.example/app?channel_binding=require", "channel_binding=require is not supported"),
        ("postgres://a.example/app/more", "write %2F for it"),
        ("postgres:a.example/app", "it cannot be read"),
        ("postgres://a.example:port/app", "it cannot be read"),
        ("sqlite:///app.db", "SQLite is not supported"),
    ] {
        let message = refused(url);
        assert!(message.starts_with("DATABASE_URL: ") && message.contains(named), "{message}");
    }
}

#[test]
fn a_password_with_signs_of_its_own_is_never_half_read_nor_repeated() {
    for (url, advice) in [
        ("postgres://ana:12#canary@db.example/app", "%23"),
        ("postgres://ana:12/canary@db.example/app", "%2F"),
        ("postgres://ana:12?canary@db.example/app", "%3F"),
        ("postgres://ana:12?canary=x@db.example/app", "%3F"),
        ("postgres://ana:canary@[/app", "it cannot be read"),
        ("postgres://db.example/app?canary/x", "what follows the ?"),
    ] {
        let message = refused(url);
        assert!(message.contains(advice) && !message.contains("canary"), "{message}");
    }
}

#[test]
fn reads_that_may_be_old_go_where_it_is_said() {
    for (value, host) in [(None, None), (Some("postgres://ana@replica.example/app"), Some("replica.example"))]
    {
        let mut given = vec![("APP_ENV", "development"), ("DATABASE_URL", "postgres://ana@db.example/app")];
        given.extend(value.map(|value| ("DATABASE_READ_URL", value)));
        let database = Config::new(&raw(&given)).unwrap().database;
        assert_eq!(database.reading.as_ref().map(sqlx::postgres::PgConnectOptions::get_host), host);
        assert_eq!(database.connect.get_host(), "db.example");
    }
}

#[test]
fn what_is_understood_reaches_the_driver() {
    let connect = |url: &str| postgres("DATABASE_URL", url).expect(url);
    for url in [
        "postgres://ana@/app?host=/var/run/postgresql",
        "postgres:///app?host=%2Fvar%2Frun%2Fpostgresql&user=ana",
        "postgresql://ana:p%40ss@%2Fvar%2Frun%2Fpostgresql/app",
        "postgresql+asyncpg://ana@/app?host=/var/run/postgresql&target_session_attrs=any",
    ] {
        let connect = connect(url);
        assert_eq!(connect.get_socket().unwrap().to_str(), Some("/var/run/postgresql"), "{url}");
        assert_eq!((connect.get_database(), connect.get_username()), (Some("app"), "ana"), "{url}");
    }
    let connect = connect(
        "postgres://ana@[2001:db8::1]:6432/app?channel_binding=prefer&gssencmode=disable&sslmode=require",
    );
    assert_eq!((connect.get_host(), connect.get_port()), ("[2001:db8::1]", 6432));
    let named =
        [("APP_ENV", "development"), ("DATABASE_URL", "postgres://db.example/app?application_name=mine")];
    let connect = Config::new(&raw(&named)).unwrap().database.connect;
    assert_eq!(connect.get_application_name(), Some("mine"));
}

#[test]
fn where_to_listen_is_an_address_or_off() {
    let listening = |value: &str| {
        let given = [("APP_ENV", "development"), ("DATABASE_LISTEN_URL", value)];
        format!("{:?}", Config::new(&raw(&given)).expect(value).database.listening)
    };
    for (value, understood) in [
        ("", "AsRequests"),
        ("off", "Off"),
        (" OFF ", "Off"),
        ("postgresql+asyncpg://ana:canary@primary.example:5433/app", "At(\"primary.example\")"),
    ] {
        assert_eq!(listening(value), understood);
    }
    for (value, why) in
        [("postgres://a.example,b.example/app", "several hosts"), ("on", "isn't a valid address")]
    {
        let given = [("APP_ENV", "development"), ("DATABASE_LISTEN_URL", value)];
        let message = Config::new(&raw(&given)).unwrap_err().to_string();
        assert!(message.starts_with("DATABASE_LISTEN_URL: ") && message.contains(why), "{message}");
    }
}
