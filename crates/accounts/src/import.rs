use crate::audit::Event;
use crate::credential::Stored;
use crate::{Accounts, Error, RequestCtx, identifier, rng};
use domain::{FieldError, FieldErrors, ImportForm, UserId};
use store::Tx;
use store::import::{self, StagedUser, Target};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// How often lines are made again that gave way to somebody.
const RETRIES: u32 = 5;

/// An account to be imported, and the line of the source that it stands on.
pub struct Numbered {
    /// Counted from 1.
    pub line: u64,
    /// What stands there, or why it cannot be read.
    pub form: Result<ImportForm, Vec<FieldError>>,
}

/// Why a line made no account.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Counted from 1.
    pub line: u64,
    /// What was refused, field by field.
    pub errors: Vec<FieldError>,
}

/// Lines that were judged, not yet imported. No `Debug`: they hold hashes.
pub struct Judged {
    rows: Vec<StagedUser>,
    refusals: Vec<Refusal>,
}

impl Judged {
    /// How many lines.
    #[must_use]
    pub fn lines(&self) -> u64 {
        (self.rows.len() + self.refusals.len()) as u64
    }
}

/// What became of the lines so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportCounts {
    /// New accounts.
    pub made: u64,
    /// Addresses that had an account, which stayed as it was.
    pub there_already: u64,
    /// Lines that made none.
    pub refused: u64,
}

/// One import under way.
pub struct Import {
    ctx: RequestCtx,
    /// What a dry run would have made, so that two lines of one address are told; never committed.
    pretended: Option<Tx>,
    counts: ImportCounts,
    /// Whether the lines before these made all their accounts: then these probably will, and the fast way is
    /// tried first.
    smooth: bool,
}

impl Import {
    /// What became of the lines so far.
    #[must_use]
    pub fn counts(&self) -> ImportCounts {
        self.counts
    }
}

