use super::{Reply, SlowWay, Valkey, ValkeyCluster, until, wire};
use std::net::TcpStream;
use std::time::Duration;

fn text(text: &str) -> Reply {
    Reply::Text(text.to_owned())
}

#[test]
fn each_fault_is_one_and_passes() {
    let (mut valkey, other) = (Valkey::start(), Valkey::start());
    let set = |key: &str| wire::ask(valkey.port(), &["SET", key, "1"]);
    set("a").unwrap();
    assert_eq!(other.ask(&["GET", "a"]), Reply::Nil, "each test has its own");

    valkey.fill();
    assert!(set("b").unwrap_err().starts_with("OOM"));
    valkey.make_room();
    valkey.follow(&other);
    assert!(set("b").unwrap_err().starts_with("READONLY"));
    valkey.lead();
    set("b").unwrap();
    assert_eq!(valkey.spoil_keys(), 1, "what the other did not have is gone");
    assert!(wire::ask(valkey.port(), &["GET", "b"]).unwrap_err().starts_with("WRONGTYPE"));
    valkey.flush();
    assert_eq!(valkey.keys(), Vec::<String>::new());

    valkey.kill();
    assert!(TcpStream::connect(("127.0.0.1", valkey.port())).is_err());
    valkey.restart();
    assert_eq!(valkey.ask(&["PING"]), text("PONG"));
}

#[test]
fn what_is_stopped_or_slow_answers_later() {
    let valkey = Valkey::start();
    let way = SlowWay::to(&valkey);
    let port = way.port;
    valkey.stop();
    let asked = std::thread::spawn(move || wire::ask(port, &["PING"]));
    assert!(!asked.is_finished(), "nobody answers");
    valkey.go_on();
    assert_eq!(asked.join().unwrap(), Ok(text("PONG")));
    way.delay(Duration::from_hours(1));
    let asked = std::thread::spawn(move || wire::ask(port, &["INCR", "a"]));
    until("it is done", || valkey.ask(&["GET", "a"]) == text("1"));
    assert!(!asked.is_finished(), "it is done and not answered");
    way.mend();
    assert_eq!(asked.join().unwrap(), Ok(text("1")));
}

#[test]
fn a_server_ends_with_its_test() {
    let port = std::panic::catch_unwind(|| {
        let valkey = Valkey::start();
        std::panic::panic_any(valkey.port());
    });
    let port = *port.unwrap_err().downcast::<u16>().unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
#[ignore = "six servers: cargo nextest run --locked --run-ignored only cluster"]
fn a_cluster_of_six_shares_the_keys_and_a_replica_takes_over() {
    let cluster = ValkeyCluster::start(6);
    let first = |key: &str| wire::ask(cluster.nodes[0].port(), &["SET", key, "1"]);
    let answers: Vec<_> = (0..20).map(|n| first(&n.to_string())).collect();
    assert!(answers.contains(&Ok(text("OK"))));
    assert!(answers.iter().any(|answer| answer.as_ref().is_err_and(|said| said.starts_with("MOVED"))));
    cluster.fail_over(0);
}
