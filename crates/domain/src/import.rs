use crate::{BIO_MAX, Email, FieldError, FieldErrors, NAME_MAX, NAME_PART_MAX, Name, Role, UserId, Username};
use uuid::Uuid;

/// An account as another service wrote it down, field by field; an empty field is an absent one. No
/// `Debug`: it holds a hash.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ImportForm {
    /// The e-mail address; the one field that must be there.
    pub email: String,
    /// A hash of one of the known schemes.
    pub password_hash: String,
    /// A username to sign in with.
    pub username: String,
    /// The display name.
    pub name: String,
    /// The first name.
    pub first_name: String,
    /// The last name.
    pub last_name: String,
    /// A few lines about oneself.
    pub bio: String,
    /// `user` or `admin`.
    pub role: String,
    /// Whether the account may be used; true where absent.
    pub is_active: String,
    /// Whether the address was proven; false where absent.
    pub email_verified: String,
    /// A UUID, to be kept.
    pub id: String,
    /// When the account was made there, by RFC 3339 or as Postgres writes it; UTC where no zone is named.
    pub created_at: String,
}

/// An account of acceptable shape, still to be judged: canonical forms, hash and time are `accounts`'
/// business. No `Debug`: it holds a hash.
pub struct Imported {
    /// The e-mail address, as typed.
    pub email: Email,
    /// `None` where no password was ever set; so below.
    pub password_hash: Option<String>,
    /// The username.
    pub username: Option<Username>,
    /// The display name.
    pub name: Option<Name>,
    /// The first name.
    pub first_name: Option<Name>,
    /// The last name.
    pub last_name: Option<Name>,
    /// A few lines about oneself.
    pub bio: Option<Name>,
    /// What the person may do.
    pub role: Role,
    /// Whether the account may be used.
    pub is_active: bool,
    /// Whether the address was proven.
    pub email_verified: bool,
    /// The id to keep.
    pub id: Option<UserId>,
    /// As written.
    pub created_at: Option<String>,
}

impl ImportForm {
    /// The fields' names, which are the columns of a file.
    pub const FIELDS: [&str; 12] = [
        "email",
        "password_hash",
        "username",
        "name",
        "first_name",
        "last_name",
        "bio",
        "role",
        "is_active",
        "email_verified",
        "id",
        "created_at",
    ];

    /// The field of this name, to be filled in.
    pub fn field(&mut self, name: &str) -> Option<&mut String> {
        Some(match name {
            "email" => &mut self.email,
            "password_hash" => &mut self.password_hash,
            "username" => &mut self.username,
            "name" => &mut self.name,
            "first_name" => &mut self.first_name,
            "last_name" => &mut self.last_name,
            "bio" => &mut self.bio,
            "role" => &mut self.role,
            "is_active" => &mut self.is_active,
            "email_verified" => &mut self.email_verified,
            "id" => &mut self.id,
            "created_at" => &mut self.created_at,
            _ => return None,
        })
    }

    /// Checks the shape of every field, by the rules of sign-up.
    ///
    /// # Errors
    /// All refused fields.
    pub fn parse(&self) -> Result<Imported, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let email = errors.email("email", &self.email);
        let username = filled(&self.username).and_then(|raw| errors.username("username", raw));
        let mut line = |field, raw, max| filled(raw).and_then(|raw| errors.line(field, raw, max));
        let name = line("name", &self.name, NAME_MAX);
        let first_name = line("first_name", &self.first_name, NAME_PART_MAX);
        let last_name = line("last_name", &self.last_name, NAME_PART_MAX);
        let bio = filled(&self.bio).and_then(|raw| errors.lines("bio", raw, BIO_MAX));
        let role = role(&mut errors, &self.role);
        let is_active = truth(&mut errors, "is_active", &self.is_active, true);
        let email_verified = truth(&mut errors, "email_verified", &self.email_verified, false);
        let id = filled(&self.id).and_then(|raw| id(&mut errors, raw));
        let whole = email.map(|email| Imported {
            email,
            // Django and Unix write a bang where there is no password.
            password_hash: filled(&self.password_hash).filter(|raw| !raw.starts_with('!')).map(str::to_owned),
            username,
            name,
            first_name,
            last_name,
            bio,
            role,
            is_active,
            email_verified,
            id,
            created_at: filled(&self.created_at).map(str::to_owned),
        });
        errors.finish(whole)
    }
}

fn filled(raw: &str) -> Option<&str> {
    Some(raw.trim()).filter(|raw| !raw.is_empty())
}

fn role(errors: &mut FieldErrors, raw: &str) -> Role {
    let word = filled(raw).unwrap_or(Role::User.as_str());
    [Role::User, Role::Admin].into_iter().find(|role| role.as_str() == word).unwrap_or_else(|| {
        errors.refuse("role", "invalid", "A role is user or admin.");
        Role::User
    })
}

/// As the exports of databases write it.
fn truth(errors: &mut FieldErrors, field: &str, raw: &str, absent: bool) -> bool {
    match raw.trim().to_ascii_lowercase().as_str() {
        "" => absent,
        "true" | "t" | "1" => true,
        "false" | "f" | "0" => false,
        _ => {
            errors.refuse(field, "invalid", "Write true or false.");
            absent
        }
    }
}

fn id(errors: &mut FieldErrors, raw: &str) -> Option<UserId> {
    let id = Uuid::try_parse(raw).ok().map(UserId);
    if id.is_none() {
        errors.refuse("id", "invalid", "It is no UUID; leave ids of another kind out.");
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(fields: &[(&str, &str)]) -> ImportForm {
        let mut form = ImportForm { email: "ana@example.com".into(), ..ImportForm::default() };
        for (name, value) in fields {
            (*value).clone_into(form.field(name).unwrap());
        }
        form
    }

    fn refused(fields: &[(&str, &str)]) -> Vec<String> {
        form(fields).parse().err().unwrap_or_default().into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn an_address_alone_makes_an_active_unproven_user_without_a_password() {
        let ana = form(&[]).parse().ok().unwrap();
        assert_eq!((ana.role, ana.is_active, ana.email_verified), (Role::User, true, false));
        assert!(ana.password_hash.is_none() && ana.username.is_none() && ana.id.is_none());
        assert!(form(&[("password_hash", "!x")]).parse().ok().unwrap().password_hash.is_none());
    }

    #[test]
    fn each_field_is_judged_and_named() {
        let long = "x".repeat(101);
        for (field, bad) in [
            ("email", "ana"),
            ("username", "a"),
            ("name", &long),
            ("first_name", "a\0"),
            ("last_name", &long),
            ("bio", "\u{202e}"),
            ("role", "root"),
            ("is_active", "maybe"),
            ("email_verified", "2"),
            ("id", "17"),
        ] {
            assert_eq!(refused(&[(field, bad)]), [field]);
        }
        assert_eq!(refused(&[("role", "x"), ("id", "y")]), ["role", "id"]);
    }

    #[test]
    fn every_field_has_its_name() {
        let mut form = ImportForm::default();
        assert!(ImportForm::FIELDS.iter().all(|name| form.field(name).is_some()));
        assert!(form.field("password").is_none());
    }

    #[test]
    fn truth_is_written_in_many_ways() {
        for yes in ["true", "T", "1", " True "] {
            assert!(form(&[("email_verified", yes)]).parse().ok().unwrap().email_verified, "{yes}");
        }
        for no in ["false", "f", "0", "FALSE"] {
            assert!(!form(&[("is_active", no)]).parse().ok().unwrap().is_active, "{no}");
        }
    }
}
