//! A stack that is deep enough for hostile source.

/// Stack of the thread, bytes. It is address space: only what is used takes memory.
const STACK_BYTES: usize = 1 << 30;
/// What is tried where the machine gives no such thread.
const SMALL_STACK_BYTES: usize = 64 << 20;

/// Runs `work` on threads with a large stack, as many as the machine has processors: parallel work in it is spread over
/// them.
///
/// A tree of source nests as deep as its author likes, and is dropped as deep. Where no such thread can be had, `work`
/// runs on one with a smaller stack, and only honest source is safe.
pub fn on_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let pool =
        |stack| rayon::ThreadPoolBuilder::new().stack_size(stack).thread_name(|at| format!("check-{at}")).build();
    match pool(STACK_BYTES).or_else(|_| pool(SMALL_STACK_BYTES)) {
        Ok(pool) => pool.install(work),
        Err(_) => work(),
    }
}
