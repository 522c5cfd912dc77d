//! What is looked for in the audit trail as a file, in pieces: a long trail is never whole in memory.

use crate::audit::search::Search;
use crate::{Accounts, Error, RequestCtx};
use domain::{AuditSearch, AuditView};

/// How many events a piece holds.
const PIECE: u16 = 1_000;

/// How the file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditFormat {
    /// Comma-separated values, which a spreadsheet opens.
    Csv,
    /// One JSON object a line, as the API answers it.
    JsonLines,
}

/// A file on its way.
pub struct AuditFile {
    accounts: Accounts,
    format: AuditFormat,
    /// What the next piece is of; none at the end.
    search: Option<Search>,
    begun: bool,
}

impl Accounts {
    /// Begins a file of the events that are looked for, the newest first, after a recent sign-in.
    ///
    /// # Errors
    /// As [`Accounts::search_audit`], and [`Error::Reauthenticate`].
    pub async fn audit_file(
        &self,
        ctx: &RequestCtx,
        search: &AuditSearch,
        format: AuditFormat,
    ) -> Result<AuditFile, Error> {
        ctx.admin()?;
        self.need_recent_admin(ctx).await?;
        let mut search = self.audit_search(search).await?;
        search.filter.span.limit = PIECE;
        Ok(AuditFile { accounts: self.clone(), format, search: Some(search), begun: false })
    }
}

impl AuditFile {
    /// How it is written.
    #[must_use]
    pub fn format(&self) -> AuditFormat {
        self.format
    }

    /// The next piece; none at the end.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: the file is not whole then.
    pub async fn next_piece(&mut self) -> Result<Option<String>, Error> {
        let Some(mut search) = self.search.take() else { return Ok(None) };
        let page = self.accounts.found(&search).await?;
        let last = page.items.last().map(|event| event.id);
        let mut piece = String::new();
        if !std::mem::replace(&mut self.begun, true) && self.format == AuditFormat::Csv {
            line(&mut piece, &COLUMNS.map(str::to_owned));
        }
        for event in &page.items {
            match self.format {
                AuditFormat::Csv => line(&mut piece, &cells(event)),
                AuditFormat::JsonLines => {
                    piece.push_str(&serde_json::to_string(event).map_err(Error::internal)?);
                    piece.push('\n');
                }
            }
        }
        if page.next_cursor.is_some() {
            search.filter.span.after = last;
            self.search = Some(search);
        }
        Ok(Some(piece))
    }
}

const COLUMNS: [&str; 11] =
    ["at", "kind", "result", "actor", "subject", "address", "agent", "session", "request_id", "detail", "id"];

fn cells(event: &AuditView) -> [String; 11] {
    let text = |id: Option<String>| id.unwrap_or_default();
    [
        event.at.0.clone(),
        event.kind.clone(),
        event.result.clone(),
        text(event.actor.map(|id| id.to_string())),
        text(event.subject.map(|id| id.to_string())),
        text(event.address.clone()),
        text(event.agent.clone()),
        text(event.session.map(|id| id.to_string())),
        event.request_id.clone(),
        event.detail.to_string(),
        event.id.to_string(),
    ]
}

/// A line as RFC 4180 has it.
fn line(piece: &mut String, cells: &[String]) {
    let quoted: Vec<_> = cells.iter().map(|cell| cell_of(cell)).collect();
    piece.push_str(&quoted.join(","));
    piece.push_str("\r\n");
}

/// A spreadsheet computes what begins with one of these signs, and strangers choose what their programs are called: an
/// apostrophe before it makes it text.
fn cell_of(text: &str) -> String {
    let computed = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let mark = if computed { "'" } else { "" };
    format!("\"{mark}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_cell_is_computed() {
        for (text, cell) in [
            ("Mozilla/5.0", "\"Mozilla/5.0\""),
            ("", "\"\""),
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\t=1", "\"'\t=1\""),
            ("a\r\nb,c", "\"a\r\nb,c\""),
        ] {
            assert_eq!(cell_of(text), cell);
        }
    }
}
