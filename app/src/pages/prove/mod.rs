//! What members' pages show until the address is proven, where that is asked for (`REQUIRE_VERIFIED`).

mod page;

pub(crate) use page::ProvePage;
