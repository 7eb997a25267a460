//! `barrow completions`.

use crate::args::{CompletionsArgs, shown};
use crate::failure::Failure;
use crate::output::Output;

pub(super) fn call(args: &CompletionsArgs) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut shown(), "barrow", &mut script);
    Output::result(&String::from_utf8_lossy(&script))
}
