//! `barrow manual`: what packages for systems ship as `man barrow`.

use clap_mangen::Man;

use crate::args::{ManualArgs, shown};
use crate::exit_code::Exit;
use crate::failure::Failure;

/// Writes a page for barrow and one for each of its commands, `barrow-cache-prune.1` among them.
pub(super) fn call(args: &ManualArgs) -> Result<(), Failure> {
    fs_err::create_dir_all(&args.output).and_then(|()| pages(&shown(), "barrow", args)).map_err(|error| {
        Failure::new(format!("the manual pages cannot be written to `{}`", args.output.display()), Exit::Failed)
            .because(&error)
    })
}

fn pages(command: &clap::Command, name: &str, args: &ManualArgs) -> std::io::Result<()> {
    let is_shown = |sub: &&clap::Command| !sub.is_hide_set() && sub.get_name() != "help";
    for sub in command.get_subcommands().filter(is_shown) {
        pages(sub, &format!("{name}-{}", sub.get_name()), args)?;
    }
    let mut page = Vec::new();
    Man::new(command.clone()).title(name.to_uppercase()).render(&mut page)?;
    fs_err::write(args.output.join(format!("{name}.1")), page)
}
