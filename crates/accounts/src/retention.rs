//! The retention table: what stands in the database, for how long, and why. The jobs and the deletion of an account do what
//! it says; docs/retention.md and the page about leaving show it, and a test compares it with the database's own columns.

mod factors;

use crate::{Accounts, Error, limits, rng};
use domain::{Profile, UserId};
use std::fmt::Write;
use store::{Tx, audit, users};
use time::{Duration, OffsetDateTime};
use words::retention_what as what;
use words::{retention as why, retention_until, wait};

/// How many events one statement empties.
const DELETED_AT_ONCE: i64 = 10_000;

/// For how long after a deletion something may still be recorded of the account: longer than any request, and than the time
/// between two sweeps.
const LATECOMERS_COME_FOR: Duration = Duration::hours(2);

/// What a sweep could not do.
#[derive(Debug)]
pub struct Unswept {
    /// Of what: a table, or one account.
    pub what: String,
    /// Why.
    pub error: Error,
}

/// Some columns of one table.
pub struct Retained {
    /// Which table.
    pub table: &'static str,
    /// What it is, in a person's words.
    pub what: fn() -> &'static str,
    /// What is about a person, and in their export.
    pub personal: &'static [&'static str],
    /// What opens something, or recognizes it: in no export.
    pub secret: &'static [&'static str],
    /// What says nothing of a person by itself.
    pub other: &'static [&'static str],
    /// How long a row stays that nobody deletes.
    pub period: RetentionPeriod,
    /// What the deletion of the account does.
    pub on_deletion: OnDeletion,
    /// Why it is kept.
    pub why: fn() -> &'static str,
}

/// How long a row stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetentionPeriod {
    /// Until its account is deleted.
    AccountDeleted,
    /// Until it has ended, and the hourly job comes by.
    Ended(Expiring),
    /// Until nobody has used it for so long.
    Unused(Expiring, Duration),
    /// For ever.
    Forever,
}

/// What expires by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiring {
    /// Sessions.
    Sessions,
    /// Refresh tokens.
    RefreshTokens,
    /// Known devices.
    Devices,
    /// Known networks.
    Networks,
    /// One-time tokens.
    OneTimeTokens,
    /// Mails that wait.
    Mails,
    /// Authenticator apps that nobody finished to set up.
    TotpEnrolments,
    /// Authenticator apps that another one has replaced, or that were removed.
    ReplacedTotp,
    /// Passkeys that were removed.
    RemovedPasskeys,
    /// Recovery codes that went with the last second factor.
    RemovedRecoveryCodes,
    /// Sign-ins that wait for their second factor.
    PendingSignIns,
    /// Challenges that passkeys have answered.
    UsedChallenges,
    /// How often somebody tried.
    Rates,
    /// How often somebody failed.
    Failures,
}

/// What the deletion of an account does to what is kept of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDeletion {
    /// Deletes the account's own row.
    Account,
    /// Deletes the rows that belong to it (`ON DELETE CASCADE`).
    Rows,
    /// Empties the same columns where a version before wrote them.
    OldAuditDetails,
    /// Deletes the details of what its owner did, and strangers to it.
    AuditDetails,
    /// Nothing: no row says whose it is.
    Nothing,
}

impl Retained {
    /// A table of your own whose rows belong to an account and go with it. What is about the person belongs into
    /// `personal` and into the export instead of `columns`.
    #[must_use]
    pub const fn of_account(
        table: &'static str,
        what: fn() -> &'static str,
        columns: &'static [&'static str],
        why: fn() -> &'static str,
    ) -> Self {
        let (period, on_deletion) = (RetentionPeriod::AccountDeleted, OnDeletion::Rows);
        Self { table, what, personal: &[], secret: &[], other: columns, period, on_deletion, why }
    }

    /// For how long, in a person's words.
    #[must_use]
    pub fn period_in_words(&self) -> String {
        match self.period {
            RetentionPeriod::AccountDeleted => retention_until::account_deleted().to_owned(),
            RetentionPeriod::Ended(Expiring::Sessions) => retention_until::session_ended().to_owned(),
            RetentionPeriod::Ended(
                Expiring::OneTimeTokens
                | Expiring::RefreshTokens
                | Expiring::TotpEnrolments
                | Expiring::ReplacedTotp
                | Expiring::PendingSignIns,
            ) => retention_until::expired().to_owned(),
            RetentionPeriod::Ended(_) => retention_until::ended().to_owned(),
            RetentionPeriod::Unused(_, after) => {
                retention_until::unused(&wait::days(after.whole_days().unsigned_abs()))
            }
            RetentionPeriod::Forever => retention_until::forever().to_owned(),
        }
    }
}

