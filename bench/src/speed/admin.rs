//! What admins wait for among some people and among many: lists, searches, filters and figures, four admins at once.

use super::load;
use super::population::Population;
use super::requests::{call, get};
use super::results::Results;
use super::turns::{Plan, Subject, Watched, Work, measure};
use crate::stand::{PASSWORD, Server};
use anyhow::{Result, ensure};

const ADMINS: usize = 4;

/// Names of the figures among some and among many, and the call; `{}` stands for a person who is there.
const LISTS: &[[&str; 3]] = &[
    ["admin_newest_some", "admin_newest_many", "/api/v1/users"],
    ["admin_name_some", "admin_name_many", "/api/v1/users?sort=name"],
    ["admin_email_some", "admin_email_many", "/api/v1/users?sort=-email"],
    ["admin_common_some", "admin_common_many", "/api/v1/users?q=ana"],
    ["admin_one_some", "admin_one_many", "/api/v1/users?q={}"],
    ["admin_nobody_some", "admin_nobody_many", "/api/v1/users?q=nobodyhasthis"],
    ["admin_two_letters_some", "admin_two_letters_many", "/api/v1/users?q=%7C%7C"],
    ["admin_admins_some", "admin_admins_many", "/api/v1/users?role=admin"],
    ["admin_disabled_some", "admin_disabled_many", "/api/v1/users?is_active=false&sort=name"],
    ["admin_unproven_some", "admin_unproven_many", "/api/v1/users?email_verified=false"],
    ["admin_no_trigrams_some", "admin_no_trigrams_many", "/api/v1/users?q=nobodyhasthis"],
];
const FIGURES: [&str; 2] = ["admin_figures_some", "admin_figures_many"];

/// An admin of one of the two, and what they search for.
struct Admin {
    token: String,
    cookie: String,
    somebody: String,
}

pub(super) async fn run(plan: Plan, populations: [&Population; 2], results: &mut Results) -> Result<()> {
    // There are many, and a thousand answers of each are enough.
    let plan = Plan { rounds: 1, time: plan.time / 2, ..plan };
    let admins = [Admin::of(populations[0]).await?, Admin::of(populations[1]).await?];
    for [some, many, path] in LISTS {
        if *some == "admin_no_trigrams_some" {
            for population in populations {
                sqlx::raw_sql("DROP INDEX IF EXISTS users_search_idx")
                    .execute(population.stand.sql())
                    .await?;
            }
        }
        let request = |admin: &Admin| call(&path.replace("{}", &admin.somebody), &admin.token);
        let subjects = [
            subject(some, populations[0], request(&admins[0])),
            subject(many, populations[1], request(&admins[1])),
        ];
        measure(plan, results, &subjects).await?;
    }
    let page = |admin: &Admin| get("/admin", &[("Cookie", &admin.cookie), ("Accept", "text/html")]);
    let subjects = [
        subject(FIGURES[0], populations[0], page(&admins[0])),
        subject(FIGURES[1], populations[1], page(&admins[1])),
    ];
    measure(plan, results, &subjects).await
}

fn subject<'a>(id: &'static str, population: &'a Population, request: String) -> Subject<'a> {
    let server = &population.stand.servers[0];
    let scripts = Box::new(move || load::cycle(std::slice::from_ref(&request), ADMINS));
    let watched = Watched::server(server, population.stand.sql());
    Subject { id, work: Work::Http { port: server.port(), scripts }, watched }
}

impl Admin {
    async fn of(population: &Population) -> Result<Self> {
        let (server, pool) = (&population.stand.servers[0], population.stand.sql());
        let email: String = sqlx::query_scalar(
            "UPDATE users SET role = 'admin' WHERE id = (SELECT id FROM users WHERE is_active AND email_verified LIMIT 1)
             RETURNING email",
        )
        .fetch_one(pool)
        .await?;
        let somebody: String = sqlx::query_scalar(
            "SELECT split_part(email, '@', 1) FROM users WHERE email LIKE '%.777@example.com'",
        )
        .fetch_one(pool)
        .await?;
        let answer = server.client().forwarded_for("192.0.2.1").sign_in(&email, PASSWORD).await?;
        Ok(Self { token: answer.tokens()?.access, cookie: browser(server, &email).await?, somebody })
    }
}

/// Signs in as a browser does, and returns its cookies.
async fn browser(server: &Server, email: &str) -> Result<String> {
    let form = format!(
        "form[identifier]={}&form[password]={}",
        email.replace('@', "%40"),
        PASSWORD.replace(' ', "+")
    );
    let origin = server.setting("BASE_URL").unwrap_or_default();
    let mut client = server.client().forwarded_for("192.0.2.2");
    let answer = client.post_form("/fn/login", &[("Origin", origin)], form).await?;
    let cookies = super::cookies(&answer);
    ensure!(!cookies.is_empty(), "no browser is signed in: {} {}", answer.status, answer.text());
    Ok(cookies)
}
