//! P25: of fifty submissions of one link or code at once, one counts, whatever the mail was for.

use accounts::{Accounts, Error, Message, RequestCtx, SignUp, Signup};
use domain::{
    AddressForm, CodeRequestForm, CodeSignInForm, EmailForm, InvitationForm, NotMeForm, PasswordForm,
    ResetForm, Role, VerifyForm,
};
use sqlx::PgPool;
use testkit::{PASSWORD, World, link_token, mail_code, registration, sign_in};
use tokio::task::JoinSet;

const NEW: &str = "copper lanterns over water";
const OTHER: &str = "thieves keep lanterns lit";

/// How often fifty submissions meet for each purpose; `P25_ROUNDS` asks for more.
fn rounds() -> usize {
    std::env::var("P25_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

struct Round {
    world: World,
    /// Where an address must be proven to sign up.
    strict: Accounts,
    n: usize,
}

impl Round {
    fn address(&self, name: &str) -> String {
        format!("{name}-{}@example.com", self.n)
    }

    /// The one mail that leads to a page.
    async fn mail(&self, page: &str) -> Message {
        let mut mails = self.world.mail().await;
        mails.retain(|mail| mail.text.contains(page));
        assert_eq!(mails.len(), 1, "{page}");
        mails.remove(0)
    }

    /// Whoever signs in as this.
    async fn holder(&self, email: &str, password: &str) -> RequestCtx {
        let signed_in = self.world.accounts.sign_in(&self.world.stranger(), sign_in(email, password)).await;
        self.world.holder(&signed_in.unwrap()).await
    }

    /// Submits fifty times at once.
    async fn one_counts<F>(
        &self,
        purpose: &str,
        ctx: impl Fn() -> RequestCtx,
        submit: impl Fn(Accounts, RequestCtx) -> F,
    ) where
        F: Future<Output = Result<(), Error>> + Send + 'static,
    {
        let mut all = JoinSet::new();
        for _ in 0..50 {
            all.spawn(submit(self.world.accounts.clone(), ctx()));
        }
        let mut counted = 0;
        for answer in all.join_all().await {
            match answer {
                Ok(()) => counted += 1,
                Err(Error::LinkInvalid | Error::WrongCode | Error::Overloaded) => {}
                Err(refused) => panic!("{purpose}: {refused:?}"),
            }
        }
        assert_eq!(counted, 1, "{purpose}, round {}", self.n);
    }

    /// Signs up by mail and gives the account another address. Returns that one, which is proven.
    async fn address_is_proven_once(&self) -> String {
        let form = domain::RegistrationForm { email: self.address("ana"), ..registration("ana") };
        let asked = self.strict.begin_sign_up(&self.world.stranger(), form).await.unwrap();
        let SignUp::MailSent { browser } = asked else { panic!("signed in at once") };
        let token = link_token(&self.mail("/verify#").await, "verify");
        let in_browser = || {
            let mut ctx = self.world.stranger();
            ctx.client.sign_up = Some(browser.clone());
            ctx
        };
        let verify = |token: String| {
            move |accounts: Accounts, ctx: RequestCtx| {
                let form = VerifyForm { token: token.as_str().into(), ..VerifyForm::default() };
                async move { accounts.verify_email(&ctx, form).await }
            }
        };
        self.one_counts("sign-up", in_browser, verify(token)).await;

        let (ctx, email) = (self.holder(&self.address("ana"), PASSWORD).await, self.address("new"));
        let form = EmailForm { email: email.clone(), password: PASSWORD.into() };
        self.world.accounts.change_email(&ctx, form).await.unwrap();
        let token = link_token(&self.mail("/verify#").await, "verify");
        self.one_counts("change-email", || ctx.clone(), verify(token)).await;

        let bob = domain::RegistrationForm { email: self.address("bob"), ..registration("bob") };
        let ctx =
            self.world.holder(&self.world.accounts.sign_up(&self.world.stranger(), bob).await.unwrap()).await;
        let token = link_token(&self.mail("/verify#").await, "verify");
        self.one_counts("verify", || ctx.clone(), verify(token)).await;
        email
    }

    async fn account_opens_once(&self, email: &str) {
        let stranger = || self.world.stranger();
        let asked = CodeRequestForm { identifier: email.to_owned(), ..CodeRequestForm::default() };
        self.world.accounts.ask_sign_in_code(&stranger(), asked).await.unwrap();
        let code = mail_code(&self.mail("/login/code").await);
        self.one_counts("sign-in", stranger, |accounts, ctx| {
            let (identifier, code) = (email.to_owned(), code.as_str().into());
            let form = CodeSignInForm { identifier, code, ..CodeSignInForm::default() };
            async move { accounts.sign_in_by_code(&ctx, form).await.map(drop) }
        })
        .await;

        let asked = AddressForm { email: email.to_owned() };
        self.world.accounts.forgot_password(&stranger(), asked).await.unwrap();
        let token = link_token(&self.mail("/reset#").await, "reset");
        self.one_counts("reset", stranger, |accounts, ctx| {
            let token = token.as_str().into();
            let form = ResetForm { token, new_password: NEW.into(), ..ResetForm::default() };
            async move { accounts.reset_password(&ctx, form).await }
        })
        .await;

        self.world.mail().await;
        let form = PasswordForm { current_password: NEW.into(), new_password: OTHER.into() };
        self.world.accounts.change_password(&self.holder(email, NEW).await, form).await.unwrap();
        let mut mails = self.world.mail().await;
        mails.retain(|mail| mail.subject.to_lowercase().contains("password"));
        let token = link_token(&mails[0], "not-me");
        self.one_counts("not-me", stranger, |accounts, ctx| {
            let form = NotMeForm { token: token.as_str().into(), ..NotMeForm::default() };
            async move { accounts.disown(&ctx, form).await.map(drop) }
        })
        .await;
    }

    async fn invitation_is_accepted_once(&self) {
        let form = AddressForm { email: self.address("eve") };
        self.world.accounts.invite(form, Role::User).await.unwrap();
        let token = link_token(&self.mail("/invite#").await, "invite");
        let stranger = || self.world.stranger();
        self.one_counts("invite", stranger, |accounts, ctx| {
            let token = token.as_str().into();
            let form = InvitationForm { token, password: PASSWORD.into(), ..InvitationForm::default() };
            async move { accounts.accept_invitation(&ctx, form).await.map(drop) }
        })
        .await;
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn of_fifty_submissions_one_counts_whatever_the_mail_was_for(pool: PgPool) {
    for n in 0..rounds() {
        let world = World::new(pool.clone());
        let strict = World::replica(&pool, &world.clock, |settings| settings.signup = Signup::Verify);
        let round = Round { world, strict, n };
        let email = round.address_is_proven_once().await;
        round.account_opens_once(&email).await;
        round.invitation_is_accepted_once().await;
    }
}
