mod kind;
mod token;
mod view;

pub use kind::SessionKind;
pub use token::{TokenPair, TokenType};
pub use view::SessionView;
