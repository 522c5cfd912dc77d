mod create;
mod last_admin;
mod paging;
mod users;
