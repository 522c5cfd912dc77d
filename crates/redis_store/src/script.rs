use redis::ScriptInvocation;

/// A script, which Redis runs as a whole or not at all.
pub(crate) struct Script {
    lua: redis::Script,
    /// Whether running it twice in place of once never lets more through.
    pub(crate) may_run_twice: bool,
}

impl Script {
    /// A script that is run again where a connection broke and nobody knows whether it had run.
    pub(crate) fn new(lua: &str) -> Self {
        Self { lua: redis::Script::new(lua), may_run_twice: true }
    }

    pub(crate) fn call(&self, keys: &[Vec<u8>], args: &[i64]) -> ScriptInvocation<'_> {
        let mut call = self.lua.prepare_invoke();
        for key in keys {
            call.key(key.as_slice());
        }
        call.arg(args);
        call
    }
}