impl OnDeletion {
    fn in_words(self) -> &'static str {
        match self {
            Self::Account | Self::Rows => "deleted",
            Self::OldAuditDetails => "emptied, except an admin's own",
            Self::AuditDetails => "deleted, except an admin's own",
            Self::Nothing => "stays: it does not say whose it is",
        }
    }
}

/// The whole table in Markdown, as docs/retention.md shows it.
#[must_use]
pub fn markdown() -> String {
    let mut table =
        "| what | table | personal | secret | other | kept | when the account is deleted | why |\n\
                     |---|---|---|---|---|---|---|---|\n"
            .to_owned();
    for retained in RETENTION {
        let listed =
            |columns: &[&str]| columns.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" ");
        let [personal, secret, other] = [retained.personal, retained.secret, retained.other].map(listed);
        let (what, name, kept) = ((retained.what)(), retained.table, retained.period_in_words());
        let (with, why) = (retained.on_deletion.in_words(), (retained.why)());
        // Writing into a text cannot fail.
        let _ = writeln!(
            table,
            "| {what} | `{name}` | {personal} | {secret} | {other} | {kept} | {with} | {why} |"
        );
    }
    table
}

/// Everything that the database holds.
pub const RETENTION: &[Retained] = &[
    Retained {
        table: "users",
        what: what::users,
        personal: &["id", "email", "email_verified", "role", "is_active", "created_at", "updated_at"],
        secret: &["password_hash", "sign_up_hash"],
        // Made of the others; and nobody can ask for an export of an account that closes or is disabled.
        other: &[
            "email_canonical",
            "username_canonical",
            "search",
            "closes_at",
            "disabled_reason",
            "was_proven",
        ],
        period: RetentionPeriod::AccountDeleted,
        on_deletion: OnDeletion::Account,
        why: why::users,
    },
    Retained {
        table: "users",
        what: what::profile,
        personal: Profile::NAMES,
        secret: &[],
        other: &[],
        period: RetentionPeriod::AccountDeleted,
        on_deletion: OnDeletion::Rows,
        why: why::profile,
    },
    Retained {
        table: "sessions",
        what: what::sessions,
        personal: &[
            "id",
            "kind",
            "persistent",
            "authenticated_at",
            "created_at",
            "last_used_at",
            "expires_at",
            "ended_at",
            "address",
            "agent",
            "factors",
        ],
        secret: &[],
        other: &["user_id"],
        period: RetentionPeriod::Ended(Expiring::Sessions),
        on_deletion: OnDeletion::Rows,
        why: why::sessions,
    },
    Retained {
        table: "refresh_tokens",
        what: what::refresh_tokens,
        personal: &[],
        secret: &["hash", "child", "salt"],
        other: &["session_id", "issued_at", "expires_at", "used_at", "killed_at"],
        period: RetentionPeriod::Ended(Expiring::RefreshTokens),
        on_deletion: OnDeletion::Rows,
        why: why::refresh_tokens,
    },
    Retained {
        table: "known_devices",
        what: what::known_devices,
        personal: &["agent", "last_used_at", "trusted_until"],
        secret: &["token_hash"],
        other: &["user_id"],
        period: RetentionPeriod::Unused(Expiring::Devices, limits::DEVICES_ARE_KNOWN_FOR),
        on_deletion: OnDeletion::Rows,
        why: why::known_devices,
    },
    Retained {
        table: "known_networks",
        what: what::known_networks,
        personal: &["last_used_at"],
        secret: &["network"],
        other: &["user_id"],
        period: RetentionPeriod::Unused(Expiring::Networks, limits::NETWORKS_ARE_KNOWN_FOR),
        on_deletion: OnDeletion::Rows,
        why: why::known_networks,
    },
    Retained {
        table: "one_time_tokens",
        what: what::one_time_tokens,
        personal: &["purpose", "email", "created_at", "sent_at", "expires_at", "used_at"],
        secret: &["key_id", "token_hash", "code_hash", "sealed"],
        other: &["id", "user_id", "email_canonical", "of_reset", "passed_on"],
        period: RetentionPeriod::Ended(Expiring::OneTimeTokens),
        on_deletion: OnDeletion::Rows,
        why: why::one_time_tokens,
    },
    factors::PASSKEY_OWNERS,
    factors::PASSKEYS,
    factors::TOTP,
    factors::TOTP_ENROLMENTS,
    factors::REPLACED_TOTP,
    factors::REMOVED_PASSKEYS,
    factors::RECOVERY_CODES,
    factors::REMOVED_RECOVERY_CODES,
    factors::PENDING_SIGN_INS,
    factors::USED_CHALLENGES,
    Retained {
        table: "outbox",
        what: what::outbox,
        personal: &[],
        secret: &["key_id", "sealed"],
        other: &["id", "kind", "token_id", "user_id", "attempts", "created_at", "next_at", "expires_at"],
        period: RetentionPeriod::Ended(Expiring::Mails),
        on_deletion: OnDeletion::Nothing,
        why: why::outbox,
    },
    Retained {
        table: "throttle_rates",
        what: what::throttle,
        personal: &[],
        secret: &["key"],
        other: &["paid_until"],
        period: RetentionPeriod::Ended(Expiring::Rates),
        on_deletion: OnDeletion::Nothing,
        why: why::throttle,
    },
    Retained {
        table: "throttle_failures",
        what: what::throttle,
        personal: &[],
        secret: &["key"],
        other: &["failures", "last_at", "next_at"],
        period: RetentionPeriod::Unused(Expiring::Failures, limits::FAILURES_COUNT_FOR),
        on_deletion: OnDeletion::Nothing,
        why: why::throttle,
    },
    Retained {
        table: "audit_chain",
        what: what::audit_chain,
        personal: &[],
        secret: &[],
        other: &["sequence", "event_id", "key_id", "mac"],
        period: RetentionPeriod::Forever,
        on_deletion: OnDeletion::Nothing,
        why: why::audit_chain,
    },
    Retained {
        table: "audit_checkpoints",
        what: what::audit_chain,
        personal: &[],
        secret: &[],
        other: &["sequence", "link", "pruned_at", "key_id", "mac"],
        period: RetentionPeriod::Forever,
        on_deletion: OnDeletion::Nothing,
        why: why::audit_chain,
    },
    // Before the next: what is being moved while the account is deleted is then found there.
    Retained {
        table: "audit_events",
        what: what::audit_of_an_earlier_version,
        personal: &[],
        secret: &[],
        // A job moves them.
        other: &["address", "agent", "detail"],
        period: RetentionPeriod::AccountDeleted,
        on_deletion: OnDeletion::OldAuditDetails,
        why: why::audit_of_an_earlier_version,
    },
    Retained {
        table: "audit_details",
        what: what::audit_details,
        personal: &["address", "agent", "detail"],
        secret: &[],
        other: &["event_id", "salt"],
        period: RetentionPeriod::AccountDeleted,
        on_deletion: OnDeletion::AuditDetails,
        why: why::audit_details,
    },
    Retained {
        table: "audit_events",
        what: what::audit,
        personal: &["id", "at", "kind", "result", "session_id"],
        secret: &[],
        other: &["actor_id", "subject_id", "request_id", "details_digest"],
        period: RetentionPeriod::Forever,
        on_deletion: OnDeletion::Nothing,
        why: why::audit,
    },
    Retained {
        table: "throttle_buckets",
        what: what::of_an_earlier_version,
        personal: &[],
        secret: &["key"],
        other: &["paid_until"],
        period: RetentionPeriod::Forever,
        on_deletion: OnDeletion::Nothing,
        why: why::of_an_earlier_version,
    },
    Retained {
        table: "throttle_streaks",
        what: what::of_an_earlier_version,
        personal: &[],
        secret: &["key"],
        other: &["failures", "last_at", "next_at"],
        period: RetentionPeriod::Forever,
        on_deletion: OnDeletion::Nothing,
        why: why::of_an_earlier_version,
    },
    Retained {
        table: "_sqlx_migrations",
        what: what::migrations,
        personal: &[],
        secret: &[],
        other: &["version", "description", "installed_on", "success", "checksum", "execution_time"],
        period: RetentionPeriod::Forever,
        on_deletion: OnDeletion::Nothing,
        why: why::migrations,
    },
];

