//! What the command line may say.

use crate::test::schema::LONG;
use anyhow::{Result, bail};
use lexopt::prelude::{Long, Short, Value};

pub(crate) const HELP: &str = "\
cargo xtask COMMAND

  start [--port N] [--reset] [--yes] [--as-seeds]
                                      bring what is missing, build for release, serve
  dev [--port N] [--as-seeds]         the same set-up, then rebuild and reload on each change
  build                               bring the tools and build for release, as an image does
  test [PATTERN]                      every check and test, or only the tests that match
  migration NAME                      a new, empty file in migrations/
  generate                            write .sqlx anew from the queries and the migrations
  first-page                          docs/your-first-page.md followed in a scratch copy
  arrows                              does each crate depend only on what it may?
  coverage                            lines reached by the tests, as HTML in target/coverage
  schema [--cases N]                  the API against its description: N cases a call, thousands in all
  prove [NAME]                        does each planted fault in faults/ turn its test red?
  pg start|stop|url [CLUSTER]         the clone's own Postgres: main or test

start --reset empties the data of this clone's own Postgres after asking; --yes does not ask.
--as-seeds takes weak passwords, on loopback only: the five READMEs can be pasted as they are, each on empty data
(--reset), since several make the same account.";

#[derive(Debug, PartialEq)]
pub(crate) enum Task {
    Help,
    Start(ServeOptions),
    Dev(ServeOptions),
    Build,
    Test { pattern: Option<String> },
    Arrows,
    Generate,
    FirstPage,
    Coverage,
    Prove { name: Option<String> },
    Schema { cases: u32 },
    Migration { name: String },
    Postgres { action: PostgresAction, cluster: String },
}

#[derive(Debug, Default, PartialEq)]
pub(crate) struct ServeOptions {
    pub(crate) port: Option<u16>,
    pub(crate) reset: bool,
    pub(crate) yes: bool,
    pub(crate) as_seeds: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum PostgresAction {
    Start,
    Stop,
    Url,
}

pub(crate) fn parse(mut parser: lexopt::Parser) -> Result<Task> {
    let mut words: Vec<String> = Vec::new();
    let mut options = ServeOptions::default();
    let mut cases = None;
    while let Some(argument) = parser.next()? {
        match argument {
            Long("help") | Short('h') => return Ok(Task::Help),
            Long("port") => options.port = Some(port(&parser.value()?.to_string_lossy())?),
            Long("reset") => options.reset = true,
            Long("yes") | Short('y') => options.yes = true,
            Long("cases") => cases = Some(number(&parser.value()?.to_string_lossy())?),
            Long("as-seeds") => options.as_seeds = true,
            Value(word) => words.push(word.to_string_lossy().into_owned()),
            other => return Err(other.unexpected().into()),
        }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let asked = options != ServeOptions::default();
    let task = match (task(&words, options)?, cases) {
        (task, None) => task,
        (Task::Schema { .. }, Some(cases)) => Task::Schema { cases },
        _ => bail!("--cases belongs to `cargo xtask schema`"),
    };
    if asked && !matches!(task, Task::Start(_) | Task::Dev(_)) {
        bail!("--port, --reset, --yes and --as-seeds belong to `cargo xtask start` and `dev`");
    }
    Ok(task)
}

fn task(words: &[&str], options: ServeOptions) -> Result<Task> {
    Ok(match words {
        [] | ["help"] => Task::Help,
        ["start"] => Task::Start(options),
        ["dev"] => Task::Dev(options),
        ["build"] => Task::Build,
        ["test"] => Task::Test { pattern: None },
        ["test", pattern] => Task::Test { pattern: Some((*pattern).to_owned()) },
        ["arrows"] => Task::Arrows,
        ["generate"] => Task::Generate,
        ["first-page"] => Task::FirstPage,
        ["coverage"] => Task::Coverage,
        ["schema"] => Task::Schema { cases: LONG },
        ["prove"] => Task::Prove { name: None },
        ["prove", name] => Task::Prove { name: Some((*name).to_owned()) },
        ["migration", name] => Task::Migration { name: (*name).to_owned() },
        ["pg", action] => postgres(action, "main")?,
        ["pg", action, cluster] => postgres(action, cluster)?,
        ["migration"] => bail!("a migration needs a name: cargo xtask migration add_pronouns"),
        _ => bail!("`cargo xtask {}` is no command\n\n{HELP}", words.join(" ")),
    })
}

fn postgres(action: &str, cluster: &str) -> Result<Task> {
    let action = match action {
        "start" => PostgresAction::Start,
        "stop" => PostgresAction::Stop,
        "url" => PostgresAction::Url,
        _ => bail!("`cargo xtask pg` knows start, stop and url"),
    };
    Ok(Task::Postgres { action, cluster: cluster.to_owned() })
}

fn number(text: &str) -> Result<u32> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => bail!("--cases needs a number from 1, not `{text}`"),
    }
}

fn port(text: &str) -> Result<u16> {
    match text.parse() {
        Ok(port) if port > 0 => Ok(port),
        _ => bail!("--port needs a number from 1 to 65535, not `{text}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &[&str]) -> Result<Task> {
        parse(lexopt::Parser::from_args(words))
    }

    #[test]
    fn start_takes_its_options_in_any_order() {
        let expected = ServeOptions { port: Some(9000), reset: true, yes: true, as_seeds: true };
        assert_eq!(
            parsed(&["--yes", "start", "--as-seeds", "--port=9000", "--reset"]).unwrap(),
            Task::Start(expected)
        );
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for words in [
            &["start", "--port", "70000"][..],
            &["schema", "--cases", "0"],
            &["test", "--cases", "5"],
            &["start", "--port", "0"],
            &["strat"],
            &["test", "--reset"],
        ] {
            assert!(parsed(words).is_err(), "{words:?}");
        }
    }

    #[test]
    fn the_cluster_is_main_unless_named() {
        let expected =
            |cluster: &str| Task::Postgres { action: PostgresAction::Url, cluster: cluster.into() };
        assert_eq!(parsed(&["pg", "url"]).unwrap(), expected("main"));
        assert_eq!(parsed(&["pg", "url", "test"]).unwrap(), expected("test"));
    }
}
