mod earlier_lines;
mod instant;

use crate::audit::Event;
use crate::credential::Stored;
use crate::{Accounts, Error, RequestCtx, identifier, rng};
use domain::{FieldError, FieldErrors, ImportForm, ImportReason, UserId};
use earlier_lines::EarlierLines;
use instant::instant;
use std::collections::HashSet;
use store::Tx;
use store::import::{self, StagedUser, Target};
use store::one_time_tokens;
use store::users::closing;
use time::OffsetDateTime;

/// How often a chunk is tried again after a deadlock.
const RETRIES: u32 = 5;

/// An account to be imported, and the line of the source that it stands on.
pub struct ImportLine {
    /// Counted from 1.
    pub line: u64,
    /// What stands there, or why it cannot be read.
    pub form: Result<ImportForm, Vec<FieldError<ImportReason>>>,
}

/// What is reported of a line.
#[derive(Debug, PartialEq, Eq)]
pub struct Remark {
    /// Counted from 1.
    pub line: u64,
    /// What became of it.
    pub kind: RemarkKind,
    /// Of which fields, and why.
    pub fields: Vec<FieldError<ImportReason>>,
}

/// What became of a line that was not imported as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemarkKind {
    /// It made no account.
    Refused,
    /// It made none, for an earlier line has its address.
    Repeated,
    /// It made an account without these fields.
    LeftOut,
}

/// Lines that were judged, not yet imported. No `Debug`: they hold hashes.
pub struct Judged {
    rows: Vec<Row>,
    refusals: Vec<Remark>,
}

/// An account to be. No `Debug`: it holds a hash.
struct Row {
    user: StagedUser,
    /// Whether the source names the id.
    id_given: bool,
    left_out: Vec<FieldError<ImportReason>>,
}

impl Judged {
    /// How many lines.
    #[must_use]
    pub fn lines(&self) -> u64 {
        (self.rows.len() + self.refusals.len()) as u64
    }
}

/// What became of rows.
struct Outcome {
    made: HashSet<UserId>,
    /// Those whose address its former owner may still take back.
    kept: HashSet<UserId>,
    /// Those whose address has an account that is about to be gone.
    closing: HashSet<UserId>,
}

/// What became of the lines so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportCounts {
    /// New accounts.
    pub made: u64,
    /// Addresses that had an account, which stayed as it was.
    pub there_already: u64,
    /// Lines whose address an earlier line has.
    pub repeated: u64,
    /// Lines that made none for another reason.
    pub refused: u64,
    /// Fields without which new accounts were made.
    pub fields_left_out: u64,
}

