//! The page that asks for confirmation when a browser was led to the API's `GET /auth/logout`. It needs no scripts;
//! only the server draws it, so none of it is in the WebAssembly.

mod page;

pub use page::sign_out_document;
