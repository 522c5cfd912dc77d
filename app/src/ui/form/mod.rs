//! The form: validation while typing, one request at a time, errors beside their fields.
//!
//! Not Leptos' own `<ActionForm>`: that one shows whatever error the address bar carries (`?__err=`),
//! so a crafted link could put words into our mouth, and it sends again while the first answer is
//! still under way.

mod arguments;
mod component;
mod errors;
pub(super) mod notices;
mod request;
pub(super) mod state;

pub use component::Form;
pub use errors::FormErrors;
pub use state::{FormState, Progress, input_value};
