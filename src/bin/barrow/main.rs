//! The command line of barrow.

mod args;
mod settings;

fn main() {}
