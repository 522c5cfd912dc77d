//! What a person may fill in about themselves. The fields are listed once, in `profile_fields!`; the forms, the import,
//! the API's document and the columns of an import get them from there (docs/adding-a-field.md).

use crate::invisible::trim;
use crate::{FieldError, FieldErrors, FormReason, Role, Timestamp, display_name, limits};
use serde::{Deserialize, Deserializer, Serialize};

/// The list. Of each field: how the API describes it, its name, what it takes, and what other services call it, in small
/// letters and digits alone. It is handed to the macro `$make`, behind what that one is given.
macro_rules! profile_fields {
    ($make:ident! $given:tt) => {
        $make! {
            $given
            /// A username to sign in with.
            username: Takes::Username, ["username", "userlogin", "login", "loginname"];
            /// The display name.
            name: Takes::Line(limits::NAME_MAX), ["name", "fullname", "displayname", "realname"];
            /// The first name.
            first_name: Takes::Line(limits::NAME_PART_MAX), ["firstname", "givenname", "forename"];
            /// The last name.
            last_name: Takes::Line(limits::NAME_PART_MAX), ["lastname", "familyname", "surname"];
            /// A few lines about the user.
            bio: Takes::Lines(limits::BIO_MAX), ["bio", "about", "aboutme", "biography"];
        }
    };
}

