use super::flash::Flash;
use leptos::prelude::*;

/// The state of the page that was loaded as a document; its flash is not for later pages.
#[derive(Clone, Copy)]
pub struct PageLoad {
    flash: StoredValue<Flash>,
    navigated: StoredValue<bool>,
    needs_document: bool,
}

impl PageLoad {
    pub(crate) fn new(flash: Flash, needs_document: bool) -> Self {
        Self { flash: StoredValue::new(flash), navigated: StoredValue::new(false), needs_document }
    }

    /// Whether forms that lead to another page load it as a document, since only that can bring back what was typed.
    pub(crate) fn needs_document(self) -> bool {
        self.needs_document
    }

    /// The flash of the last plain post, if it is for the form of `function`.
    pub(crate) fn flash_of(self, function: &str) -> Option<Flash> {
        self.flash.with_value(|flash| flash.of(function).cloned())
    }

    /// Leaves a message for the page that the program goes to next.
    pub(crate) fn leave(self, flash: Flash) {
        self.flash.set_value(flash);
    }

    /// Called by each page's heading when it is shown. False the first time; later pages come by client routing, where
    /// there is no flash and the program has to move the focus.
    pub(crate) fn arrive(self) -> bool {
        let navigated = self.navigated.get_value();
        self.navigated.set_value(true);
        if navigated {
            self.flash.set_value(Flash::default());
        }
        navigated
    }
}
