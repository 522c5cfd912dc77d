//! The invitations that nobody has used yet.

use crate::credential::{Label, Sealed};
use crate::{Accounts, Error, RequestCtx, view};
use domain::{InvitationView, PageRequest, Purpose, RevokeForm, Role, TwoWayPage};
use store::one_time_tokens::{self, OneTimeToken};
use uuid::Uuid;

impl Accounts {
    /// A page of the open invitations, the newest first.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Forbidden`], [`Error::Invalid`], [`Error::Unavailable`].
    pub async fn invitations(
        &self,
        ctx: &RequestCtx,
        request: PageRequest,
    ) -> Result<TwoWayPage<InvitationView>, Error> {
        ctx.admin()?;
        let now = self.inner.database_clock.time(ctx.now);
        let mut window = request.window()?;
        let mut rows = one_time_tokens::invitations(self.store(), &window, now).await?;
        if rows.is_empty() && window.from.is_some() {
            // Those on this side have been used or taken back since.
            window = window.turned();
            rows = one_time_tokens::invitations(self.store(), &window, now).await?;
        }
        Ok(window.page(rows, OneTimeToken::place, |token| self.invitation(token)))
    }

    /// Takes an invitation back, and its mail if that was not sent yet, after a recent sign-in.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Forbidden`], [`Error::Reauthenticate`], [`Error::NotFound`],
    /// [`Error::ChangedMeanwhile`] for one that was used or has ended, [`Error::Unavailable`].
    pub async fn revoke_invitation_by(&self, ctx: &RequestCtx, form: RevokeForm) -> Result<(), Error> {
        ctx.admin()?;
        let id = Uuid::try_parse(&form.invitation).map_err(|_| Error::NotFound)?;
        self.need_recent_admin(ctx).await?;
        let mut tx = self.begin_as_admin(ctx).await?;
        let token = one_time_tokens::by_id(&mut tx, id).await?;
        let invitation = token.filter(|token| token.purpose == Some(Purpose::Invite));
        let email = invitation.ok_or(Error::ChangedMeanwhile)?.email_canonical;
        if self.revoke_in(tx, ctx, &email).await? { Ok(()) } else { Err(Error::ChangedMeanwhile) }
    }

    /// The role is sealed: a key that is gone leaves it unknown, and the invitation useless.
    fn invitation(&self, token: OneTimeToken) -> InvitationView {
        let role = token.sealed.and_then(|bytes| {
            let sealed = Sealed { key_id: token.key_id.clone(), bytes };
            let detail = self.encryption().ok()?.open(Label::TokenDetail, token.id, &sealed).ok()?;
            serde_json::from_slice::<Role>(&detail).ok()
        });
        InvitationView {
            id: token.id,
            email: token.email,
            role,
            created_at: view::timestamp(token.created_at),
            expires_at: view::timestamp(token.expires_at),
        }
    }
}
