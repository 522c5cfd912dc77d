//! `REQUIRE_VERIFIED`: until the address is proven, an account does what leads to the proof, or ends, and nothing else.

use crate::crew::{admin, admin_patch, again, deletion, patch};
use accounts::{Accounts, AuditFormat, Error, NewAdmin, Proven, RequestCtx};
use domain::{
    AddressForm, AdminAct, AdminActForm, AuditQuery, AuditSearch, DeviceId, EmailForm, FactorForm,
    FactorsClearing, InviteForm, PageRequest, PasskeyAddForm, PasskeyId, PasskeyRemoveForm,
    PasskeyRenameForm, PasswordForm, ProfileForm, RevokeForm, SessionId, TotpConfirmForm, UserId, UserQuery,
    VerifyForm,
};
use serde_json::json;
use sqlx::PgPool;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::pin::Pin;
use testkit::{PASSWORD, World, link_token, sign_in};

const OLD: &str = "ana@example.com";
const NEW: &str = "ana@new.example";

pub(crate) type Asking<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>;
pub(crate) type Ask = (&'static str, for<'a> fn(&'a Accounts, &'a RequestCtx, UserId) -> Asking<'a>);

/// What waits for the proof, by the use case's name, with the id of somebody else.
pub(crate) const WAITS: &[Ask] = &[
    ("me", |accounts, ctx, _| Box::pin(async { accounts.me(ctx).await.map(drop) })),
    ("me_encoded", |accounts, ctx, _| Box::pin(async { accounts.me_encoded(ctx).await.map(drop) })),
    ("profile", |accounts, ctx, _| Box::pin(async { accounts.profile(ctx).await.map(drop) })),
    ("save_profile", |accounts, ctx, _| {
        Box::pin(async { accounts.save_profile(ctx, ProfileForm::default()).await.map(drop) })
    }),
    ("change_me", |accounts, ctx, _| {
        Box::pin(async { accounts.change_me(ctx, patch(json!({"name": "Ana"}))).await.map(drop) })
    }),
    ("change_me by nothing", |accounts, ctx, _| {
        Box::pin(async { accounts.change_me(ctx, patch(json!({}))).await.map(drop) })
    }),
    ("change_me by more than the address", |accounts, ctx, _| {
        let both = patch(json!({"email": NEW, "bio": ""}));
        Box::pin(async { accounts.change_me(ctx, both).await.map(drop) })
    }),
    ("change_password", |accounts, ctx, _| {
        let form = PasswordForm {
            current_password: PASSWORD.into(),
            new_password: "copper lanterns over water".into(),
        };
        Box::pin(async { accounts.change_password(ctx, form).await.map(drop) })
    }),
    ("sessions", |accounts, ctx, _| Box::pin(async { accounts.sessions(ctx).await.map(drop) })),
    ("end_my_session", |accounts, ctx, other| {
        Box::pin(async move { accounts.end_my_session(ctx, SessionId(other.0)).await })
    }),
    ("end_my_session_if_alive", |accounts, ctx, other| {
        Box::pin(async move { accounts.end_my_session_if_alive(ctx, SessionId(other.0)).await })
    }),
    ("known_devices", |accounts, ctx, _| Box::pin(async { accounts.known_devices(ctx).await.map(drop) })),
    ("forget_known_device", |accounts, ctx, other| {
        Box::pin(async move { accounts.forget_known_device(ctx, DeviceId(other.0)).await })
    }),
    ("end_my_other_sessions", |accounts, ctx, _| {
        Box::pin(async { accounts.end_my_other_sessions(ctx).await.map(drop) })
    }),
    ("activity", |accounts, ctx, _| {
        Box::pin(async { accounts.activity(ctx, PageRequest::default()).await.map(drop) })
    }),
    ("export", |accounts, ctx, _| Box::pin(async { accounts.export(ctx).await.map(drop) })),
    ("ways_in", |accounts, ctx, _| Box::pin(async { accounts.ways_in(ctx).await.map(drop) })),
    ("factors", |accounts, ctx, _| Box::pin(async { accounts.factors(ctx).await.map(drop) })),
    ("begin_totp", |accounts, ctx, _| Box::pin(async { accounts.begin_totp(ctx).await.map(drop) })),
    ("pending_totp", |accounts, ctx, _| Box::pin(async { accounts.pending_totp(ctx).await.map(drop) })),
    ("confirm_totp", |accounts, ctx, _| {
        let form = TotpConfirmForm { code: "012345".into() };
        Box::pin(async { accounts.confirm_totp(ctx, form).await.map(drop) })
    }),
    ("remove_totp", |accounts, ctx, _| Box::pin(async { accounts.remove_totp(ctx, FactorForm {}).await })),
    ("new_recovery_codes", |accounts, ctx, _| {
        Box::pin(async { accounts.new_recovery_codes(ctx).await.map(drop) })
    }),
    ("see_recovery_codes", |accounts, ctx, _| {
        Box::pin(async { accounts.see_recovery_codes(ctx, "x").await.map(drop) })
    }),
    ("passkey_add_options", |accounts, ctx, _| {
        Box::pin(async { accounts.passkey_add_options(ctx).await.map(drop) })
    }),
    ("add_passkey", |accounts, ctx, _| {
        let form = PasskeyAddForm { name: "Phone".into(), passkey: "{}".into() };
        Box::pin(async { accounts.add_passkey(ctx, form).await.map(drop) })
    }),
    ("rename_passkey", |accounts, ctx, other| {
        let form = PasskeyRenameForm { id: PasskeyId(other.0), name: "Phone".into() };
        Box::pin(async { accounts.rename_passkey(ctx, form).await })
    }),
    ("remove_passkey", |accounts, ctx, other| {
        let form = PasskeyRemoveForm { id: PasskeyId(other.0) };
        Box::pin(async { accounts.remove_passkey(ctx, form).await })
    }),
    ("audit_trail", |accounts, ctx, _| {
        Box::pin(async { accounts.audit_trail(ctx, AuditQuery::default()).await.map(drop) })
    }),
    ("search_audit", |accounts, ctx, _| {
        Box::pin(async { accounts.search_audit(ctx, &AuditSearch::default()).await.map(drop) })
    }),
    ("addresses_in", |accounts, ctx, _| Box::pin(async { accounts.addresses_in(ctx, &[]).await.map(drop) })),
    ("audit_file", |accounts, ctx, _| {
        let search = AuditSearch::default();
        Box::pin(async move { accounts.audit_file(ctx, &search, AuditFormat::Csv).await.map(drop) })
    }),
    ("list_users", |accounts, ctx, _| {
        Box::pin(async { accounts.list_users(ctx, UserQuery::default()).await.map(drop) })
    }),
    ("admin_figures", |accounts, ctx, _| Box::pin(async { accounts.admin_figures(ctx).await.map(drop) })),
    ("user", |accounts, ctx, other| Box::pin(async move { accounts.user(ctx, other).await.map(drop) })),
    ("change_user", |accounts, ctx, other| {
        let form = admin_patch(json!({"name": "Eve"}));
        Box::pin(async move { accounts.change_user(ctx, other, form).await.map(drop) })
    }),
    ("delete_user", |accounts, ctx, other| Box::pin(async move { accounts.delete_user(ctx, other).await })),
    ("end_sessions_of", |accounts, ctx, other| {
        Box::pin(async move { accounts.end_sessions_of(ctx, other).await.map(drop) })
    }),
    ("clear_factors", |accounts, ctx, other| {
        let form = FactorsClearing { reason: "Lost".into() };
        Box::pin(async move { accounts.clear_factors(ctx, other, form).await })
    }),
    ("admin_user", |accounts, ctx, other| {
        Box::pin(async move { accounts.admin_user(ctx, other).await.map(drop) })
    }),
    ("admin_user_for", |accounts, ctx, other| {
        Box::pin(async move { accounts.admin_user_for(ctx, other, AdminAct::Delete).await.map(drop) })
    }),
    ("act_on_user", |accounts, ctx, other| {
        let (user, act) = (other.to_string(), "delete".to_owned());
        let form = AdminActForm { user, act, ..AdminActForm::default() };
        Box::pin(async move { accounts.act_on_user(ctx, AdminAct::Delete.asking(), form).await.map(drop) })
    }),
    ("invite_by", |accounts, ctx, _| {
        let form = InviteForm { email: "new@example.com".into(), role: "user".into() };
        Box::pin(async move { accounts.invite_by(ctx, form).await.map(drop) })
    }),
    ("invitations", |accounts, ctx, _| {
        Box::pin(async { accounts.invitations(ctx, PageRequest::default()).await.map(drop) })
    }),
    ("revoke_invitation_by", |accounts, ctx, other| {
        let form = RevokeForm { invitation: other.to_string() };
        Box::pin(async move { accounts.revoke_invitation_by(ctx, form).await })
    }),
    ("send_password_reset", |accounts, ctx, other| {
        Box::pin(async move { accounts.send_password_reset(ctx, other).await })
    }),
];

/// What strangers may ask as well, and what leads to the proof, or out.
const GOES_ON: &[&str] = &[
    "accept_invitation",
    "ask_confirmation_code",
    "ask_sign_in_code",
    "begin_sign_up",
    "cancel_email_change",
    "change_email",
    "confirm",
    "confirm_by_code",
    "confirm_by_factor",
    "delete_me",
    "disown",
    "email",
    "end_pending_sign_in",
    "forgot_password",
    "leave",
    "leaving",
    "passkey_confirm_options",
    "passkey_factor_options",
    "passkey_factor_options_bearer",
    "pending_sign_in",
    "prove_address",
    "refresh",
    "register",
    "resend_verification",
    "reset_password",
    "restore_bearer",
    "sign_in",
    "sign_in_api_cookie",
    "sign_in_bearer",
    "sign_in_by_code",
    "sign_in_by_code_bearer",
    "sign_in_by_factor",
    "sign_in_by_factor_bearer",
    "sign_in_by_passkey",
    "sign_in_by_passkey_bearer",
    "sign_in_known_bearer",
    "sign_out",
    "sign_up",
    "verify_email",
    "ways_to_confirm",
];

/// The use cases that this crate's sources have.
fn use_cases(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(use_cases(&path));
            continue;
        }
        let source = fs::read_to_string(path).unwrap().replace(char::is_whitespace, "");
        let functions = source.split("pubasyncfn").skip(1);
        found.extend(
            functions
                .filter_map(|function| function.split_once("(&self,ctx:&RequestCtx"))
                .filter(|(name, _)| name.chars().all(|c| c.is_alphanumeric() || c == '_'))
                .map(|(name, _)| name.to_owned()),
        );
    }
    found
}

