//! The `parallax` command.

use mimalloc::MiMalloc;
use std::process::ExitCode;

/// A comparison asks for some thousand small pieces of memory; this allocator hands them out at half the cost.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    parallax::cli::run(std::env::args_os())
}
