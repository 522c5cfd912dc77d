//! The statements as `.sqlx` describes them.

use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection};
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

    /// How Postgres would find its rows with these values, which are SQL.
    pub async fn plan(&self, connection: &mut PgConnection, values: &[&str]) -> String {
        let listed =
            |words: &[&str]| if words.is_empty() { String::new() } else { format!("({})", words.join(", ")) };
        let types: Vec<&str> = self.types.iter().map(String::as_str).collect();
        let prepare = format!("PREPARE planned {} AS {}", listed(&types), self.text);
        sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut *connection).await.unwrap();
        let explain = AssertSqlSafe(format!("EXPLAIN (COSTS OFF) EXECUTE planned {}", listed(values)));
        let lines: Vec<String> = sqlx::query_scalar(explain).fetch_all(&mut *connection).await.unwrap();
        sqlx::raw_sql("DEALLOCATE planned").execute(connection).await.unwrap();
        lines.join("\n")
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
