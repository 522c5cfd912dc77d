//! "This wasn't me": the owner of a proven address takes the account back.

use crate::audit::Event;
use crate::authentication::TakenBack;
use crate::identifier::{self, Address};
use crate::mail::HowRecovered;
use crate::{Accounts, Error, RequestCtx};
use domain::{NotMeForm, Purpose};
use store::users::{self, User};
use store::{Tx, one_time_tokens};

/// The audit trail's word for an address that is the account's again.
const RESTORED: &str = "restored";

impl Accounts {
    /// Takes an account back by the link or the code of a notice: everything that could open it ends, the old password
    /// too, with the second factors that were set up since (`take_factors_back`), and the address that the notice went to is
    /// the account's again. One that was closing stays. Answers the token with which a new password is chosen, now and not by another
    /// mail.
    ///
    /// # Errors
    /// [`Error::LinkInvalid`], [`Error::Invalid`], [`Error::TooManyTries`], [`Error::Unavailable`]; nothing changed then.
    pub async fn disown(&self, ctx: &RequestCtx, form: NotMeForm) -> Result<String, Error> {
        let token = self.find_token(ctx, &[Purpose::NotMe], &form.parse()?).await?;
        let (mut tx, user) = self.begin_by_token(ctx, &token).await?;
        let ended_sessions = self.end_everything(&mut tx, ctx, user.id).await?;
        one_time_tokens::revoke_all(&mut tx, user.id, &[Purpose::Verify]).await?;
        users::clear_password_hash(&mut tx, user.id, ctx.now).await?;
        let stranger = ctx.as_stranger();
        let TakenBack { spared, restored } =
            self.take_factors_back(&mut tx, &stranger, user.id, (&token.email, token.created_at)).await?;
        let left = self.links_of_factors(&mut tx, ctx, user.id, &token.email).await?;
        // Whoever changed the address has links of their own, all of them later: theirs end, but end none of before.
        one_time_tokens::revoke_not_me(&mut tx, token.id, user.id, (spared, &left)).await?;
        self.reopen(&mut tx, &stranger, user.id).await?;
        let address = restore(&mut tx, ctx, &user, &token.email).await?;
        let event = Event::AccountRecovered { ended_sessions, address };
        self.audit(&mut tx, &stranger, Some(user.id), event).await?;
        let how = HowRecovered { moved: address == RESTORED, factor_stays: !left.is_empty(), restored };
        self.tell_recovered(&mut tx, ctx, &user, &token.email, how).await?;
        let reset = self.mint_shown(&mut tx, ctx, Purpose::Reset, user.id, &token.email).await?;
        tx.commit().await?;
        Ok(reset)
    }
}

/// Gives the account the address back that it was told at, and says what became of it, for the audit trail. Somebody
/// else's account keeps it.
async fn restore(tx: &mut Tx, ctx: &RequestCtx, user: &User, told: &Address) -> Result<&'static str, Error> {
    if identifier::email(&user.email).as_deref() == Some(&told.canonical) {
        return Ok("kept");
    }
    if users::email_is_taken(tx, &told.canonical, user.id).await? {
        return Ok("taken");
    }
    users::set_proven_email(tx, user.id, (&told.shown, &told.canonical), ctx.now).await?;
    Ok(RESTORED)
}
