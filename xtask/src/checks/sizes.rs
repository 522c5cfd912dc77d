//! No file is longer than a person will read. (Functions are clippy's `too_many_lines`.)

use crate::steps::step;
use crate::{paths, process};
use anyhow::{Result, bail};
use std::fs;

const MOST_LINES: usize = 500;
const KINDS: &[&str] = &["*.rs", "*.ts", "*.css"];

pub(crate) fn check() -> Result<()> {
    step("Length of files", |step| {
        let mut list = process::program("git");
        list.args(["ls-files", "--cached", "--others", "--exclude-standard", "--"]).args(KINDS);
        let (mut count, mut long) = (0, Vec::new());
        for name in process::output(&mut list)?.lines() {
            // A file that was deleted but not yet committed is still listed.
            let Ok(text) = fs::read_to_string(paths::root().join(name)) else {
                continue;
            };
            count += 1;
            let lines = text.lines().count();
            if lines > MOST_LINES {
                long.push(format!("{name} has {lines} lines: {MOST_LINES} is the most"));
            }
        }
        if !long.is_empty() {
            bail!("{}", long.join("\n"));
        }
        step.detail(format!("{count} files"));
        Ok(())
    })
}
