//! The fields of a server function, read strictly: Leptos ignores keys it does not know.

use crate::body;

/// The most a form may send (security.md, Limits).
pub(super) const MAX_BYTES: usize = 16 * 1024;

/// The fields of a form: name inside `form[…]`, and value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads `form[a]=…&form[b]=…`; `None` where a key is another, comes twice, or is no text.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let inside = |(key, value): (String, String)| {
            let name = key.strip_prefix("form[")?.strip_suffix(']')?;
            let plain =
                !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            plain.then(|| (name.to_owned(), value))
        };
        body::fields(body).ok()?.into_iter().map(inside).collect::<Option<_>>().map(Self)
    }

    /// The fields of these names, in their order.
    pub(super) fn keep(&self, names: &[&str]) -> Vec<(String, String)> {
        self.0.iter().filter(|(name, _)| names.contains(&name.as_str())).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &str) -> Option<Vec<(String, String)>> {
        Fields::parse(body.as_bytes()).map(|fields| fields.0)
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
