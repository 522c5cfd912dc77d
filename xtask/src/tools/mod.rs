//! The tools: found on the machine, or installed at a pinned version.

pub(crate) mod cargo;
pub(crate) mod npm;
pub(crate) mod prerequisites;
pub(crate) mod python;
mod toolbox;
pub(crate) mod valkey;
pub(crate) mod version;

pub(crate) use toolbox::Toolbox;
