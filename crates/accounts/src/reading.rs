//! Reading for an admin, however long it takes.

use crate::Error;
use std::time::Duration;
use store::StoreError;
use tokio::time::timeout;

/// How long that may go on: longer than the few statements of one reading may take, each of which the database ends. A
/// frozen network ends none.
const LONGEST: Duration = Duration::from_secs(20);

/// Goes on reading if whoever asked has left, as one does who types on: the database goes on too, and its connection is
/// not free before.
pub(crate) async fn to_the_end<T: Send + 'static>(
    reading: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    let read = tokio::spawn(timeout(LONGEST, reading)).await.map_err(Error::internal)?;
    read.map_err(|_| Error::Unavailable(StoreError::Busy))?
}
