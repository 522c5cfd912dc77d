mod factor;
mod form;
mod kind;
mod token;
mod view;

pub use factor::Factor;
pub use form::{DeviceForm, SessionForm};
pub use kind::SessionKind;
pub use token::{TokenPair, TokenType};
pub use view::{KnownDeviceView, SessionView};
