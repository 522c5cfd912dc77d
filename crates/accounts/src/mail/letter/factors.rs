//! Mails about second factors.

use super::content::Block::{Facts, Help, Paragraph};
use super::content::Content;
use super::notices::{Fact, Said, at, date, notice};
use super::{NotMe, Sender};
use crate::mail::notice::MissedStep;
use domain::Factor;
use time::OffsetDateTime;
use words::{
    mail, mail_factor_added, mail_factor_removed, mail_factor_replaced, mail_factors_cleared,
    mail_passkey_added, mail_passkey_removed, mail_reason, mail_recovery_code_used, mail_recovery_codes_made,
    mail_second_step_missed, second_step,
};

/// What became of a second factor; a factor is called as in `amr`.
#[derive(Clone, Copy)]
pub(crate) enum FactorChange<'a> {
    /// A sign-in takes one more step.
    Added(&'a str),
    /// It takes a code of another app.
    Replaced,
    /// It no longer takes that.
    Removed(&'a str),
    /// Whoever knew the password, and did not pass the second step.
    Missed(&'a [MissedStep]),
    /// There are new recovery codes, and the old ones no longer work.
    CodesMade,
    /// One was used, and so many are left.
    CodeUsed { left: u64 },
}

pub(super) fn changed<'a>(
    sender: &Sender,
    change: FactorChange<'_>,
    facts: Vec<Fact>,
    not_me: Option<NotMe<'a>>,
) -> Content<'a> {
    match change {
        FactorChange::Added(factor) => added(sender, factor, facts, not_me),
        FactorChange::Replaced => replaced(sender, facts, not_me),
        FactorChange::Removed(factor) => removed(sender, factor, facts, not_me),
        FactorChange::Missed(steps) => missed(sender, steps, not_me),
        FactorChange::CodesMade => codes_made(sender, facts, not_me),
        FactorChange::CodeUsed { left } => code_used(sender, left, facts, not_me),
    }
}

fn added<'a>(sender: &Sender, factor: &str, facts: Vec<Fact>, not_me: Option<NotMe<'a>>) -> Content<'a> {
    let app = sender.app_name;
    let (subject, heading, lead) = if factor == Factor::Passkey.as_str() {
        (mail_passkey_added::subject(app), mail_passkey_added::heading(), mail_passkey_added::lead(app))
    } else {
        (mail_factor_added::subject(app), mail_factor_added::heading(), mail_factor_added::lead(app))
    };
    notice(sender, Said { subject, heading, lead }, of(factor, facts), not_me)
}

/// Only an app replaces another.
fn replaced<'a>(sender: &Sender, facts: Vec<Fact>, not_me: Option<NotMe<'a>>) -> Content<'a> {
    let said = Said {
        subject: mail_factor_replaced::subject(sender.app_name),
        heading: mail_factor_replaced::heading(),
        lead: mail_factor_replaced::lead(sender.app_name),
    };
    notice(sender, said, facts, not_me)
}

fn removed<'a>(sender: &Sender, factor: &str, facts: Vec<Fact>, not_me: Option<NotMe<'a>>) -> Content<'a> {
    let app = sender.app_name;
    let (subject, heading, lead) = if factor == Factor::Passkey.as_str() {
        (mail_passkey_removed::subject(app), mail_passkey_removed::heading(), mail_passkey_removed::lead(app))
    } else {
        (mail_factor_removed::subject(app), mail_factor_removed::heading(), mail_factor_removed::lead(app))
    };
    notice(sender, Said { subject, heading, lead }, of(factor, facts), not_me)
}

/// By an admin, which is no mailbox's to undo.
pub(super) fn cleared<'a>(sender: &Sender, when: OffsetDateTime) -> Content<'a> {
    let app = sender.app_name;
    let ask = match sender.support_url {
        Some(_) => Help(mail_factors_cleared::ask()),
        None => Paragraph(mail_factors_cleared::ask_operator(app)),
    };
    let lead = Paragraph(mail_factors_cleared::lead(app));
    let again = Paragraph(mail_factors_cleared::again().to_owned());
    Content {
        subject: mail_factors_cleared::subject(app),
        heading: mail_factors_cleared::heading().to_owned(),
        blocks: vec![lead, Facts(vec![(mail::when(), date(when))]), again, ask],
        reason: mail_reason::account(app),
    }
}

/// Each client with its own time: the mail may come an hour later.
fn missed<'a>(sender: &Sender, steps: &[MissedStep], not_me: Option<NotMe<'a>>) -> Content<'a> {
    let said = Said {
        subject: mail_second_step_missed::subject(sender.app_name),
        heading: mail_second_step_missed::heading(),
        lead: mail_second_step_missed::lead(sender.app_name),
    };
    let facts = steps.iter().flat_map(|step| {
        let when = OffsetDateTime::from_unix_timestamp(step.at).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        [at(when, &step.client), vec![(mail::address(), step.address.clone())]].concat()
    });
    notice(sender, said, facts.collect(), not_me)
}

fn codes_made<'a>(sender: &Sender, facts: Vec<Fact>, not_me: Option<NotMe<'a>>) -> Content<'a> {
    let said = Said {
        subject: mail_recovery_codes_made::subject(sender.app_name),
        heading: mail_recovery_codes_made::heading(),
        lead: mail_recovery_codes_made::lead(sender.app_name),
    };
    notice(sender, said, facts, not_me)
}

fn code_used<'a>(sender: &Sender, left: u64, mut facts: Vec<Fact>, not_me: Option<NotMe<'a>>) -> Content<'a> {
    let said = Said {
        subject: mail_recovery_code_used::subject(sender.app_name),
        heading: mail_recovery_code_used::heading(),
        lead: mail_recovery_code_used::lead(sender.app_name),
    };
    facts.push((mail::codes_left(), left.to_string()));
    notice(sender, said, facts, not_me)
}

/// What happened to which step.
fn of(factor: &str, facts: Vec<Fact>) -> Vec<Fact> {
    let name = match factor {
        "passkey" => second_step::passkey(),
        "otp" => second_step::totp(),
        _ => second_step::other(),
    };
    [vec![(mail::second_step(), name.to_owned())], facts].concat()
}
