mod limits;
mod locked;
mod me;
mod password;
mod profile;
mod recovery;
mod registration;
