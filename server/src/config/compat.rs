//! Which families of paths answer beside the canonical API (docs/api-design.md).

use super::env::AppEnv;
use super::error::ConfigError;
use super::raw::RawConfig;
use super::value::filled;

/// Which families answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compat {
    /// `/auth/…`, with a cookie.
    pub cookie: bool,
    /// `/api/auth/…`, with bearer tokens.
    pub oauth2: bool,
    /// `/register`, `/login` and `/me`, with bearer tokens.
    pub root: bool,
}

impl Compat {
    /// All of them.
    pub const ALL: Self = Self { cookie: true, oauth2: true, root: true };
    /// None of them.
    pub const NONE: Self = Self { cookie: false, oauth2: false, root: false };

    /// `all`, `none`, or names separated by commas.
    ///
    /// # Errors
    /// The word that is none of these.
    pub fn parse(text: &str) -> Result<Self, &str> {
        match text.trim() {
            "all" => return Ok(Self::ALL),
            "none" => return Ok(Self::NONE),
            _ => {}
        }
        text.split(',').map(str::trim).try_fold(Self::NONE, |known, word| match word {
            "cookie" => Ok(Self { cookie: true, ..known }),
            "oauth2" => Ok(Self { oauth2: true, ..known }),
            "root" => Ok(Self { root: true, ..known }),
            other => Err(other),
        })
    }
}

pub(super) fn compat(raw: &RawConfig, env: AppEnv) -> Result<Compat, ConfigError> {
    match (filled(raw.compat.as_deref()), env) {
        (Some(text), _) => Compat::parse(text).map_err(|word| {
            let message =
                format!("\"{word}\" is unknown; set it to all, none, or a list of cookie, oauth2, root");
            ConfigError::new("COMPAT", message)
        }),
        (None, AppEnv::Development) => Ok(Compat::ALL),
        (None, AppEnv::Production) => Ok(Compat::NONE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_named_one_by_one_or_all_at_once() {
        assert_eq!(Compat::parse("all"), Ok(Compat::ALL));
        assert_eq!(Compat::parse(" none "), Ok(Compat::NONE));
        assert_eq!(Compat::parse("cookie"), Ok(Compat { cookie: true, ..Compat::NONE }));
        assert_eq!(Compat::parse("root, oauth2"), Ok(Compat { cookie: false, ..Compat::ALL }));
        for (text, word) in [("s1", "s1"), ("cookie,all", "all"), ("root,", ""), ("none,root", "none")] {
            assert_eq!(Compat::parse(text), Err(word), "{text}");
        }
    }
}
