//! What the retention table says of second factors.

use super::{Expiring, OnDeletion, Retained, RetentionPeriod};
use store::sessions::pending;
use words::retention as why;
use words::retention_what as what;

pub(crate) const PASSKEY_OWNERS: Retained = Retained {
    secret: &["handle"],
    ..Retained::of_account("passkey_owners", what::passkey_owners, &["user_id"], why::passkey_owners)
};

pub(crate) const PASSKEYS: Retained = Retained {
    personal: &["name", "aaguid", "backed_up", "added_at", "last_used_at"],
    secret: &["credential_id", "public_key"],
    ..Retained::of_account(
        "passkeys",
        what::passkeys,
        &["id", "user_id", "algorithm", "counter", "transports", "backup_eligible", "alone", "rp_id"],
        why::passkeys,
    )
};

pub(crate) const TOTP: Retained = Retained {
    personal: &["added_at", "last_used_at"],
    secret: &["key_id", "sealed"],
    ..Retained::of_account("totp", what::totp, &["user_id", "id", "last_step"], why::totp)
};

pub(crate) const TOTP_ENROLMENTS: Retained = Retained {
    secret: &["key_id", "sealed"],
    period: RetentionPeriod::Ended(Expiring::TotpEnrolments),
    ..Retained::of_account(
        "totp_enrolments",
        what::totp_enrolments,
        &["user_id", "session_id", "id", "expires_at"],
        why::totp_enrolments,
    )
};

pub(crate) const REPLACED_TOTP: Retained = Retained {
    secret: &["key_id", "sealed"],
    period: RetentionPeriod::Ended(Expiring::ReplacedTotp),
    ..Retained::of_account(
        "replaced_totp",
        what::replaced_totp,
        &["user_id", "id", "last_step", "added_at", "last_used_at", "removed_at", "expires_at"],
        why::replaced_totp,
    )
};

pub(crate) const REMOVED_PASSKEYS: Retained = Retained {
    secret: &["credential_id", "public_key"],
    period: RetentionPeriod::Ended(Expiring::RemovedPasskeys),
    ..Retained::of_account(
        "removed_passkeys",
        what::removed_passkeys,
        &[
            "id",
            "user_id",
            "algorithm",
            "counter",
            "backup_eligible",
            "backed_up",
            "aaguid",
            "transports",
            "rp_id",
            "name",
            "added_at",
            "last_used_at",
            "removed_at",
            "expires_at",
        ],
        why::removed_passkeys,
    )
};

pub(crate) const RECOVERY_CODES: Retained = Retained {
    secret: &["code_hash"],
    ..Retained::of_account(
        "recovery_codes",
        what::recovery_codes,
        &["user_id", "made_at", "seen_at"],
        why::recovery_codes,
    )
};

pub(crate) const REMOVED_RECOVERY_CODES: Retained = Retained {
    secret: &["code_hash"],
    period: RetentionPeriod::Ended(Expiring::RemovedRecoveryCodes),
    ..Retained::of_account(
        "removed_recovery_codes",
        what::removed_recovery_codes,
        &["user_id", "made_at", "seen_at", "removed_at", "expires_at"],
        why::removed_recovery_codes,
    )
};

pub(crate) const PENDING_SIGN_INS: Retained = Retained {
    secret: &["token_hash", "password_digest", "forgives"],
    period: RetentionPeriod::Ended(Expiring::PendingSignIns),
    ..Retained::of_account(
        "pending_sign_ins",
        what::pending_sign_ins,
        pending::REMEMBERED,
        why::pending_sign_ins,
    )
};

pub(crate) const USED_CHALLENGES: Retained = Retained {
    table: "used_challenges",
    what: what::used_challenges,
    personal: &[],
    secret: &["nonce"],
    other: &["expires_at"],
    period: RetentionPeriod::Ended(Expiring::UsedChallenges),
    on_deletion: OnDeletion::Nothing,
    why: why::used_challenges,
};
