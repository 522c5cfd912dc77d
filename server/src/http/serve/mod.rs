//! The accept loop. `axum::serve` cannot limit how long or how large a request's head may be, nor who may crowd out
//! whom, so the connections are hyper's own.

mod admission;
mod connection;
mod connection_state;
mod limits;
mod listener;

pub use limits::Limits;
pub use listener::Server;
