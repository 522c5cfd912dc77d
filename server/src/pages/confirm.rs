//! `/confirm`: asks again who somebody is, in each way that their account has.

use super::member_document::DocumentRequest;
use axum::response::Response;

pub(crate) async fn show(asked: DocumentRequest) -> Response {
    match asked.state.accounts.ways_to_confirm(&asked.ctx).await {
        Ok(ways) => asked.draw(|context| app::confirm_document(context, ways)),
        Err(error) => asked.refused(error),
    }
}
