//! From a record of a file to the fields of an account.

use csv::ByteRecord;
use domain::{FieldError, ImportForm, ImportReason};
use serde_json::{Map, Value};
use store::import::source::Preset;

/// Why a line is no account.
pub(super) type Refusals = Vec<FieldError<ImportReason>>;

/// Which column names are read.
#[derive(Clone, Copy)]
pub(super) struct Names {
    /// Those of a service, and no others.
    pub(super) preset: Option<&'static Preset>,
    /// Whether unknown ones are passed over.
    pub(super) ignore_unknown: bool,
}

impl Names {
    /// What a field of this name holds; `None` if it is skipped.
    fn column(self, name: &str) -> Result<Option<&'static str>, ()> {
        match ImportForm::column(name) {
            // A column that may hold password hashes is never skipped silently: nobody may lose their password.
            None if self.ignore_unknown && hint(name).is_empty() => Ok(None),
            column => column.map(Some).ok_or(()),
        }
    }
}

/// What the columns of a file hold.
pub(super) enum Columns {
    /// Fields of ours, by whatever name, and columns that are passed over.
    Ours(Vec<Option<&'static str>>),
    /// A service's own names, of which those count that its preset knows.
    Preset(&'static Preset, Vec<String>),
}

impl Columns {
    /// Reads a header. Columns without a name at its end are the commas of a spreadsheet.
    pub(super) fn new(mut header: Vec<String>, known: Names) -> Result<Self, String> {
        while header.last().is_some_and(|name| name.trim().is_empty()) {
            header.pop();
        }
        if header.iter().any(|name| name.contains('@')) {
            return Err("line 1 names no columns; write a header like email,password_hash".to_owned());
        }
        if let Some(preset) = known.preset {
            let names: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
            return if names.iter().any(|name| preset.knows_email(name)) {
                Ok(Self::Preset(preset, names))
            } else {
                Err(format!("no column holds the email address as the preset {} names it", preset.name))
            };
        }
        let mut columns = Vec::new();
        for name in &header {
            let column = known.column(name).map_err(|()| unknown(name))?;
            if let Some(column) = column.filter(|_| columns.contains(&column)) {
                return Err(format!("the column {column:?} is there twice"));
            }
            columns.push(column);
        }
        if columns.contains(&Some("email")) {
            Ok(Self::Ours(columns))
        } else {
            Err("no column \"email\"".to_owned())
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Ours(columns) => columns.len(),
            Self::Preset(_, names) => names.len(),
        }
    }

    /// The account of a record.
    pub(super) fn form(&self, record: &ByteRecord) -> Result<ImportForm, Refusals> {
        let width = self.len();
        if record.len() < width || record.iter().skip(width).any(|value| !value.trim_ascii().is_empty()) {
            return Err(malformed(format!("It has {} fields, the header {width}.", record.len())));
        }
        let values = record.iter().take(width).map(std::str::from_utf8).collect::<Result<Vec<_>, _>>();
        let values = values.map_err(|_| malformed("It is not UTF-8; save the file as UTF-8."))?;
        Ok(match self {
            Self::Ours(columns) => {
                let mut form = ImportForm::default();
                for (column, value) in columns.iter().zip(values) {
                    if let Some(column) = column {
                        form.fill(column, value);
                    }
                }
                form
            }
            Self::Preset(preset, names) => {
                let values = names.iter().zip(values).map(|(name, value)| (name.clone(), value.into()));
                preset.form(&values.collect())
            }
        })
    }
}

/// The account of a JSON object.
pub(super) fn from_json(text: &[u8], known: Names) -> Result<ImportForm, Refusals> {
    let object: Map<String, Value> =
        serde_json::from_slice(text).map_err(|error| malformed(format!("It is no JSON object: {error}.")))?;
    if let Some(preset) = known.preset {
        // Django's `dumpdata` keeps a row in a field of its own.
        let row = object.get("fields").and_then(Value::as_object).filter(|_| object.contains_key("model"));
        return Ok(preset.form(row.unwrap_or(&object)));
    }
    let (mut form, mut columns) = (ImportForm::default(), Vec::new());
    for (name, value) in object {
        let column = known
            .column(&name)
            .map_err(|()| malformed(format!("The field {name:?} is unknown{}.", hint(&name))))?;
        let Some(column) = column else { continue };
        if columns.contains(&column) {
            return Err(malformed(format!("The field {column:?} is there twice.")));
        }
        columns.push(column);
        match value {
            Value::String(text) => form.fill(column, &text),
            Value::Null => {}
            Value::Bool(_) | Value::Number(_) => form.fill(column, &value.to_string()),
            // MongoDB's `_id`, say.
            Value::Array(_) | Value::Object(_)
                if known.ignore_unknown && !matches!(column, "email" | "password_hash") => {}
            Value::Array(_) | Value::Object(_) => {
                return Err(malformed(format!("The field {name:?} is no text.")));
            }
        }
    }
    Ok(form)
}

pub(super) fn malformed(message: impl Into<String>) -> Refusals {
    vec![FieldError::new("line", ImportReason::Malformed(message.into()))]
}

fn unknown(name: &str) -> String {
    let known = ImportForm::names().collect::<Vec<_>>().join(", ");
    format!("unknown column {name:?}{}; there are {known}; --ignore-unknown passes over others", hint(name))
}

/// A column of this name may hold passwords themselves.
fn hint(name: &str) -> &'static str {
    if name.trim().eq_ignore_ascii_case("password") {
        " (call it password_hash if it holds hashes)"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::import::source::PRESETS;

    const OURS: Names = Names { preset: None, ignore_unknown: false };
    const ANY: Names = Names { preset: None, ignore_unknown: true };

    fn columns(header: &str, names: Names) -> Result<Columns, String> {
        Columns::new(header.split(',').map(str::to_owned).collect(), names)
    }

    fn django() -> Names {
        Names { preset: PRESETS.iter().find(|preset| preset.name == "django"), ..OURS }
    }

    #[test]
    fn a_header_is_judged_before_anything_is_read() {
        for (header, why) in [
            ("email,password", "unknown column \"password\" (call it password_hash"),
            ("email,phone", "unknown column \"phone\""),
            ("email,,name", "unknown column \"\""),
            ("email,E-Mail", "twice"),
            ("name", "no column \"email\""),
            ("", "no column \"email\""),
            ("a@example.com,$2b$04$x", "line 1 names no columns"),
        ] {
            assert!(columns(header, OURS).err().unwrap().contains(why), "{header}");
        }
        for header in ["E-Mail,Password Hash,Is Active", "\u{feff}email", " Email Address ,firstName,,"] {
            assert!(columns(header, OURS).is_ok(), "{header}");
        }
    }

    #[test]
    fn what_a_terminal_obeys_is_not_repeated_to_it() {
        assert!(columns("\u{1b}[2J", OURS).err().unwrap().starts_with("unknown column \"\\u{1b}[2J\";"));
        for (json, told) in [
            (r#"{"\u001b[2J":"x"}"#, r#"The field "\u{1b}[2J" is unknown."#),
            (r#"{"\u009b2J":[]}"#, r#"The field "\u{9b}2J" is unknown."#),
            (r#"{"email":[]}"#, r#"The field "email" is no text."#),
        ] {
            assert_eq!(
                from_json(json.as_bytes(), OURS).err().unwrap()[0].reason,
                ImportReason::Malformed(told.into())
            );
        }
    }

    #[test]
    fn unknown_names_are_passed_over_where_that_is_asked_for_and_passwords_never() {
        let known = columns("phone,email,shoe size", ANY).ok().unwrap();
        let form = known.form(&ByteRecord::from(vec!["1", "a@b", "2"])).ok().unwrap();
        assert_eq!(form.email, "a@b");
        let json = r#"{"_id":{"$oid":"x"},"email":"a@b","roles":[]}"#;
        assert_eq!(from_json(json.as_bytes(), ANY).ok().unwrap().email, "a@b");
        assert!(columns("email,Password", ANY).is_err());
        assert!(from_json(br#"{"email":"a@b","password":"x"}"#, ANY).is_err());
    }

    #[test]
    fn values_of_other_kinds_are_read_as_text() {
        let json = r#"{"emailAddress":"a@b","isActive":true,"createdAt":1717156800,"name":null,"id":17,"is_admin":1}"#;
        let form = from_json(json.as_bytes(), OURS).ok().unwrap();
        assert_eq!(
            (form.email.as_str(), form.is_active.as_str(), form.role.as_str()),
            ("a@b", "true", "admin")
        );
        assert_eq!(
            (form.created_at.as_str(), form.profile.name.as_deref(), form.id.as_str()),
            ("1717156800", None, "17")
        );
        let twice = from_json(br#"{"email":"a@b","E-Mail":"c@d"}"#, OURS).err().unwrap();
        assert!(words::import_reason(&twice[0].reason).contains("twice"));
    }

    #[test]
    fn a_preset_reads_a_table_s_own_columns_and_leaves_the_others() {
        let header = ["id", "password", "last_login", "is_superuser", "username", "email", "is_staff"];
        let columns = Columns::new(header.map(str::to_owned).to_vec(), django()).ok().unwrap();
        let record = ByteRecord::from(vec!["7", "!x", "", "t", "ana", "a@b", "f"]);
        let form = columns.form(&record).ok().unwrap();
        assert_eq!(
            (form.email.as_str(), form.profile.username.as_deref(), form.role.as_str()),
            ("a@b", Some("ana"), "admin")
        );
        assert_eq!((form.password_hash.as_str(), form.id.as_str()), ("!x", ""));
        assert!(Columns::new(vec!["mail".into()], django()).is_err());

        let dump = r#"{"model":"auth.user","pk":7,"fields":{"email":"a@b","is_superuser":true,"groups":[]}}"#;
        let form = from_json(dump.as_bytes(), django()).ok().unwrap();
        assert_eq!((form.email.as_str(), form.role.as_str()), ("a@b", "admin"));
    }
}
