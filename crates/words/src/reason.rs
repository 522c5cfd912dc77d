//! What is said of a field that was refused.

use crate::{call, detail, field, import, weak};
use domain::{
    FieldError, FieldMessage, FormReason, ImportReason, PasswordAdvice, PasswordWarning, PasswordWeakness,
    Reason,
};

/// What a form's own check says of a field.
#[must_use]
pub fn form_message(FieldError { field, reason }: &FieldError) -> FieldMessage {
    FieldMessage { field: field.clone(), code: reason.code().to_owned(), message: form_reason(reason) }
}

/// What the server says of a field.
#[must_use]
pub fn message(FieldError { field, reason }: &FieldError<Reason>) -> FieldMessage {
    FieldMessage { field: field.clone(), code: reason.code().to_owned(), message: sentence(reason) }
}

fn form_reason(reason: &FormReason) -> String {
    let sentence = match *reason {
        FormReason::TooLong { max } => return field::too_long(max as u64),
        FormReason::TooShort { min } => return field::too_short(min as u64),
        FormReason::Length { min, max } => return field::length(min as u64, max as u64),
        FormReason::LimitInvalid { max } => return call::limit_invalid(max.into()),
        FormReason::EmailMissing => field::email_missing(),
        FormReason::EmailInvalid => field::email_invalid(),
        FormReason::UsernameInvalid => field::username_invalid(),
        FormReason::IdentifierMissing | FormReason::IdentifierInvalid => field::identifier(),
        FormReason::PasswordMissing => field::password_missing(),
        FormReason::NewPasswordMissing => field::new_password_missing(),
        FormReason::PasswordInvalid => field::password_invalid(),
        FormReason::PasswordUnchanged => field::password_unchanged(),
        FormReason::CodeMissing => field::code_missing(),
        FormReason::CodeInvalid => field::code_invalid(),
        FormReason::ReasonMissing => field::reason_missing(),
        FormReason::NameInvalid => field::name_invalid(),
        FormReason::BioInvalid => field::bio_invalid(),
        FormReason::TextInvalid => field::text_invalid(),
        FormReason::SearchInvalid => call::search_invalid(),
        FormReason::FlagInvalid => call::flag_invalid(),
        FormReason::RoleInvalid => call::role_invalid(),
        FormReason::SortInvalid => call::sort_invalid(),
        FormReason::CursorInvalid => call::cursor_invalid(),
        FormReason::KindInvalid => call::kind_invalid(),
        FormReason::IdInvalid => call::id_invalid(),
    };
    sentence.to_owned()
}

fn sentence(reason: &Reason) -> String {
    let sentence = match reason {
        Reason::Form(reason) => return form_reason(reason),
        Reason::PasswordWeak(weakness) => return weakness_of(*weakness),
        Reason::EmailTaken => field::email_taken(),
        Reason::EmailOther => field::email_other(),
        Reason::UsernameTaken => field::username_taken(),
        Reason::UsernameReserved => field::username_reserved(),
        Reason::PasswordWrong => field::password_wrong(),
        Reason::CodeWrong => detail::wrong_code(),
        Reason::MethodUnknown => call::method_unknown(),
        Reason::FactorCodeMissing => field::factor_code_missing(),
        Reason::PasskeyMissing => field::passkey_missing(),
        Reason::PasskeyUnusable => field::passkey_unusable(),
        Reason::PasskeyTaken => field::passkey_taken(),
        Reason::PasskeysTooMany => field::passkeys_too_many(),
        Reason::PasskeyNameMissing => field::passkey_name_missing(),
        Reason::TotpInvalid => field::totp_invalid(),
        Reason::RecoveryCodeInvalid => field::recovery_code_invalid(),
        Reason::FactorCodeWrong => detail::factor_refused(),
        Reason::PasswordUnset => field::password_unset(),
        Reason::PasswordNotEnough => field::password_not_enough(),
        Reason::EmailUnchanged => field::email_unchanged(),
        Reason::Unknown => call::unknown(),
        Reason::Doubled => call::doubled(),
        Reason::Missing => call::missing(),
        Reason::WrongType => call::wrong_type(),
        Reason::File => call::file(),
        Reason::JsonAsForm => call::json_as_form(),
        Reason::FormAsJson => call::form_as_json(),
    };
    sentence.to_owned()
}

