//! Redis beside the database: what holds over several servers, and what goes on while it fails.

mod faults;
mod many;
mod replicas;