#[test]
fn every_use_case_waits_for_the_proof_or_leads_to_it() {
    let waits = WAITS.iter().map(|(what, _)| what.split(' ').next().unwrap());
    let waits: BTreeSet<_> = waits.map(str::to_owned).collect();
    let goes_on: BTreeSet<_> = GOES_ON.iter().map(|name| (*name).to_owned()).collect();
    assert!(waits.is_disjoint(&goes_on));
    assert_eq!(&waits | &goes_on, use_cases(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")));
}

fn strict(pool: PgPool) -> World {
    World::with(pool, |settings| settings.require_verified = true)
}

fn by_link(mails: &[accounts::Message], to: &str) -> VerifyForm {
    let mail = mails.iter().find(|mail| mail.to == to).unwrap();
    VerifyForm { token: link_token(mail, "verify").into(), ..VerifyForm::default() }
}

async fn digest(world: &World) -> String {
    let sql = "SELECT concat((SELECT md5(string_agg(u::text, '|' ORDER BY id)) FROM users u), ' ',
                             (SELECT md5(string_agg(a::text, '|' ORDER BY id)) FROM audit_events a))";
    sqlx::query_scalar(sql).fetch_one(&world.pool).await.unwrap()
}

/// An admin, who may do all of it: so nothing but the address stands in the way.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn nothing_but_the_proof_until_the_address_is_proven(pool: PgPool) {
    let world = strict(pool);
    let eve = world.member("eve").await.viewer.id;
    let ana = admin(&world, "ana").await;
    let mails = world.mail().await;
    assert!(ana.viewer.must_prove);
    let (ctx, before) = (world.holder(&ana).await, digest(&world).await);
    for (what, ask) in WAITS {
        let refusal = ask(&world.accounts, &ctx, eve).await;
        assert!(matches!(refusal, Err(Error::EmailUnverified)), "{what}: {refusal:?}");
    }
    assert_eq!(digest(&world).await, before);
    let lax = World::replica(&world.pool, &world.clock, |_| ());
    let read = lax.authenticate(&ana.token.jwt, world.accounts.now()).await.unwrap().unwrap();
    assert!(!read.member.must_prove, "only where it is asked for");

    let address = AddressForm { email: OLD.to_owned() };
    world.accounts.resend_verification(&ctx, address).await.unwrap();
    let proven = world.accounts.prove_address(&ctx, by_link(&mails, OLD)).await.unwrap();
    let Proven::Address(Some(viewer)) = proven else { panic!("{proven:?}") };
    assert!(!viewer.must_prove, "what the page shows from now on");
    let ctx = world.holder(&ana).await;
    for (what, ask) in WAITS {
        let answer = ask(&world.accounts, &ctx, eve).await;
        assert!(!matches!(answer, Err(Error::EmailUnverified)), "{what}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_mistyped_address_is_changed_and_the_new_one_proven(pool: PgPool) {
    let world = strict(pool);
    let ana = world.member("ana").await;
    let program = world.program("ana").await;
    let (ctx, bearer) = (world.holder(&ana).await, world.bearer(&program).await);
    world.mail().await;
    let form = EmailForm { email: "ana@typo.example".to_owned(), password: PASSWORD.into() };
    let view = world.accounts.change_email(&ctx, form).await.unwrap();
    assert_eq!((view.email.as_str(), view.waiting.as_deref()), (OLD, Some("ana@typo.example")));
    assert_eq!(world.accounts.cancel_email_change(&ctx).await.unwrap().waiting, None);
    let kept = world.accounts.change_me(&bearer, patch(json!({"email": NEW}))).await.unwrap();
    assert_eq!((kept.email.as_str(), kept.email_verified), (OLD, false), "a program waits for the proof too");
    assert_eq!(world.accounts.email(&ctx).await.unwrap().waiting.as_deref(), Some(NEW));
    assert!(matches!(world.accounts.me(&bearer).await, Err(Error::EmailUnverified)));
    let proven = world.accounts.prove_address(&ctx, by_link(&world.mail().await, NEW)).await.unwrap();
    let Proven::Address(Some(viewer)) = proven else { panic!("{proven:?}") };
    assert_eq!((viewer.email.as_str(), viewer.must_prove), (NEW, false));
    let me = world.accounts.me(&world.bearer(&program).await).await.unwrap();
    assert_eq!((me.email.as_str(), me.email_verified), (NEW, true));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whoever_will_not_prove_it_signs_out_or_deletes_the_account(pool: PgPool) {
    let world = strict(pool);
    let ana = world.member("ana").await;
    world.accounts.sign_out(&world.holder(&ana).await).await.unwrap();
    assert!(world.holder(&ana).await.signed_in().is_err());
    let ana = again(&world, "ana").await;
    assert!(ana.viewer.must_prove);
    world.accounts.delete_me(&world.holder(&ana).await, deletion(Some(PASSWORD))).await.unwrap();
    assert_eq!(world.count("SELECT count(*) FROM users WHERE closes_at IS NOT NULL").await, 1);
}

/// Somebody else's link proves nothing of one's own.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_proof_of_another_account_is_none(pool: PgPool) {
    let world = strict(pool);
    world.member("ana").await;
    let eve = world.member("eve").await;
    let form = VerifyForm { password: PASSWORD.into(), ..by_link(&world.mail().await, OLD) };
    let proven = world.accounts.prove_address(&world.holder(&eve).await, form).await.unwrap();
    let Proven::Address(Some(viewer)) = proven else { panic!("{proven:?}") };
    assert!(viewer.id == eve.viewer.id && viewer.must_prove);
    assert!(matches!(world.accounts.me(&world.holder(&eve).await).await, Err(Error::EmailUnverified)));
    assert!(!again(&world, "ana").await.viewer.must_prove);
}

/// Whoever can run commands on the server vouches for the address.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_first_admin_can_begin_at_once(pool: PgPool) {
    let world = strict(pool);
    let new = NewAdmin { email: "admin@example.com".into(), password: PASSWORD.into() };
    world.accounts.create_admin(new).await.unwrap();
    assert!(world.mail().await.is_empty());
    let form = sign_in("admin@example.com", PASSWORD);
    let admin = world.accounts.sign_in(&world.stranger(), form).await.unwrap();
    assert!(world.holder(&admin).await.admin().is_ok());
}