/// One import under way.
pub struct Import {
    ctx: RequestCtx,
    /// The transaction of a dry run, so that it finds two lines of one address; never committed.
    pretended: Option<Tx>,
    counts: ImportCounts,
    earlier: EarlierLines,
    /// Whether the previous lines made all their accounts: then these probably will, and the fast path is tried first.
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
        // This connects the audit events of one run.
        ctx.request_id = format!("import-{}", rng::uuid(self.inner.rng.as_ref(), ctx.now));
        let pretended = if dry_run { Some(self.store().begin().await?) } else { None };
        Ok(Import {
            ctx,
            pretended,
            counts: ImportCounts::default(),
            earlier: EarlierLines::default(),
            smooth: true,
        })
    }

    /// Checks lines by the rules of sign-up. It reads no database and may run on a thread of its own while the database
    /// imports other lines.
    #[must_use]
    pub fn judge(&self, at: OffsetDateTime, lines: Vec<ImportLine>) -> Judged {
        let mut judged = Judged { rows: Vec::with_capacity(lines.len()), refusals: Vec::new() };
        for ImportLine { line, form } in lines {
            match form.and_then(|form| self.staged(at, line, &form)) {
                Ok(row) => judged.rows.push(row),
                Err(fields) => judged.refusals.push(Remark { line, kind: RemarkKind::Refused, fields }),
            }
        }
        judged
    }

    /// Makes accounts of some lines, in one transaction with one audit event: an account is there if the trail says so,
    /// and a run that was killed may be repeated. An event for each account would make the trail as long as the table;
    /// the lines tell which they were. Returns remarks; a line whose address has an account gets none.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; none of these lines was made then. [`Error::Unconfirmed`]; they may have been made,
    /// which the same run again finds out.
    pub async fn import(&self, run: &mut Import, judged: Judged) -> Result<Vec<Remark>, Error> {
        let lines = judged.lines();
        let Judged { mut rows, refusals: mut remarks } = judged;
        run.counts.refused += remarks.len() as u64;
        let repeated = self.leave_repeated(&mut run.earlier, &mut rows);
        run.counts.repeated += repeated.len() as u64;
        remarks.extend(repeated);
        let Outcome { made, kept, closing } = if let Some(tx) = &mut run.pretended {
            let made = self.make(tx, &mut rows, Target::Pretended).await?;
            self.take_kept_back(tx, run.ctx.now, &rows, made, Target::Pretended).await?
        } else {
            self.make_all(run, &mut rows).await?
        };
        for (refused, reason) in [(kept, ImportReason::EmailKept), (closing, ImportReason::EmailClosing)] {
            run.counts.refused += refused.len() as u64;
            remarks.extend(rows.iter().filter(|row| refused.contains(&row.user.id)).map(|row| {
                let fields = vec![FieldError::new("email", reason.clone())];
                Remark { line: row.user.line.unsigned_abs(), kind: RemarkKind::Refused, fields }
            }));
        }
        run.counts.made += made.len() as u64;
        run.counts.there_already += lines - remarks.len() as u64 - made.len() as u64;
        let left_out = rows.into_iter().filter(|row| !row.left_out.is_empty() && made.contains(&row.user.id));
        for Row { user, left_out: fields, .. } in left_out {
            run.counts.fields_left_out += fields.len() as u64;
            remarks.push(Remark { line: user.line.unsigned_abs(), kind: RemarkKind::LeftOut, fields });
        }
        remarks.sort_by_key(|remark| remark.line);
        Ok(remarks)
    }

    /// Takes out the rows whose address an earlier line has.
    fn leave_repeated(&self, earlier: &mut EarlierLines, rows: &mut Vec<Row>) -> Vec<Remark> {
        let mut repeated = Vec::new();
        rows.retain_mut(|row| {
            let first = earlier.check(row, |row| self.new_id(row.user.updated_at));
            if let Some(first) = first {
                let fields = vec![FieldError::new("email", ImportReason::EmailRepeated { line: first })];
                repeated.push(Remark {
                    line: row.user.line.unsigned_abs(),
                    kind: RemarkKind::Repeated,
                    fields,
                });
            }
            first.is_none()
        });
        repeated
    }

    fn new_id(&self, now: OffsetDateTime) -> UserId {
        UserId(rng::uuid(self.inner.rng.as_ref(), now))
    }

    /// A sign-up at the same time may wait for these rows while they wait for it: then the database undoes one of the
    /// two, and this one is tried again.
    async fn make_all(&self, run: &mut Import, rows: &mut [Row]) -> Result<Outcome, Error> {
        let mut retries = 0;
        loop {
            let mut tx = self.store().begin().await?;
            let outcome = self.make_in(&mut tx, run, rows).await;
            run.smooth = outcome.as_ref().is_ok_and(|outcome| outcome.made.len() == rows.len());
            match outcome {
                Ok(outcome) => {
                    tx.commit().await?;
                    return Ok(outcome);
                }
                Err(Error::Unavailable(error)) if error.gave_way() && retries < RETRIES => {
                    retries += 1;
                    tx.rollback().await?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn make_in(&self, tx: &mut Tx, run: &Import, rows: &mut [Row]) -> Result<Outcome, Error> {
        let made = if run.smooth && import::copy_all(tx, rows.iter().map(|row| &row.user)).await? {
            rows.iter().map(|row| row.user.id).collect()
        } else {
            self.make(tx, rows, Target::Users).await?
        };
        let outcome = self.take_kept_back(tx, run.ctx.now, rows, made, Target::Users).await?;
        if let (made @ 1.., Some(first), Some(last)) = (outcome.made.len() as u64, rows.first(), rows.last())
        {
            let lines = (first.user.line.unsigned_abs(), last.user.line.unsigned_abs());
            self.audit(tx, &run.ctx, None, Event::UsersImported { made, lines }).await?;
        }
        Ok(outcome)
    }

    /// Finds the rows whose address has an account that closes, and takes back the accounts whose address its former owner may still take back: an import gives it to nobody else
    /// either. To be asked after the rows were written, when no other transaction can bring the link in.
    async fn take_kept_back(
        &self,
        tx: &mut Tx,
        now: OffsetDateTime,
        rows: &[Row],
        made: HashSet<UserId>,
        target: Target,
    ) -> Result<Outcome, Error> {
        let (new, there): (Vec<_>, Vec<_>) = rows.iter().partition(|row| made.contains(&row.user.id));
        let closing = closing::closing_of(tx, &addresses(&there)).await?;
        let closing = HashSet::from_iter(with_address(&there, &closing));
        let now = self.inner.database_clock.time(now);
        let kept = one_time_tokens::kept_of(tx, &addresses(&new), now).await?;
        let kept = with_address(&new, &kept);
        if !kept.is_empty() {
            import::take_back(tx, target, &kept).await?;
        }
        let kept = HashSet::from_iter(kept);
        Ok(Outcome { made: &made - &kept, kept, closing })
    }

    /// Stages and inserts. A row whose username or id is taken is inserted again without it, so that no account is
    /// lost.
    async fn make(&self, tx: &mut Tx, rows: &mut [Row], target: Target) -> Result<HashSet<UserId>, Error> {
        let mut made = HashSet::new();
        if rows.is_empty() {
            return Ok(made);
        }
        import::stage(tx, rows.iter().map(|row| &row.user)).await?;
        for _ in 0..=RETRIES {
            made.extend(import::insert_staged(tx, target).await?);
            if made.len() == rows.len() {
                return Ok(made);
            }
            let clashes = import::clashes(tx, target).await?;
            if clashes.is_empty() {
                return Ok(made);
            }
            let mut again = Vec::with_capacity(clashes.len());
            for clash in clashes {
                let Ok(at) = rows.binary_search_by_key(&clash.line, |row| row.user.line) else { continue };
                if clash.username {
                    rows[at].leave_username(ImportReason::UsernameTaken);
                }
                if clash.id {
                    let id = self.new_id(rows[at].user.updated_at);
                    rows[at].renew_id(id, ImportReason::IdTaken);
                }
                again.push(at);
            }
            import::stage(tx, again.iter().map(|at| &rows[*at].user)).await?;
        }
        Err(Error::internal("rows that can be neither made nor told why"))
    }

    /// The row that a line makes, by the rules of sign-up. No password is judged: its hash is all there is.
    fn staged(
        &self,
        now: OffsetDateTime,
        line: u64,
        form: &ImportForm,
    ) -> Result<Row, Vec<FieldError<ImportReason>>> {
        let mut imported = form.parse()?;
        let mut errors = FieldErrors::default();
        let address = identifier::new_address(imported.email.as_str());
        if address.is_none() {
            errors.refuse("email", ImportReason::EmailUnreachable);
        }
        let password_hash = imported.password_hash.as_deref().map(Stored::spelling).transpose();
        if let Err(unreadable) = password_hash {
            errors.refuse("password_hash", ImportReason::HashUnreadable(unreadable.to_string()));
        }
        let (address, password_hash) = errors.finish(address.zip(password_hash.ok()))?;
        let created_at = imported.created_at.as_deref().map(|text| {
            instant(text).filter(|at| (OffsetDateTime::UNIX_EPOCH..=now).contains(at)).unwrap_or_else(|| {
                imported.left_out.push(FieldError::new("created_at", ImportReason::CreatedAtInvalid));
                now
            })
        });
        let user = StagedUser {
            line: i64::try_from(line).unwrap_or(i64::MAX),
            id: imported.id.unwrap_or_else(|| self.new_id(now)),
            email: address.shown,
            email_canonical: address.canonical,
            email_verified: imported.email_verified,
            username_canonical: imported.profile.username.as_deref().map(identifier::username),
            profile: imported.profile,
            role: imported.role,
            is_active: imported.is_active,
            password_hash,
            created_at: created_at.unwrap_or(now),
            updated_at: now,
        };
        Ok(Row { user, id_given: imported.id.is_some(), left_out: imported.left_out })
    }
}

fn addresses(rows: &[&Row]) -> Vec<String> {
    rows.iter().map(|row| row.user.email_canonical.clone()).collect()
}

fn with_address(rows: &[&Row], addresses: &[String]) -> Vec<UserId> {
    let has = |row: &&&Row| addresses.contains(&row.user.email_canonical);
    rows.iter().filter(has).map(|row| row.user.id).collect()
}
