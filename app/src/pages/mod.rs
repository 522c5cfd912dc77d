//! One folder per page.

pub mod account;
pub mod activity;
pub mod admin;
pub mod confirm;
pub mod dev_mail;
pub mod factors;
pub mod failure;
pub mod forgot;
pub mod gallery;
pub mod home;
pub mod invite;
pub mod leave;
pub mod login;
pub mod login_code;
pub mod login_factor;
pub mod not_found;
pub mod not_me;
pub mod prove;
pub mod register;
pub mod reset;
pub mod security;
pub mod sign_out_confirmation;
pub mod verify;
