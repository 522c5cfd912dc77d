//! A new migration file must rebuild the embedded migrator.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations");
}
