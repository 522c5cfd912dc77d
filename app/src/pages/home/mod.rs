//! `/`: the ways in.

mod page;

pub use page::HomePage;
