//! The binary, from outside.

mod audit;
mod backup;
mod changes;
pub mod commands;
mod doctor;
mod doctor_way;
mod encryption;
mod import;
mod invitations;
mod log_lines;
mod metrics;
mod redis;
mod roles;
