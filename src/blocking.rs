//! Work on another thread than the one that waits for it: what would block a thread of the runtime, and what belongs on
//! one.

use tokio::task::{JoinError, JoinSet};

/// Runs work on a thread that may block. A panic in it goes on here. When the runtime ends before the work began,
/// nobody waits for it any more, and this never returns.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    joined(tokio::task::spawn_blocking(work).await).await
}

/// Runs work on a thread of the runtime, by the same rules, and gives it up when nobody waits for it any more. Where
/// connections are served there too, what comes over one goes from hand to hand without another thread being woken.
pub(crate) async fn beside_connections<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let mut tasks = JoinSet::new();
    tasks.spawn(work);
    match tasks.join_next().await {
        Some(ended) => joined(ended).await,
        None => std::future::pending().await,
    }
}

/// What a task has given, by the same rules.
pub(crate) async fn joined<T>(ended: Result<T, JoinError>) -> T {
    match ended.map_err(JoinError::try_into_panic) {
        Ok(done) => done,
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        Err(Err(_)) => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::blocking::{beside_connections, blocking};

    #[tokio::test]
    async fn what_the_work_gives_is_given_back() {
        assert_eq!(blocking(|| 6 * 7).await, 42);
        assert_eq!(beside_connections(async { 6 * 7 }).await, 42);
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_given_up() {
        let held = Arc::new(());
        let holds = Arc::clone(&held);
        let endless = beside_connections(async move {
            std::future::pending::<()>().await;
            drop(holds);
        });
        let waited = tokio::time::timeout(std::time::Duration::from_millis(20), endless).await;
        assert!(waited.is_err());
        while Arc::strong_count(&held) > 1 {
            tokio::task::yield_now().await;
        }
    }

    #[test]
    fn work_that_a_runtime_did_not_begin_before_its_end_is_no_panic() {
        let runtime = tokio::runtime::Builder::new_multi_thread().max_blocking_threads(1).build().unwrap();
        let (begun, is_begun) = std::sync::mpsc::channel();
        let (end, is_ended) = std::sync::mpsc::channel::<()>();
        let never = runtime.spawn(async move {
            tokio::task::spawn_blocking(move || {
                begun.send(()).unwrap();
                is_ended.recv().ok();
            });
            blocking(|| ()).await;
        });
        is_begun.recv().unwrap();
        runtime.shutdown_background();
        drop(end);
        let waiting = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert!(waiting.block_on(never).is_err_and(|error| error.is_cancelled()), "cancelled, and not panicked");
    }
}
