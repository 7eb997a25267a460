//! The command line of barrow.

mod args;
mod commands;
mod dispatch;
mod exit_code;
mod failure;
mod groups;
mod hints;
mod host;
mod key;
mod output;
mod paint;
mod panics;
mod progress;
mod run;
mod serve;
mod settings;
mod standard_input;
mod version;
mod wrap;

/// The allocator of the released programs for Linux, which hold musl: its own is slow where several threads ask for
/// memory.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    panics::install();
    let arguments: Vec<_> = std::env::args_os().collect();
    if serve::is_asked(&arguments) {
        serve::run(dispatch::run).into()
    } else {
        dispatch::run(arguments, host::Host::of_process()).exit.into()
    }
}
