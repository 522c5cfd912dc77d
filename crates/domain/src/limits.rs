//! Field limits of the HTTP contract; the pages' `maxlength` reads the same constants.

/// Longest email address, in bytes (RFC 5321 section 4.5.3.1.3).
pub const EMAIL_MAX_BYTES: usize = 254;
/// Shortest username, in characters.
pub const USERNAME_MIN: usize = 3;
/// Longest username, in characters.
pub const USERNAME_MAX: usize = 32;
/// Longest display name, in code points.
pub const NAME_MAX: usize = 100;
/// Longest first or last name, in code points.
pub const NAME_PART_MAX: usize = 50;
/// Longest bio, in code points, line ends counted once.
pub const BIO_MAX: usize = 300;
/// Shortest password by default, in code points; `PASSWORD_MIN_LENGTH` may ask for more.
pub const PASSWORD_MIN: usize = 8;
/// Longest new password, in code points.
pub const PASSWORD_MAX: usize = 128;
/// Longest new password, in bytes: refused, never cut.
pub const PASSWORD_MAX_BYTES: usize = 512;
/// Longest password that is tried, in code points: other services took longer ones than we do.
pub const PASSWORD_TRIED_MAX: usize = 4_096;
/// Longest reason for disabling an account, in code points, line ends counted once.
pub const REASON_MAX: usize = 300;
/// Longest name of a passkey, in code points.
pub const PASSKEY_NAME_MAX: usize = 64;
/// Rows of a page where none are asked for.
pub const PAGE_DEFAULT: u16 = 50;
/// Most rows of a page.
pub const PAGE_MAX: u16 = 100;
/// Longest search term, in code points: an email address fits.
pub const SEARCH_MAX: usize = 254;
