use crate::account::password::personal_words;
use crate::account::register::PreparedAccount;
use crate::authentication::attempt::ProvenAttempt;
use crate::authentication::establish::Transport;
use crate::authentication::throttle::Earned;
use crate::credential::Priority;
use crate::{Accounts, Error, RequestCtx, SignedIn};
use domain::{Factor, Invitation, InvitationForm, Purpose, Role};
use store::sessions::Proof;

impl Accounts {
    /// Makes the account of somebody who was invited, and signs them in. It takes nothing but the invitation: who may
    /// sign up without one makes no difference.
    ///
    /// # Errors
    /// [`Error::LinkInvalid`], [`Error::Invalid`], [`Error::Taken`] where the address has an account by now,
    /// [`Error::TooManyTries`], [`Error::Overloaded`], [`Error::Unavailable`]; nothing was made then, and the invitation
    /// can be used again.
    pub async fn accept_invitation(&self, ctx: &RequestCtx, form: InvitationForm) -> Result<SignedIn, Error> {
        let Invitation { presented, profile, password } = form.parse(self.settings().password_min_length)?;
        let token = self.find_token(ctx, &[Purpose::Invite], &presented).await?;
        let role: Role = serde_json::from_slice(&self.detail_of(&token)?).map_err(Error::internal)?;
        let words = personal_words(&token.email.shown, &profile);
        let password_hash = self.choose_password("password", password, words, Priority::Stranger).await?;
        let account =
            PreparedAccount { email: token.email.clone(), profile, password_hash, sign_up_hash: None };
        let (tx, user) = self.make_proven_account(ctx, &token, &account, role).await?;
        let proofs = vec![Proof { factor: Factor::Password, at: ctx.now }];
        let attempt = ProvenAttempt { tx, user, proofs, earned: Earned::default(), is_unfamiliar: false };
        self.establish(ctx, attempt, Transport::Browser { persistent: false }).await.map(SignedIn::from)
    }
}
