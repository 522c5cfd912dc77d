//! The statements as `.sqlx` describes them.

use serde_json::Value;
use std::fs;
use std::path::Path;

/// A statement, and the types of its parameters in SQL.
pub struct Statement {
    /// In one line.
    pub text: String,
    pub types: Vec<String>,
}

impl Statement {
    /// Whether Postgres plans it; settings are none of that.
    fn is_planned(&self) -> bool {
        !self.text.starts_with("SET ")
    }
}

/// Every one that is planned.
pub fn all() -> Vec<Statement> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.sqlx");
    let mut statements = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let described: Value =
            serde_json::from_str(&fs::read_to_string(entry.unwrap().path()).unwrap()).unwrap();
        let types = described["describe"]["parameters"]["Left"].as_array().unwrap();
        let types = types.iter().map(|name| in_sql(name.as_str().unwrap())).collect();
        let lines = described["query"].as_str().unwrap().lines();
        let lines = lines.map(|line| line.split("--").next().unwrap().trim());
        statements.push(Statement { text: lines.collect::<Vec<_>>().join(" "), types });
    }
    statements.retain(Statement::is_planned);
    assert!(statements.len() > 150, "{} statements", statements.len());
    statements
}

/// A type as the driver names it.
fn in_sql(name: &str) -> String {
    match name.strip_suffix("Array") {
        Some(element) => format!("{element}[]").to_lowercase(),
        None => name.to_lowercase(),
    }
}
