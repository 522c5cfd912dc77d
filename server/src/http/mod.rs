//! What every answer needs. It imports neither `pages` nor `rest`.

pub(crate) mod body;
pub(crate) mod compression;
pub(crate) mod cors;
pub(crate) mod csp_report;
pub(crate) mod document;
pub(crate) mod failures;
pub(crate) mod files;
pub(crate) mod headers;
pub(crate) mod health;
pub(crate) mod logo;
pub(crate) mod manifest;
pub(crate) mod negotiation;
pub(crate) mod overload;
pub(crate) mod paths;
pub(crate) mod redirect;
pub mod serve;
pub(crate) mod slash;
pub(crate) mod timeout;
pub(crate) mod trace;
pub(crate) mod well_known;
