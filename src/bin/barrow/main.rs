//! The command line of barrow.

fn main() {}
