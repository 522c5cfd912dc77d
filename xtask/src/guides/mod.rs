//! Documents that are followed as their reader would follow them.

pub(crate) mod first_page;
