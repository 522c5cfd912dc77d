use crate::{Flash, Unsent};
use leptos::prelude::*;

/// What is true of the page that came as a document; its flash is of no page after it.
#[derive(Clone, Copy)]
pub(crate) struct Visit {
    flash: StoredValue<Flash>,
    moved: StoredValue<bool>,
    unsent: Unsent,
}

impl Visit {
    pub(crate) fn new(flash: Flash, unsent: Unsent) -> Self {
        Self { flash: StoredValue::new(flash), moved: StoredValue::new(false), unsent }
    }

    /// A form was sent after its session had ended, and what was typed waits with the server for a new sign-in:
    /// only a document can bring it back.
    pub(crate) fn unsent(self) -> Unsent {
        self.unsent
    }

    /// What the last plain post left to say to the form of `function`.
    pub(crate) fn flash_of(self, function: &str) -> Option<Flash> {
        self.flash.with_value(|flash| flash.of(function).cloned())
    }

    /// Called by each page's heading once it stands. False the first time; afterwards pages come by
    /// client routing, where nothing is left to say and the focus has to be moved by hand.
    pub(crate) fn arrive(self) -> bool {
        let moved = self.moved.get_value();
        self.moved.set_value(true);
        if moved {
            self.flash.set_value(Flash::default());
        }
        moved
    }
}
