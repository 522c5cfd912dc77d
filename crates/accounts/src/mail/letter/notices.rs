//! Mails about what happened to an account, to the people whose account it is.

use super::content::Block::{Facts, Help, Link, Paragraph};
use super::content::{Block, Content, joined, two_ways};
use super::{NotMe, Sender};
use crate::view::timestamp;
use time::OffsetDateTime;
use words::{mail, mail_reason, wait};
use words::{
    mail_disabled, mail_email_change_requested, mail_email_changed, mail_email_is_yours, mail_new_device,
    mail_password_changed, mail_password_reset, mail_recovered, mail_token_reused,
};

pub(super) type Fact = (&'static str, String);

/// What a mail says of what happened.
pub(super) struct Said {
    pub(super) subject: String,
    pub(super) heading: &'static str,
    pub(super) lead: String,
}

pub(super) fn email_change_requested<'a>(
    sender: &Sender,
    new_email: &str,
    not_me: Option<NotMe<'a>>,
) -> Content<'a> {
    let said = Said {
        subject: mail_email_change_requested::subject(sender.app_name),
        heading: mail_email_change_requested::heading(),
        lead: mail_email_change_requested::lead(sender.app_name),
    };
    notice(sender, said, vec![(mail::new_email(), new_email.to_owned())], not_me)
}

/// The forgotten-password page no longer knows this address: without a link only the password helps.
pub(super) fn email_changed<'a>(sender: &Sender, new_email: &str, not_me: Option<NotMe<'a>>) -> Content<'a> {
    let app = sender.app_name;
    let facts = vec![(mail::new_email(), new_email.to_owned())];
    let yourself = vec![Paragraph(mail_email_changed::secure_yourself().to_owned())];
    let undo = way_back(sender, not_me, mail_email_changed::secure(), yourself);
    Content {
        subject: mail_email_changed::subject(app),
        heading: mail_email_changed::heading().to_owned(),
        blocks: event(mail_email_changed::lead(app), facts, undo),
        reason: mail_reason::former(app),
    }
}

/// It may be a stranger's address.
pub(super) fn email_is_yours<'a>(app: &str) -> Content<'a> {
    Content {
        subject: mail_email_is_yours::subject(app),
        heading: mail_email_is_yours::heading().to_owned(),
        blocks: vec![
            Paragraph(mail_email_is_yours::lead(app)),
            joined(mail::not_you(), mail_email_is_yours::mistyped()),
        ],
        reason: mail_reason::typed(app),
    }
}

pub(super) fn password_changed<'a>(
    sender: &Sender,
    when: OffsetDateTime,
    client: &str,
    not_me: Option<NotMe<'a>>,
) -> Content<'a> {
    let said = Said {
        subject: mail_password_changed::subject(sender.app_name),
        heading: mail_password_changed::heading(),
        lead: mail_password_changed::lead(sender.app_name),
    };
    notice(sender, said, at(when, client), not_me)
}

pub(super) fn password_reset<'a>(
    sender: &Sender,
    when: OffsetDateTime,
    client: &str,
    not_me: Option<NotMe<'a>>,
) -> Content<'a> {
    let said = Said {
        subject: mail_password_reset::subject(sender.app_name),
        heading: mail_password_reset::heading(),
        lead: mail_password_reset::lead(sender.app_name),
    };
    notice(sender, said, at(when, client), not_me)
}

pub(super) fn new_device<'a>(
    sender: &Sender,
    (when, client, address): (OffsetDateTime, &str, &str),
    not_me: Option<NotMe<'a>>,
) -> Content<'a> {
    let said = Said {
        subject: mail_new_device::subject(sender.app_name),
        heading: mail_new_device::heading(),
        lead: mail_new_device::lead(sender.app_name),
    };
    let mut facts = at(when, client);
    facts.push((mail::address(), address.to_owned()));
    notice(sender, said, facts, not_me)
}

