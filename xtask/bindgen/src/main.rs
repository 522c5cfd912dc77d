//! `wasm-bindgen` with the words that `cargo leptos` and `cargo xtask` say to it, and with no others.

use anyhow::{Context, Result};
use lexopt::prelude::{Long, Value, ValueExt};
use std::path::PathBuf;
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let mut bindgen = Bindgen::new();
    let (mut input, mut folder) = (None, None);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("target") => {
                let target = parser.value()?.string()?;
                anyhow::ensure!(target == "web", "only for the web, not for `{target}`");
                bindgen.web(true)?;
            }
            Long("out-name") => drop(bindgen.out_name(&parser.value()?.string()?)),
            Long("out-dir") => folder = Some(PathBuf::from(parser.value()?)),
            Long("debug") => drop(bindgen.debug(true)),
            Long("keep-debug") => drop(bindgen.keep_debug(true)),
            Value(path) if input.is_none() => input = Some(PathBuf::from(path)),
            other => return Err(other.unexpected().into()),
        }
    }
    let input = input.context("no WebAssembly file is named")?;
    bindgen.input_path(input).generate(folder.context("--out-dir is missing")?)
}
