use crate::ui::Flash;

/// What a page asks for that mails codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CodeStep {
    /// Whether to mail one.
    Ask,
    /// The code; `asked`: one was asked for just now.
    Enter { asked: bool },
}

impl CodeStep {
    /// Where the page begins: after a plain post of either form, with a link to the second step, or at the first.
    pub(crate) fn first(asked: Option<&Flash>, entered: bool, has_code: bool) -> Self {
        match asked {
            Some(flash) if flash.problem.is_none() => Self::Enter { asked: true },
            None if entered || has_code => Self::Enter { asked: false },
            _ => Self::Ask,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Code;

    fn flash(problem: Option<Code>) -> Flash {
        Flash { problem: problem.map(|code| words::document(&code.into())), ..Flash::default() }
    }

    #[test]
    fn the_page_goes_on_where_the_last_form_ended() {
        let (sent, refused) = (flash(None), flash(Some(Code::TooManyRequests)));
        for (asked, entered, has_code, expected) in [
            (None, false, false, CodeStep::Ask),
            (None, false, true, CodeStep::Enter { asked: false }),
            (None, true, false, CodeStep::Enter { asked: false }),
            (Some(&sent), false, false, CodeStep::Enter { asked: true }),
            (Some(&refused), false, false, CodeStep::Ask),
        ] {
            assert_eq!(CodeStep::first(asked, entered, has_code), expected);
        }
    }
}
