//! Whether the owner of an account could still sign in after losing something.

/// What somebody can lose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// The phone, with the authenticator app on it.
    Phone,
    /// The computer, which holds nothing that a sign-in asks for.
    Computer,
    /// The mailbox of the account's address.
    Mailbox,
    /// The password.
    Password,
}

/// Whether mails can bring the owner of an account back in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mailbox {
    /// They go to an address that its owner has proven.
    Proven,
    /// Nobody knows whether they reach its owner.
    Unproven,
    /// This server sends none.
    NoMail,
}

/// What the owner of an account can sign in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaysIn {
    /// Whether the account has a password.
    pub password: bool,
    /// Whether mails can help.
    pub mailbox: Mailbox,
    /// How many passkeys there are: each signs in alone.
    pub passkeys: u32,
    /// How many of them have a copy elsewhere, such as in a cloud.
    pub passkeys_backed_up: u32,
    /// Whether a second step is asked for.
    pub second_step: bool,
    /// Whether an authenticator app takes it.
    pub authenticator: bool,
    /// The recovery codes that are left. They are kept on paper or elsewhere, not on the phone alone.
    pub recovery_codes: u32,
}

/// How a sign-in begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstStep {
    /// With a passkey, which needs no second step.
    Passkey,
    /// With the password.
    Password,
    /// With a code or a link that was mailed.
    Mail,
    /// With the link for a new password, if it reaches an address that nobody has proven.
    UnprovenMail,
}

/// How it is completed where the account asks for a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecondStep {
    /// With the code of an authenticator app.
    Authenticator,
    /// With a recovery code.
    RecoveryCode,
}

/// A way to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WayIn {
    /// How it begins.
    pub first: FirstStep,
    /// How it is completed; none where the account has no second factor.
    pub second: Option<SecondStep>,
}

/// The one step that helps most against being locked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Making new recovery codes: none or few are left.
    NewRecoveryCodes,
    /// Proving the address, so that mails can help.
    ProveAddress,
    /// Choosing a password, so that not everything hangs on the mailbox.
    ChoosePassword,
    /// Keeping the password safe: no mail can replace it here.
    KeepPassword,
    /// Adding a passkey on another device: all hangs on one.
    AnotherPasskey,
    /// Asking whoever runs the site for a link: there is no password, and no mail.
    AskForLink,
}

/// With fewer recovery codes than this it is time for new ones.
const FEW: u32 = 4;

impl Loss {
    /// Everything.
    pub const ALL: [Self; 4] = [Self::Phone, Self::Computer, Self::Mailbox, Self::Password];
}

impl WaysIn {
    /// The way in that is left after a loss.
    #[must_use]
    pub fn after(&self, loss: Loss) -> Option<WayIn> {
        if self.keeps_passkey(loss) {
            return Some(WayIn { first: FirstStep::Passkey, second: None });
        }
        let first = if self.password && loss != Loss::Password {
            FirstStep::Password
        } else {
            match self.mailbox {
                Mailbox::Proven if loss != Loss::Mailbox => FirstStep::Mail,
                Mailbox::Unproven if loss != Loss::Mailbox => FirstStep::UnprovenMail,
                Mailbox::Proven | Mailbox::Unproven | Mailbox::NoMail => return None,
            }
        };
        let second = if !self.second_step {
            None
        } else if self.authenticator && loss != Loss::Phone {
            Some(SecondStep::Authenticator)
        } else if self.recovery_codes > 0 {
            Some(SecondStep::RecoveryCode)
        } else {
            return None;
        };
        Some(WayIn { first, second })
    }

    /// Whether a passkey is left. No device holds two of one account (`excludeCredentials`), so the loss of one device takes
    /// one of them at most, and none of which there is a copy.
    fn keeps_passkey(&self, loss: Loss) -> bool {
        match loss {
            Loss::Phone | Loss::Computer => self.passkeys_backed_up > 0 || self.passkeys > 1,
            Loss::Mailbox | Loss::Password => self.passkeys > 0,
        }
    }