impl Accounts {
    /// Begins an import, for whoever can run commands on the server. A dry run changes nothing and comes
    /// to the same counts.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn begin_import(&self, dry_run: bool) -> Result<Import, Error> {
        let mut ctx = RequestCtx::command_line(self.now());
        // The audit events of one run hang together by this.
        ctx.request_id = format!("import-{}", rng::uuid(self.inner.rng.as_ref(), ctx.now));
        let pretended = if dry_run { Some(self.store().begin().await?) } else { None };
        Ok(Import { ctx, pretended, counts: ImportCounts::default(), smooth: true })
    }

    /// Judges lines by the rules of sign-up. It asks nobody and may run on a thread of its own while the
    /// database takes other lines.
    #[must_use]
    pub fn judge(&self, at: OffsetDateTime, lines: Vec<Numbered>) -> Judged {
        let mut judged = Judged { rows: Vec::with_capacity(lines.len()), refusals: Vec::new() };
        for Numbered { line, form } in lines {
            match form.and_then(|form| self.staged(at, line, &form)) {
                Ok(row) => judged.rows.push(row),
                Err(errors) => judged.refusals.push(Refusal { line, errors }),
            }
        }
        judged
    }

    /// Makes accounts of some lines, in one transaction with one audit event: an account is there if the
    /// trail says so, and a run that was killed may be repeated. An event for each account would make the
    /// trail as long as the table; the lines tell which they were. Returns the lines that made no account;
    /// one whose address has an account is none of these.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; none of these lines was made then.
    pub async fn import(&self, run: &mut Import, judged: Judged) -> Result<Vec<Refusal>, Error> {
        let lines = judged.lines();
        let Judged { rows, mut refusals } = judged;
        let (made, others) = if let Some(tx) = &mut run.pretended {
            make(tx, &rows, Target::Pretended).await?
        } else {
            self.make_all(run, &rows).await?
        };
        refusals.extend(others);
        let refused = refusals.len() as u64;
        run.counts.made += made;
        run.counts.refused += refused;
        run.counts.there_already += lines - made - refused;
        refusals.sort_by_key(|refusal| refusal.line);
        Ok(refusals)
    }

    /// Somebody who signs up meanwhile may wait for these rows, and these for theirs: then the database undoes one
    /// of the two, and it is made again.
    async fn make_all(&self, run: &mut Import, rows: &[StagedUser]) -> Result<(u64, Vec<Refusal>), Error> {
        let mut retries = 0;
        loop {
            let mut tx = self.store().begin().await?;
            let made = self.make_in(&mut tx, run, rows).await;
            run.smooth = made.as_ref().is_ok_and(|(made, _)| *made == rows.len() as u64);
            match made {
                Ok(made) => {
                    tx.commit().await?;
                    return Ok(made);
                }
                Err(Error::Unavailable(error)) if error.gave_way() && retries < RETRIES => {
                    retries += 1;
                    tx.rollback().await?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn make_in(
        &self,
        tx: &mut Tx,
        run: &Import,
        rows: &[StagedUser],
    ) -> Result<(u64, Vec<Refusal>), Error> {
        let (made, refusals) = if run.smooth && import::copy_all(tx, rows).await? {
            (rows.len() as u64, Vec::new())
        } else {
            make(tx, rows, Target::Users).await?
        };
        if let (1.., Some(first), Some(last)) = (made, rows.first(), rows.last()) {
            let lines = (first.line.unsigned_abs(), last.line.unsigned_abs());
            self.audit(tx, &run.ctx, None, Event::UsersImported { made, lines }).await?;
        }
        Ok((made, refusals))
    }

    /// The row that a line makes, by the rules of sign-up. No password is judged: its hash is all there is.
    fn staged(
        &self,
        now: OffsetDateTime,
        line: u64,
        form: &ImportForm,
    ) -> Result<StagedUser, Vec<FieldError>> {
        let imported = form.parse()?;
        let mut errors = FieldErrors::default();
        let email_canonical = identifier::email(imported.email.as_str());
        if email_canonical.is_none() {
            errors.refuse("email", "invalid", "It is no address that mail could reach.");
        }
        let password_hash = imported.password_hash.as_deref().map(Stored::spelling).transpose();
        if let Err(unreadable) = password_hash {
            errors.refuse("password_hash", "unreadable", unreadable.to_string());
        }
        let created_at = imported.created_at.as_deref().map_or(Some(now), instant);
        if !created_at.is_some_and(|at| (OffsetDateTime::UNIX_EPOCH..=now).contains(&at)) {
            errors.refuse("created_at", "invalid", "Write a time since 1970, like 2024-05-31T12:00:00Z.");
        }
        let whole = email_canonical.zip(password_hash.ok()).zip(created_at);
        let ((email_canonical, password_hash), created_at) = errors.finish(whole)?;
        let new_id = || UserId(rng::uuid(self.inner.rng.as_ref(), now));
        Ok(StagedUser {
            line: i64::try_from(line).unwrap_or(i64::MAX),
            id: imported.id.unwrap_or_else(new_id),
            email: imported.email.to_string(),
            email_canonical,
            email_verified: imported.email_verified,
            username_canonical: imported.username.as_ref().map(|typed| identifier::username(typed.as_str())),
            username: text(imported.username.as_ref()),
            name: text(imported.name.as_ref()),
            first_name: text(imported.first_name.as_ref()),
            last_name: text(imported.last_name.as_ref()),
            bio: text(imported.bio.as_ref()),
            role: imported.role,
            is_active: imported.is_active,
            password_hash,
            created_at,
            updated_at: now,
        })
    }
}

/// Stages and inserts; whoever was left out for a username or an id is refused with that reason.
async fn make(tx: &mut Tx, rows: &[StagedUser], target: Target) -> Result<(u64, Vec<Refusal>), Error> {
    let mut refusals = Vec::new();
    if rows.is_empty() {
        return Ok((0, refusals));
    }
    import::stage(tx, rows).await?;
    let made = import::insert_staged(tx, target).await?;
    if made < rows.len() as u64 {
        refusals.extend(import::left_out(tx, target).await?.into_iter().map(|row| {
            let field = if row.username { "username" } else { "id" };
            let errors = vec![FieldError::new(field, "taken", "It is somebody else's.")];
            Refusal { line: row.line.unsigned_abs(), errors }
        }));
    }
    Ok((made, refusals))
}

fn text(value: Option<&impl ToString>) -> Option<String> {
    value.map(ToString::to_string)
}

/// RFC 3339, or as Postgres and Python write it: a space for the T, hours alone or no zone at all (UTC).
fn instant(text: &str) -> Option<OffsetDateTime> {
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let (clock, zone) = match time.find(['Z', 'z', '+', '-']) {
        Some(at) => time.split_at(at),
        None => (time, "Z"),
    };
    let zone = match zone.len() {
        3 => format!("{zone}:00"),
        5 => format!("{}:{}", zone.get(..3)?, zone.get(3..)?),
        _ => zone.to_owned(),
    };
    let at = OffsetDateTime::parse(&format!("{date}T{clock}{zone}"), &Rfc3339).ok()?;
    // Postgres keeps microseconds.
    at.replace_nanosecond(at.microsecond() * 1_000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_databases_write_them() {
        let expected = instant("2024-05-31T12:00:00.25Z").unwrap();
        for text in [
            "2024-05-31 12:00:00.25+00",
            "2024-05-31 12:00:00.25",
            "2024-05-31T14:00:00.250000+02:00",
            "2024-05-31T07:00:00.25-0500",
            "2024-05-31t12:00:00.250000001z",
        ] {
            assert_eq!(instant(text), Some(expected), "{text}");
        }
        for text in
            ["", "2024-05-31", "yesterday", "2024-13-01T00:00:00Z", "2024-05-31T12:00:00+", "x T€€€€€"]
        {
            assert_eq!(instant(text), None, "{text}");
        }
    }
}
