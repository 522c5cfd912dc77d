//! What every answer needs. It imports neither `pages` nor `rest`.

pub(crate) mod body;
pub(crate) mod csp_report;
pub(crate) mod document;
pub(crate) mod files;
pub(crate) mod headers;
pub(crate) mod health;
pub(crate) mod layers;
pub(crate) mod logo;
pub(crate) mod manifest;
pub(crate) mod negotiation;
pub(crate) mod paths;
pub(crate) mod redirect;
pub mod serve;
pub(crate) mod slash;
pub(crate) mod well_known;
