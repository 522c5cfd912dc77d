use crate::invisible::trim;
use crate::{BIO_MAX, FieldError, FieldErrors, NAME_MAX, NAME_PART_MAX, Name, Role, Username};
use serde::{Deserialize, Deserializer, Serialize};

/// What a person typed into the profile. A missing field stays as it is, an empty one is cleared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProfileForm {
    /// The display name.
    #[serde(deserialize_with = "given")]
    pub name: Option<String>,
    /// The first name.
    #[serde(deserialize_with = "given")]
    pub first_name: Option<String>,
    /// The last name.
    #[serde(deserialize_with = "given")]
    pub last_name: Option<String>,
    /// The username to sign in with.
    #[serde(deserialize_with = "given")]
    pub username: Option<String>,
    /// A few lines about oneself.
    #[serde(deserialize_with = "given")]
    pub bio: Option<String>,
}

/// A field that is there, if only as null. Form decoders read `name=` as none, which would be taken
/// for a missing field, and the field could never be cleared.
pub(crate) fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(deserializer).map(|text: Option<String>| Some(text.unwrap_or_default()))
}

/// What is to happen to one optional field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It becomes empty.
    Clear,
    /// It becomes this.
    Set(T),
}

impl<T> Change<T> {
    /// Whether the field changes, and to what: the pair that an UPDATE binds.
    #[must_use]
    pub fn as_update(&self) -> (bool, Option<&T>) {
        match self {
            Self::Keep => (false, None),
            Self::Clear => (true, None),
            Self::Set(value) => (true, Some(value)),
        }
    }
}

/// A profile change of acceptable shape.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// The display name.
    pub name: Change<Name>,
    /// The first name.
    pub first_name: Change<Name>,
    /// The last name.
    pub last_name: Change<Name>,
    /// The username.
    pub username: Change<Username>,
    /// The bio.
    pub bio: Change<Name>,
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

    /// The same for a form that has more fields than these.
    pub(crate) fn check(&self, errors: &mut FieldErrors) -> ProfileChange {
        ProfileChange {
            name: change(self.name.as_deref(), |raw| errors.line("name", raw, NAME_MAX)),
            first_name: change(self.first_name.as_deref(), |raw| {
                errors.line("first_name", raw, NAME_PART_MAX)
            }),
            last_name: change(self.last_name.as_deref(), |raw| errors.line("last_name", raw, NAME_PART_MAX)),
            username: change(self.username.as_deref(), |raw| errors.username("username", raw)),
            bio: change(self.bio.as_deref(), |raw| errors.lines("bio", raw, BIO_MAX)),
        }
    }
}

impl ProfileChange {
    /// Whether every field stays as it is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A refused field is kept here; its refusal stands in the errors, and the whole change with it.
fn change<T>(raw: Option<&str>, parse: impl FnOnce(&str) -> Option<T>) -> Change<T> {
    match raw {
        None => Change::Keep,
        Some(text) if trim(text).is_empty() => Change::Clear,
        Some(text) => parse(text).map_or(Change::Keep, Change::Set),
    }
}

/// The profile as its owner sees it on the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileView {
    /// The address as typed at sign-up; it cannot be changed here.
    pub email: String,
    /// The username, if one was chosen.
    pub username: Option<String>,
    /// The display name.
    pub name: Option<String>,
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
    /// A few lines about oneself.
    pub bio: Option<String>,
    /// What the person may do.
    pub role: Role,
    /// The version of what can be changed here.
    pub version: String,
    /// The version of the password, which is changed on another page.
    pub password_version: String,
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
        assert_eq!(change.bio, Change::Set(Name("a\nb".into())));
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
    fn a_username_is_never_an_address() {
        let form = ProfileForm { username: Some("a@b.c".into()), ..ProfileForm::default() };
        assert_eq!(form.parse().unwrap_err()[0].reason.code(), "invalid");
    }
}
