//! Mails that somebody asked for by typing an address, and invitations. The address may be a stranger's.

use super::Sender;
use super::content::Block::{Button, Code, Link, Paragraph};
use super::content::{Content, joined, two_ways};
use words::{mail, mail_reason, wait};
use words::{
    mail_already_registered, mail_confirm_new_email, mail_confirmation_code, mail_invite, mail_reset,
    mail_sign_in_code, mail_sign_up, mail_trial, mail_verify,
};

pub(super) fn reset<'a>(app: &str, link: &'a str, code: &'a str, minutes: u64) -> Content<'a> {
    let mut blocks = vec![Paragraph(mail_reset::lead(app))];
    blocks.extend(two_ways(mail::choose_password(), false, link, code, &wait::minutes(minutes)));
    blocks.push(joined(mail::not_you(), mail_reset::unchanged()));
    Content {
        subject: mail_reset::subject(app),
        heading: mail_reset::heading().to_owned(),
        blocks,
        reason: mail_reason::typed(app),
    }
}

pub(super) fn verify<'a>(app: &str, link: &'a str, code: &'a str, hours: u64) -> Content<'a> {
    let mut blocks = vec![Paragraph(mail_verify::lead(app))];
    blocks.extend(two_ways(mail_verify::button(), false, link, code, &wait::hours(hours)));
    blocks.push(joined(mail::not_you(), mail_verify::unproven()));
    Content {
        subject: mail_verify::subject(app),
        heading: mail_verify::heading().to_owned(),
        blocks,
        reason: mail_reason::typed(app),
    }
}

pub(super) fn sign_up<'a>(app: &str, link: &'a str, code: &'a str, hours: u64) -> Content<'a> {
    let mut blocks = vec![Paragraph(mail_sign_up::lead(app))];
    blocks.extend(two_ways(mail_sign_up::button(), false, link, code, &wait::hours(hours)));
    blocks.push(joined(mail::not_you(), mail_sign_up::nothing()));
    Content {
        subject: mail_sign_up::subject(app),
        heading: mail_sign_up::heading().to_owned(),
        blocks,
        reason: mail_reason::typed(app),
    }
}

pub(super) fn already_registered<'a>(app: &str, sign_in: &'a str, forgot: &'a str) -> Content<'a> {
    Content {
        subject: mail_already_registered::subject(app),
        heading: mail_already_registered::heading().to_owned(),
        blocks: vec![
            Paragraph(mail_already_registered::lead(app)),
            Button { label: mail_already_registered::button(), link: sign_in, quiet: false },
            Link { label: mail_already_registered::forgot(), link: forgot.to_owned() },
            joined(mail::not_you(), mail_already_registered::unchanged()),
        ],
        reason: mail_reason::typed(app),
    }
}

pub(super) fn confirm_new_email<'a>(app: &str, link: &'a str, code: &'a str, hours: u64) -> Content<'a> {
    let mut blocks = vec![Paragraph(mail_confirm_new_email::lead(app))];
    blocks.extend(two_ways(mail_confirm_new_email::button(), false, link, code, &wait::hours(hours)));
    blocks.push(joined(mail::not_you(), mail_confirm_new_email::unchanged()));
    Content {
        subject: mail_confirm_new_email::subject(app),
        heading: mail_confirm_new_email::heading().to_owned(),
        blocks,
        reason: mail_reason::typed(app),
    }
}

pub(super) fn sign_in_code<'a>(app: &str, code: &'a str, minutes: u64, sign_in_page: &'a str) -> Content<'a> {
    Content {
        subject: mail_sign_in_code::subject(app),
        heading: mail_sign_in_code::heading().to_owned(),
        blocks: vec![
            Paragraph(mail_sign_in_code::lead(app)),
            Code(code),
            Button { label: mail_sign_in_code::button(), link: sign_in_page, quiet: false },
            joined(&mail::code_works_once(&wait::minutes(minutes)), mail_sign_in_code::keep()),
            Paragraph(mail::not_you().to_owned()),
        ],
        reason: mail_reason::typed(app),
    }
}

pub(super) fn confirmation_code<'a>(app: &str, code: &'a str, minutes: u64, page: &'a str) -> Content<'a> {
    Content {
        subject: mail_confirmation_code::subject(app),
        heading: mail_confirmation_code::heading().to_owned(),
        blocks: vec![
            Paragraph(mail_confirmation_code::lead(app)),
            Code(code),
            Button { label: mail_confirmation_code::button(), link: page, quiet: false },
            joined(&mail::code_works_once(&wait::minutes(minutes)), mail_sign_in_code::keep()),
            Paragraph(mail_confirmation_code::not_you().to_owned()),
        ],
        reason: mail_reason::typed(app),
    }
}

pub(super) fn invite<'a>(app: &str, link: &'a str, code: &'a str, days: u64, admin: bool) -> Content<'a> {
    let lead = if admin { mail_invite::lead_admin(app) } else { mail_invite::lead(app) };
    let mut blocks = vec![Paragraph(lead)];
    blocks.extend(two_ways(mail_invite::button(), false, link, code, &wait::days(days)));
    blocks.push(Paragraph(mail_invite::stranger(app)));
    Content {
        subject: mail_invite::subject(app),
        heading: mail_invite::heading(app),
        blocks,
        reason: mail_reason::invited(app),
    }
}

pub(super) fn trial(sender: &Sender<'_>) -> Content<'static> {
    let app = sender.app_name;
    Content {
        subject: mail_trial::subject(app),
        heading: mail_trial::heading().to_owned(),
        blocks: vec![
            Paragraph(mail_trial::lead(app, sender.base_url)),
            Paragraph(mail_trial::next().to_owned()),
        ],
        reason: mail_trial::reason(app),
    }
}