pub(super) fn token_reused<'a>(
    sender: &Sender,
    when: OffsetDateTime,
    client: &str,
    not_me: Option<NotMe<'a>>,
) -> Content<'a> {
    let app = sender.app_name;
    let mut blocks = vec![Paragraph(mail_token_reused::lead(app)), Facts(at(when, client))];
    blocks.push(Paragraph(mail_token_reused::sign_in_again().to_owned()));
    blocks.extend(undo(sender, not_me));
    Content {
        subject: mail_token_reused::subject(app),
        heading: mail_token_reused::heading().to_owned(),
        blocks,
        reason: mail_reason::account(app),
    }
}

pub(super) fn disabled<'a>(sender: &Sender) -> Content<'a> {
    let app = sender.app_name;
    let ask = match sender.support_url {
        Some(_) => Help(mail_disabled::ask()),
        None => Paragraph(mail_disabled::ask_operator(app)),
    };
    Content {
        subject: mail_disabled::subject(app),
        heading: mail_disabled::heading().to_owned(),
        blocks: vec![Paragraph(mail_disabled::lead(app)), ask],
        reason: mail_reason::account(app),
    }
}

/// Whoever reads it may know of it already, or still need the new password.
pub(super) fn recovered<'a>(
    sender: &Sender,
    facts: Vec<Fact>,
    factor_stays: bool,
    restored: bool,
) -> Content<'a> {
    let app = sender.app_name;
    let mut blocks = vec![Paragraph(mail_recovered::lead(app)), Facts(facts)];
    blocks.extend(restored.then(|| Paragraph(mail_recovered::restored().to_owned())));
    blocks.extend(factor_stays.then(|| Paragraph(mail_recovered::factor_stays().to_owned())));
    let choose = vec![Paragraph(mail_recovered::choose().to_owned()), forgot(sender)];
    blocks.extend(with_help(sender, choose));
    Content {
        subject: mail_recovered::subject(app),
        heading: mail_recovered::heading().to_owned(),
        blocks,
        reason: mail_reason::account(app),
    }
}

pub(super) fn notice<'a>(
    sender: &Sender,
    said: Said,
    facts: Vec<Fact>,
    not_me: Option<NotMe<'a>>,
) -> Content<'a> {
    Content {
        subject: said.subject,
        heading: said.heading.to_owned(),
        blocks: event(said.lead, facts, undo(sender, not_me)),
        reason: mail_reason::account(sender.app_name),
    }
}

fn event(lead: String, facts: Vec<Fact>, undo: Vec<Block<'_>>) -> Vec<Block<'_>> {
    let mut blocks = vec![Paragraph(lead), Facts(facts), Paragraph(mail::was_you().to_owned())];
    blocks.extend(undo);
    blocks
}

pub(super) fn at(when: OffsetDateTime, client: &str) -> Vec<Fact> {
    vec![(mail::when(), date(when)), (mail::device(), client.to_owned())]
}

/// What to do where it was somebody else.
fn undo<'a>(sender: &Sender, not_me: Option<NotMe<'a>>) -> Vec<Block<'a>> {
    let yourself = vec![Paragraph(mail::secure_yourself().to_owned()), forgot(sender)];
    way_back(sender, not_me, mail::secure(), yourself)
}

/// The link, under what it is good for; where there is none, what the owner does `yourself`.
pub(super) fn way_back<'a>(
    sender: &Sender,
    not_me: Option<NotMe<'a>>,
    secure: &str,
    yourself: Vec<Block<'a>>,
) -> Vec<Block<'a>> {
    let Some(NotMe { link, code, days }) = not_me else { return with_help(sender, yourself) };
    let mut blocks = vec![Paragraph(secure.to_owned())];
    blocks.extend(two_ways(mail::not_me(), true, link, code, &wait::days(days)));
    blocks
}

fn forgot<'a>(sender: &Sender) -> Block<'a> {
    let page = [sender.base_url.trim_end_matches('/'), "/forgot"].concat();
    Link { label: mail::choose_password(), link: page }
}

pub(super) fn with_help<'a>(sender: &Sender, mut blocks: Vec<Block<'a>>) -> Vec<Block<'a>> {
    blocks.extend(sender.support_url.map(|_| Help(mail::ask_for_help())));
    blocks
}

/// As people say it; a mail does not know where it is read.
pub(super) fn date(when: OffsetDateTime) -> String {
    words::exact(&timestamp(when))
}
