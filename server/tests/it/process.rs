//! A program beside the tests.

use std::ops::{Deref, DerefMut};
use std::process::{Child, Command};

/// A running program, which ends with the test, also with one that fails.
pub struct Process(Child);

impl Process {
    pub fn spawn(command: &mut Command) -> Self {
        Self(command.spawn().unwrap())
    }

    /// Kills it, if it has not ended by itself.
    pub fn end(&mut self) {
        self.kill().ok();
        self.wait().ok();
    }
}

impl Deref for Process {
    type Target = Child;

    fn deref(&self) -> &Child {
        &self.0
    }
}

impl DerefMut for Process {
    fn deref_mut(&mut self) -> &mut Child {
        &mut self.0
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}
