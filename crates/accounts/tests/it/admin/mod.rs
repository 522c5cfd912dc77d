mod acts;
mod create;
mod figures;
mod invitations;
mod last_admin;
mod lists;
mod paging;
mod users;
