//! The `detente` program.

use std::process::ExitCode;

use clap::Parser as _;
use detente::args::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let json = arguments.json;
    match detente::verbs::run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => detente::output::fail(json, &fault),
    }
}
