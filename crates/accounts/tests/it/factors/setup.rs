//! Setting up second factors, and taking them away.

use super::replaced::{by_link, choose};
use super::taken_back::told;
use crate::crew::{again, kinds};
use accounts::{EncryptionKeys, Error, RequestCtx};
use domain::{
    ConfirmForm, EmailForm, FactorForm, FieldError, NotMeForm, PasswordForm, Reason, TotpConfirmForm,
    TotpEnrolment, VerifyForm,
};
use sqlx::PgPool;
use testkit::passkey::{KeyKind, SoftAuthenticator};
use testkit::{ENCRYPTION_KEY, PASSWORD, World, factor_form, link_token, totp_code};
use time::Duration;

const SESSIONS: &str = "SELECT count(*) FROM sessions WHERE ended_at IS NULL";

fn confirm(code: &str) -> TotpConfirmForm {
    TotpConfirmForm { code: code.into() }
}

async fn pending_key(world: &World, ctx: &RequestCtx) -> Option<TotpEnrolment> {
    world.accounts.pending_totp(ctx).await.unwrap().map(|pending| pending.enrolment)
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_app_that_nobody_finished_to_set_up_counts_for_nothing(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    let ctx = world.holder(&ana).await;
    assert_eq!(world.accounts.pending_totp(&ctx).await.unwrap(), None);
    let first = world.accounts.begin_totp(&ctx).await.unwrap();
    let begun = world.accounts.begin_totp(&ctx).await.unwrap();
    assert!(first != begun && pending_key(&world, &ctx).await == Some(begun.clone()));
    let wrong = world.accounts.confirm_totp(&ctx, confirm(&totp_code(&first.secret, ctx.now))).await;
    assert!(matches!(wrong, Err(Error::Invalid(_))), "{wrong:?}");
    again(&world, "ana").await;
    let factors = world.accounts.factors(&ctx).await.unwrap();
    assert_eq!((factors.totp, factors.recovery_codes_left), (None, 0));
    assert!(world.mail().await.iter().all(|mail| !mail.subject.contains("second step")));
    world.clock.advance(Duration::hours(1));
    let ctx = world.holder(&again(&world, "ana").await).await;
    let late = world.accounts.confirm_totp(&ctx, confirm(&totp_code(&begun.secret, ctx.now))).await;
    assert!(matches!(late, Err(Error::ChangedMeanwhile)), "{late:?}");
    world.accounts.sweep(ctx.now).await.unwrap();
    assert_eq!(world.count("SELECT count(*) FROM totp_enrolments").await, 0);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_first_code_makes_an_app_count_and_ends_all_other_sessions(pool: PgPool) {
    let world = World::new(pool);
    let mut ana = world.member("ana").await;
    let (other, before) = (again(&world, "ana").await, ana.token.clone());
    let program = world.program("ana").await;
    world.mail().await;
    world.execute("DELETE FROM audit_events").await;
    let app = world.set_up_totp(&mut ana).await;
    assert_eq!(world.count(SESSIONS).await, 1);
    for ended in [world.holder(&other).await, world.browser(&before).await, world.bearer(&program).await] {
        assert!(ended.member().is_err());
    }
    let ctx = world.holder(&ana).await;
    let words: Vec<_> = ctx.member().unwrap().factors.iter().map(|proof| proof.factor.as_str()).collect();
    assert_eq!(words, ["pwd", "otp"]);
    let factors = world.accounts.factors(&ctx).await.unwrap();
    assert_eq!((factors.totp.is_some(), factors.recovery_codes_left), (true, 10));
    let mut codes = app.recovery_codes.clone();
    codes.dedup();
    assert!(codes.len() == 10 && codes.iter().all(|code| code.len() == 29), "{}", codes.len());
    assert_eq!(kinds(&world).await, ["factor_added"]);
    let mail: Vec<_> = world.mail().await.into_iter().map(|mail| mail.subject).collect();
    assert_eq!(mail, ["Signing in to Doorstep now takes a second step"]);
    assert_eq!(world.count("SELECT count(*) FROM totp_enrolments").await, 0);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_new_app_takes_the_place_of_the_old_one(pool: PgPool) {
    let world = World::new(pool);
    let mut ana = world.member("ana").await;
    let old = world.set_up_totp(&mut ana).await;
    let begun = world.accounts.begin_totp(&world.holder(&ana).await).await.unwrap();
    // The old one counts until the new one has shown its first code.
    let waiting = world.begin_sign_in("ana").await.challenge.reveal();
    let now = world.accounts.now();
    world.accounts.sign_in_by_factor(&world.stranger(), &waiting, old.form(now)).await.unwrap();
    let ctx = world.holder(&ana).await;
    let confirmed = world.accounts.confirm_totp(&ctx, confirm(&totp_code(&begun.secret, now))).await.unwrap();
    assert!(confirmed.recovery_codes.is_none());
    world.clock.advance(Duration::MINUTE);
    let (waiting, now) = (world.begin_sign_in("ana").await.challenge.reveal(), world.accounts.now());
    let refused = world.accounts.sign_in_by_factor(&world.stranger(), &waiting, old.form(now)).await;
    assert!(matches!(refused, Err(Error::FactorRefused)), "{refused:?}");
    let new = factor_form("totp", &totp_code(&begun.secret, now));
    world.accounts.sign_in_by_factor(&world.stranger(), &waiting, new).await.unwrap();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn removing_the_app_takes_the_recovery_codes_too(pool: PgPool) {
    let world = World::new(pool);
    let mut ana = world.member("ana").await;
    let app = world.set_up_totp(&mut ana).await;
    world.accounts.begin_totp(&world.holder(&ana).await).await.unwrap();
    let waiting = world.begin_sign_in("ana").await.challenge.reveal();
    world.mail().await;
    world.execute("DELETE FROM audit_events").await;
    let ctx = world.holder(&ana).await;
    world.accounts.remove_totp(&ctx, FactorForm {}).await.unwrap();
    world.accounts.remove_totp(&ctx, FactorForm {}).await.unwrap();
    assert_eq!(kinds(&world).await, ["factor_removed"], "once");
    let mail: Vec<_> = world.mail().await.into_iter().map(|mail| mail.subject).collect();
    assert_eq!(mail, ["A second step was removed from your Doorstep account"]);
    for table in ["totp", "totp_enrolments", "recovery_codes"] {
        let sql = format!("SELECT count(*) FROM {table}");
        let rows: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&world.pool).await.unwrap();
        assert_eq!(rows, 0, "{table}");
    }
    let form = factor_form("recovery_code", &app.recovery_codes[0]);
    let refused = world.accounts.sign_in_by_factor(&world.stranger(), &waiting, form).await;
    assert!(matches!(refused, Err(Error::ChallengeInvalid)), "{refused:?}");
    again(&world, "ana").await;
}

/// It may be on a stolen phone.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_a_removed_app_opened_ends_with_it(pool: PgPool) {
    let world = World::new(pool);
    let (mut key, mut ana) = (SoftAuthenticator::new(KeyKind::EdDsa), world.member("ana").await);
    let app = world.set_up_totp(&mut ana).await;
    world.add_passkey(&mut ana, &mut key).await;
    world.clock.advance(Duration::MINUTE);
    let (waiting, ctx) = (world.begin_sign_in("ana").await.challenge.reveal(), world.stranger());
    let phone = world.accounts.sign_in_by_factor(&ctx, &waiting, app.form(ctx.now)).await.unwrap();
    let by_passkey = world.sign_in_with(&mut key).await.unwrap();
    world.accounts.remove_totp(&world.holder(&ana).await, FactorForm {}).await.unwrap();
    assert!(world.holder(&phone).await.member().is_err());
    assert!(world.holder(&by_passkey).await.member().is_ok(), "no code of the app has opened it");
    assert!(world.holder(&ana).await.member().is_ok());
    let told = "SELECT count(*) FROM audit_events e JOIN audit_details d ON d.event_id = e.id
                WHERE e.kind = 'factor_removed' AND d.detail ->> 'ended_sessions' = '1'";
    assert_eq!(world.count(told).await, 1);
}

/// A thief of a session keeps nobody from setting a second factor up.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn without_a_recent_sign_in_nothing_is_counted(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    world.clock.advance(Duration::minutes(11));
    let thief = world.holder(&ana).await;
    for _ in 0..60 {
        let refused = world.accounts.begin_totp(&thief).await;
        assert!(matches!(refused, Err(Error::Reauthenticate)), "{refused:?}");
    }
    let ana = again(&world, "ana").await;
    world.accounts.begin_totp(&world.holder(&ana).await).await.unwrap();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn new_recovery_codes_end_the_old_ones(pool: PgPool) {
    let world = World::new(pool);
    let mut ana = world.member("ana").await;
    let none = world.accounts.new_recovery_codes(&world.holder(&ana).await).await;
    assert!(matches!(none, Err(Error::NotFound)), "{none:?}");
    let app = world.set_up_totp(&mut ana).await;
    world.mail().await;
    world.execute("DELETE FROM audit_events").await;
    let new = world.accounts.new_recovery_codes(&world.holder(&ana).await).await.unwrap();
    assert_eq!(kinds(&world).await, ["recovery_codes_made"]);
    assert_eq!(world.mail().await[0].subject, "New recovery codes for your Doorstep account");
    let waiting = world.begin_sign_in("ana").await.challenge.reveal();
    let form = factor_form("recovery_code", &app.recovery_codes[0]);
    let refused = world.accounts.sign_in_by_factor(&world.stranger(), &waiting, form).await;
    assert!(matches!(refused, Err(Error::FactorRefused)), "{refused:?}");
    let form = factor_form("recovery_code", &new.recovery_codes[0].to_lowercase());
    world.accounts.sign_in_by_factor(&world.stranger(), &waiting, form).await.unwrap();
}

/// ASVS 6.5.2: a quick hash keeps codes of 112 bits and more. Those of 80 bits work on until they are made anew.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn recovery_codes_have_120_bits_and_those_of_before_work_on(pool: PgPool) {
    let world = World::new(pool);
    let mut ana = world.member("ana").await;
    let app = world.set_up_totp(&mut ana).await;
    for code in &app.recovery_codes {
        assert_eq!(code.split('-').map(str::len).collect::<Vec<_>>(), [4; 6], "{code}");
    }
    world
        .execute(
            "INSERT INTO recovery_codes (user_id, code_hash, made_at, seen_at)
             SELECT id, sha256('recovery code' || int8send(16) || uuid_send(id) || int8send(16) || 'ABCDEFGHIJKLMNOP'),
                    created_at, created_at FROM users",
        )
        .await;
    let waiting = world.begin_sign_in("ana").await.challenge.reveal();
    let form = factor_form("recovery_code", "abcd-efgh-ijkl-mnop");
    world.accounts.sign_in_by_factor(&world.stranger(), &waiting, form).await.unwrap();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn changes_of_factors_take_a_recent_sign_in_with_the_second_factor(pool: PgPool) {
    let world = World::new(pool);
    let mut ana = world.member("ana").await;
    let refused = async |ctx: &RequestCtx| {
        let accounts = &world.accounts;
        for answer in [
            accounts.begin_totp(ctx).await.map(drop),
            accounts.pending_totp(ctx).await.map(drop),
            accounts.confirm_totp(ctx, confirm("012345")).await.map(drop),
            accounts.remove_totp(ctx, FactorForm {}).await,
            accounts.new_recovery_codes(ctx).await.map(drop),
        ] {
            assert!(matches!(answer, Err(Error::Reauthenticate)), "{answer:?}");
        }
    };
    world.clock.advance(Duration::minutes(11));
    refused(&world.holder(&ana).await).await;
    ana = again(&world, "ana").await;
    let app = world.set_up_totp(&mut ana).await;
    world.clock.advance(Duration::minutes(10));
    let ctx = world.holder(&ana).await;
    refused(&ctx).await;
    let ways = world.accounts.ways_to_confirm(&ctx).await.unwrap();
    assert_eq!((ways.password, ways.code, ways.methods.len()), (false, false, 2));
    let form = ConfirmForm { current_password: PASSWORD.into(), ..ConfirmForm::default() };
    let alone = world.accounts.confirm(&ctx, form).await;
    assert!(matches!(alone, Err(Error::Reauthenticate)), "the password alone: {alone:?}");
    let wrong = world.accounts.confirm_by_factor(&ctx, factor_form("totp", "000000")).await;
    assert!(matches!(wrong, Err(Error::FactorRefused)), "{wrong:?}");
    let token = world.accounts.confirm_by_factor(&ctx, app.form(ctx.now)).await.unwrap().unwrap();
    let ctx = world.browser(&token).await;
    let again = world.accounts.confirm_by_factor(&ctx, app.form(ctx.now)).await;
    assert!(matches!(again, Err(Error::FactorRefused)), "used: {again:?}");
    world.accounts.new_recovery_codes(&ctx).await.unwrap();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn without_an_encryption_key_there_are_no_second_factors(pool: PgPool) {
    let world = World::with(pool, |settings| settings.encryption = None);
    let ana = world.member("ana").await;
    let answer = world.accounts.begin_totp(&world.holder(&ana).await).await;
    assert!(matches!(answer, Err(Error::FactorsOff)), "{answer:?}");
}

/// What RFC 4648's base32 stands for, as the database writes bytes.
fn hex(base32: &str) -> String {
    let value = |letter: u8| u32::from(if letter < b'A' { letter - b'2' + 26 } else { letter - b'A' });
    let bits = base32.bytes().flat_map(|letter| (0..5).rev().map(move |at| value(letter) >> at & 1));
    let bits: Vec<u32> = bits.collect();
    let digit = |four: &[u32]| char::from_digit(four.iter().fold(0, |sum, bit| 2 * sum + bit), 16).unwrap();
    bits.chunks_exact(4).map(digit).collect()
}

/// The secret is in no row as it is, nor are the codes, and the export knows only of the app's times (P24).
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn no_secret_of_a_second_factor_is_stored_as_it_is(pool: PgPool) {
    let world = World::new(pool);
    let mut ana = world.member("ana").await;
    let begun = world.accounts.begin_totp(&world.holder(&ana).await).await.unwrap();
    let app = world.set_up_totp(&mut ana).await;
    let waiting = world.begin_sign_in("ana").await.challenge.reveal();
    let mut secrets = vec![waiting];
    for secret in [&begun.secret, &app.secret] {
        secrets.push(hex(secret));
        secrets.push(secret.clone());
    }
    secrets.extend(app.recovery_codes.iter().cloned());
    secrets.extend(app.recovery_codes.iter().map(|code| code.replace('-', "")));
    let mut export = world.accounts.export(&world.holder(&ana).await).await.unwrap();
    let mut texts = Vec::new();
    while let Some(piece) = export.next_piece().await.unwrap() {
        texts.push(piece);
    }
    assert!(texts.concat().contains(r#""authenticator_apps":[{"added_at":"#));
    for retained in accounts::retention::RETENTION {
        let sql = format!("SELECT t::text FROM {} t", retained.table);
        let rows: Vec<String> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&world.pool).await.unwrap();
        texts.extend(rows);
    }
    texts.extend(world.mail().await.into_iter().map(|mail| mail.text));
    let text = texts.concat().to_lowercase();
    for secret in &secrets {
        assert!(!text.contains(&secret.to_lowercase()), "{secret}");
    }
}

/// The key stays in the file. Where it is lost all the same, servers go on, and a recovery code opens.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_lost_key_leaves_the_recovery_codes(pool: PgPool) {
    let world = World::new(pool);
    let mut ana = world.member("ana").await;
    let app = world.set_up_totp(&mut ana).await;
    world.mail().await;
    world.execute("DELETE FROM one_time_tokens").await;
    assert_eq!(world.accounts.unused_keys().await.unwrap(), Vec::<String>::new());
    let other = ENCRYPTION_KEY.replace("KioqKioq", "KysrKysr");
    let other = World::replica(&world.pool, &world.clock, |settings| {
        settings.encryption = Some(EncryptionKeys::from_pem(&other).unwrap());
    });
    assert!(other.missing_keys().await.unwrap().is_empty());
    let (waiting, ctx) = (world.begin_sign_in("ana").await.challenge.reveal(), world.stranger());
    let by_app = other.sign_in_by_factor(&ctx, &waiting, app.form(ctx.now)).await;
    assert!(matches!(by_app, Err(Error::FactorsOff)), "{by_app:?}");
    let form = factor_form("recovery_code", &app.recovery_codes[0]);
    other.sign_in_by_factor(&ctx, &waiting, form).await.unwrap();
}

/// A thief with the password must not lock the owner out by an app of their own, whichever notice the owner presses first;
/// what is older than a notice is still asked for.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn this_was_not_me_takes_away_what_was_set_up_since(pool: PgPool) {
    let world = World::new(pool);
    let mut ana = world.member("ana").await;
    world.execute("UPDATE users SET email_verified = true").await;
    world.mail().await;
    world.set_up_totp(&mut ana).await;
    choose(&world, by_link(&told(&world, "second step").await)).await;
    assert_eq!(world.count("SELECT count(*) FROM recovery_codes").await, 0);
    ana = again(&world, "ana").await;

    world.set_up_totp(&mut ana).await;
    let of_app = told(&world, "second step").await;
    let form =
        PasswordForm { current_password: PASSWORD.into(), new_password: "thieves keep lanterns lit".into() };
    world.accounts.change_password(&world.holder(&ana).await, form).await.unwrap();
    let of_password = told(&world, "was changed").await;
    choose(&world, by_link(&of_password)).await;
    let recovered = told(&world, "was taken back").await;
    assert!(recovered.text.contains("second step that was set up lately"), "{}", recovered.text);
    world.begin_sign_in("ana").await;
    choose(&world, by_link(&of_app)).await;
    again(&world, "ana").await;
    let used = world.accounts.disown(&world.stranger(), by_link(&of_password)).await;
    assert!(matches!(used, Err(Error::LinkInvalid)), "{used:?}");
}

/// Whoever knew the password once neither learns nor chooses the owner's secret.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_app_is_set_up_within_the_session_that_began_it(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    let other = again(&world, "ana").await;
    let (own, others) = (world.holder(&ana).await, world.holder(&other).await);
    let begun = world.accounts.begin_totp(&own).await.unwrap();
    assert_eq!(world.accounts.pending_totp(&others).await.unwrap(), None);
    let code = totp_code(&begun.secret, own.now);
    let answer = world.accounts.confirm_totp(&others, confirm(&code)).await;
    assert!(matches!(answer, Err(Error::ChangedMeanwhile)), "{answer:?}");
    let form = ConfirmForm { current_password: PASSWORD.into(), ..ConfirmForm::default() };
    let token = world.accounts.confirm(&own, form).await.unwrap().unwrap();
    let own = world.browser(&token).await;
    assert_eq!(pending_key(&world, &own).await, Some(begun));
    world.accounts.confirm_totp(&own, confirm(&code)).await.unwrap();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn this_was_not_me_ends_the_recovery_codes_that_were_made_since(pool: PgPool) {
    let world = World::new(pool);
    let mut ana = world.member("ana").await;
    world.execute("UPDATE users SET email_verified = true").await;
    world.set_up_totp(&mut ana).await;
    world.mail().await;
    world.accounts.new_recovery_codes(&world.holder(&ana).await).await.unwrap();
    let mail = world.mail().await;
    let form = NotMeForm { token: link_token(&mail[0], "not-me").into(), ..NotMeForm::default() };
    world.accounts.disown(&world.stranger(), form).await.unwrap();
    assert_eq!(world.count("SELECT count(*) FROM recovery_codes").await, 0);
    assert_eq!(world.count("SELECT count(*) FROM totp").await, 1, "it is older");
}

/// A link to a new address that a thief asked for before the app was set up.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_password_alone_moves_no_address_where_there_is_a_second_factor(pool: PgPool) {
    let world = World::new(pool);
    let mut ana = world.member("ana").await;
    let form = EmailForm { email: "thief@example.net".to_owned(), password: PASSWORD.into() };
    world.accounts.change_email(&world.holder(&ana).await, form).await.unwrap();
    let mail = world.mail().await;
    let mail = mail.iter().find(|mail| mail.to == "thief@example.net").unwrap();
    let token = link_token(mail, "verify");
    world.set_up_totp(&mut ana).await;
    let form =
        VerifyForm { token: token.as_str().into(), password: PASSWORD.into(), ..VerifyForm::default() };
    let alone = world.accounts.verify_email(&world.stranger(), form).await;
    let not_enough = vec![FieldError::new("password", Reason::PasswordNotEnough)];
    assert!(matches!(&alone, Err(Error::Invalid(refused)) if *refused == not_enough), "{alone:?}");
    assert_eq!(world.count("SELECT count(*) FROM users WHERE email = 'ana@example.com'").await, 1);
}

/// A program reads its codes in the answer; a browser's page has yet to show them.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn recovery_codes_are_unseen_until_their_page_has_shown_them(pool: PgPool) {
    let world = World::new(pool);
    let (mut ana, mut ben) = (world.member("ana").await, world.member("ben").await);
    for member in [&mut ana, &mut ben] {
        world.set_up_totp(member).await;
    }
    let (ctx, other) = (world.holder(&ana).await, world.holder(&ben).await);
    let accounts = &world.accounts;
    let seen = async || accounts.factors(&ctx).await.unwrap().recovery_codes_seen;
    assert!(!seen().await && accounts.ways_in(&ctx).await.unwrap().recovery_codes == 0);
    let codes = accounts.new_recovery_codes(&ctx).await.unwrap();
    let sealed = accounts.seal_recovery_codes(ctx.member().unwrap().user, &codes).unwrap();
    for nonsense in ["", ".", "a.b", &sealed[1..], &format!("{sealed}A")] {
        assert_eq!(accounts.see_recovery_codes(&ctx, nonsense).await.unwrap(), None, "{nonsense}");
    }
    assert_eq!(accounts.see_recovery_codes(&other, &sealed).await.unwrap(), None, "somebody else's");
    assert!(!seen().await);
    assert_eq!(accounts.see_recovery_codes(&ctx, &sealed).await.unwrap(), Some(codes));
    assert!(seen().await && accounts.ways_in(&ctx).await.unwrap().recovery_codes == 10);
    let late = RequestCtx { now: ctx.now + Duration::minutes(11), ..ctx.clone() };
    assert_eq!(accounts.see_recovery_codes(&late, &sealed).await.unwrap(), None, "a copy of the cookie");
    accounts.new_recovery_codes(&ctx).await.unwrap();
    assert_eq!(accounts.see_recovery_codes(&ctx, &sealed).await.unwrap(), None, "they work no longer");

    let keyless = World::replica(&world.pool, &world.clock, |settings| settings.encryption = None);
    let codes = keyless.new_recovery_codes(&ctx).await.unwrap();
    let sealed = keyless.seal_recovery_codes(ctx.member().unwrap().user, &codes).unwrap();
    assert_eq!(keyless.see_recovery_codes(&ctx, &sealed).await.unwrap(), Some(codes));
}