    /// What helps most; none where nothing has to be done.
    #[must_use]
    pub fn remedy(&self) -> Option<Remedy> {
        let locked_out = |loss| self.after(loss).is_none();
        match self.mailbox {
            _ if self.second_step && self.recovery_codes == 0 => Some(Remedy::NewRecoveryCodes),
            Mailbox::Unproven => Some(Remedy::ProveAddress),
            Mailbox::NoMail if locked_out(Loss::Password) => {
                Some(if self.password { Remedy::KeepPassword } else { Remedy::AskForLink })
            }
            Mailbox::NoMail if locked_out(Loss::Phone) => Some(Remedy::AnotherPasskey),
            Mailbox::Proven if locked_out(Loss::Mailbox) => Some(Remedy::ChoosePassword),
            Mailbox::Proven | Mailbox::NoMail => {
                (self.second_step && self.recovery_codes < FEW).then_some(Remedy::NewRecoveryCodes)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: WaysIn = WaysIn {
        password: true,
        mailbox: Mailbox::Proven,
        passkeys: 0,
        passkeys_backed_up: 0,
        second_step: true,
        authenticator: true,
        recovery_codes: 10,
    };
    /// One passkey, on one device.
    const PASSKEY: WaysIn = WaysIn { passkeys: 1, authenticator: false, ..ALL };
    const ONE_STEP: WaysIn = WaysIn { second_step: false, authenticator: false, recovery_codes: 0, ..ALL };

    #[test]
    fn each_loss_leaves_what_does_not_hang_on_it() {
        use FirstStep::{Mail, Passkey, Password, UnprovenMail};
        use SecondStep::{Authenticator, RecoveryCode};
        let way = |first, second| Some(WayIn { first, second });
        let (app, alone) = (Some(Authenticator), way(Passkey, None));
        let code = Some(RecoveryCode);
        // After the loss of the phone, the computer, the mailbox, the password.
        for (ways, expected) in [
            (ALL, [way(Password, code), way(Password, app), way(Password, app), way(Mail, app)]),
            (
                WaysIn { recovery_codes: 0, ..ALL },
                [None, way(Password, app), way(Password, app), way(Mail, app)],
            ),
            (WaysIn { password: false, ..ALL }, [way(Mail, code), way(Mail, app), None, way(Mail, app)]),
            (
                WaysIn { mailbox: Mailbox::Unproven, ..ALL },
                [way(Password, code), way(Password, app), way(Password, app), way(UnprovenMail, app)],
            ),
            (
                WaysIn { mailbox: Mailbox::NoMail, ..ALL },
                [way(Password, code), way(Password, app), way(Password, app), None],
            ),
            (PASSKEY, [way(Password, code), way(Password, code), alone, alone]),
            (WaysIn { passkeys: 2, ..PASSKEY }, [alone; 4]),
            (WaysIn { passkeys_backed_up: 1, ..PASSKEY }, [alone; 4]),
            (WaysIn { password: false, mailbox: Mailbox::NoMail, ..PASSKEY }, [None, None, alone, alone]),
            (ONE_STEP, [way(Password, None), way(Password, None), way(Password, None), way(Mail, None)]),
            (
                WaysIn { password: false, mailbox: Mailbox::Unproven, ..ALL },
                [way(UnprovenMail, code), way(UnprovenMail, app), None, way(UnprovenMail, app)],
            ),
            (WaysIn { password: false, mailbox: Mailbox::NoMail, ..ALL }, [None; 4]),
            // The app's key is gone.
            (
                WaysIn { authenticator: false, ..ALL },
                [way(Password, code), way(Password, code), way(Password, code), way(Mail, code)],
            ),
            (WaysIn { authenticator: false, recovery_codes: 0, ..ALL }, [None; 4]),
        ] {
            assert_eq!(Loss::ALL.map(|loss| ways.after(loss)), expected, "{ways:?}");
        }
    }

    #[test]
    fn what_locks_out_is_mended_first() {
        use Remedy::{
            AnotherPasskey, AskForLink, ChoosePassword, KeepPassword, NewRecoveryCodes, ProveAddress,
        };
        for (ways, expected) in [
            (ALL, None),
            (ONE_STEP, None),
            (WaysIn { recovery_codes: FEW, ..ALL }, None),
            (WaysIn { recovery_codes: FEW - 1, ..ALL }, Some(NewRecoveryCodes)),
            (WaysIn { recovery_codes: 0, mailbox: Mailbox::Unproven, ..ALL }, Some(NewRecoveryCodes)),
            (WaysIn { mailbox: Mailbox::Unproven, ..ALL }, Some(ProveAddress)),
            (WaysIn { mailbox: Mailbox::Unproven, ..ONE_STEP }, Some(ProveAddress)),
            (WaysIn { mailbox: Mailbox::NoMail, ..ONE_STEP }, Some(KeepPassword)),
            (WaysIn { password: false, mailbox: Mailbox::NoMail, ..ONE_STEP }, Some(AskForLink)),
            (WaysIn { password: false, ..ALL }, Some(ChoosePassword)),
            (WaysIn { password: false, recovery_codes: 1, ..ALL }, Some(ChoosePassword)),
            (PASSKEY, None),
            (WaysIn { password: false, ..PASSKEY }, None),
            (WaysIn { mailbox: Mailbox::NoMail, ..PASSKEY }, None),
            (WaysIn { password: false, mailbox: Mailbox::NoMail, ..PASSKEY }, Some(AnotherPasskey)),
            (WaysIn { password: false, mailbox: Mailbox::NoMail, passkeys: 2, ..PASSKEY }, None),
            (WaysIn { recovery_codes: 0, ..PASSKEY }, Some(NewRecoveryCodes)),
        ] {
            assert_eq!(ways.remedy(), expected, "{ways:?}");
        }
    }
}
