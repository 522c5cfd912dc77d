use crate::invisible::trim;
use crate::{Email, FieldError, FieldErrors, ImportReason, Profile, ProfileForm, Role, UserId};
use uuid::Uuid;

/// An account as another service wrote it down, field by field; an empty field is an absent one. No
/// `Debug`: it holds a hash.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ImportForm {
    /// The email address; the one field that must be there.
    pub email: String,
    /// A hash of one of the known schemes.
    pub password_hash: String,
    /// What the person filled in.
    pub profile: ProfileForm,
    /// `user` or `admin`.
    pub role: String,
    /// Whether the account may be used; true where absent.
    pub is_active: String,
    /// Whether the address was proven; false where absent.
    pub email_verified: String,
    /// A UUID, to be kept.
    pub id: String,
    /// When the account was made there; UTC where no zone is named.
    pub created_at: String,
}

/// An account of acceptable shape; `accounts` still checks canonical forms, hash and time. No `Debug`: it holds a hash.
pub struct Imported {
    /// The email address, as typed.
    pub email: Email,
    /// `None` where no password was ever set; so below.
    pub password_hash: Option<String>,
    /// What the person filled in.
    pub profile: Profile,
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
    /// Fields that cannot be kept, and why: the account is made without them.
    pub left_out: Vec<FieldError<ImportReason>>,
}

/// What other services call their columns, in small letters and digits only, and what the columns hold;
/// [`Profile::FIELDS`] has those of the profile.
const COLUMNS: &[(&str, &[&str])] = &[
    ("email", &["email", "emailaddress", "emailadresse", "mail", "useremail"]),
    (
        "password_hash",
        &["passwordhash", "hashedpassword", "encryptedpassword", "passworddigest", "hash", "userpass"],
    ),
    ("role", &["role"]),
    (ImportForm::IS_ADMIN, &["isadmin", "admin", "issuperuser", "superuser"]),
    ("is_active", &["isactive", "active", "isenabled", "enabled"]),
    ("email_verified", &["emailverified", "isemailverified", "isverified", "verified", "emailconfirmed"]),
    (ImportForm::VERIFIED_AT, &["emailverifiedat", "verifiedat", "emailconfirmedat", "confirmedat"]),
    ("id", &["id", "uuid", "userid"]),
    (
        "created_at",
        &["createdat", "createdon", "created", "datejoined", "joinedat", "registeredat", "userregistered"],
    ),
];

/// As databases, spreadsheets in several languages and programs write them; some write a bit as a byte.
const YES: &[&str] = &[
    "true",
    "t",
    "yes",
    "y",
    "on",
    "1",
    "1.0",
    "-1",
    "\u{1}",
    "b'1'",
    "active",
    "enabled",
    "wahr",
    "ja",
    "vrai",
    "oui",
    "verdadero",
    "sí",
    "verdadeiro",
    "sim",
    "vero",
    "sì",
    "waar",
];
const NO: &[&str] = &[
    "false", "f", "no", "n", "off", "0", "0.0", "\0", "b'0'", "inactive", "disabled", "falsch", "nein",
    "faux", "non", "falso", "não", "onwaar", "nee",
];