impl Accounts {
    /// Does what the retention table says, and deletes the accounts whose end has come. Returns how many sessions, refresh
    /// tokens and accounts it deleted. What fails stops nothing else.
    ///
    /// # Errors
    /// What it could not do; everything, where this server's clock is wrong: what it takes for ended may have days left.
    pub async fn sweep(&self, now: OffsetDateTime) -> Result<u64, Vec<Unswept>> {
        if let Err(error) = self.check_clock() {
            return Err(vec![Unswept { what: "everything".to_owned(), error }]);
        }
        let mut unswept = Vec::new();
        let mut swept = self.delete_closed(now, &mut unswept).await;
        for retained in RETENTION {
            let (of, after) = match retained.period {
                RetentionPeriod::Ended(of) => (of, Duration::ZERO),
                RetentionPeriod::Unused(of, after) => (of, after),
                RetentionPeriod::AccountDeleted | RetentionPeriod::Forever => continue,
            };
            match self.sweep_ended(of, now, after).await {
                Ok(rows) => swept += rows,
                Err(error) => unswept.push(Unswept { what: retained.table.to_owned(), error }),
            }
        }
        if let Err(error) = self.empty_latecomers(now).await {
            unswept.push(Unswept { what: "events of deleted accounts".to_owned(), error });
        }
        if unswept.is_empty() { Ok(swept) } else { Err(unswept) }
    }

