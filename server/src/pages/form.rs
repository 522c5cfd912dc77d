//! The fields of a server function, read strictly: Leptos ignores keys it does not know.

use crate::http::body;

/// The most a form may send: the limits of all its fields together, encoded, fit in it.
pub(super) const MAX_BYTES: usize = 16 * 1024;

/// The fields of a form: name inside `form[…]`, and value; and for whom it was made.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fields {
    inside: Vec<(String, String)>,
    pub(super) account: Option<String>,
    pub(super) version: String,
}

impl Fields {
    /// Reads `form[a]=…&form[b]=…`, and beside these `account` and `version`; `None` where a key is another, comes
    /// twice, or is no text.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let mut fields = Self::default();
        for (key, value) in body::fields(body).ok()? {
            match key.as_str() {
                "account" => fields.account = Some(value),
                "version" => fields.version = value,
                _ => fields.inside.push((inside(&key)?.to_owned(), value)),
            }
        }
        Some(fields)
    }

    /// The fields of these names, in their order.
    pub(super) fn keep(&self, names: &[&str]) -> Vec<(String, String)> {
        self.inside.iter().filter(|(name, _)| names.contains(&name.as_str())).cloned().collect()
    }
}

fn inside(key: &str) -> Option<&str> {
    let name = key.strip_prefix("form[")?.strip_suffix(']')?;
    let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    plain.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &str) -> Option<Vec<(String, String)>> {
        Fields::parse(body.as_bytes()).map(|fields| fields.inside)
    }

    #[test]
    fn for_whom_and_for_which_version_stands_beside_them() {
        let fields = Fields::parse(b"account=a-1&form[account]=b&version=v&form[version]=w").unwrap();
        assert_eq!((fields.account.as_deref(), fields.version.as_str()), (Some("a-1"), "v"));
        assert_eq!(fields.keep(&["account"]), [("account".to_owned(), "b".to_owned())]);
        assert!(Fields::parse(b"account=&version=").unwrap().inside.is_empty());
        for body in ["account=a&account=b", "version=a&version=a", "account[]=a", "Account=a"] {
            assert_eq!(Fields::parse(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn fields_are_read_with_either_kind_of_bracket() {
        let expected =
            Some(vec![("name".to_owned(), "a b+ü".to_owned()), ("next".to_owned(), String::new())]);
        assert_eq!(parse("form[name]=a+b%2B%C3%BC&form[next]="), expected);
        assert_eq!(parse("form%5Bname%5D=a%20b%2b%c3%bc&form%5Bnext%5D"), expected);
        assert_eq!(parse(""), Some(vec![]));
    }

    #[test]
    fn anything_else_is_refused() {
        for body in [
            "role=admin",
            "form=x",
            "form[a][b]=x",
            "form[]=x",
            "form[a=x",
            "form[A]=x",
            "form[a]=1&form[a]=2",
            "form[a]=1&form%5Ba%5D=2",
            "form[a]=%FF",
        ] {
            assert_eq!(parse(body), None, "{body}");
        }
    }
}
