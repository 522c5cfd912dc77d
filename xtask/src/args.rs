//! What the command line may say.

use crate::commands::stand;
use crate::guides::new_page::Audience;
use crate::help::HELP;
use crate::postgres::Action;
use crate::prove::Selection;
use crate::start::ServeOptions;
use crate::tests::schema::LONG;
use anyhow::{Result, bail};
use lexopt::prelude::{Long, Short, Value};

#[derive(Debug, PartialEq)]
pub(crate) enum Task {
    Help,
    Start(ServeOptions),
    Dev(ServeOptions),
    Build { dist: bool },
    Test { pattern: Option<String> },
    Arrows,
    Scorecard { tree: Option<String> },
    Generate,
    FirstPage,
    FirstField,
    SameSite,
    Coverage,
    Prove(Selection),
    Deny,
    Sbom,
    Schema { cases: u32 },
    Stand { command: &'static str, words: Vec<String> },
    Migration { name: String },
    NewPage { name: String, audience: Audience },
    Postgres { action: Action, cluster: String },
}

pub(crate) fn parse(mut parser: lexopt::Parser) -> Result<Task> {
    let mut words: Vec<String> = Vec::new();
    let mut options = ServeOptions::default();
    let mut cases = None;
    let mut prove = Selection::default();
    let (mut audience, mut dist) = (None, false);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("help") | Short('h') => return Ok(Task::Help),
            Long("port") => options.port = Some(port(&parser.value()?.to_string_lossy())?),
            Long("reset") => options.reset = true,
            Long("yes") | Short('y') => options.yes = true,
            Long("dist") => dist = true,
            Long("cases") => cases = Some(number(&parser.value()?.to_string_lossy())?),
            Long("as-seeds") => options.as_seeds = true,
            Long("changed") => prove.changed = true,
            Long("base") => prove.base = Some(parser.value()?.to_string_lossy().into_owned()),
            Long("list") => prove.list = true,
            Long("member") => audience = Some(Audience::Members),
            Long("admin") => audience = Some(Audience::Admins),
            Value(word) => {
                let word = word.to_string_lossy().into_owned();
                if words.is_empty()
                    && let Some(command) = stand::COMMANDS.iter().find(|command| **command == word)
                {
                    // The program behind it knows its own words.
                    let rest = parser.raw_args()?.map(|word| word.to_string_lossy().into_owned());
                    return Ok(Task::Stand { command, words: rest.collect() });
                }
                words.push(word);
            }
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
    let task = shipping(for_whom(proving(task, prove)?, audience)?, dist)?;
    if asked && !matches!(task, Task::Start(_) | Task::Dev(_)) {
        bail!("--port, --reset, --yes and --as-seeds belong to `cargo xtask start` and `dev`");
    }
    Ok(task)
}

fn shipping(task: Task, dist: bool) -> Result<Task> {
    match (task, dist) {
        (task, false) => Ok(task),
        (Task::Build { .. }, true) => Ok(Task::Build { dist }),
        _ => bail!("--dist belongs to `cargo xtask build`"),
    }
}

fn for_whom(task: Task, audience: Option<Audience>) -> Result<Task> {
    match (task, audience) {
        (task, None) => Ok(task),
        (Task::NewPage { name, .. }, Some(audience)) => Ok(Task::NewPage { name, audience }),
        _ => bail!("--member and --admin belong to `cargo xtask new page`"),
    }
}

fn proving(task: Task, options: Selection) -> Result<Task> {
    match task {
        _ if options == Selection::default() => Ok(task),
        Task::Prove(Selection { names, .. })
            if names.is_empty() && (options.changed || options.base.is_none()) =>
        {
            Ok(Task::Prove(options))
        }
        Task::Prove(_) => {
            bail!("--changed and --base tell which faults: name none beside them, and no base without")
        }
        _ => bail!("--changed, --base and --list belong to `cargo xtask prove`"),
    }
}

fn task(words: &[&str], options: ServeOptions) -> Result<Task> {
    Ok(match words {
        [] | ["help"] => Task::Help,
        ["start"] => Task::Start(options),
        ["dev"] => Task::Dev(options),
        ["build"] => Task::Build { dist: false },
        ["test"] => Task::Test { pattern: None },
        ["test", pattern] => Task::Test { pattern: Some((*pattern).to_owned()) },
        ["arrows"] => Task::Arrows,
        ["scorecard"] => Task::Scorecard { tree: None },
        ["scorecard", tree] => Task::Scorecard { tree: Some((*tree).to_owned()) },
        ["generate"] => Task::Generate,
        ["first-page"] => Task::FirstPage,
        ["first-field"] => Task::FirstField,
        ["same-site"] => Task::SameSite,
        ["deny"] => Task::Deny,
        ["sbom"] => Task::Sbom,
        ["coverage"] => Task::Coverage,
        ["schema"] => Task::Schema { cases: LONG },
        ["prove", names @ ..] => {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            Task::Prove(Selection { names, ..Selection::default() })
        }
        ["migration", name] => Task::Migration { name: (*name).to_owned() },
        ["pg", action] => postgres(action, "main")?,
        ["pg", action, cluster] => postgres(action, cluster)?,
        ["new", "page", name] => Task::NewPage { name: (*name).to_owned(), audience: Audience::default() },
        ["new", ..] => bail!("give the page a name: cargo xtask new page tool_loans"),
        ["migration"] => bail!("give the migration a name: cargo xtask migration add_pronouns"),
        _ => bail!("`cargo xtask {}` is not a command\n\n{HELP}", words.join(" ")),
    })
}

fn postgres(action: &str, cluster: &str) -> Result<Task> {
    let action = match action {
        "start" => Action::Start,
        "stop" => Action::Stop,
        "url" => Action::Url,
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
    fn faults_are_chosen_by_name_or_by_what_changed() {
        let by_change = Selection { changed: true, base: Some("HEAD~3".into()), ..Selection::default() };
        assert_eq!(parsed(&["prove", "--changed", "--base", "HEAD~3"]).unwrap(), Task::Prove(by_change));
        let named = Selection { names: vec!["p3".into(), "p4".into()], ..Selection::default() };
        assert_eq!(parsed(&["prove", "p3", "p4"]).unwrap(), Task::Prove(named));
        let listed = Selection { list: true, ..Selection::default() };
        assert_eq!(parsed(&["prove", "--list"]).unwrap(), Task::Prove(listed));
    }

    #[test]
    fn what_stands_behind_a_command_reads_its_own_words() {
        let words = vec!["--short".to_owned(), "--from".to_owned(), "old".to_owned()];
        let expected = Task::Stand { command: "stand", words };
        assert_eq!(parsed(&["stand", "--short", "--from", "old"]).unwrap(), expected);
    }

    #[test]
    fn a_new_page_is_for_members_unless_told_otherwise() {
        let new = |audience| Task::NewPage { name: "tool_loans".into(), audience };
        assert_eq!(parsed(&["new", "page", "tool_loans"]).unwrap(), new(Audience::Members));
        assert_eq!(parsed(&["new", "page", "tool_loans", "--admin"]).unwrap(), new(Audience::Admins));
    }

    #[test]
    fn a_build_is_quick_to_make_unless_it_is_to_be_shipped() {
        assert_eq!(parsed(&["build"]).unwrap(), Task::Build { dist: false });
        assert_eq!(parsed(&["build", "--dist"]).unwrap(), Task::Build { dist: true });
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
            &["start", "--dist"],
            &["test", "--changed"],
            &["prove", "p3", "--changed"],
            &["prove", "--base", "main"],
            &["test", "--admin"],
            &["new", "page"],
            &["new", "tool_loans"],
        ] {
            assert!(parsed(words).is_err(), "{words:?}");
        }
    }

    #[test]
    fn the_cluster_is_main_unless_named() {
        let expected = |cluster: &str| Task::Postgres { action: Action::Url, cluster: cluster.into() };
        assert_eq!(parsed(&["pg", "url"]).unwrap(), expected("main"));
        assert_eq!(parsed(&["pg", "url", "test"]).unwrap(), expected("test"));
    }
}
