//! At the root, beside the pages of the same addresses.

use super::readme::fill;
use super::{Paths, Readme, STRONG, Served, config, is_user};
use crate::app::App;
use serde_json::{Value, json};
use testkit::{Stores, over_each_store};

over_each_store![
    the_readme_runs_as_printed,
    it_keeps_what_the_readme_claims,
    a_profile_is_for_good_tokens_alone,
    an_update_keeps_all_other_fields,
    tokens_are_stored,
];

async fn the_readme_runs_as_printed(stores: Stores) {
    let (readme, served) = (Readme::read("s4"), Served::over(stores).await);
    let curl = |n| readme.block("API Testing", "bash", n);
    let user = served.bash(curl(0)).await.expect(201).json();
    is_user(&user, "test@example.com");
    assert_eq!(user["name"], "Test User");
    served.bash(curl(0)).await.expect(409);

    let access = served.bash(curl(1)).await.expect(200).text_of("access_token");
    let me = fill(curl(2), "your-actual-token", &access);
    assert_eq!(served.bash(&me).await.expect(200).json()["id"], user["id"]);
    let updated = served.bash(&fill(curl(3), "your-actual-token", &access)).await.expect(200).json();
    assert_eq!(updated["name"], "Updated Name");
    // As printed: no token of ours.
    served.bash(curl(2)).await.expect(401);
    served.bash(curl(3)).await.expect(401);
}

async fn it_keeps_what_the_readme_claims(stores: Stores) {
    let readme = Readme::read("s4");
    readme.says("Prevented duplicate email registration");
    readme.says("Rejected invalid credentials");
    let paths = Paths { register: "/register", login: "/login" };
    paths.keep_what_every_readme_claims(&App::over(&stores)).await;
}

async fn a_profile_is_for_good_tokens_alone(stores: Stores) {
    let readme = Readme::read("s4");
    readme.says("Properly rejected requests without token");
    readme.says("Properly rejected invalid tokens");
    let app = App::over(&stores);
    let mut ana = app.member_program("ana").await;
    ana.get("/me").await.expect(200);
    ana.token = Some("not.a.token".to_owned());
    assert_eq!(ana.get("/me").await.expect(401).code(), "invalid_token");
    ana.token = None;
    let answer = ana.get("/me").await.expect(401);
    assert_eq!(
        (answer.code().as_str(), answer.header("www-authenticate")),
        ("sign_in_needed", Some("Bearer"))
    );
    ana.call("PUT", "/me", &json!({ "first_name": "Eve" })).await.expect(401);
}

/// "Maintained data integrity".
async fn an_update_keeps_all_other_fields(stores: Stores) {
    Readme::read("s4").says("Maintained data integrity");
    let app = App::over(&stores);
    let ana = app.member_program("ana").await;
    let before = json!({ "first_name": "Ana", "last_name": "Ilves", "bio": "Sails.", "username": "ana" });
    let before = ana.call("PUT", "/me", &before).await.expect(200).json();
    app.world.clock.advance(time::Duration::minutes(1));
    let after = ana.call("PUT", "/me", &json!({ "first_name": "Updated" })).await.expect(200).json();
    let fields = |user: &Value| user.as_object().unwrap().clone();
    for (name, value) in fields(&after) {
        let changed = matches!(name.as_str(), "first_name" | "updated_at");
        assert_eq!(before[&name] != value, changed, "{name}");
    }
    ana.call("PUT", "/me", &json!({ "id": before["id"] })).await.expect(422);
}

/// What it kept in Redis is a session row: a token is dead with it.
async fn tokens_are_stored(stores: Stores) {
    Readme::read("s4").says("Redis for token storage");
    let app = App::over(&stores);
    let ana = app.member_program("ana").await;
    app.world.execute("UPDATE sessions SET ended_at = created_at").await;
    ana.get("/me").await.expect(401);
}

#[test]
fn its_settings_are_read_and_its_sample_secret_is_refused() {
    let readme = Readme::read("s4");
    let block = readme.block("5. Configure Environment Variables", "text", 0);
    let refusal = config(block).unwrap_err();
    assert!(refusal.starts_with("SECRET_KEY: it is shorter than 32 characters; set it to"), "{refusal}");
    let config = config(&fill(block, "your_secret_key", STRONG)).unwrap();
    assert_eq!(config.database.connect.get_database(), Some("dbname"));
}
