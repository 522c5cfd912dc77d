//! Reading for an admin, however long it takes.

use crate::Error;

/// Goes on reading if whoever asked has left, as one does who types on: the database goes on too, and its connection is
/// not free before.
pub(crate) async fn to_the_end<T: Send + 'static>(
    reading: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    tokio::spawn(reading).await.map_err(Error::internal)?
}
