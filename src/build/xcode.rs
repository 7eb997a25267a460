//! Programs that a Mac has in `/usr/bin` before Xcode's command line tools are installed. Starting one opens a dialog
//! that offers the tools, and does nothing else.

use std::path::Path;
use std::process::{Command, Stdio};

/// What such a program is, for messages.
pub(super) const STUB: &str =
    "it is Apple's stub, and does nothing before the command line tools of Xcode are installed";

/// Whether a program only offers to install Apple's tools. `xcode-select`, which lies beside the stubs and on no other
/// system, tells whether they are there.
pub(super) fn is_stub(program: &Path) -> bool {
    let Some(select) = program.parent().map(|folder| folder.join("xcode-select")).filter(|path| path.is_file()) else {
        return false;
    };
    let mut command = Command::new(select);
    command.arg("--print-path").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    !command.status().is_ok_and(|status| status.success())
}
