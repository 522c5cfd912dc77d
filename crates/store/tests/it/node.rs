//! Postgres' parse trees in the text form of `pg_node_tree`: `{NAME :field value…}`, `(list…)` and words.

/// A piece of a tree.
#[derive(Debug)]
pub enum Node {
    Word(String),
    List(Vec<Node>),
    Struct { name: String, fields: Vec<(String, Vec<Node>)> },
}

impl Node {
    pub fn read(text: &str) -> Self {
        let mut words = words(text).into_iter().peekable();
        let node = piece(&mut words);
        assert_eq!(words.next(), None, "one tree");
        node
    }

    /// The values of a field; none where it has no such field.
    pub fn field(&self, wanted: &str) -> &[Self] {
        let Self::Struct { fields, .. } = self else { return &[] };
        fields.iter().find(|(name, _)| name == wanted).map_or(&[], |(_, values)| values)
    }

    /// The first word of a field.
    pub fn word(&self, wanted: &str) -> &str {
        match self.field(wanted) {
            [Self::Word(word), ..] => word,
            _ => "",
        }
    }

    pub fn is(&self, wanted: &str) -> bool {
        matches!(self, Self::Struct { name, .. } if name == wanted)
    }

    /// It and every piece below it.
    pub fn all(&self) -> Vec<&Self> {
        let mut found = vec![self];
        match self {
            Self::Word(_) => {}
            Self::List(nodes) => found.extend(nodes.iter().flat_map(Self::all)),
            Self::Struct { fields, .. } => {
                found.extend(fields.iter().flat_map(|(_, values)| values).flat_map(Self::all));
            }
        }
        found
    }
}

/// Brackets by themselves, and what stands between them; a backslash takes any meaning from what follows it.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut signs) = (Vec::new(), String::new(), text.chars());
    let end = |word: &mut String, words: &mut Vec<String>| {
        if !word.is_empty() {
            words.push(std::mem::take(word));
        }
    };
    while let Some(sign) = signs.next() {
        match sign {
            '{' | '}' | '(' | ')' => {
                end(&mut word, &mut words);
                words.push(sign.to_string());
            }
            sign if sign.is_whitespace() => end(&mut word, &mut words),
            // Nothing that is looked for is written so.
            '\\' => word.extend(signs.next().map(|_| '?')),
            sign => word.push(sign),
        }
    }
    end(&mut word, &mut words);
    words
}

fn piece(words: &mut std::iter::Peekable<impl Iterator<Item = String>>) -> Node {
    let word = words.next().unwrap();
    match word.as_str() {
        "(" => {
            let mut nodes = Vec::new();
            while words.peek().unwrap() != ")" {
                nodes.push(piece(words));
            }
            words.next();
            Node::List(nodes)
        }
        "{" => {
            let (name, mut fields) = (words.next().unwrap(), Vec::<(String, Vec<Node>)>::new());
            while words.peek().unwrap() != "}" {
                if words.peek().unwrap().starts_with(':') {
                    fields.push((words.next().unwrap()[1..].to_owned(), Vec::new()));
                } else {
                    let value = piece(words);
                    fields.last_mut().unwrap().1.push(value);
                }
            }
            words.next();
            Node::Struct { name, fields }
        }
        _ => Node::Word(word),
    }
}
