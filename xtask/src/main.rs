//! `cargo xtask`: the project's own commands.

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    xtask::main()
}

#[cfg(not(unix))]
fn main() -> std::process::ExitCode {
    eprintln!("Doorstep's commands need Linux or macOS; on Windows, run them inside WSL 2.");
    std::process::ExitCode::FAILURE
}
