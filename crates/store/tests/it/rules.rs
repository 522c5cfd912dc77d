//! What Citus refuses where tables lie on another node, so that every statement is of the kind that it takes. The rules are
//! those of its source (v14.0.1, `src/backend/distributed/planner/multi_router_planner.c`), each beside its function there
//! and the words of its refusal. They are judged on Postgres' own parse of each statement, with its types and the volatility
//! of its functions, so no Citus is needed.

use crate::node::Node;
use crate::statements::{self, Statement};
use sqlx::{AssertSqlSafe, PgPool, Row};
use std::collections::HashMap;

const INSERT: &str = "3";
const UPDATE: &str = "2";
const DELETE: &str = "4";

/// `ErrorIfOnConflictNotSupported`.
const ON_CONFLICT: &str =
    "functions used in the DO UPDATE SET clause of INSERTs on distributed tables must be marked IMMUTABLE";
/// `ModifyQuerySupported`, by `TargetlistAndFunctionsSupported`.
const VOLATILE: &str = "functions used in UPDATE queries on distributed tables must not be VOLATILE";
const OF_A_COLUMN: &str = "STABLE functions used in UPDATE queries cannot be called with column references";
const RETURNING: &str = "non-IMMUTABLE functions are not allowed in the RETURNING clause";
/// `ModifyPartialQuerySupported`.
const SUBQUERY: &str = "subqueries are not supported within INSERT queries";

/// The volatility of each function: `i`, `s` or `v`.
struct Functions(HashMap<String, String>);

impl Functions {
    async fn of(pool: &PgPool) -> Self {
        let rows = sqlx::query("SELECT oid::text, provolatile::text FROM pg_proc").fetch_all(pool).await;
        Self(rows.unwrap().iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// Whether this piece calls a function of one of these volatilities itself.
    fn calls(&self, node: &Node, volatilities: &str) -> bool {
        if node.is("SQLVALUEFUNCTION") {
            return volatilities.contains('s');
        }
        [node.word("funcid"), node.word("opfuncid")]
            .iter()
            .filter_map(|function| self.0.get(*function))
            .any(|volatility| volatilities.contains(volatility.as_str()))
    }

    /// Whether one of these pieces, or anything in them, does.
    fn any_calls(&self, nodes: &[Node], volatilities: &str) -> bool {
        nodes.iter().flat_map(Node::all).any(|node| self.calls(node, volatilities))
    }

    /// Whether a STABLE function gets a column.
    fn any_of_a_column(&self, nodes: &[Node]) -> bool {
        let of_a_column = |node: &&Node| node.all().iter().any(|part| part.is("VAR"));
        nodes.iter().flat_map(Node::all).filter(of_a_column).any(|node| self.calls(node, "s"))
    }

    /// Why a query, without those within it, is refused.
    fn refusal(&self, query: &Node) -> Option<&'static str> {
        let (command, targets) = (query.word("commandType"), query.field("targetList"));
        let conflict = query.field("onConflict").first();
        let conflict = |field| conflict.map_or(&[][..], |conflict| conflict.field(field));
        let conditions = query.field("jointree");
        let refused = [
            (
                ["onConflictSet", "onConflictWhere", "arbiterWhere"]
                    .iter()
                    .any(|part| self.any_calls(conflict(part), "sv")),
                ON_CONFLICT,
            ),
            (command == INSERT && query.word("hasSubLinks") == "true", SUBQUERY),
            (
                (command == UPDATE && self.any_calls(targets, "v"))
                    || ([UPDATE, DELETE].contains(&command) && self.any_calls(conditions, "v")),
                VOLATILE,
            ),
            (
                (command == UPDATE && self.any_of_a_column(targets))
                    || ([UPDATE, DELETE].contains(&command) && self.any_of_a_column(conditions)),
                OF_A_COLUMN,
            ),
            (self.any_calls(query.field("returningList"), "sv"), RETURNING),
        ];
        refused.into_iter().find_map(|(holds, why)| holds.then_some(why))
    }
}

/// Postgres keeps the parse of a function's body.
async fn parse(pool: &PgPool, statement: &Statement) -> Node {
    let mut tx = pool.begin().await.unwrap();
    let Statement { text, types } = statement;
    let make = format!("CREATE FUNCTION judged({}) RETURNS void BEGIN ATOMIC {text}; END", types.join(", "));
    sqlx::raw_sql(AssertSqlSafe(make))
        .execute(&mut *tx)
        .await
        .unwrap_or_else(|error| panic!("{text}: {error}"));
    let body = "SELECT prosqlbody::text FROM pg_proc WHERE proname = 'judged'";
    let body: String = sqlx::query_scalar(body).fetch_one(&mut *tx).await.unwrap();
    tx.rollback().await.unwrap();
    Node::read(&body)
}

async fn refusal(pool: &PgPool, functions: &Functions, statement: &Statement) -> Option<&'static str> {
    let tree = parse(pool, statement).await;
    let queries: Vec<_> = tree.all().into_iter().filter(|node| node.is("QUERY")).collect();
    assert!(!queries.is_empty(), "{}", statement.text);
    queries.into_iter().find_map(|query| functions.refusal(query))
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_statement_is_of_the_kind_that_citus_takes(pool: PgPool) {
    let functions = Functions::of(&pool).await;
    let mut refused = Vec::new();
    for statement in statements::all() {
        if let Some(why) = refusal(&pool, &functions, &statement).await {
            refused.push(format!("{why}: {}", statement.text));
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

/// Each rule finds what Citus 14.0.1 refused when it was asked, and nothing else.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn each_rule_finds_what_it_is_for(pool: PgPool) {
    let functions = Functions::of(&pool).await;
    let row = "INSERT INTO known_networks (user_id, network, last_used_at) VALUES ($1, $2, $3)";
    let conflict = format!("{row} ON CONFLICT (user_id) DO UPDATE SET last_used_at");
    for (text, why) in [
        (format!("{conflict} = $3"), None),
        (format!("{conflict} = greatest(excluded.last_used_at, $3)"), None),
        (format!("{conflict} = $3 + interval '1 day'"), Some(ON_CONFLICT)),
        (format!("{conflict} = now()"), Some(ON_CONFLICT)),
        (format!("{conflict} = $3 WHERE excluded.last_used_at > now()"), Some(ON_CONFLICT)),
        ("UPDATE known_networks SET last_used_at = now() WHERE user_id = $1 AND network = $2".into(), None),
        (
            "UPDATE known_networks SET last_used_at = last_used_at + interval '1 day' WHERE user_id = $1"
                .into(),
            Some(OF_A_COLUMN),
        ),
        ("DELETE FROM known_networks WHERE last_used_at + interval '1 day' < $3".into(), Some(OF_A_COLUMN)),
        ("UPDATE known_networks SET network = uuid_send(gen_random_uuid())".into(), Some(VOLATILE)),
        ("DELETE FROM known_networks WHERE user_id = gen_random_uuid()".into(), Some(VOLATILE)),
        (format!("{row} RETURNING last_used_at + interval '1 day'"), Some(RETURNING)),
        (
            "INSERT INTO known_networks (user_id, network, last_used_at)
             VALUES ((SELECT id FROM users LIMIT 1), $2, $3)"
                .into(),
            Some(SUBQUERY),
        ),
        ("INSERT INTO known_networks SELECT id, $2, $3 FROM users WHERE id = $1".into(), None),
    ] {
        let types = ["uuid", "bytea", "timestamptz"].map(str::to_owned).into();
        let statement = Statement { text, types };
        assert_eq!(refusal(&pool, &functions, &statement).await, why, "{}", statement.text);
    }
}