impl ImportForm {
    /// The fields' names, which are the columns of a file.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let rest = ["role", "is_active", "email_verified", "id", "created_at"];
        ["email", "password_hash"].into_iter().chain(Profile::NAMES.iter().copied()).chain(rest)
    }

    /// A column that is true for admins.
    pub const IS_ADMIN: &str = "is_admin";
    /// A column that says when the address was proven; empty if it was not.
    pub const VERIFIED_AT: &str = "email_verified_at";

    /// What a column of this name holds: a field, [`Self::IS_ADMIN`] or [`Self::VERIFIED_AT`]. Neither case nor
    /// spaces nor dashes count.
    #[must_use]
    pub fn column(name: &str) -> Option<&'static str> {
        let name: String =
            name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        let profile = Profile::FIELDS.iter().map(|field| (field.name, field.columns));
        let mut columns = COLUMNS.iter().copied().chain(profile);
        columns.find(|(_, names)| names.contains(&name.as_str())).map(|(column, _)| column)
    }

    /// Fills in the value of a [column](Self::column). Of several columns one is enough to make an admin.
    pub fn fill(&mut self, column: &str, value: &str) {
        match column {
            Self::IS_ADMIN => match truth(value) {
                Some(true) => Role::Admin.as_str().clone_into(&mut self.role),
                Some(false) => {}
                None if known(value).is_none() || self.role == Role::Admin.as_str() => {}
                None => value.clone_into(&mut self.role),
            },
            Self::VERIFIED_AT => {
                let proven = known(value).is_some() && truth(value) != Some(false);
                self.email_verified = proven.to_string();
            }
            "role" if self.role == Role::Admin.as_str() => {}
            field => {
                if let Some(field) = self.field(field) {
                    value.clone_into(field);
                }
            }
        }
    }

    /// The field of this name, to be filled in.
    pub fn field(&mut self, name: &str) -> Option<&mut String> {
        Some(match name {
            "email" => &mut self.email,
            "password_hash" => &mut self.password_hash,
            "role" => &mut self.role,
            "is_active" => &mut self.is_active,
            "email_verified" => &mut self.email_verified,
            "id" => &mut self.id,
            "created_at" => &mut self.created_at,
            name => {
                let at = Profile::NAMES.iter().position(|known| *known == name)?;
                return self.profile.texts_mut().nth(at).map(Option::get_or_insert_default);
            }
        })
    }

    /// Checks the shape of every field, by the rules of sign-up. A field that may be absent never costs the
    /// account: one that breaks a rule is left out, and named.
    ///
    /// # Errors
    /// Why there can be no account.
    pub fn parse(&self) -> Result<Imported, Vec<FieldError<ImportReason>>> {
        let mut errors = FieldErrors::default();
        let email = if let Some(email) = filled(&self.email) {
            errors.email("email", email)
        } else {
            errors.refuse("email", ImportReason::EmailMissing);
            None
        };
        let mut left_out = FieldErrors::default();
        let profile = self.filled_profile(&mut left_out).check(&mut left_out).into();
        let role = role(&mut left_out, &self.role);
        let is_active = is_active(&mut left_out, &self.is_active);
        let email_verified = email_verified(&mut left_out, &self.email_verified);
        let id = known(&self.id).and_then(|raw| id(&mut left_out, raw));
        let whole = email.map(|email| Imported {
            email,
            // Django and Unix write a bang where there is no password, Unix an asterisk too.
            password_hash: known(&self.password_hash)
                .filter(|raw| !raw.starts_with('!') && *raw != "*")
                .map(str::to_owned),
            profile,
            role,
            is_active,
            email_verified,
            id,
            created_at: known(&self.created_at).map(str::to_owned),
            left_out: left_out.finish(Some(())).err().unwrap_or_default(),
        });
        errors.finish(whole)
    }

    /// The profile without words for "nothing", and without a username that is an address.
    fn filled_profile(&self, left_out: &mut FieldErrors<ImportReason>) -> ProfileForm {
        let mut profile = self.profile.clone();
        for text in profile.texts_mut() {
            *text = text.as_deref().and_then(filled).map(str::to_owned);
        }
        let email = self.email.trim();
        if profile.username.take_if(|username| username.eq_ignore_ascii_case(email)).is_some() {
            left_out.refuse("username", ImportReason::UsernameIsEmail);
        }
        profile
    }
}

/// The value, if there is one: databases write `NULL` or `\N` for nothing.
fn filled(raw: &str) -> Option<&str> {
    Some(raw.trim()).filter(|raw| !trim(raw).is_empty() && !matches!(*raw, "NULL" | "\\N"))
}

/// The same for fields that are never truly "None", a word that programs write for nothing.
fn known(raw: &str) -> Option<&str> {
    let nothing =
        |raw: &str| ["null", "none", "nil", "nan", "nat"].iter().any(|word| raw.eq_ignore_ascii_case(word));
    filled(raw).filter(|raw| !nothing(raw))
}

fn truth(raw: &str) -> Option<bool> {
    let word = raw.trim().to_lowercase();
    let is = |words: &[&str]| words.contains(&word.as_str());
    if is(YES) { Some(true) } else { is(NO).then_some(false) }
}

fn role(left_out: &mut FieldErrors<ImportReason>, raw: &str) -> Role {
    match known(raw).map(str::to_ascii_lowercase).as_deref() {
        None | Some("user") => Role::User,
        Some("admin" | "superuser") => Role::Admin,
        Some(_) => {
            left_out.refuse("role", ImportReason::RoleUnknown);
            Role::User
        }
    }
}

/// An account that may have been disabled stays disabled.
fn is_active(left_out: &mut FieldErrors<ImportReason>, raw: &str) -> bool {
    let Some(raw) = known(raw) else { return true };
    truth(raw).unwrap_or_else(|| {
        left_out.refuse("is_active", ImportReason::ActiveUnknown);
        false
    })
}

fn email_verified(left_out: &mut FieldErrors<ImportReason>, raw: &str) -> bool {
    let Some(raw) = known(raw) else { return false };
    truth(raw).unwrap_or_else(|| {
        left_out.refuse("email_verified", ImportReason::VerifiedUnknown);
        false
    })
}

