use accounts::{Error, ImportCounts, ImportLine, Remark, RemarkKind};
use domain::{ImportForm, ImportReason, ProfileForm};
use sqlx::postgres::PgPoolCopyExt;
use sqlx::{PgConnection, PgPool};
use std::fmt::Write;
use std::time::{Duration, Instant};
use testkit::{PASSWORD, World, sign_in};

/// bcrypt at cost 4, of [`PASSWORD`].
const BCRYPT: &str = "$2b$04$N9qo8uLOickgx2ZMRZoMye2SIE5jjhvj6DGrBdU8MOGQ0DNzwzIsa";
const DIGEST: &str = "SELECT coalesce(md5(string_agg(users::text, '|' ORDER BY id)), '') FROM users";

fn lines(rows: &[&[(&str, &str)]]) -> Vec<ImportLine> {
    let form = |row: &[(&str, &str)]| {
        let mut form = ImportForm::default();
        for (name, value) in row {
            (*value).clone_into(form.field(name).unwrap());
        }
        form
    };
    rows.iter().zip(1..).map(|(row, line)| ImportLine { line, form: Ok(form(row)) }).collect()
}

/// Imports in chunks of two lines.
async fn import(world: &World, rows: &[&[(&str, &str)]], dry_run: bool) -> (ImportCounts, Vec<Remark>) {
    let mut run = world.accounts.begin_import(dry_run).await.unwrap();
    let (mut refusals, mut lines) = (Vec::new(), lines(rows).into_iter());
    for _ in rows.chunks(2) {
        let judged = world.accounts.judge(world.accounts.now(), lines.by_ref().take(2).collect());
        refusals.extend(world.accounts.import(&mut run, judged).await.unwrap());
    }
    (run.counts(), refusals)
}

async fn digest(world: &World) -> String {
    sqlx::query_scalar(DIGEST).fetch_one(&world.pool).await.unwrap()
}

fn fields(remarks: &[Remark]) -> Vec<(u64, &str)> {
    remarks.iter().map(|remark| (remark.line, remark.fields[0].field.as_str())).collect()
}

fn counts(made: u64, there_already: u64, refused: u64) -> ImportCounts {
    ImportCounts { made, there_already, refused, ..ImportCounts::default() }
}

