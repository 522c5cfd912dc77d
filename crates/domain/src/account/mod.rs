mod email;
mod export;
mod leave;
mod password;
pub(crate) mod profile;
mod registration;
mod user;
mod viewer;

pub use email::{EmailChange, EmailForm, EmailView};
pub use export::{
    AccountExport, EXPORT_VERSION, ExportedAct, ExportedApp, ExportedDevice, ExportedEvent, ExportedLink,
    ExportedPasskey, ExportedProof, ExportedSession, LastUse,
};
pub use leave::{KeptView, LeaveForm, LeaveView};
pub use password::{PasswordChange, PasswordForm};
pub use profile::{Change, Profile, ProfileChange, ProfileField, ProfileForm, ProfileView, Takes};
pub use registration::{NewAccount, Registration, RegistrationForm};
pub use user::{DeletionForm, UserChange, UserPatch, UserView};
pub use viewer::{Role, Viewer, display_name};
