//! The command line of barrow.

mod args;
mod commands;
mod dispatch;
mod exit_code;
mod failure;
mod hints;
mod output;
mod paint;
mod panics;
mod progress;
mod run;
mod settings;
mod version;

fn main() -> std::process::ExitCode {
    panics::install();
    dispatch::run(std::env::args_os().collect()).into()
}
