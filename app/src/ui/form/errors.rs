use domain::{Code, FieldMessage, ProblemDocument};

/// The messages of a form at this moment: pure bookkeeping, so that tests need no browser.
///
/// A field is checked once it is left after typing, or once the form is sent; never while its first characters are
/// typed. The server's refusal stays until somebody types in that field again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormErrors {
    edited: Vec<String>,
    judged: Vec<String>,
    sent: bool,
    local: Vec<FieldMessage>,
    remote: Vec<FieldMessage>,
    form_error: Option<String>,
    wait: Option<u32>,
    closing: bool,
    success: Option<&'static str>,
}

impl FormErrors {
    /// The state after a plain post that was refused.
    pub fn after_refusal(problem: &ProblemDocument) -> Self {
        let mut errors = Self::default();
        errors.refused(problem);
        errors
    }

    /// The state after a plain post that worked.
    pub fn after_success(words: &'static str) -> Self {
        Self { success: Some(words).filter(|words| !words.is_empty()), ..Self::default() }
    }

    /// Somebody typed in `field`; `local` holds what the form's own check refuses now.
    pub fn typed(&mut self, field: &str, local: Vec<FieldMessage>) {
        note(&mut self.edited, field);
        self.remote.retain(|error| error.field != field);
        self.local = local;
        self.success = None;
        // Another account may be none that closes.
        self.closing &= field != "identifier";
    }

    pub fn left(&mut self, field: &str) {
        if self.edited.iter().any(|edited| edited == field) {
            note(&mut self.judged, field);
        }
    }

    /// The form is about to be sent; true if its own check lets it go.
    pub fn may_send(&mut self, local: Vec<FieldMessage>) -> bool {
        let may = local.is_empty();
        *self = Self { sent: true, local, closing: self.closing, ..Self::default() };
        may
    }

    pub fn refused(&mut self, problem: &ProblemDocument) {
        self.remote.clone_from(&problem.errors);
        self.form_error = problem.errors.is_empty().then(|| problem.detail.clone());
        self.closing = problem.code == Code::AccountClosing;
        self.wait = problem.retry_after.filter(|_| problem.code == Code::TooManyRequests);
    }

    /// The message beside `field`.
    pub fn error(&self, field: &str) -> Option<&str> {
        let judged = self.sent || self.judged.iter().any(|judged| judged == field);
        let local = self.local.iter().filter(|_| judged);
        self.remote.iter().chain(local).find(|error| error.field == field).map(|error| error.message.as_str())
    }

    /// The message beside the button: a refusal that belongs to no field.
    pub fn form_error(&self) -> Option<&str> {
        self.form_error.as_deref()
    }

    /// Seconds until the next try counts, where there were too many.
    pub fn wait(&self) -> Option<u32> {
        self.wait
    }

    /// Whether the account closes, and can be restored.
    pub fn is_closing(&self) -> bool {
        self.closing
    }

    /// Whether the value of `field` is taken.
    pub fn is_taken(&self, field: &str) -> bool {
        self.remote.iter().any(|error| error.field == field && error.code == "taken")
    }

    /// The message beside the button: it worked.
    pub fn success(&self) -> Option<&'static str> {
        self.success
    }

    /// Whether the page should open with the focus on `field`.
    pub fn is_first(&self, field: &str) -> bool {
        self.remote.first().is_some_and(|error| error.field == field)
    }
}

fn note(fields: &mut Vec<String>, field: &str) {
    if !fields.iter().any(|known| known == field) {
        fields.push(field.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Problem;

    fn refusal(field: &str) -> FieldMessage {
        FieldMessage { field: field.into(), code: "invalid".into(), message: "No.".into() }
    }

    fn document(problem: impl Into<Problem>) -> ProblemDocument {
        words::document(&problem.into())
    }

    #[test]
    fn the_first_characters_are_not_judged() {
        let mut errors = FormErrors::default();
        errors.typed("email", vec![refusal("email")]);
        assert_eq!(errors.error("email"), None);
        errors.left("email");
        assert_eq!(errors.error("email"), Some("No."));
        errors.typed("email", vec![]);
        assert_eq!(errors.error("email"), None, "judged while typing from now on");
    }

    #[test]
    fn a_field_that_was_only_passed_through_is_not_judged() {
        let mut errors = FormErrors::default();
        errors.typed("email", vec![refusal("email"), refusal("password")]);
        errors.left("password");
        assert_eq!(errors.error("password"), None);
    }

    #[test]
    fn sending_judges_every_field() {
        let mut errors = FormErrors::default();
        assert!(!errors.may_send(vec![refusal("password")]));
        assert_eq!(errors.error("password"), Some("No."));
        assert!(errors.may_send(vec![]));
        assert_eq!(errors.error("password"), None);
    }

    #[test]
    fn what_the_server_refused_stands_until_its_field_is_typed_in() {
        let problem =
            ProblemDocument { errors: vec![refusal("email"), refusal("name")], ..document(Code::Taken) };
        let mut errors = FormErrors::after_refusal(&problem);
        assert!(errors.is_first("email") && !errors.is_first("name"));
        assert_eq!(errors.form_error(), None, "said beside the field, so not beside the button as well");
        errors.typed("email", vec![]);
        assert_eq!((errors.error("email"), errors.error("name")), (None, Some("No.")));
    }

    #[test]
    fn a_refusal_of_no_field_stands_beside_the_button() {
        let mut errors = FormErrors::after_refusal(&document(Code::WrongCredentials));
        assert_eq!(errors.form_error(), Some(words::detail::wrong_credentials()));
        errors.may_send(vec![]);
        assert_eq!(errors.form_error(), None);
    }

    #[test]
    fn only_too_many_tries_are_counted_down() {
        assert_eq!(FormErrors::after_refusal(&document(Problem::wait(16))).wait(), Some(16));
        assert_eq!(FormErrors::after_refusal(&document(Code::Overloaded)).wait(), None);
    }

    #[test]
    fn success_is_said_until_somebody_types_on() {
        let mut errors = FormErrors::after_success("Saved.");
        assert_eq!(errors.success(), Some("Saved."));
        errors.typed("name", vec![]);
        assert_eq!(errors.success(), None);
    }
}
