//! The `parallax` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    parallax::cli::run(std::env::args_os())
}
