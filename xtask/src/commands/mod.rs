//! Commands that need no folder of their own.

pub(crate) mod coverage;
pub(crate) mod stand;
pub(crate) mod test;