fn id(left_out: &mut FieldErrors<ImportReason>, raw: &str) -> Option<UserId> {
    let id = Uuid::try_parse(raw).ok().map(UserId);
    if id.is_none() {
        left_out.refuse("id", ImportReason::IdInvalid);
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

    fn left_out(fields: &[(&str, &str)]) -> Vec<String> {
        form(fields).parse().ok().unwrap().left_out.into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn an_address_alone_makes_an_active_unproven_user_without_a_password() {
        let ana = form(&[]).parse().ok().unwrap();
        assert_eq!((ana.role, ana.is_active, ana.email_verified), (Role::User, true, false));
        assert!(ana.password_hash.is_none() && ana.profile.username.is_none() && ana.id.is_none());
        for nothing in ["!x", "!", "*", "NULL", "\\N", "None", "null", "nan", " "] {
            let form = form(&[("password_hash", nothing)]);
            assert!(form.parse().ok().unwrap().password_hash.is_none(), "{nothing}");
        }
    }

    #[test]
    fn a_field_that_may_be_absent_is_left_out_and_never_costs_the_account() {
        let (long, longer) = ("x".repeat(101), "x".repeat(301));
        for (field, bad) in [
            ("username", "a"),
            ("username", "ana@example.com"),
            ("username", "Ana@Example.com"),
            ("username", "ana+work"),
            ("username", "andré"),
            ("username", &long),
            ("name", &long),
            ("name", "a\tb"),
            ("first_name", "a\0"),
            ("first_name", &long[..51]),
            ("last_name", &long),
            ("bio", "a\u{202e}b"),
            ("bio", &longer),
            ("role", "staff"),
            ("role", "2"),
            ("role", "1"),
            ("is_active", "maybe"),
            ("email_verified", "2"),
            ("id", "17"),
        ] {
            assert_eq!(left_out(&[(field, bad)]), [field], "{bad}");
        }
        assert_eq!(left_out(&[("role", "x"), ("id", "y"), ("name", "Ana")]), ["role", "id"]);
    }

    /// What cannot be read gives nobody more rights.
    #[test]
    fn what_is_left_out_grants_nothing() {
        let unread = form(&[("role", "root"), ("is_active", "maybe"), ("email_verified", "maybe")]);
        let unread = unread.parse().ok().unwrap();
        assert_eq!((unread.role, unread.is_active, unread.email_verified), (Role::User, false, false));
    }

    #[test]
    fn without_an_address_there_is_no_account() {
        for none in ["", " ", "NULL", "\\N", "ana", "None", "ana@example.com\0"] {
            let errors = form(&[("email", none)]).parse().err().unwrap();
            assert_eq!(errors[0].field, "email", "{none}");
        }
    }

    #[test]
    fn every_field_has_its_name_and_is_a_column() {
        let mut form = ImportForm::default();
        assert!(ImportForm::names().all(|name| form.field(name).is_some()));
        assert!(form.field("password").is_none());
        assert!(ImportForm::names().all(|name| ImportForm::column(name) == Some(name)));
        for (name, column) in [
            ("E-Mail", "email"),
            ("\u{feff}Email Address", "email"),
            ("emailAddress", "email"),
            ("Password Hash", "password_hash"),
            ("hashed_password", "password_hash"),
            ("encrypted_password", "password_hash"),
            ("firstName", "first_name"),
            ("Is Active", "is_active"),
            ("is_superuser", "is_admin"),
            ("EmailConfirmed", "email_verified"),
            ("email_verified_at", "email_verified_at"),
            ("date_joined", "created_at"),
            ("createdAt", "created_at"),
        ] {
            assert_eq!(ImportForm::column(name), Some(column), "{name}");
        }
        for unknown in ["password", "", "salt", "phone", "disabled"] {
            assert_eq!(ImportForm::column(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn truth_is_written_in_many_ways() {
        for yes in
            ["true", "T", "1", " True ", "yes", "Y", "on", "1.0", "-1", "\u{1}", "WAHR", "VRAI", "Active"]
        {
            assert!(form(&[("email_verified", yes)]).parse().ok().unwrap().email_verified, "{yes}");
        }
        for no in ["false", "f", "0", "FALSE", "No", "n", "off", "FALSCH", "\0", "inactive"] {
            assert!(!form(&[("is_active", no)]).parse().ok().unwrap().is_active, "{no}");
        }
        assert!(form(&[("is_active", "NULL")]).parse().ok().unwrap().is_active);
    }

    #[test]
    fn columns_of_other_kinds_become_fields() {
        let filled = |columns: &[(&str, &str)]| {
            let mut form = form(&[]);
            for (column, value) in columns {
                form.fill(column, value);
            }
            form.parse().ok().unwrap()
        };
        for admin in [
            &[("is_admin", "t")][..],
            &[("is_admin", "1"), ("role", "staff")],
            &[("role", "Admin"), ("is_admin", "false")],
            &[("role", "superuser")],
        ] {
            assert_eq!(filled(admin).role, Role::Admin, "{admin:?}");
        }
        for user in
            [&[("is_admin", "f")][..], &[("role", "1")], &[("is_admin", "")], &[("is_admin", "perhaps")]]
        {
            assert_eq!(filled(user).role, Role::User, "{user:?}");
        }
        assert!(filled(&[("email_verified_at", "2024-05-31 12:00:00")]).email_verified);
        for never in ["", "NULL", "null", "false"] {
            assert!(!filled(&[("email_verified_at", never)]).email_verified, "{never}");
        }
    }
}
