//! Checks that do not run the product: sources, documents, manifests, generated files.

pub(crate) mod arrows;
pub(crate) mod asvs;
pub(crate) mod documents;
pub(crate) mod evidence;
pub(crate) mod faults;
pub(crate) mod functions;
pub(crate) mod generate;
pub(crate) mod lints;
pub(crate) mod promises;
pub(crate) mod quotes;
pub(crate) mod settings;
pub(crate) mod sizes;
pub(crate) mod source;
