//! `/`: what this is, in one screen.

mod page;

pub use page::HomePage;
