//! `bench COMMAND`: started by `cargo xtask`, which builds the server before.

fn main() -> std::process::ExitCode {
    bench::main()
}
