//! `/`: the front page.

mod page;

pub use page::HomePage;
