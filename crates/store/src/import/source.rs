//! The database of another service, which an import reads and never writes. Its tables are not ours, so
//! these queries cannot be checked when they are compiled.

use crate::StoreError;
use domain::ImportForm;
use serde_json::{Map, Value};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};
use std::fmt;
use uuid::Uuid;

/// Where a kind of service keeps its accounts, and which of its columns are our fields. Missing columns are empty
/// fields; other columns are ignored.
pub struct Preset {
    /// As the command line spells it.
    pub name: &'static str,
    count: &'static str,
    declare: &'static str,
    columns: &'static [(&'static str, &'static str)],
}

macro_rules! preset {
    ($name:literal, $table:literal, $columns:expr) => {
        Preset {
            name: $name,
            count: concat!("SELECT count(*) FROM ", $table),
            declare: concat!(
                "DECLARE source_users NO SCROLL CURSOR FOR SELECT (
                    SELECT jsonb_object_agg(key, left(value, 1000)) FROM jsonb_each_text(to_jsonb(source))) FROM ",
                $table,
                " AS source"
            ),
            columns: $columns,
        }
    };
}

/// The columns of services in the style of FastAPI. If a table has two for one field, the later one in this list
/// counts.
const FASTAPI: &[(&str, &str)] = &[
    ("id", "id"),
    ("email", "email"),
    ("username", "username"),
    ("full_name", "name"),
    ("name", "name"),
    ("first_name", "first_name"),
    ("last_name", "last_name"),
    ("bio", "bio"),
    ("password", "password_hash"),
    ("password_hash", "password_hash"),
    ("hashed_password", "password_hash"),
    ("is_active", "is_active"),
    ("is_verified", "email_verified"),
    ("email_verified", "email_verified"),
    ("role", "role"),
    ("is_admin", ImportForm::IS_ADMIN),
    ("is_superuser", ImportForm::IS_ADMIN),
    ("created_at", "created_at"),
];

const DJANGO: &[(&str, &str)] = &[
    ("id", "id"),
    ("email", "email"),
    ("username", "username"),
    ("first_name", "first_name"),
    ("last_name", "last_name"),
    ("password", "password_hash"),
    ("is_active", "is_active"),
    ("is_superuser", ImportForm::IS_ADMIN),
    ("date_joined", "created_at"),
];

const LARAVEL: &[(&str, &str)] = &[
    ("id", "id"),
    ("email", "email"),
    ("name", "name"),
    ("password", "password_hash"),
    ("email_verified_at", ImportForm::VERIFIED_AT),
    ("created_at", "created_at"),
];

const DEVISE: &[(&str, &str)] = &[
    ("id", "id"),
    ("email", "email"),
    ("username", "username"),
    ("name", "name"),
    ("first_name", "first_name"),
    ("last_name", "last_name"),
    ("encrypted_password", "password_hash"),
    ("admin", ImportForm::IS_ADMIN),
    ("confirmed_at", ImportForm::VERIFIED_AT),
    ("created_at", "created_at"),
];

/// The known services.
pub const PRESETS: &[Preset] = &[
    preset!("full-stack-fastapi", "\"user\"", FASTAPI),
    preset!("fastapi-users", "\"user\"", FASTAPI),
    preset!("django", "auth_user", DJANGO),
    preset!("laravel", "users", LARAVEL),
    preset!("devise", "users", DEVISE),
    preset!("s0", "users", FASTAPI),
    preset!("s1", "users", FASTAPI),
    preset!("s2", "users", FASTAPI),
    preset!("s3", "users", FASTAPI),
    preset!("s4", "users", FASTAPI),
];

const BEGIN: &str = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// Other services keep documents and pictures of any size in their rows. So a fetch takes few rows, and only the first
/// thousand letters of each value: no field of ours holds more.
const FETCH: &str = "FETCH FORWARD 500 FROM source_users";
/// How many accounts are handed over at once, and how many bytes of them, give or take one fetch's worth.
const CHUNK: (usize, usize) = (5_000, 4 * 1024 * 1024);

/// A snapshot of another service's database.
pub struct ImportSource {
    connection: PgConnection,
    preset: &'static Preset,
    accounts: u64,
}