const ID: &str = "018f3c2a-7b1d-7c3e-9f00-0123456789ab";

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_line_becomes_an_account_that_signs_in_with_its_old_password(pool: PgPool) {
    let world = World::new(pool);
    let rows: &[&[(&str, &str)]] = &[
        &[
            ("email", " Jörg@Bücher.example "),
            ("password_hash", BCRYPT),
            ("username", "Jo.Rg"),
            ("name", "Jörg \\N X"),
            ("bio", "one\r\ntwo\\"),
            ("role", "admin"),
            ("email_verified", "t"),
            ("id", ID),
            ("created_at", "2020-02-29 12:00:00.5+01"),
        ],
        &[("email", "bare@example.com")],
        &[("email", "disabled@example.com"), ("password_hash", BCRYPT), ("is_active", "false")],
    ];
    assert_eq!(import(&world, rows, false).await, (counts(3, 0, 0), vec![]));
    let kept = "SELECT count(*) FROM users WHERE id = '018f3c2a-7b1d-7c3e-9f00-0123456789ab'
        AND email = 'Jörg@Bücher.example' AND email_canonical = 'jörg@xn--bcher-kva.example' AND email_verified
        AND username = 'Jo.Rg' AND username_canonical = 'jo.rg' AND name = E'Jörg \\\\N X'
        AND bio = E'one\\ntwo\\\\' AND role = 'admin' AND is_active AND created_at = '2020-02-29 11:00:00.5Z'";
    assert_eq!(world.count(kept).await, 1);
    for identifier in ["JÖRG@bücher.example", "jo.rg"] {
        let signed_in = world.accounts.sign_in(&world.stranger(), sign_in(identifier, PASSWORD)).await;
        assert!(signed_in.is_ok(), "{identifier}");
    }
    for nobody in ["bare@example.com", "disabled@example.com"] {
        let refused = world.accounts.sign_in(&world.stranger(), sign_in(nobody, PASSWORD)).await;
        assert!(matches!(refused, Err(Error::WrongCredentials)), "{nobody}");
    }
    let bare = "SELECT count(*) FROM users WHERE email = 'bare@example.com' AND password_hash IS NULL
        AND NOT email_verified AND is_active AND role = 'user' AND username IS NULL AND name IS NULL";
    assert_eq!(world.count(bare).await, 1);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn who_is_there_already_stays_as_they_are(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    let before = digest(&world).await;
    let row: &[(&str, &str)] = &[("email", "ANA@example.com"), ("name", "Eve"), ("password_hash", BCRYPT)];
    assert_eq!(import(&world, &[row], false).await, (counts(0, 1, 0), vec![]));
    assert_eq!(digest(&world).await, before);
    assert_eq!(world.count("SELECT count(*) FROM audit_events WHERE kind = 'users_imported'").await, 0);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_run_may_be_repeated_and_each_chunk_is_recorded_once(pool: PgPool) {
    let world = World::new(pool);
    let rows: &[&[(&str, &str)]] =
        &[&[("email", "a@example.com")], &[("email", "b@example.com")], &[("email", "c@example.com")]];
    // Killed after the first chunk.
    assert_eq!(import(&world, &rows[..2], false).await.0, counts(2, 0, 0));
    assert_eq!(import(&world, rows, false).await.0, counts(1, 2, 0));
    let after = digest(&world).await;
    assert_eq!(import(&world, rows, false).await.0, counts(0, 3, 0));
    assert_eq!(digest(&world).await, after);
    let events: Vec<(String, serde_json::Value)> = sqlx::query_as(
        "SELECT request_id, d.detail FROM audit_events JOIN audit_details d ON event_id = id \
         WHERE kind = 'users_imported' ORDER BY d.detail->>'made' DESC",
    )
    .fetch_all(&world.pool)
    .await
    .unwrap();
    let details: Vec<_> = events.iter().map(|(_, detail)| detail["made"].as_u64().unwrap()).collect();
    assert_eq!(details, [2, 1]);
    assert!(events.iter().all(|(run, _)| run.starts_with("import-")) && events[0].0 != events[1].0);
}

/// Rows that wait for a lock of the test's own.
const PAUSE: &str = "
    CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.email_canonical = 'pause@example.com' THEN
            PERFORM pg_advisory_xact_lock(7);
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER pause BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION pause()";

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_import_that_gave_way_to_a_sign_up_goes_on(pool: PgPool) {
    let world = World::new(pool);
    sqlx::raw_sql(PAUSE).execute(&world.pool).await.unwrap();
    let mut gate = world.pool.acquire().await.unwrap();
    sqlx::query("SELECT pg_advisory_lock(7)").execute(&mut *gate).await.unwrap();
    let mut sign_up = world.pool.begin().await.unwrap();
    let insert = async |tx: &mut PgConnection, name: &str| {
        let sql = "INSERT INTO users (id, email, email_canonical, username, username_canonical, created_at, updated_at)
            VALUES (gen_random_uuid(), $1 || '@example.org', $1 || '@example.org', $1, $1, now(), now())";
        sqlx::query(sql).bind(name).execute(tx).await.unwrap();
    };
    // The import is the one that looks for a deadlock, and so the one that ends it.
    sqlx::query("SET LOCAL deadlock_timeout = '10min'").execute(&mut *sign_up).await.unwrap();
    insert(&mut sign_up, "zoe").await;

    let accounts = world.accounts.clone();
    let importing = tokio::spawn(async move {
        let rows: &[&[(&str, &str)]] = &[
            &[("email", "ana@example.com"), ("username", "ana")],
            &[("email", "pause@example.com")],
            &[("email", "zoe@example.org")],
        ];
        let mut run = accounts.begin_import(false).await.unwrap();
        let refusals = accounts.import(&mut run, accounts.judge(accounts.now(), lines(rows))).await.unwrap();
        (run.counts(), refusals)
    });
    world.until_locked_out(1).await;
    let signing_up = tokio::spawn(async move {
        insert(&mut sign_up, "ana").await;
        sign_up.commit().await.unwrap();
    });
    world.until_locked_out(2).await;
    sqlx::query("SELECT pg_advisory_unlock(7)").execute(&mut *gate).await.unwrap();
    signing_up.await.unwrap();
    let (counted, refusals) = importing.await.unwrap();
    let expected = ImportCounts { fields_left_out: 1, ..counts(2, 1, 0) };
    assert_eq!((counted, fields(&refusals)), (expected, vec![(1, "username")]));
    assert_eq!(world.count("SELECT count(*) FROM audit_events WHERE kind = 'users_imported'").await, 1);
}

/// Lines of every kind: repeated addresses, taken usernames and ids, and each kind of bad field.
const MIXED: [&[(&str, &str)]; 15] = [
    &[("email", "a@example.com"), ("username", "first"), ("id", ID)],
    &[("email", "A@EXAMPLE.com"), ("name", "again, in the same chunk"), ("username", "unspent")],
    &[("email", "b@example.com"), ("username", "FIRST")],
    &[("email", "c@example.com"), ("id", ID), ("username", "unspent")],
    &[("email", "a@example.com."), ("name", "and in another")],
    &[("email", "ana@example.com"), ("name", "\t\0"), ("role", "staff")],
    &[("email", "ANA@example.com")],
    &[("email", "d@example.com"), ("username", "Member")],
    &[("email", "ａ@example.com")],
    &[("email", "e@example.com"), ("password_hash", "5f4dcc3b5aa765d61d8327deb882cf99")],
    &[
        ("email", "f@example.com"),
        ("password_hash", "$2b$15$N9qo8uLOickgx2ZMRZoMye2SIE5jjhvj6DGrBdU8MOGQ0DNzwzIsa"),
    ],
    &[("email", "g@example.com"), ("created_at", "2999-01-01T00:00:00Z"), ("role", "staff")],
    &[("email", "h@example.com"), ("password_hash", BCRYPT)],
    &[("username", "nobody")],
    &[("email", "i@example.com"), ("id", MEMBER)],
];

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_address_that_no_mail_can_be_sent_to_is_refused(pool: PgPool) {
    let long = format!("{}@example.com", "a".repeat(65));
    let rows: &[&[(&str, &str)]] = &[&[("email", long.as_str())], &[("email", "a..b@example.com")]];
    let (counted, refusals) = import(&World::new(pool), rows, false).await;
    assert_eq!((counted, fields(&refusals)), (counts(0, 0, 2), vec![(1, "email"), (2, "email")]));
}

/// The id that a member of ours has.
const MEMBER: &str = "018f3c2a-7b1d-7c3e-9f00-000000000001";

async fn with_a_member(pool: PgPool) -> World {
    let world = World::new(pool);
    world
        .execute(
            "INSERT INTO users (id, email, email_canonical, username, username_canonical, created_at, updated_at)
             VALUES ('018f3c2a-7b1d-7c3e-9f00-000000000001', 'ana@example.com', 'ana@example.com', 'member',
                'member', now(), now())",
        )
        .await;
    world
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn each_line_is_told_as_what_it_is_and_an_optional_field_never_costs_the_account(pool: PgPool) {
    use RemarkKind::{LeftOut, Refused, Repeated};
    let world = with_a_member(pool).await;
    let (counted, remarks) = import(&world, &MIXED, false).await;
    let told: Vec<_> = remarks
        .iter()
        .flat_map(|remark| remark.fields.iter().map(|field| (remark.line, remark.kind, field.field.as_str())))
        .collect();
    let expected = [
        (2, Repeated, "email"),
        (3, LeftOut, "username"),
        (4, LeftOut, "id"),
        (5, Repeated, "email"),
        // Line 6 is there already, and stays as it is: nothing is left out of it.
        (7, Repeated, "email"),
        (8, LeftOut, "username"),
        (9, Refused, "email"),
        (10, Refused, "password_hash"),
        (11, Refused, "password_hash"),
        (12, LeftOut, "role"),
        (12, LeftOut, "created_at"),
        (14, Refused, "email"),
        (15, LeftOut, "id"),
    ];
    assert_eq!(told, expected);
    let said = |line: u64| &remarks.iter().find(|remark| remark.line == line).unwrap().fields[0].reason;
    for (line, first) in [(2, 1), (5, 1), (7, 6)] {
        assert_eq!(said(line), &ImportReason::EmailRepeated { line: first });
    }
    assert_eq!(said(3), &ImportReason::UsernameRepeated { line: 1 });
    assert_eq!(said(4), &ImportReason::IdRepeated { line: 1 });
    assert!(
        matches!(said(11), ImportReason::HashUnreadable(why) if why.contains("above the ceiling of cost 14"))
    );
    let expected = ImportCounts { made: 7, there_already: 1, repeated: 3, refused: 4, fields_left_out: 6 };
    assert_eq!(counted, expected);
    assert_eq!(world.count("SELECT count(*) FROM users").await, 8);
    // A line that makes no account takes no username from a later one.
    assert_eq!(
        world
            .count("SELECT count(*) FROM users WHERE username = 'unspent' AND email = 'c@example.com'")
            .await,
        1
    );
    let again = import(&world, &MIXED, false).await.0;
    assert_eq!(
        again,
        ImportCounts { made: 0, there_already: 8, repeated: 3, refused: 4, fields_left_out: 0 }
    );
}

/// A thief gave the account an address of their own: an import that brings the old one to somebody else would keep it
/// from the owner.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_address_that_may_be_taken_back_is_not_given_away(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    world.execute("UPDATE users SET email_verified = true").await;
    let moved = serde_json::from_value(serde_json::json!({"email": "thief@example.net"})).unwrap();
    world.accounts.change_me(&world.holder(&ana).await, moved).await.unwrap();
    world.mail().await;
    // Of the second chunk's lines one has an account, so both ways of making accounts are gone.
    let of = |email| [("email", email), ("password_hash", BCRYPT)];
    let rows = ["ana@example.com", "eve@example.com", "thief@example.net", "Ana@example.com."].map(of);
    let rows: Vec<&[_]> = rows.iter().map(|row| &row[..]).collect();
    for (from, made, there_already) in [(0, 1, 0), (2, 0, 1)] {
        for dry_run in [true, false] {
            let (told, remarks) = import(&world, &rows[from..from + 2], dry_run).await;
            assert_eq!(told, counts(made, there_already, 1), "{from} {dry_run}");
            assert_eq!(remarks.len(), 1);
            assert_eq!(remarks[0].fields[0].reason, ImportReason::EmailKept);
        }
    }
    world.clock.advance(time::Duration::days(8));
    let (told, _) = import(&world, &rows[..1], false).await;
    assert_eq!(told, counts(1, 0, 0));
}

/// Days later the account is gone: whoever was moved would be in neither place.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_address_whose_account_closes_is_told_of(pool: PgPool) {
    let world = World::new(pool);
    world.member("bob").await;
    let ana = world.holder(&world.member("ana").await).await;
    world.accounts.delete_me(&ana, crate::crew::deletion(None)).await.unwrap();
    let of = |email| [("email", email), ("password_hash", BCRYPT)];
    let rows = ["Ana@example.com", "bob@example.com"].map(of);
    let rows: Vec<&[_]> = rows.iter().map(|row| &row[..]).collect();
    for dry_run in [true, false] {
        let (told, remarks) = import(&world, &rows, dry_run).await;
        assert_eq!(told, counts(0, 1, 1), "{dry_run}");
        assert_eq!((remarks[0].line, &remarks[0].fields[0].reason), (1, &ImportReason::EmailClosing));
    }
    world.clock.advance(time::Duration::days(14));
    world.accounts.sweep(world.accounts.now()).await.unwrap();
    assert_eq!(import(&world, &rows, false).await.0, counts(1, 1, 0));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_dry_run_changes_nothing_and_says_the_same(pool: PgPool) {
    let world = with_a_member(pool).await;
    let before = (digest(&world).await, world.count("SELECT count(*) FROM audit_events").await);
    let pretended = import(&world, &MIXED, true).await;
    assert_eq!((digest(&world).await, world.count("SELECT count(*) FROM audit_events").await), before);
    assert_eq!(import(&world, &MIXED, false).await, pretended);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_cannot_be_recorded_is_not_imported(pool: PgPool) {
    let world = World::new(pool);
    world.execute("ALTER TABLE audit_events RENAME TO elsewhere").await;
    let mut run = world.accounts.begin_import(false).await.unwrap();
    let judged = world.accounts.judge(world.accounts.now(), lines(&[&[("email", "a@example.com")]]));
    let answer = world.accounts.import(&mut run, judged).await;
    assert!(answer.is_err());
    assert_eq!(run.counts(), ImportCounts::default());
    assert_eq!(world.count("SELECT count(*) FROM users").await, 0);
}

/// Not a test: prints how fast an import is, as a share of a bare COPY into the same table.
#[sqlx::test(migrator = "store::MIGRATOR")]
#[ignore = "a measurement, for `cargo nextest run --run-ignored only`"]
async fn speed_of_an_import(pool: PgPool) {
    const ROWS: u64 = 200_000;
    let world = World::new(pool);
    let mut run = world.accounts.begin_import(false).await.unwrap();
    let mut copied = Duration::ZERO;
    let mut judged = Duration::ZERO;
    let mut imported = Duration::ZERO;
    // In turns, so that both meet the same machine and a table that grows alike.
    for chunk in 0..ROWS / 5_000 {
        let rows = chunk * 5_000..(chunk + 1) * 5_000;
        let mut text = String::new();
        for n in rows.clone() {
            writeln!(
                text,
                "{}\tcopy-{n}@example.com\tcopy-{n}@example.com\t{BCRYPT}\tName {n}\tnow\tnow",
                uuid(n)
            )
            .unwrap();
        }
        let begun = Instant::now();
        let mut copy = world
            .pool
            .copy_in_raw(
                "COPY users (id, email, email_canonical, password_hash, name, created_at, updated_at) FROM STDIN",
            )
            .await
            .unwrap();
        copy.send(text.into_bytes()).await.unwrap();
        copy.finish().await.unwrap();
        copied += begun.elapsed();

        let form = |n: u64| ImportForm {
            email: format!("import-{n}@example.com"),
            password_hash: BCRYPT.into(),
            profile: ProfileForm { name: Some(format!("Name {n}")), ..ProfileForm::default() },
            ..ImportForm::default()
        };
        let lines: Vec<_> = rows.map(|n| ImportLine { line: n, form: Ok(form(n)) }).collect();
        // On a thread of its own while the database works: it counts only where it is the slower one.
        let begun = Instant::now();
        let rows = world.accounts.judge(world.accounts.now(), lines);
        judged += begun.elapsed();
        let begun = Instant::now();
        assert!(world.accounts.import(&mut run, rows).await.unwrap().is_empty());
        imported += begun.elapsed();
    }
    assert_eq!(run.counts(), counts(ROWS, 0, 0));
    let ratio = copied.as_secs_f64() / imported.max(judged).as_secs_f64();
    println!("COPY {copied:?}, judging {judged:?}, importing {imported:?}, ratio {ratio:.2}");
}

/// In the order of time, as version 7 is.
fn uuid(n: u64) -> String {
    format!("01900000-0000-7000-8000-{n:012x}")
}
