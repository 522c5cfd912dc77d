use crate::reading::to_the_end;
use crate::{Accounts, Error, RequestCtx, view};
use domain::{TwoWayPage, UserFilter, UserQuery, UserView};
use store::Scan;
use store::users::list::{Listed, list};

impl Accounts {
    /// A page of the accounts that are asked for.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Forbidden`], [`Error::Invalid`], [`Error::Overloaded`] while as many lists are
    /// read as may be at once, [`Error::Unavailable`].
    pub async fn list_users(
        &self,
        ctx: &RequestCtx,
        query: UserQuery,
    ) -> Result<TwoWayPage<UserView>, Error> {
        ctx.admin()?;
        let filter = query.parse()?;
        let scan = self.store().scan().await?;
        to_the_end(read(scan, filter)).await
    }

    /// Builds the indexes of admins' lists and figures that are lacking, unless another server does.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Internal`] where the database refuses; another start tries again.
    pub async fn build_indexes(&self) -> Result<(), Error> {
        Ok(self.store().build_indexes().await?)
    }
}

async fn read(mut scan: Scan, mut filter: UserFilter) -> Result<TwoWayPage<UserView>, Error> {
    let mut rows = list(&mut scan, &filter).await?;
    if rows.is_empty() && filter.window.from.is_some() {
        // Those on this side have gone since.
        filter.window = filter.window.turned();
        rows = list(&mut scan, &filter).await?;
    }
    Ok(filter.window.page(rows, Listed::place, |row| view::user(row.user)))
}