/// A row may hold a hash.
impl fmt::Debug for ImportSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportSource").field("preset", &self.preset.name).finish_non_exhaustive()
    }
}

impl ImportSource {
    /// Connects and counts.
    ///
    /// # Errors
    /// [`StoreError`] where the database does not answer or has no such table.
    pub async fn open(connect: &PgConnectOptions, preset: &'static Preset) -> Result<Self, StoreError> {
        let mut connection = PgConnection::connect_with(connect).await?;
        sqlx::raw_sql(BEGIN).execute(&mut connection).await?;
        let accounts: i64 = sqlx::query_scalar(preset.count).fetch_one(&mut connection).await?;
        sqlx::raw_sql(preset.declare).execute(&mut connection).await?;
        Ok(Self { connection, preset, accounts: accounts.unsigned_abs() })
    }

    /// How many accounts there are.
    #[must_use]
    pub fn accounts(&self) -> u64 {
        self.accounts
    }

    /// The next accounts, a few thousand and never many megabytes; none at the end.
    ///
    /// # Errors
    /// [`StoreError`] where the database does not answer.
    pub async fn next(&mut self) -> Result<Vec<ImportForm>, StoreError> {
        let (mut forms, mut bytes) = (Vec::new(), 0);
        while forms.len() < CHUNK.0 && bytes < CHUNK.1 {
            let rows: Vec<Value> = sqlx::query_scalar(FETCH).fetch_all(&mut self.connection).await?;
            if rows.is_empty() {
                break;
            }
            for row in rows.iter().filter_map(Value::as_object) {
                let mut form = self.preset.form(row);
                bytes += size(&mut form);
                forms.push(form);
            }
        }
        Ok(forms)
    }
}

fn size(form: &mut ImportForm) -> usize {
    ImportForm::names().map(|name| form.field(name).map_or(0, |text| text.len())).sum()
}

impl Preset {
    /// Whether a column of this name holds the address.
    #[must_use]
    pub fn knows_email(&self, column: &str) -> bool {
        self.columns.contains(&(column, "email"))
    }

    /// The account in a row of such a table, whatever else the row has.
    #[must_use]
    pub fn form(&self, row: &Map<String, Value>) -> ImportForm {
        let mut form = ImportForm::default();
        for (theirs, ours) in self.columns {
            match (*ours, row.get(*theirs)) {
                // Ids that are no UUIDs cannot be kept.
                (_, None | Some(Value::Null)) | ("id", Some(Value::Number(_))) => {}
                ("id", Some(Value::String(id))) if Uuid::try_parse(id).is_err() => {}
                (ours, Some(Value::String(text))) => form.fill(ours, text),
                (ours, Some(other)) => form.fill(ours, &other.to_string()),
            }
        }
        form
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ProfileForm;
    use serde_json::json;

    #[test]
    fn a_row_becomes_a_form_whatever_else_it_has() {
        let row = json!({
            "id": "018f3c2a-7b1d-7c3e-9f00-0123456789ab", "email": "ana@example.com", "full_name": "Ana",
            "hashed_password": "$2b$12$x", "is_superuser": true, "is_active": false, "favourite": [1],
            "username": null,
        });
        let fastapi = PRESETS[0].form(row.as_object().unwrap());
        let expected = ImportForm {
            id: "018f3c2a-7b1d-7c3e-9f00-0123456789ab".into(),
            email: "ana@example.com".into(),
            profile: ProfileForm { name: Some("Ana".into()), ..ProfileForm::default() },
            password_hash: "$2b$12$x".into(),
            role: "admin".into(),
            is_active: "false".into(),
            ..ImportForm::default()
        };
        assert!(fastapi == expected);
        let row = json!({ "id": 17, "email": "eve@example.com", "password": "!x", "is_superuser": false });
        let django = PRESETS[2].form(row.as_object().unwrap());
        assert!(django.id.is_empty() && django.password_hash == "!x" && django.role.is_empty());
    }

    #[test]
    fn every_preset_names_fields_of_ours() {
        for preset in PRESETS {
            for (_, ours) in preset.columns {
                assert_eq!(ImportForm::column(ours), Some(*ours), "{} {ours}", preset.name);
            }
        }
    }
}
