//! What the build says of files of sentences that do not fit together.

#[path = "../build/file.rs"]
mod file;
#[expect(dead_code, unreachable_pub, reason = "it is the crate's as well")]
#[path = "../src/plural.rs"]
mod plural;
#[path = "../build/rust.rs"]
mod rust;
#[path = "../build/sentence.rs"]
mod sentence;

use sentence::{Language, compared};

const ENGLISH: &str = "[home]\nhi = \"Hi, {name}.\" # as friends do\nlink = \"See {what:slot}.\"\n\
                       wait = { one = \"{n:count} second\", other = \"{n:count} seconds\" }\n";

#[test]
fn a_function_takes_what_its_sentence_names() {
    let table = compared(vec![Language::read("en", ENGLISH).unwrap()]).map(|all| rust::table(&all)).unwrap();
    for line in [
        "pub mod home {",
        "pub fn hi(name: &str) -> String {",
        "crate::Language::En => [\"Hi, \", name, \".\"].concat(),",
        "pub fn link() -> [&'static str; 2] {",
        "crate::Language::En => [\"See \", \".\"],",
        "pub fn wait(n: u64) -> String {",
        "crate::plural::Category::One => [crate::number(n).as_str(), \" second\"].concat(),",
    ] {
        assert!(table.contains(line), "{line}\n{table}");
    }
}

#[test]
fn a_second_language_has_the_same_keys_and_placeholders() {
    const BARE: &str = "[home]\nhi = \"Hi, {name}.\"\nbye = \"Bye.\"\n";
    let with = |text: &str| {
        let languages = vec![Language::read("eo", text).unwrap(), Language::read("en", BARE).unwrap()];
        compared(languages).map(|languages| rust::table(&languages))
    };
    let table = with("[home]\nbye = \"Ĝis.\"\nhi = \"{name}, saluton!\"\n").unwrap();
    assert!(table.contains("crate::Language::Eo => [name, \", saluton!\"].concat(),"), "{table}");
    assert!(table.contains("pub const ALL: &[Self] = &[Self::En, Self::Eo, ];"), "{table}");
    let wrong = with("[home]\nhi = \"Saluton, {nomo}!\"\nmore = \"Pli.\"\n").unwrap_err();
    assert_eq!(
        wrong,
        "locales/eo.toml: home.hi has other placeholders than the English one\n\
         locales/eo.toml: home.bye is missing\n\
         locales/eo.toml: home.more is not there in English"
    );
}

#[test]
fn what_cannot_be_read_is_told_by_its_place() {
    for (text, why) in [
        ("hi = \"Hi.\"", "line 1: it stands in no section"),
        ("[home]\nhi = Hi.", "line 2: a sentence stands in quotes"),
        ("[home]\nhi = \"Hi.", "line 2: the quote is left open"),
        ("[home]\nhi = \"Hi.\" there", "line 2: what is \"there\"?"),
        ("[home]\nhi = \"Hi.\"\nhi = \"Hi.\"", "line 3: this key was there before"),
        ("[home]\nHi = \"Hi.\"", "line 2: a key is of small letters, digits and underscores"),
        ("[home]\nhi = \"Hi, {name.\"", "home.hi: a brace is left open"),
        ("[home]\nhi = \"Hi, {name:friend}.\"", "home.hi: there is no kind of argument called \"friend\""),
        ("[home]\nhi = \"{a} {a:number}\"", "home.hi: a is of two kinds"),
        ("[home]\nhi = \"{a:slot} {b}\"", "home.hi: a slot stands alone, once, and in no plural"),
        ("[home]\nhi = { one = \"{n:count}\" }", "home.hi: its plural forms must be [One, Other], each once"),
        ("[home]\nhi = { few = \"{n:count}\" }", "home.hi: `en` has no `few`"),
        ("[home]\nhi = \"{n:count}\"", "home.hi: a plural has one {…:count}, and nothing else has one"),
    ] {
        assert_eq!(Language::read("en", text).err(), Some(format!("locales/en.toml: {why}")), "{text}");
    }
    assert!(
        Language::read("xx", ENGLISH).err().unwrap().contains("does not say which plural forms `xx` has")
    );
    assert_eq!(compared(Vec::new()).err().unwrap(), "there is no locales/en.toml");
}
