//! The flags of a release build besides its profile.

use crate::paths;
use anyhow::Result;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::process::Command;

/// cargo separates the words of this variable by a character that no folder's name contains.
const VARIABLE: &str = "CARGO_ENCODED_RUSTFLAGS";
const SEPARATOR: u8 = 0x1f;

/// Hands cargo what `.cargo/config.toml` says, which the variable takes the place of, and the developer's own
/// words. Panics name source files: the builder's folders are cut from their names.
pub(super) fn set(command: &mut Command, tree: &Path, erased: bool) -> Result<()> {
    let mut words: Vec<OsString> = Vec::new();
    if erased {
        words.extend(["--cfg".into(), "erase_components".into()]);
    }
    words.extend(developers());
    for (folder, name) in folders(tree)? {
        let mut word = OsString::from("--remap-path-prefix=");
        word.push(folder);
        word.push("=");
        word.push(name);
        words.push(word);
    }
    let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
    command.env(VARIABLE, OsString::from_vec(words.join(&SEPARATOR))).env_remove("RUSTFLAGS");
    Ok(())
}

fn developers() -> Vec<OsString> {
    let (encoded, plain) = (std::env::var_os(VARIABLE), std::env::var_os("RUSTFLAGS"));
    let parts = |words: &OsStr, separator: u8| -> Vec<OsString> {
        let parts = words.as_bytes().split(|byte| *byte == separator).filter(|part| !part.is_empty());
        parts.map(|part| OsStr::from_bytes(part).to_owned()).collect()
    };
    match (encoded, plain) {
        (Some(words), _) => parts(&words, SEPARATOR),
        (None, Some(words)) => parts(&words, b' '),
        (None, None) => Vec::new(),
    }
}

/// Folders and what stands in their place. rustc takes the last that fits, so the wider ones come first.
fn folders(tree: &Path) -> Result<Vec<(PathBuf, &'static str)>> {
    let home = std::env::home_dir();
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo = cargo.or_else(|| Some(home.as_ref()?.join(".cargo")));
    let mut registries = Vec::new();
    if let Some(sources) = cargo.as_ref().map(|cargo| cargo.join("registry/src")).filter(|path| path.is_dir())
    {
        for registry in fs::read_dir(sources)? {
            registries.push(registry?.path());
        }
    }
    registries.sort();
    let wide = [(home, "home"), (cargo, "cargo"), (Some(paths::root().to_owned()), "clone")];
    let mut folders: Vec<_> = wide.into_iter().filter_map(|(path, name)| Some((path?, name))).collect();
    if tree != paths::root() {
        folders.push((tree.to_owned(), "clone"));
    }
    folders.extend(registries.into_iter().map(|path| (path, "crates")));
    Ok(folders)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_of_the_builder_has_another_name() {
        let tree = Path::new("/scratch/tree");
        let mut cargo = Command::new("cargo");
        set(&mut cargo, tree, true).unwrap();
        let set = cargo.get_envs().find_map(|(name, words)| (name == VARIABLE).then_some(words?)).unwrap();
        let words = set.to_str().unwrap();
        assert!(words.starts_with("--cfg\x1ferase_components\x1f"), "{words}");
        for folder in [std::env::home_dir().unwrap().as_path(), paths::root(), tree] {
            assert!(words.contains(&format!("\x1f--remap-path-prefix={}=", folder.display())), "{words}");
        }
        // The last that fits is taken: sources of crates lie below the home.
        assert!(words.ends_with("=crates") && words.contains("/registry/src/"), "{words}");
    }
}
