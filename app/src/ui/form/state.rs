use super::errors::FormErrors;
use crate::ui::dom;
use crate::ui::flash::{Flash, value_of};
use domain::Code;
use leptos::prelude::*;

/// How a form's request is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Progress {
    /// None is under way.
    #[default]
    Idle,
    /// One is, for less than a blink.
    Working,
    /// One is, and it is time to say so.
    Slow,
}

/// The state that the fields and the button of a form share.
#[derive(Clone, Copy)]
pub struct FormState {
    pub(super) errors: RwSignal<FormErrors>,
    pub(super) progress: RwSignal<Progress>,
    values: StoredValue<Vec<(String, String)>>,
    compares: bool,
    unsaved: bool,
}

impl FormState {
    /// A form with these messages and these values.
    pub fn new(errors: FormErrors, values: Vec<(String, String)>, progress: Progress) -> Self {
        Self {
            errors: RwSignal::new(errors),
            progress: RwSignal::new(progress),
            values: StoredValue::new(values),
            compares: false,
            unsaved: false,
        }
    }

    /// The form around this component.
    pub(crate) fn from_context() -> Self {
        use_context().unwrap_or_else(|| Self::new(FormErrors::default(), Vec::new(), Progress::Idle))
    }

    /// A form after a plain post: `done` is said where it worked.
    pub(in crate::ui) fn after(flash: Flash, done: &'static str) -> Self {
        let errors = match &flash.problem {
            Some(problem) => FormErrors::after_refusal(problem),
            None if flash.function.is_empty() => FormErrors::default(),
            None => FormErrors::after_success(done),
        };
        let unsaved = flash.problem.is_some() && !flash.values.is_empty();
        let compares = flash.problem.is_some_and(|problem| is_stale(problem.code));
        Self { compares, unsaved, ..Self::new(errors, flash.values, Progress::Idle) }
    }

    /// Whether a text was typed here that is not saved.
    pub(super) fn is_unsaved(self) -> bool {
        self.unsaved
    }

    pub(crate) fn progress(self) -> Progress {
        self.progress.get()
    }

    /// Still under way after a while: the button says so.
    pub(super) fn slow_down(self) {
        // By then the form may have left the page.
        if self.progress.try_get_untracked() == Some(Progress::Working) {
            self.progress.set(Progress::Slow);
        }
    }

    /// The request has ended.
    pub(super) fn rest(self) {
        _ = self.progress.try_set(Progress::Idle);
    }

    pub(crate) fn error(self, field: &'static str) -> Memo<Option<String>> {
        Memo::new(move |_| self.errors.with(|errors| errors.error(field).map(str::to_owned)))
    }

    pub(super) fn form_error(self) -> Option<String> {
        self.errors.with(|errors| errors.form_error().map(str::to_owned))
    }

    pub(super) fn has_form_error_untracked(self) -> bool {
        self.errors.with_untracked(|errors| errors.form_error().is_some())
    }

    pub(crate) fn wait(self) -> Option<u32> {
        self.errors.with(FormErrors::wait)
    }

    pub(crate) fn is_closing(self) -> bool {
        self.errors.with(FormErrors::is_closing)
    }

    pub(crate) fn is_taken(self, field: &str) -> bool {
        self.errors.with(|errors| errors.is_taken(field))
    }

    pub(super) fn success(self) -> Option<&'static str> {
        self.errors.with(FormErrors::success)
    }

    pub(super) fn is_success_untracked(self) -> bool {
        self.errors.with_untracked(|errors| errors.success().is_some())
    }

    /// Whether the page opens with the focus on `field`.
    pub(crate) fn takes_focus(self, field: &str) -> bool {
        self.errors.with_untracked(|errors| errors.is_first(field))
    }

    /// The text that a plain post kept for `field`.
    pub(crate) fn kept(self, field: &str) -> Option<String> {
        self.values.with_value(|values| value_of(values, field).map(str::to_owned))
    }

    /// What is stored now for `field`, if the kept text differs from it and would replace it unseen.
    pub(crate) fn stored(self, field: &str, stored: Option<&String>) -> Option<String> {
        let stored = stored.cloned().unwrap_or_default();
        self.kept(field).filter(|kept| self.compares && !is_same_text(kept, &stored)).map(|_| stored)
    }
}

/// Browsers post a new line as CRLF; it is stored as LF, and without the blanks around the text.
fn is_same_text(typed: &str, stored: &str) -> bool {
    typed.replace("\r\n", "\n").trim() == stored.trim()
}

/// Whether a form was refused because it was not shown to this account, or not lately.
pub(super) fn is_stale(code: Code) -> bool {
    matches!(code, Code::OtherAccount | Code::ChangedMeanwhile)
}

/// The field's text, once the program can read the page; until then the text that a plain post kept.
pub fn input_value(field: &'static str) -> RwSignal<String> {
    let text = RwSignal::new(FormState::from_context().kept(field).unwrap_or_default());
    dom::effect(move || _ = dom::value_of(field).map(|typed| text.set(typed)));
    text
}

#[cfg(test)]
mod tests {
    use super::is_same_text;

    #[test]
    fn a_text_is_the_same_however_its_lines_end() {
        assert!(is_same_text("One.\r\nTwo.\r\n", "One.\nTwo."));
        assert!(is_same_text(" \r\n", ""));
        assert!(!is_same_text("One.\r\nTwo.", "One. Two."));
    }
}
