//! Makes a typed function of each sentence in `locales/*.toml`. What is missing, unknown or of other placeholders in
//! one of the languages stops the build.

#[path = "build/file.rs"]
mod file;
#[expect(dead_code, unreachable_pub, reason = "it is the crate's as well")]
#[path = "src/plural.rs"]
mod plural;
#[path = "build/rust.rs"]
mod rust;
#[path = "build/sentence.rs"]
mod sentence;

use sentence::Language;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../locales");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<PathBuf> =
        fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?;
    files.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    let mut languages = Vec::new();
    for path in files {
        let code = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        languages.push(Language::read(&code, &fs::read_to_string(&path)?)?);
    }
    let table = rust::table(&sentence::compared(languages)?);
    Ok(fs::write(Path::new(&env::var("OUT_DIR")?).join("table.rs"), table)?)
}
