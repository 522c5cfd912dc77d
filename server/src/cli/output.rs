//! What commands print. A reader that stops reading (`| head -1`) is no error, and stops no work.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};

/// Prints a command's result.
///
/// # Errors
/// Where it cannot be written although somebody waits for it.
pub fn print(text: Arguments<'_>) -> io::Result<()> {
    unless_gone(&mut io::stdout().lock(), text)
}

/// Prints progress, or why a command stops. If that fails there is nobody to tell.
pub fn tell(text: Arguments<'_>) {
    let _ = io::stderr().lock().write_all(text.to_string().as_bytes());
}

fn unless_gone(out: &mut impl Write, text: Arguments<'_>) -> io::Result<()> {
    match out.write_fmt(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fails(ErrorKind);

    impl Write for Fails {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(self.0.into())
        }
    }

    #[test]
    fn a_reader_that_left_is_no_error_and_a_full_disk_is_one() {
        assert!(unless_gone(&mut Fails(ErrorKind::BrokenPipe), format_args!("x")).is_ok());
        assert!(unless_gone(&mut Fails(ErrorKind::StorageFull), format_args!("x")).is_err());
    }
}
