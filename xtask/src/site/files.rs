//! The site as a browser may fetch it: built files have their hash in their names, and every file has compressed copies
//! beside it.

use super::Description;
use crate::{paths, process, stamp};
use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

const COMPRESS: &str = "xtask/npm/site/compress.mjs";
/// Bytes of a hash that stand in a file's name: 128 bits, 22 letters.
const NAMED: usize = 16;

/// A site that is being built, beside the one that a server may be serving.
pub(super) struct Files {
    making: PathBuf,
    built: PathBuf,
    /// `js: HASH` and so on, one a line, as leptos reads it.
    names: RefCell<String>,
}

impl Files {
    pub(super) fn new(site: &Description) -> Result<Self> {
        Self::begin(&site.root, &site.folder, &site.assets)
    }

    /// Begins with the assets.
    fn begin(root: &Path, folder: &str, assets: &Path) -> Result<Self> {
        let making = root.with_extension("making");
        if making.exists() {
            fs::remove_dir_all(&making)?;
        }
        let built = making.join(folder);
        fs::create_dir_all(&built)?;
        for asset in stamp::all_files(assets)? {
            let inside = asset.strip_prefix(assets)?;
            if inside.starts_with(folder) {
                bail!("{} lies where the built files go", asset.display());
            }
            copy(&asset, &making.join(inside))?;
        }
        Ok(Self { making, built, names: RefCell::default() })
    }

    /// Adds a built file under the name that its content gives it.
    pub(super) fn add(&self, name: &str, ending: &str, file: &Path) -> Result<()> {
        let content = fs::read(file).with_context(|| format!("{} was not made", file.display()))?;
        let hash = letters(&Sha256::digest(&content)[..NAMED]);
        writeln!(self.names.borrow_mut(), "{ending}: {hash}")?;
        Ok(fs::write(self.built.join(format!("{name}.{hash}.{ending}")), content)?)
    }

    pub(super) fn compress(self, kept: &Path) -> Result<Self> {
        let mut node = process::program("node");
        node.arg(paths::root().join(COMPRESS)).arg(&self.making).arg(kept);
        process::output(&mut node)?;
        Ok(self)
    }

    /// The built file with this ending.
    pub(super) fn built(&self, ending: &str) -> Result<PathBuf> {
        let mut files = stamp::files(&self.built)?.into_iter();
        let found = files.find(|file| file.extension().is_some_and(|it| it == ending));
        found.with_context(|| format!("no {ending} was built"))
    }

    /// Puts the site and the list of its names in their places.
    pub(super) fn install(self, root: &Path, names: &Path) -> Result<()> {
        if root.exists() {
            fs::remove_dir_all(root)?;
        }
        fs::rename(&self.making, root)?;
        Ok(fs::write(names, self.names.into_inner())?)
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::copy(from, to).map(drop).with_context(|| format!("{} cannot be copied", from.display()))
}

/// Base64 for file names, without padding.
fn letters(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for letter in 0..=three.len() {
            text.push(char::from(LETTERS[(bits >> (18 - 6 * letter) & 63) as usize]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_takes_the_place_of_the_old_one_under_the_names_that_leptos_reads() {
        let home = std::env::temp_dir().join(format!("doorstep-site-{}", std::process::id()));
        let (root, assets, built) = (home.join("site"), home.join("public"), home.join("a.css"));
        fs::create_dir_all(assets.join("docs")).unwrap();
        fs::create_dir_all(&root).unwrap();
        for (file, text) in
            [(assets.join("docs/a.txt"), "asset"), (root.join("old.txt"), "old"), (built.clone(), "p{}")]
        {
            fs::write(file, text).unwrap();
        }
        let files = Files::begin(&root, "pkg", &assets).unwrap();
        files.add("door", "css", &built).unwrap();
        assert_eq!(fs::read(files.built("css").unwrap()).unwrap(), b"p{}");
        assert!(root.join("old.txt").exists(), "served until the new one is whole");
        files.install(&root, &home.join("hash.txt")).unwrap();
        let hash = letters(&Sha256::digest(b"p{}")[..NAMED]);
        assert_eq!(fs::read_to_string(home.join("hash.txt")).unwrap(), format!("css: {hash}\n"));
        assert_eq!(fs::read_to_string(root.join(format!("pkg/door.{hash}.css"))).unwrap(), "p{}");
        assert_eq!(fs::read_to_string(root.join("docs/a.txt")).unwrap(), "asset");
        assert!(!root.join("old.txt").exists() && !home.join("site.making").exists());
        fs::write(assets.join("pkg"), "in the way").unwrap();
        assert!(Files::begin(&root, "pkg", &assets).is_err());
        fs::remove_dir_all(home).unwrap();
    }

    #[test]
    fn letters_are_base64_for_names() {
        for (bytes, text) in
            [(&b""[..], ""), (b"f", "Zg"), (b"fo", "Zm8"), (b"foo", "Zm9v"), (b"foob", "Zm9vYg")]
        {
            assert_eq!(letters(bytes), text);
        }
        assert_eq!(letters(&[0xfb, 0xff]), "-_8");
        assert_eq!(letters(&[0; NAMED]).len(), 22);
    }
}
