//! Commands that need no folder of their own.

pub(crate) mod coverage;
pub(crate) mod migration;
pub(crate) mod test;
