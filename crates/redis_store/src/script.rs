use redis::{Cmd, cmd};
use std::sync::LazyLock;

/// Deletes the keys that are not of a script's type.
pub(crate) static DELETE_FOREIGN: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("delete_foreign.lua")));

/// A script, which Redis runs as a whole or not at all.
pub(crate) struct Script {
    lua: &'static str,
    hash: String,
    /// Whether running it twice in place of once never lets more through.
    pub(crate) may_run_twice: bool,
}

/// A script with what it is run on.
pub(crate) struct Call<'a> {
    script: &'a Script,
    keys: &'a [Vec<u8>],
    args: &'a [i64],
}

impl Script {
    /// A script that is run again where a connection broke and nobody knows whether it had run.
    pub(crate) fn new(lua: &'static str) -> Self {
        Self { lua, hash: redis::Script::new(lua).get_hash().to_owned(), may_run_twice: true }
    }

    /// A script that is never run again: a refund that came twice would let more through, and a failure that counted
    /// twice could have its own second run refused.
    pub(crate) fn once(lua: &'static str) -> Self {
        Self { may_run_twice: false, ..Self::new(lua) }
    }

    /// The type of its keys, as its commands say and [`DELETE_FOREIGN`] takes it.
    pub(crate) fn key_type(&self) -> i64 {
        if self.lua.contains("redis.call('H") { 2 } else { 1 }
    }

    pub(crate) fn call<'a>(&'a self, keys: &'a [Vec<u8>], args: &'a [i64]) -> Call<'a> {
        Call { script: self, keys, args }
    }
}

impl Call<'_> {
    /// By its hash, which a server knows that has run it before.
    pub(crate) fn by_hash(&self) -> Cmd {
        self.command("EVALSHA", &self.script.hash)
    }

    /// As a whole, for a server that does not know it. `SCRIPT LOAD` would ask every node of a cluster, also one that is
    /// down.
    pub(crate) fn whole(&self) -> Cmd {
        self.command("EVAL", self.script.lua)
    }

    fn command(&self, name: &str, script: &str) -> Cmd {
        cmd(name).arg(script).arg(self.keys.len()).arg(self.keys).arg(self.args).take()
    }
}
