//! Tells the other servers by Redis what was changed here, so that it acts there at once (promise P6).

use accounts::Announcements;
use domain::UserId;
use tokio_util::sync::CancellationToken;

/// Tells until it is told to stop, and then of what was still committed. The log tells when nobody can be told, unless
/// Redis is lost, of which its breaker tells.
pub async fn run(mut announcements: Announcements, stop: CancellationToken) {
    let mut told = false;
    while let Some(changed) = stop.run_until_cancelled(announcements.next()).await {
        publish(&announcements, &changed, &mut told).await;
    }
    let rest = announcements.rest();
    if !rest.is_empty() {
        publish(&announcements, &rest, &mut told).await;
    }
}

async fn publish(announcements: &Announcements, changed: &[UserId], told: &mut bool) {
    match announcements.publish(changed).await {
        Ok(()) if std::mem::take(told) => {
            tracing::info!("other servers are told of changes by Redis again");
        }
        Err(error) if !*told && !error.is_told_by_the_breaker() => {
            *told = true;
            let error = edge::problem::chain(&error);
            tracing::warn!(error, "other servers are not told of changes by Redis");
        }
        Ok(()) | Err(_) => {}
    }
}
