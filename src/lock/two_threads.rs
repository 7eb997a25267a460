//! Two halves of one piece of work at the same time: locks of hundreds of packages take long enough for that.

use std::panic::resume_unwind;
use std::thread;

/// From how many packages on a second thread is worth its start.
pub(super) const PARTED_FROM: usize = 100;

/// Both halves of a list that has so many, and at least two.
pub(super) fn halves<T>(list: &[T], parted_from: usize) -> Option<(&[T], &[T])> {
    (list.len() >= parted_from.max(2)).then(|| list.split_at(list.len() / 2))
}

/// Does `one` here and `other` on a thread of its own, or behind it where the system gives no thread.
pub(super) fn both<A, B: Send>(one: impl FnOnce() -> A, other: impl Fn() -> B + Sync) -> (A, B) {
    thread::scope(|scope| {
        let started = thread::Builder::new().name("lock".to_owned()).spawn_scoped(scope, &other);
        let one = one();
        let other = match started {
            Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
            Err(_) => other(),
        };
        (one, other)
    })
}
