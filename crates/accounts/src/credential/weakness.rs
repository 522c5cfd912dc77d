use domain::{PasswordAdvice, PasswordWarning, PasswordWeakness};
use zxcvbn::feedback::{Feedback, Suggestion, Warning};

/// What the estimate says, for `words` to say.
pub(super) fn weakness(feedback: &Feedback) -> PasswordWeakness {
    PasswordWeakness {
        warning: feedback.warning().map(warning),
        advice: feedback.suggestions().first().copied().map(advice),
    }
}

fn warning(warning: Warning) -> PasswordWarning {
    match warning {
        Warning::StraightRowsOfKeysAreEasyToGuess => PasswordWarning::StraightRow,
        Warning::ShortKeyboardPatternsAreEasyToGuess => PasswordWarning::KeyboardPattern,
        Warning::RepeatsLikeAaaAreEasyToGuess => PasswordWarning::RepeatedCharacter,
        Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => PasswordWarning::RepeatedPart,
        Warning::ThisIsATop10Password => PasswordWarning::TopTen,
        Warning::ThisIsATop100Password => PasswordWarning::TopHundred,
        Warning::ThisIsACommonPassword => PasswordWarning::Common,
        Warning::ThisIsSimilarToACommonlyUsedPassword => PasswordWarning::SimilarToCommon,
        Warning::SequencesLikeAbcAreEasyToGuess => PasswordWarning::Sequence,
        Warning::RecentYearsAreEasyToGuess => PasswordWarning::RecentYear,
        Warning::AWordByItselfIsEasyToGuess => PasswordWarning::SingleWord,
        Warning::DatesAreOftenEasyToGuess => PasswordWarning::Date,
        Warning::NamesAndSurnamesByThemselvesAreEasyToGuess => PasswordWarning::NameAlone,
        Warning::CommonNamesAndSurnamesAreEasyToGuess => PasswordWarning::CommonName,
    }
}

fn advice(suggestion: Suggestion) -> PasswordAdvice {
    match suggestion {
        Suggestion::UseAFewWordsAvoidCommonPhrases => PasswordAdvice::FewWords,
        Suggestion::NoNeedForSymbolsDigitsOrUppercaseLetters => PasswordAdvice::NoSymbolsNeeded,
        Suggestion::AddAnotherWordOrTwo => PasswordAdvice::AnotherWord,
        Suggestion::CapitalizationDoesntHelpVeryMuch => PasswordAdvice::CapitalsHelpLittle,
        Suggestion::AllUppercaseIsAlmostAsEasyToGuessAsAllLowercase => PasswordAdvice::AllCapitalsHelpLittle,
        Suggestion::ReversedWordsArentMuchHarderToGuess => PasswordAdvice::ReversedHelpsLittle,
        Suggestion::PredictableSubstitutionsDontHelpVeryMuch => PasswordAdvice::SubstitutionsHelpLittle,
        Suggestion::UseALongerKeyboardPatternWithMoreTurns => PasswordAdvice::LongerPattern,
        Suggestion::AvoidRepeatedWordsAndCharacters => PasswordAdvice::NoRepetition,
        Suggestion::AvoidSequences => PasswordAdvice::NoSequences,
        Suggestion::AvoidRecentYears => PasswordAdvice::NoRecentYears,
        Suggestion::AvoidYearsThatAreAssociatedWithYou => PasswordAdvice::NoOwnYears,
        Suggestion::AvoidDatesAndYearsThatAreAssociatedWithYou => PasswordAdvice::NoOwnDates,
    }
}