/// A request that takes the profile's fields beside its own. A field that is missing stays as it is, an empty one is
/// cleared, an unknown one is refused: serde's `flatten` would let those pass.
macro_rules! with_profile {
    ({ $(#[$about:meta])* pub struct $name:ident { $($own:tt)* } }
     $($(#[$doc:meta])* $field:ident: $takes:expr, $columns:expr;)+) => {
        $(#[$about])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            $($own)*
            $($(#[$doc])* #[serde(deserialize_with = "crate::account::profile::given")]
            pub $field: Option<String>,)+
        }

        /// The profile's fields alone.
        impl From<&$name> for $crate::ProfileForm {
            fn from(request: &$name) -> Self {
                Self { $($field: request.$field.clone(),)+ }
            }
        }
    };
}

macro_rules! profile {
    ({} $($(#[$doc:meta])* $field:ident: $takes:expr, $columns:expr;)+) => {
        /// The profile as it is stored and shown.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub struct Profile {
            $($(#[$doc])* pub $field: Option<String>,)+
        }

        /// A change of acceptable shape.
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct ProfileChange {
            $($(#[$doc])* pub $field: Change,)+
        }

        impl Profile {
            /// What each field takes.
            pub const FIELDS: &[ProfileField] = &[
                $(ProfileField { name: stringify!($field), takes: $takes, columns: &$columns },)+
            ];
            /// What each field is called: in forms, in the API and in the database.
            pub const NAMES: &[&str] = &[$(stringify!($field),)+];

            /// What stands in each field, in the same order.
            pub fn texts(&self) -> impl Iterator<Item = Option<&str>> {
                [$(self.$field.as_deref(),)+].into_iter()
            }
        }

        impl ProfileForm {
            /// The fields in the order of [`Profile::FIELDS`], for writing.
            pub(crate) fn texts_mut(&mut self) -> impl Iterator<Item = &mut Option<String>> {
                [$(&mut self.$field,)+].into_iter()
            }

            /// Like [`Self::parse`], for a form that has more fields than these. A refused field stays as it is.
            pub(crate) fn check<R: From<FormReason>>(&self, errors: &mut FieldErrors<R>) -> ProfileChange {
                ProfileChange {
                    $($field: errors.change(stringify!($field), $takes, self.$field.as_deref()),)+
                }
            }
        }

        /// [`ProfileView`] as it comes. Read through serde's `flatten`, it would weigh twice as much in the browser's
        /// build.
        #[derive(Deserialize)]
        struct FlatProfileView {
            email: String,
            #[serde(default)]
            email_unproven: bool,
            $(#[serde(default)] $field: Option<String>,)+
            role: Role,
            version: String,
            password_version: String,
            #[serde(default)]
            created_at: Option<Timestamp>,
        }

        impl From<FlatProfileView> for ProfileView {
            fn from(flat: FlatProfileView) -> Self {
                Self {
                    email: flat.email,
                    email_unproven: flat.email_unproven,
                    profile: Profile { $($field: flat.$field,)+ },
                    role: flat.role,
                    version: flat.version,
                    password_version: flat.password_version,
                    created_at: flat.created_at,
                }
            }
        }

        impl ProfileChange {
            /// Makes the change.
            pub fn apply(&self, profile: &mut Profile) {
                $(self.$field.apply(&mut profile.$field);)+
            }
        }
    };
}

pub(crate) use {profile_fields, with_profile};

profile_fields! { profile! {} }

profile_fields! { with_profile! {
    /// What a person typed into the profile.
    pub struct ProfileForm {}
} }

/// One field of the profile.
#[derive(Debug)]
pub struct ProfileField {
    /// What it is called everywhere.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// What other services call it.
    pub(crate) columns: &'static [&'static str],
}

/// What a field of the profile takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// A username.
    Username,
    /// One line of at most so many code points.
    Line(usize),
    /// Several lines of at most so many code points, a line end counted once.
    Lines(usize),
}

/// A field that is present, if only as null. Form decoders read `name=` as `None`, like a missing field: then nobody
/// could clear the field.
pub(crate) fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(deserializer).map(|text: Option<String>| Some(text.unwrap_or_default()))
}

/// What is to happen to one optional field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Change {
    /// It stays as it is.
    #[default]
    Keep,
    /// It becomes empty.
    Clear,
    /// It becomes this.
    Set(String),
}

impl Change {
    fn apply(&self, field: &mut Option<String>) {
        match self {
            Self::Keep => {}
            Self::Clear => *field = None,
            Self::Set(text) => *field = Some(text.clone()),
        }
    }
}

impl<R: From<FormReason>> FieldErrors<R> {
    /// A refused field is kept; its refusal is noted, and the whole change is refused with it.
    fn change(&mut self, field: &'static str, takes: Takes, raw: Option<&str>) -> Change {
        let Some(raw) = raw else { return Change::Keep };
        if trim(raw).is_empty() {
            return Change::Clear;
        }
        let text = match takes {
            Takes::Username => self.username(field, raw),
            Takes::Line(max) => self.line(field, raw, max),
            Takes::Lines(max) => self.lines(field, raw, max),
        };
        text.map_or(Change::Keep, Change::Set)
    }
}

impl ProfileForm {
    /// Checks the shape of every field.
    ///
    /// # Errors
    /// All refused fields.
    pub fn parse(&self) -> Result<ProfileChange, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let change = self.check(&mut errors);
        errors.finish(Some(change))
    }
}

impl ProfileChange {
    /// Whether every field stays as it is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a profile is already as the change would make it.
    #[must_use]
    pub fn is_made_in(&self, profile: &Profile) -> bool {
        let mut changed = profile.clone();
        self.apply(&mut changed);
        changed == *profile
    }
}

/// The profile of a new account.
impl From<ProfileChange> for Profile {
    fn from(change: ProfileChange) -> Self {
        let mut profile = Self::default();
        change.apply(&mut profile);
        profile
    }
}

impl Profile {
    /// What to call the person, as [`display_name`].
    #[must_use]
    pub fn display_name(&self) -> Option<String> {
        display_name(self.name.as_deref(), self.first_name.as_deref(), self.last_name.as_deref())
    }
}

/// The profile as its owner sees it on the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "FlatProfileView")]
pub struct ProfileView {
    /// The address as typed at sign-up; it cannot be changed here.
    pub email: String,
    /// Whether the address is still to be proven.
    pub email_unproven: bool,
    /// What can be changed here. Flat on the wire: a tab that was opened before an upgrade reads the same fields.
    #[serde(flatten)]
    pub profile: Profile,
    /// What the person may do.
    pub role: Role,
    /// The version of what can be changed here.
    pub version: String,
    /// The version of the password, which is changed on another page.
    pub password_version: String,
    /// When the account was made. A server of before does not say it.
    pub created_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_stays_empty_clears_text_sets() {
        let form =
            ProfileForm { name: Some(" ".into()), bio: Some("a\r\nb".into()), ..ProfileForm::default() };
        let change = form.parse().unwrap();
        assert_eq!(change.name, Change::Clear);
        assert_eq!(change.first_name, Change::Keep);
        assert_eq!(change.bio, Change::Set("a\nb".into()));
    }

    #[test]
    fn a_field_that_is_there_but_holds_nothing_is_cleared() {
        let form: ProfileForm = serde_json::from_str(r#"{"name": null, "bio": ""}"#).unwrap();
        let change = form.parse().unwrap();
        assert_eq!((change.name, change.bio), (Change::Clear, Change::Clear));
        assert_eq!(change.first_name, Change::Keep);
    }

    #[test]
    fn a_line_end_in_a_bio_counts_once_and_other_control_characters_are_refused() {
        let bio = |text: String| ProfileForm { bio: Some(text), ..ProfileForm::default() }.parse();
        assert!(bio(format!("{}\r\n{}", "a".repeat(149), "b".repeat(150))).is_ok());
        assert_eq!(bio("a".repeat(301)).unwrap_err()[0].reason.code(), "too_long");
        assert_eq!(bio("a\0b".into()).unwrap_err()[0].reason.code(), "invalid");
        let name = ProfileForm { name: Some("a\nb".into()), ..ProfileForm::default() };
        assert_eq!(name.parse().unwrap_err()[0].field, "name");
    }

    #[test]
    fn the_page_of_an_older_server_reads_the_same_fields() {
        let view = ProfileView {
            email: "ana@example.com".into(),
            email_unproven: false,
            profile: Profile { name: Some("Ana".into()), ..Profile::default() },
            role: Role::User,
            version: "v".into(),
            password_version: "p".into(),
            created_at: None,
        };
        let json = r#"{"email":"ana@example.com","username":null,"name":"Ana","first_name":null,"last_name":null,"bio":null,"role":"user","version":"v","password_version":"p"}"#;
        assert_eq!(serde_json::from_str::<ProfileView>(json).unwrap(), view);
        let newer = json.replace(r#","username""#, r#","email_unproven":false,"username""#);
        let newer = newer.replace('}', r#","created_at":null}"#);
        assert_eq!(serde_json::to_string(&view).unwrap(), newer);
    }

    #[test]
    fn a_username_is_never_an_address() {
        let form = ProfileForm { username: Some("a@b.c".into()), ..ProfileForm::default() };
        assert_eq!(form.parse().unwrap_err()[0].reason.code(), "invalid");
    }
}
