//! No two types of a crate have one name.

use super::Row;
use crate::checks::source::{Source, name_at};
use std::collections::BTreeMap;

pub(super) fn row(sources: &[Source]) -> Row {
    let mut named: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for source in sources {
        let of_crate = source.name.split("/src/").next().unwrap_or_default();
        for (name, line) in types(source) {
            named.entry((of_crate, name)).or_default().push(format!("{}:{line}", source.name));
        }
    }
    named.retain(|_, places| places.len() > 1);
    let tell = |((_, name), places): ((&str, &str), Vec<String>)| format!("{name}: {}", places.join(", "));
    Row::counted("names that two types of a crate have", "0", named.into_iter().map(tell).collect())
}

/// The types that stand by themselves, not in an `impl` or a function.
fn types(source: &Source) -> Vec<(&str, usize)> {
    let mut found = Vec::new();
    for kind in ["struct", "enum", "union", "trait", "type"] {
        for at in source.words(kind) {
            let begin = source.code[..at].rfind('\n').map_or(0, |end| end + 1);
            let outermost = !source.code[begin..].starts_with(char::is_whitespace);
            let name = name_at(&source.code, at + kind.len() + 1);
            if outermost && !name.is_empty() {
                found.push((name, source.line(at)));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_one_name_are_told() {
        let a = Source::new("x/src/a.rs", "struct One;\nimpl T for One {\n    type Two = u8;\n}".to_owned());
        let b = Source::new("x/src/b.rs", "pub(crate) enum One {}\ntype Two = u8;".to_owned());
        let c = Source::new("y/src/c.rs", "struct One;".to_owned());
        assert_eq!(row(&[a, b, c]).places, ["One: x/src/a.rs:1, x/src/b.rs:1"]);
    }
}
