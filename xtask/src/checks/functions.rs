//! The functions of a source, and how long they are.

use super::source::{Source, closing, name_at};

pub(crate) struct Function<'a> {
    pub(crate) name: &'a str,
    /// From the attributes to the body.
    pub(crate) head: &'a str,
    /// The lines of its body that are neither blank nor a comment.
    pub(crate) lines: usize,
    pub(crate) line: usize,
}

pub(crate) fn functions(source: &Source) -> Vec<Function<'_>> {
    source.words("fn").filter_map(|at| function(source, at)).collect()
}

fn function(source: &Source, at: usize) -> Option<Function<'_>> {
    let code = source.code.as_str();
    // `fn(u8)` is a type.
    let name = code[at + 2..].starts_with(' ').then(|| name_at(code, at + 3))?;
    let bytes = code.as_bytes();
    let mut open = at + 3 + name.len();
    while !matches!(bytes.get(open)?, b'{' | b';') {
        open = if matches!(bytes[open], b'(' | b'[') { closing(bytes, open) + 1 } else { open + 1 };
    }
    if bytes[open] == b';' {
        return None;
    }
    let head = beginning(bytes, at);
    let body = &source.text[open + 1..closing(bytes, open)];
    let counts = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("//");
    Some(Function {
        name,
        head: &code[head..open],
        lines: body.lines().filter(counts).count(),
        line: source.line(at),
    })
}

/// Where the item begins, with its attributes, whatever these hold in brackets.
fn beginning(code: &[u8], at: usize) -> usize {
    let mut depth = 0_usize;
    for (place, byte) in code[..at].iter().enumerate().rev() {
        match byte {
            b')' | b']' => depth += 1,
            b'(' | b'[' => depth = depth.saturating_sub(1),
            b'{' | b'}' | b';' if depth == 0 => return place + 1,
            _ => {}
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_counted_without_comments_and_blanks() {
        let text = "}\n#[server(x, json!({ a: 1 }))]\npub async fn one(a: [u8; 2]) -> u8\nwhere\n    A: B,\n{\n    // why\n\n    f(\n        \"{\",\n    )\n}\n\
                    trait T { fn none(&self); }\nfn two() -> fn(u8) { g }\n";
        let source = Source::new("a.rs", text.to_owned());
        let found: Vec<_> = functions(&source).iter().map(|f| (f.name, f.lines, f.line)).collect();
        assert_eq!(found, [("one", 3, 3), ("two", 1, 14)]);
        assert!(functions(&source)[0].head.contains("#[server"));
    }
}
