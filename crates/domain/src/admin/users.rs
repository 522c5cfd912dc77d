use crate::{FieldError, FieldErrors, FormReason, Role, SEARCH_MAX, Window};
use serde::{Deserialize, Serialize};

/// Which accounts are asked for, as it stands in the address. Missing is empty, and empty is any.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(default, deny_unknown_fields)]
pub struct UserQuery {
    /// How many to return, 1 to 100.
    pub limit: String,
    /// The `next_cursor` or `prev_cursor` of another page with the same filters and order. Leave it out for the first page.
    pub cursor: String,
    /// Only users whose email address, username or name contains this text. Case does not matter.
    pub q: String,
    /// Only users with this role.
    pub role: String,
    /// Only active users (`true`) or only disabled ones (`false`).
    pub is_active: String,
    /// Only users whose email address is verified (`true`) or is not (`false`).
    pub email_verified: String,
    /// Only users with a second factor (`true`) or only those without one (`false`).
    pub second_factor: String,
    /// The order: `created`, `name` or `email`, with a minus in front for the other way round. Newest first (`-created`)
    /// by default. Users without a name are sorted by their email address.
    pub sort: String,
}

/// Which accounts are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserFilter {
    /// Which part of the list.
    pub window: Window,
    /// Part of an email address, a username or a name; every character stands for itself.
    pub term: Option<String>,
    /// What they may do.
    pub role: Option<Role>,
    /// Whether they may be used.
    pub is_active: Option<bool>,
    /// Whether the address was proven.
    pub email_verified: Option<bool>,
    /// Whether they have a second factor.
    pub second_factor: Option<bool>,
    /// In which order.
    pub sort: UserSort,
}

/// The order of a list of accounts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum UserSort {
    /// As they were made, the newest first.
    #[default]
    Newest,
    /// As they were made, the oldest first.
    Oldest,
    /// By the name that is shown, else by the address.
    Name,
    /// By name, the other way round.
    NameDescending,
    /// By the address.
    Email,
    /// By the address, the other way round.
    EmailDescending,
}

impl UserSort {
    /// Every order.
    pub const ALL: [Self; 6] =
        [Self::Newest, Self::Oldest, Self::Name, Self::NameDescending, Self::Email, Self::EmailDescending];

    /// The word that the address and the API use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "-created",
            Self::Oldest => "created",
            Self::Name => "name",
            Self::NameDescending => "-name",
            Self::Email => "email",
            Self::EmailDescending => "-email",
        }
    }
}

impl UserQuery {
    /// Each field by its name in the address.
    #[must_use]
    pub fn fields(&self) -> [(&'static str, &str); 8] {
        let Self { limit, cursor, q, role, is_active, email_verified, second_factor, sort } = self;
        [
            ("q", q),
            ("role", role),
            ("is_active", is_active),
            ("email_verified", email_verified),
            ("second_factor", second_factor),
            ("sort", sort),
            ("limit", limit),
            ("cursor", cursor),
        ]
    }

    /// Checks every field.
    ///
    /// # Errors
    /// All refused fields.
    pub fn parse(&self) -> Result<UserFilter, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let window = errors.window(&self.limit, &self.cursor);
        let term = errors.line("q", &self.q, SEARCH_MAX).filter(|term| !term.is_empty());
        let role = Some(self.role.as_str()).filter(|raw| !raw.is_empty()).and_then(|raw| errors.role(raw));
        let is_active = errors.flag("is_active", &self.is_active);
        let email_verified = errors.flag("email_verified", &self.email_verified);
        let second_factor = errors.flag("second_factor", &self.second_factor);
        let sort = errors.sort(&self.sort);
        errors.finish(window.map(|window| UserFilter {
            window,
            term,
            role,
            is_active,
            email_verified,
            second_factor,
            sort,
        }))
    }
}

impl FieldErrors {
    fn flag(&mut self, field: &str, raw: &str) -> Option<bool> {
        match raw {
            "" => None,
            "true" => Some(true),
            "false" => Some(false),
            _ => {
                self.refuse(field, FormReason::FlagInvalid);
                None
            }
        }
    }

    fn sort(&mut self, raw: &str) -> UserSort {
        let sort = UserSort::ALL.into_iter().find(|sort| sort.as_str() == raw);
        if sort.is_none() && !raw.is_empty() {
            self.refuse("sort", FormReason::SortInvalid);
        }
        sort.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_parsed_whole_or_refused_whole() {
        let query = UserQuery {
            q: " Ana_% ".into(),
            role: "user".into(),
            is_active: "false".into(),
            email_verified: "true".into(),
            second_factor: "false".into(),
            sort: "-name".into(),
            ..UserQuery::default()
        };
        let filter = query.parse().unwrap();
        assert_eq!(filter.term.as_deref(), Some("Ana_%"));
        assert_eq!((filter.role, filter.is_active), (Some(Role::User), Some(false)));
        assert_eq!((filter.email_verified, filter.second_factor), (Some(true), Some(false)));
        assert_eq!(filter.sort, UserSort::NameDescending);
        let query = UserQuery {
            limit: "0".into(),
            cursor: "x".into(),
            q: "a\0".into(),
            role: "root".into(),
            is_active: "1".into(),
            email_verified: "yes".into(),
            second_factor: "totp".into(),
            sort: "password_hash".into(),
        };
        let fields: Vec<_> = query.parse().unwrap_err().into_iter().map(|e| e.field).collect();
        let expected =
            ["limit", "cursor", "q", "role", "is_active", "email_verified", "second_factor", "sort"];
        assert_eq!(fields, expected);
        let everybody = UserQuery::default().parse().unwrap();
        assert_eq!((everybody.term, everybody.second_factor), (None, None));
        assert_eq!(everybody.sort, UserSort::Newest);
    }
}
