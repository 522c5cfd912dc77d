//! The page on which a browser that was led to the API's `GET /auth/logout` says that it means it. Whole
//! without scripts; drawn by the server alone, so none of it is in the WebAssembly.

mod page;

pub use page::sign_out_document;
