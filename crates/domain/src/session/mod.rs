mod factor;
mod kind;
mod token;
mod view;

pub use factor::Factor;
pub use kind::SessionKind;
pub use token::{TokenPair, TokenType};
pub use view::SessionView;
