use redis::{ErrorKind, RedisError, ServerErrorKind};

/// Whose fault an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The server's or the network's: other calls would fail as well.
    Server,
    /// Of what is kept under this call's keys.
    Call,
}

impl Fault {
    pub(crate) fn of(error: &RedisError) -> Self {
        match error.kind() {
            ErrorKind::UnexpectedReturnType => Self::Call,
            ErrorKind::Extension if error.code() == Some("WRONGTYPE") => Self::Call,
            ErrorKind::Server(ServerErrorKind::ResponseError) if of_a_value(error.detail()) => Self::Call,
            _ => Self::Server,
        }
    }
}

/// What a script meets under a key that somebody else has written. All else that has no code of its own would stop
/// other calls too, as the lack of a right does.
fn of_a_value(detail: Option<&str>) -> bool {
    const SAID: [&str; 5] = [
        "WRONGTYPE ",
        "value is not an integer",
        "value is not a float",
        "attempt to perform arithmetic on a",
        "attempt to compare ",
    ];
    detail.is_some_and(|detail| SAID.iter().any(|said| detail.contains(said)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(said: &str) -> Fault {
        let answer = redis::parse_redis_value(format!("-{said}\r\n").as_bytes()).unwrap();
        Fault::of(&answer.extract_error().unwrap_err())
    }

    #[test]
    fn what_is_kept_under_a_key_is_the_fault_of_that_call_alone() {
        for said in [
            "WRONGTYPE Operation against a key holding the wrong kind of value script: 5c1, on @user_script:1.",
            "ERR Error running script (call to f_5c1): @user_script:1: WRONGTYPE Operation against a key holding",
            "ERR user_script:2: attempt to perform arithmetic on a nil value script: 5c1, on @user_script:2.",
            "ERR user_script:1: attempt to compare number with string script: 5c1, on @user_script:1.",
            "ERR value is not an integer or out of range",
            "ERR hash value is not an integer script: 5c1, on @user_script:1.",
        ] {
            assert_eq!(of(said), Fault::Call, "{said}");
        }
    }

    #[test]
    fn what_every_call_would_meet_is_the_fault_of_the_server() {
        for said in [
            "OOM command not allowed when used memory > 'maxmemory'.",
            "ERR Error running script (call to f_5c1): @user_script:1: OOM command not allowed",
            "READONLY You can't write against a read only replica.",
            "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
            "NOREPLICAS Not enough good replicas to write.",
            "LOADING Redis is loading the dataset in memory",
            "BUSY Redis is busy running a script.",
            "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
            "NOAUTH Authentication required.",
            "NOPERM User default has no permissions to run the 'evalsha' command",
            "ERR ACL failure in script: User u has no permissions to run the 'time' command script: 5c1",
            "ERR The user executing the script can't run this command or subcommand script: 5c1",
            "CLUSTERDOWN The cluster is down",
            "MOVED 866 127.0.0.1:7001",
            "TRYAGAIN Multiple keys request during rehashing of slot",
            "ERR max number of clients reached",
            "ERR unknown command 'EVALSHA'",
        ] {
            assert_eq!(of(said), Fault::Server, "{said}");
        }
        let lost = RedisError::from(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
        assert_eq!(Fault::of(&lost), Fault::Server);
    }
}
