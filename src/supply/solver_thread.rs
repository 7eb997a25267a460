//! The thread on which the solver waits for answers, and what is solved again on it.

use std::thread;

use super::SupplyError;
use crate::resolution::Resolution;
use crate::resolve::ResolveError;

/// Stack of the thread, bytes: explanations of deep graphs recurse.
const STACK_BYTES: usize = 64 << 20;

/// Runs `solve` on a thread of this name and waits for what it gives.
pub(super) async fn on_own_thread<T: Send + 'static>(
    name: &str,
    solve: impl FnOnce() -> T + Send + 'static,
) -> Result<T, SupplyError> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let work = move || {
        // The receiver is gone when the run was interrupted; then nobody wants the answer.
        let _ = sender.send(solve());
    };
    let thread = thread::Builder::new().name(name.to_owned()).stack_size(STACK_BYTES);
    thread.spawn(work).map_err(|_| SupplyError::Worker("solver"))?;
    receiver.await.map_err(|_| SupplyError::Worker("solver"))
}

/// Solves again as long as an answer from the cache turned out to be damaged. `forget_damage` says so, and makes that
/// answer be asked for anew.
pub(super) fn resolve_undamaged(
    solve: impl Fn() -> Result<Resolution, ResolveError>,
    forget_damage: impl Fn() -> bool,
) -> Result<Resolution, ResolveError> {
    let mut resolution = solve();
    while forget_damage() {
        resolution = solve();
    }
    resolution
}
