//! Tells the other servers by Redis what was changed here, so that it acts there at once (promise P6).

use accounts::{Announcements, Unheard};
use tokio_util::sync::CancellationToken;

/// Tells until it is told to stop, and then of what was still committed. The log tells when nobody can be told.
pub(super) async fn run(mut announcements: Announcements, stop: CancellationToken) {
    let mut failing = false;
    while let Some(changed) = stop.run_until_cancelled(announcements.next()).await {
        note(announcements.publish(&changed).await, &mut failing);
    }
    let rest = announcements.rest();
    if !rest.is_empty() {
        note(announcements.publish(&rest).await, &mut failing);
    }
}

fn note(told: Result<(), Unheard>, failing: &mut bool) {
    match told {
        Err(error) if !std::mem::replace(failing, true) => {
            tracing::warn!(
                error = edge::problem::chain(&error),
                "other servers are not told of changes by Redis"
            );
        }
        Ok(()) if std::mem::take(failing) => {
            tracing::info!("other servers are told of changes by Redis again")
        }
        Ok(()) | Err(_) => {}
    }
}
