/// How far a new password has come, by its length and variety alone. The server judges it by what
/// attackers try first; those lists are too heavy for a browser.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Strength {
    /// Nothing typed yet.
    #[default]
    Empty,
    /// Shorter than the server takes.
    Short,
    /// The same few characters over and over.
    Monotone,
    /// Long enough to be tried.
    Fair,
    /// Longer than most.
    Good,
    /// A passphrase.
    Strong,
}

impl Strength {
    /// Filled quarters of the bar.
    #[must_use]
    pub const fn quarters(self) -> u8 {
        match self {
            Self::Empty => 0,
            Self::Short | Self::Monotone => 1,
            Self::Fair => 2,
            Self::Good => 3,
            Self::Strong => 4,
        }
    }

    /// What would help; `min` is the fewest characters that the server takes.
    #[must_use]
    pub fn advice(self, min: usize) -> String {
        match self {
            Self::Empty => return format!("At least {min} characters. A few unrelated words work well."),
            Self::Short => return format!("Too short so far: at least {min} characters."),
            Self::Monotone => "Easy to guess: use more different characters.",
            Self::Fair => "Long enough. Another word makes it much stronger.",
            Self::Good => "Good. One more word makes it excellent.",
            Self::Strong => "Excellent, as long as you use it nowhere else.",
        }
        .to_owned()
    }
}

/// Judges `password`; `min` is the fewest characters that the server takes.
#[must_use]
pub fn strength(password: &str, min: usize) -> Strength {
    let mut seen: Vec<char> = password.chars().collect();
    let length = seen.len();
    seen.sort_unstable();
    seen.dedup();
    match (length, seen.len()) {
        (0, _) => Strength::Empty,
        (length, _) if length < min => Strength::Short,
        (_, variety) if variety < 5 => Strength::Monotone,
        (..12, _) => Strength::Fair,
        (..16, _) => Strength::Good,
        _ => Strength::Strong,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_is_stronger_and_repetition_is_not_length() {
        let table = [
            ("", Strength::Empty),
            ("hunter2", Strength::Short),
            ("aaaaaaaaaaaaaaaaaaaa", Strength::Monotone),
            ("abababababab", Strength::Monotone),
            ("horse door", Strength::Fair),
            ("horse door 12", Strength::Good),
            ("horse door lamp step", Strength::Strong),
            ("üöäßéèñç", Strength::Fair),
        ];
        for (password, expected) in table {
            assert_eq!(strength(password, 8), expected, "{password:?}");
        }
    }

    #[test]
    fn the_owners_minimum_is_what_counts_and_is_said() {
        assert_eq!(strength("horse door", 15), Strength::Short);
        assert!(Strength::Empty.advice(15).contains("15 characters"));
        assert!(Strength::Short.advice(15).contains("15 characters"));
    }
}
