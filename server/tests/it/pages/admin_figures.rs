//! `/admin`: figures, their charts, and the tables behind them.

use crate::app::App;
use sqlx::PgPool;

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn figures_have_charts_and_tables_behind_them(pool: PgPool) {
    let app = App::new(pool);
    let mut root = app.admin("root").await;
    app.member("ana").await;
    let page = root.get("/admin").await.expect(200).text.replace("<!>", "");
    for shown in [
        "People",
        "New in seven days",
        "Sign-ins per day",
        "Show as a table",
        "role=\"img\"",
        "class=\"chart\"",
        "Today",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert_eq!(page.matches("<time datetime").count(), 60, "thirty days, twice");
}
