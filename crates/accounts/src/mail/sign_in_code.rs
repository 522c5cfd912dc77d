//! The mail with a code to sign in with.

use super::letter::Letter;
use super::prepare::{Prepared, address_of, minutes};
use crate::{Accounts, Error, RequestCtx};
use domain::{Identifier, Purpose};
use store::Tx;
use store::one_time_tokens::{self, Owner};
use store::outbox::DueMail;
use store::users::User;
use time::OffsetDateTime;

/// What a code carries that shows again whose an account is, and signs nobody in.
const TO_CONFIRM: &[u8] = b"confirm";

impl Accounts {
    /// The account of a name that somebody typed; none where its mailbox has got enough. What was mailed before and can
    /// no longer be tried makes room for a new code.
    pub(super) async fn code_addressee(
        &self,
        due: &DueMail,
        name: &str,
        known_device: bool,
        now: OffsetDateTime,
    ) -> Result<Option<User>, Error> {
        let name = Identifier::of(name);
        let user = self.account_of(&name).await?;
        let Some(known) = user.as_ref().filter(|_| due.token.is_none()) else { return Ok(user) };
        let (ctx, address) = (RequestCtx::command_line(self.now()), address_of(known));
        let mailbox = Identifier::Email(address.canonical.clone());
        let counted = known_device || mailbox == name;
        if !counted && !self.admit_mail_to(&ctx, Purpose::SignIn, &mailbox).await? {
            return Ok(None);
        }
        let purposes = [Purpose::SignIn];
        let live = one_time_tokens::by_email(self.store(), &purposes, &address.canonical, now, 1).await?;
        if let Some(live) = live.first()
            && !self.may_guess(&ctx, live.id.as_bytes()).await?
        {
            let owner = Owner { user: Some(known.id), email_canonical: &address.canonical };
            let mut tx = self.store().begin().await?;
            one_time_tokens::revoke(&mut tx, Purpose::SignIn, owner, None).await?;
            tx.commit().await?;
        }
        Ok(user)
    }

    /// An address that nobody has proven may be another's than the account's, whose password somebody else knows: it
    /// gets the link to choose a new password, which ends what was before, and no code.
    pub(super) async fn prepare_sign_in_code(
        &self,
        tx: &mut Tx,
        due: &DueMail,
        user: Option<&User>,
        confirms: bool,
        now: OffsetDateTime,
    ) -> Result<Option<Prepared>, Error> {
        let Some(user) = user else { return Ok(None) };
        if !user.email_verified {
            return self.prepare_reset(tx, due, user, now).await;
        }
        let detail = confirms.then_some(TO_CONFIRM);
        let token = self.token_of(tx, due, (Purpose::SignIn, detail), user, now).await?;
        let page = self.page_url(if confirms { "confirm?step=enter" } else { "login/code?step=enter" });
        self.with_link(due, token, Purpose::SignIn, now, |link, left| {
            let (code, minutes) = (link.code.as_str(), minutes(left));
            self.compose(&if confirms {
                Letter::ConfirmationCode { code, minutes, page: &page }
            } else {
                Letter::SignInCode { code, minutes, sign_in_page: &page }
            })
        })
    }
}
