//! Work that would block a thread of the runtime, done on another one.

use tokio::task::JoinError;

/// Runs work on a thread that may block. A panic in it goes on here. When the runtime ends before the work began,
/// nobody waits for it any more, and this never returns.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    joined(tokio::task::spawn_blocking(work).await).await
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
    use crate::blocking::blocking;

    #[tokio::test]
    async fn what_the_work_gives_is_given_back() {
        assert_eq!(blocking(|| 6 * 7).await, 42);
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
