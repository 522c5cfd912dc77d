use crate::cli::output::tell;
use crate::clock::now;
use accounts::{Remark, RemarkKind};
use domain::{FieldError, ImportReason};
use std::io::IsTerminal;
use std::time::Duration;
use tokio::time::Instant;

/// The progress that the operator sees: one line that changes on a terminal, ten lines elsewhere.
pub(super) struct Progress {
    terminal: bool,
    begun: Instant,
    total: u64,
    lines: u64,
    next: u64,
}

impl Progress {
    pub(super) fn new(total: u64) -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self { terminal, begun: now(), total: total.max(1), lines: 0, next: 10 }
    }

    pub(super) fn remark(&self, remarks: &[Remark]) {
        if !remarks.is_empty() {
            self.clear();
        }
        for Remark { line, kind, fields } in remarks {
            let left_out = if *kind == RemarkKind::LeftOut { " left out" } else { "" };
            let why = |e: &FieldError<ImportReason>| {
                format!("{}{left_out}: {}", e.field, words::import_reason(&e.reason))
            };
            let told: Vec<_> = fields.iter().map(why).collect();
            tell(format_args!("line {line}: {}\n", told.join("; ")));
        }
    }

    pub(super) fn report(&mut self, lines: u64, read: u64) {
        self.lines += lines;
        let percent = read.min(self.total) * 100 / self.total;
        if self.terminal {
            self.clear();
            tell(format_args!("{}", self.sentence(read, percent)));
        } else if percent >= self.next {
            self.next = percent / 10 * 10 + 10;
            tell(format_args!("{}\n", self.sentence(read, percent)));
        }
    }

    fn sentence(&self, read: u64, percent: u64) -> String {
        let elapsed = self.begun.elapsed();
        let per_second = u128::from(self.lines) * 1_000 / elapsed.as_millis().max(1);
        let left =
            elapsed.as_millis() * u128::from(self.total.saturating_sub(read)) / u128::from(read.max(1));
        let left = Duration::from_millis(u64::try_from(left).unwrap_or(u64::MAX)).as_secs();
        format!("{percent} %, {} lines, {per_second} a second, {left} s left", self.lines)
    }

    fn clear(&self) {
        if self.terminal {
            tell(format_args!("\r\x1b[K"));
        }
    }

    pub(super) fn end(&self) {
        if self.terminal {
            tell(format_args!("\n"));
        }
    }
}
