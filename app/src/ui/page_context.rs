use super::flash::Flash;
use super::page_load::PageLoad;
use leptos::prelude::*;

/// What the site says to the components of a page.
#[derive(Clone, Copy)]
pub struct PageContext {
    /// The account that the page was shown to, which its forms send to the server; a stranger's forms send none.
    pub account: Signal<Option<String>>,
    /// Called with the address that a form's answer leads to.
    pub follow: Callback<String>,
    /// Called when the server says that nobody is signed in.
    pub session_ended: Callback<()>,
    /// The shortest new password that the site takes.
    pub password_min: usize,
    pub load: PageLoad,
}

impl PageContext {
    /// None outside of the site: on a page that is not hydrated.
    pub(crate) fn from_context() -> Option<Self> {
        use_context()
    }

    /// The message of the form of `function`, if it led to this page.
    pub(crate) fn flash_of(function: &str) -> Option<Flash> {
        Self::from_context().and_then(|page| page.load.flash_of(function))
    }

    pub(crate) fn password_min() -> usize {
        Self::from_context().map_or(domain::PASSWORD_MIN, |page| page.password_min)
    }
}
