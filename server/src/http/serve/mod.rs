//! The accept loop. `axum::serve` limits neither the time and size of a request's head nor the connections of one
//! client, so this uses hyper directly.

mod admission;
mod connection;
mod connection_state;
mod limits;
mod listener;

pub use limits::Limits;
pub use listener::Server;