    /// Deletes what has ended, or was last used so long ago.
    async fn sweep_ended(&self, of: Expiring, now: OffsetDateTime, after: Duration) -> Result<u64, Error> {
        match of {
            Expiring::Sessions => return self.sweep_sessions(now).await,
            Expiring::RefreshTokens => return self.sweep_refresh_tokens(now).await,
            Expiring::Devices => self.sweep_known_devices(now - after).await?,
            Expiring::Networks => self.sweep_known_networks(now - after).await?,
            Expiring::OneTimeTokens => self.sweep_one_time_tokens(now).await?,
            Expiring::Mails => self.sweep_outbox(now).await?,
            Expiring::TotpEnrolments => self.sweep_totp_enrolments(now).await?,
            Expiring::ReplacedTotp => self.sweep_replaced_totp(now).await?,
            Expiring::RemovedPasskeys => self.sweep_removed_passkeys(now).await?,
            Expiring::RemovedRecoveryCodes => self.sweep_removed_recovery_codes(now).await?,
            Expiring::PendingSignIns => self.sweep_pending_sign_ins(now).await?,
            Expiring::UsedChallenges => self.sweep_used_challenges(now).await?,
            Expiring::Rates => self.sweep_rates(now).await?,
            Expiring::Failures => self.sweep_failures(now, after).await?,
        }
        Ok(0)
    }

    /// Deletes some of where an account's owner acted from, in statements that are quick however much there is; says whether
    /// that was all.
    async fn delete_details_of(&self, tx: &mut Tx, user: UserId) -> Result<bool, Error> {
        let limit = DELETED_AT_ONCE;
        let old = audit::empty_old_details(tx, user, limit).await?;
        let gone = audit::delete_details(tx, user, limit).await?;
        Ok(old.max(gone) < limit.unsigned_abs())
    }

    /// Deletes or empties what is kept of an account, or as much as one quick statement does; says whether that was all.
    pub(crate) async fn remove_piece_of(&self, tx: &mut Tx, user: UserId) -> Result<bool, Error> {
        // The account's own row stands first in the table, and goes last.
        for retained in RETENTION.iter().rev() {
            match retained.on_deletion {
                OnDeletion::AuditDetails => {
                    if !self.delete_details_of(tx, user).await? {
                        return Ok(false);
                    }
                }
                OnDeletion::Account => {
                    users::delete(tx, user).await?;
                }
                OnDeletion::OldAuditDetails | OnDeletion::Rows | OnDeletion::Nothing => {}
            }
        }
        Ok(true)
    }

    /// Empties where somebody acted from on accounts that were deleted meanwhile: an attempt that was under way is recorded
    /// after the deletion.
    async fn empty_latecomers(&self, now: OffsetDateTime) -> Result<(), Error> {
        let first = rng::first_id(now - LATECOMERS_COME_FOR);
        for user in audit::deleted_since(self.store(), first).await? {
            let mut tx = self.store().begin().await?;
            self.delete_details_of(&mut tx, user).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}