/// What an import says of a line, or of a field of it.
#[must_use]
pub fn import_reason(reason: &ImportReason) -> String {
    let sentence = match reason {
        ImportReason::Form(reason) => return form_reason(reason),
        ImportReason::Malformed(why) | ImportReason::HashUnreadable(why) => return why.clone(),
        ImportReason::EmailRepeated { line } => return import::email_repeated(*line),
        ImportReason::UsernameRepeated { line } => return import::username_repeated(*line),
        ImportReason::IdRepeated { line } => return import::id_repeated(*line),
        ImportReason::EmailMissing => import::email_missing(),
        ImportReason::EmailUnreachable => import::email_unreachable(),
        ImportReason::EmailKept => import::email_kept(),
        ImportReason::EmailClosing => import::email_closing(),
        ImportReason::UsernameIsEmail => import::username_is_email(),
        ImportReason::UsernameTaken => import::username_taken(),
        ImportReason::RoleUnknown => import::role_unknown(),
        ImportReason::ActiveUnknown => import::active_unknown(),
        ImportReason::VerifiedUnknown => import::verified_unknown(),
        ImportReason::IdInvalid => import::id_invalid(),
        ImportReason::IdTaken => import::id_taken(),
        ImportReason::CreatedAtInvalid => import::created_at_invalid(),
    };
    sentence.to_owned()
}

fn weakness_of(PasswordWeakness { warning, advice }: PasswordWeakness) -> String {
    let sentences = [Some(weak::password()), warning.map(warned), advice.map(advised)];
    sentences.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn warned(warning: PasswordWarning) -> &'static str {
    match warning {
        PasswordWarning::StraightRow => weak::straight_row(),
        PasswordWarning::KeyboardPattern => weak::keyboard_pattern(),
        PasswordWarning::RepeatedCharacter => weak::repeated_character(),
        PasswordWarning::RepeatedPart => weak::repeated_part(),
        PasswordWarning::TopTen => weak::top_ten(),
        PasswordWarning::TopHundred => weak::top_hundred(),
        PasswordWarning::Common => weak::common(),
        PasswordWarning::SimilarToCommon => weak::similar_to_common(),
        PasswordWarning::Sequence => weak::sequence(),
        PasswordWarning::RecentYear => weak::recent_year(),
        PasswordWarning::SingleWord => weak::single_word(),
        PasswordWarning::Date => weak::date(),
        PasswordWarning::NameAlone => weak::name_alone(),
        PasswordWarning::CommonName => weak::common_name(),
    }
}

fn advised(advice: PasswordAdvice) -> &'static str {
    match advice {
        PasswordAdvice::FewWords => weak::few_words(),
        PasswordAdvice::NoSymbolsNeeded => weak::no_symbols_needed(),
        PasswordAdvice::AnotherWord => weak::another_word(),
        PasswordAdvice::CapitalsHelpLittle => weak::capitals_help_little(),
        PasswordAdvice::AllCapitalsHelpLittle => weak::all_capitals_help_little(),
        PasswordAdvice::ReversedHelpsLittle => weak::reversed_helps_little(),
        PasswordAdvice::SubstitutionsHelpLittle => weak::substitutions_help_little(),
        PasswordAdvice::LongerPattern => weak::longer_pattern(),
        PasswordAdvice::NoRepetition => weak::no_repetition(),
        PasswordAdvice::NoSequences => weak::no_sequences(),
        PasswordAdvice::NoRecentYears => weak::no_recent_years(),
        PasswordAdvice::NoOwnYears => weak::no_own_years(),
        PasswordAdvice::NoOwnDates => weak::no_own_dates(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_what_its_parameters_say() {
        let message = |reason: FormReason| form_message(&FieldError::new("password", reason)).message;
        assert_eq!(message(FormReason::TooShort { min: 8 }), "Use at least 8 characters.");
        assert_eq!(message(FormReason::TooLong { max: 254 }), "Use at most 254 characters.");
        assert_eq!(message(FormReason::Length { min: 3, max: 32 }), "Use 3 to 32 characters.");
        assert_eq!(message(FormReason::LimitInvalid { max: 100 }), "Use a number from 1 to 100.");
    }

    #[test]
    fn a_weak_password_is_told_why_and_what_helps() {
        let told = |warning, advice| {
            let weakness = PasswordWeakness { warning, advice };
            message(&FieldError::new("password", Reason::PasswordWeak(weakness)))
        };
        assert_eq!(told(None, None).code, "too_weak");
        assert_eq!(told(None, None).message, "That password is easy to guess.");
        assert_eq!(
            told(Some(PasswordWarning::TopTen), Some(PasswordAdvice::AnotherWord)).message,
            "That password is easy to guess. This is a top-10 common password. Add another word or two. \
             Uncommon words are better."
        );
    }
}
