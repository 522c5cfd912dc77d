mod api_cookie;
mod bearer;
mod cache;
mod clocks;
mod list;
mod refresh;
mod sessions;
