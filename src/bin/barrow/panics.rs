//! A panic is a bug of ours: users get a message, never a trace.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::paint::printable;
use crate::wrap::{WIDEST, wrapped};

/// Set once the workers are being torn down: threads that still wait for them may panic, and that means nothing.
static EXPECTED: AtomicBool = AtomicBool::new(false);

/// Takes panics over from the standard library.
pub(crate) fn install() {
    std::panic::set_hook(Box::new(|information| {
        if EXPECTED.load(Ordering::Relaxed) {
            // The run ends with its own exit code as soon as the main thread is done.
            loop {
                std::thread::park();
            }
        }
        let payload = information.payload();
        let text =
            payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        let place = information.location().map(ToString::to_string).unwrap_or_default();
        let text = printable(text.unwrap_or("no message"));
        let message = format!(
            "error: this is a bug in barrow {}: {text} ({place})\nhint: please report it with the command that you ran\n",
            env!("CARGO_PKG_VERSION")
        );
        let message = wrapped(&message, WIDEST, 0, 2).join("\n");
        let _ = std::io::stderr().lock().write_all(message.as_bytes());
        leave();
    }));
}

/// From now on panics of other threads are part of being interrupted.
pub(crate) fn expect_them() {
    EXPECTED.store(true, Ordering::Relaxed);
}

/// Ends the process from whichever thread had the panic: the others may wait for it for ever.
#[expect(clippy::exit, reason = "the state of the program is not to be trusted any more")]
fn leave() -> ! {
    std::process::exit(1)
}
