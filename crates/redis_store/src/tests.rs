//! Calls, with scripts of the tests' own.

use crate::script::Script;
use crate::{Redis, RedisSettings, Unreachable};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;
use testkit::Valkey;

fn settings(port: u16) -> RedisSettings {
    RedisSettings { answer_within: Duration::from_secs(10), ..RedisSettings::at("127.0.0.1", port) }
}

#[tokio::test]
async fn whoever_waits_for_a_connection_in_vain_opens_nothing() {
    let settings = RedisSettings { answer_within: Duration::from_millis(20), ..settings(1) };
    let redis = Redis::open(&settings).unwrap();
    let _somebody_connects = redis.inner.connecting.lock().await;
    assert_eq!(
        redis.run::<String>(&Script::new("return 'OK'"), &[b"a".to_vec()], &[]).await,
        Err(Unreachable)
    );
    assert_eq!(redis.changes_of_state(), 0);
}

#[tokio::test]
async fn one_wrong_key_forgives_no_other() {
    let valkey = Valkey::start();
    let redis = Redis::open(&settings(valkey.port())).unwrap();
    let keys = ["a", "b", "c", "d"].map(|name| format!("doorstep:{{t}}:{name}"));
    let raw = keys.clone().map(String::into_bytes);
    let strings = Script::new("for _, key in ipairs(KEYS) do redis.call('INCR', key) end return 'OK'");
    let hashes =
        Script::new("for _, key in ipairs(KEYS) do redis.call('HINCRBY', key, 'n', 1) end return 'OK'");
    let right = |script| redis.run::<String>(script, &raw, &[]);
    for (script, spoil) in [
        (&strings, ["RPUSH", &keys[2], "x"].as_slice()),
        (&strings, ["HSET", &keys[2], "n", "1"].as_slice()),
        (&hashes, ["SET", &keys[2], "1"].as_slice()),
    ] {
        valkey.flush();
        assert_eq!(right(script).await.as_deref(), Ok("OK"));
        valkey.ask(&["DEL", &keys[2]]);
        valkey.ask(spoil);
        assert_eq!(right(script).await, Err(Unreachable));
        let mut left = valkey.keys();
        left.sort();
        assert_eq!(left, [&keys[0], &keys[1], &keys[3]].map(String::as_str), "{spoil:?}");
        assert_eq!(right(script).await.as_deref(), Ok("OK"), "it is counted there again");
    }
    // What is no number is told of, and nothing else is lost.
    valkey.ask(&["SET", &keys[2], "x"]);
    valkey.ask(&["DEL", &keys[0], &keys[1], &keys[3]]);
    assert_eq!(right(&strings).await, Err(Unreachable));
    assert_eq!((redis.is_available(), redis.changes_of_state()), (true, 1));
}

/// Says OK to everything, and to what names `late` only once more is asked. Returns where.
fn says_ok_late() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming() {
            thread::spawn(|| serve(&client.unwrap()));
        }
    });
    port
}

fn serve(mut client: &TcpStream) -> Option<()> {
    let mut asked = BufReader::new(client.try_clone().ok()?);
    let mut owed = 0;
    loop {
        let mut late = false;
        for _ in 0..number(&mut asked)? {
            let mut word = vec![0; number(&mut asked)? + 2];
            asked.read_exact(&mut word).ok()?;
            late |= word.starts_with(b"late");
        }
        owed += 1;
        if !late {
            client.write_all("+OK\r\n".repeat(owed).as_bytes()).ok()?;
            owed = 0;
        }
    }
}

/// Of the words that follow, or of a word's bytes.
fn number(asked: &mut impl BufRead) -> Option<usize> {
    let mut line = String::new();
    asked.read_line(&mut line).ok()?;
    line.get(1..)?.trim_end().parse().ok()
}

#[tokio::test]
async fn one_late_answer_loses_one_call_alone() {
    let script = Script::new("return 'OK'");
    let settings = RedisSettings { answer_within: Duration::from_secs(1), ..settings(says_ok_late()) };
    let redis = Redis::open(&settings).unwrap();
    let call = |key: &str| {
        let key = [key.as_bytes().to_vec()];
        let (redis, script) = (&redis, &script);
        async move { redis.run::<String>(script, &key, &[]).await }
    };
    assert_eq!(call("soon").await.as_deref(), Ok("OK"));
    assert_eq!(call("late").await, Err(Unreachable));
    assert_eq!((redis.is_available(), redis.changes_of_state()), (true, 1));
    assert_eq!(call("soon").await.as_deref(), Ok("OK"));
}
