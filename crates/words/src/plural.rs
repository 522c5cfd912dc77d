//! Which form of a sentence goes with a number: the categories of CLDR. The build reads this file as well.

/// A form that a language has for some numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// In English, for 1.
    One,
    /// For all other numbers.
    Other,
}

/// The forms that each language must have.
pub const CATEGORIES: &[(&str, &[Category])] = &[("en", &[Category::One, Category::Other])];

/// English.
#[must_use]
pub const fn en(n: u64) -> Category {
    if n == 1 { Category::One } else { Category::Other }
}
