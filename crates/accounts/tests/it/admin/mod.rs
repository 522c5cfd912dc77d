mod acts;
mod create;
mod invitations;
mod last_admin;
mod paging;
mod users;
