//! What a `.env` says is taken whole or not at all.

use crate::config::dotenv::{Variables, parse, read};

fn variables(text: &str) -> Result<Variables, Vec<String>> {
    parse(text, |name| (name == "HOME").then(|| "/home/ana".to_owned()))
}

fn value(line: &str) -> String {
    let variables = variables(line).unwrap();
    assert_eq!((variables.len(), variables[0].0.as_str()), (1, "NAME"), "{line}");
    variables[0].1.clone()
}

#[test]
fn a_line_says_what_it_seems_to_say() {
    for (line, said) in [
        ("NAME=My Site", "My Site"),
        ("NAME = My Site ", "My Site"),
        ("export NAME=My Site", "My Site"),
        ("\u{feff}NAME=My Site\r\n", "My Site"),
        ("NAME=My Site # a comment", "My Site"),
        ("NAME=My Site\t# a comment", "My Site"),
        ("NAME=a#b", "a#b"),
        ("NAME=# nothing", ""),
        ("NAME=", ""),
        ("NAME=\"\"", ""),
        ("NAME=Ana's Site", "Ana's Site"),
        ("NAME=a=b", "a=b"),
        ("NAME=pa$word", "pa$word"),
        ("NAME='My \"Site\" # ${HOME}' # a comment", "My \"Site\" # ${HOME}"),
        ("NAME=\"My Site # 1\"# a comment", "My Site # 1"),
        ("NAME=\"say \\\"aye\\\" for \\$1\\nand \\${HOME}\"", "say \"aye\" for $1\nand ${HOME}"),
        ("NAME=\"C:\\temp \\\\ x\"", "C:\\temp \\ x"),
        ("NAME=${HOME}/b", "/home/ana/b"),
        ("NAME=\"one\ntwo\"", "one\ntwo"),
        (
            "NAME=\"-----BEGIN KEY-----\nMIIab+c==\n-----END KEY-----\"",
            "-----BEGIN KEY-----\nMIIab+c==\n-----END KEY-----",
        ),
    ] {
        assert_eq!(value(line), said, "{line}");
    }
}

#[test]
fn what_follows_a_name_with_spaces_counts() {
    let two =
        [("APP_NAME", "My Site"), ("SIGNUP", "closed")].map(|(name, value)| (name.into(), value.into()));
    for text in ["APP_NAME=My Site\nSIGNUP=closed\n", "# mine\r\n\r\nAPP_NAME=My Site\r\nSIGNUP=closed"] {
        assert_eq!(variables(text).unwrap(), two);
    }
    let text = "HOST=db.example\nURL=postgres://${HOST}/app\n";
    assert_eq!(variables(text).unwrap()[1].1, "postgres://db.example/app");
}

#[test]
fn a_line_that_cannot_be_read_is_named_and_nothing_counts() {
    for (text, fault) in [
        ("A=1\nSIGNUP closed", "line 2: missing =; write NAME=value"),
        ("A=1\nSIGNUP: closed", "line 2: missing =; write NAME=value"),
        ("export SIGNUP", "line 1: missing =; write NAME=value"),
        ("=closed", "line 1: a name has letters"),
        ("MY SITE=1", "line 1: a name has letters"),
        ("set A=1", "line 1: a name has letters"),
        ("1A=1", "line 1: a name has letters"),
        ("APP-NAME=1", "line 1: a name has letters"),
        ("ÄPP=1", "line 1: a name has letters"),
        ("A=1\nB=2\nA=3", "line 3: A is set already, on line 1; leave one"),
        ("A=\"My Site\nSIGNUP=closed\nB=\"x\"", "line 1: the quote \" is not closed"),
        ("A='My Site", "line 1: the quote ' is not closed"),
        ("A=\"My\" Site", "line 1: something follows the closing \""),
        ("A=${NOWHERE}", "line 1: ${NOWHERE} is not set"),
        ("A=a${B_2}", "line 1: ${B_2} is not set"),
        ("A=abc${hunter2}xyz", "line 1: what a ${…} names is not set"),
        ("A=abc${Hunter}xyz", "line 1: what a ${…} names is not set"),
        ("A=abc${2%K!}xyz", "line 1: what a ${…} names is not set"),
        ("A=\"abc${}xyz\"", "line 1: what a ${…} names is not set"),
        ("A=${HOME", "line 1: a ${ has no }"),
        ("A=a\u{0}b", "line 1: A holds a control character"),
        ("A=a\u{1b}[0m", "line 1: A holds a control character"),
    ] {
        let faults = variables(text).unwrap_err();
        assert!(faults[0].starts_with(fault), "{faults:?}");
    }
    assert_eq!(variables("A\nB=1\nB=2\n=").unwrap_err().len(), 3);
}

#[test]
fn a_file_is_read_or_said_to_be_unreadable() {
    let folder = std::env::temp_dir().join(format!("doorstep-dotenv-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("directory")).unwrap();
    let read = |name: &str| read(&folder.join(name), |_| None);
    assert_eq!(read("missing"), Ok(Vec::new()));
    assert!(read("directory").unwrap_err()[0].starts_with("it cannot be read: "));
    std::os::unix::fs::symlink("nowhere", folder.join("dangling")).unwrap();
    assert!(read("dangling").unwrap_err()[0].starts_with("it cannot be read: "));
    std::fs::write(folder.join("wide"), b"\xff\xfeA\0=\x001\0").unwrap();
    assert_eq!(read("wide").unwrap_err(), ["not valid UTF-8; save it as UTF-8"]);
    std::fs::write(folder.join("good"), "\u{feff}A=1\r\n").unwrap();
    assert_eq!(read("good").unwrap(), [("A".to_owned(), "1".to_owned())]);
    std::fs::remove_dir_all(folder).unwrap();
}
