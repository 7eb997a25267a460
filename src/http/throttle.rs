//! How many requests one host gets at the same time.
//!
//! A host that answers 429 ("too many requests") gets half as many from then on, and more again step by step while it
//! answers: additive increase, multiplicative decrease, as TCP finds the width of a path. What was sent before the last
//! halving says nothing new, so fifty refusals at once halve once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// Answers in a row, for each place that a host has, after which it gets one more.
const ANSWERS_FOR_MORE: usize = 4;

/// Refusals of one request for which the number of requests was to blame, and not the request: they take no attempt.
/// More than are needed to get from any number to one.
pub(super) const BLAMELESS_MOST: u32 = 16;

/// The hosts that were asked.
#[derive(Debug)]
pub(super) struct Throttle {
    most: usize,
    hosts: Mutex<HashMap<String, Arc<HostLoad>>>,
}

#[derive(Debug)]
struct HostLoad {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    /// Requests that may be under way.
    limit: usize,
    under_way: usize,
    /// Answers since the limit changed.
    answers: usize,
    /// How often it was halved.
    halved: u64,
    /// No request is sent to the host before this moment.
    pause_until: Option<Instant>,
}

/// A place among the requests of a host; dropping it gives it free.
#[derive(Debug)]
pub(super) struct HostTurn {
    host: Arc<HostLoad>,
    most: usize,
    /// How often the limit had been halved when this was given.
    halved: u64,
}

impl Throttle {
    pub(super) fn new(most: usize) -> Self {
        Self { most: most.max(1), hosts: Mutex::default() }
    }

    /// A place for one request, once there is one.
    pub(super) async fn place(&self, host: &str) -> HostTurn {
        let host = self.host(host);
        loop {
            let changed = host.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let pause = {
                let mut state = host.lock();
                let pause = state.pause_until.filter(|until| *until > Instant::now());
                if pause.is_none() && state.under_way < state.limit {
                    state.under_way += 1;
                    let halved = state.halved;
                    return HostTurn { host: Arc::clone(&host), most: self.most, halved };
                }
                pause
            };
            match pause {
                Some(until) => tokio::time::sleep_until(until).await,
                None => changed.await,
            }
        }
    }

    fn host(&self, name: &str) -> Arc<HostLoad> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            let state = State { limit: self.most, under_way: 0, answers: 0, halved: 0, pause_until: None };
            Arc::new(HostLoad { state: Mutex::new(state), changed: Notify::new() })
        };
        Arc::clone(hosts.entry(name.to_owned()).or_insert_with(new))
    }
}

impl HostLoad {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HostTurn {
    /// The host answered.
    pub(super) fn answered(&self) {
        let mut state = self.host.lock();
        state.answers += 1;
        if state.limit < self.most && state.answers >= ANSWERS_FOR_MORE * state.limit {
            state.limit += 1;
            state.answers = 0;
            drop(state);
            self.host.changed.notify_waiters();
        }
    }

    /// The host said that there were too many requests, and how long it wants none. Whether their number was to blame:
    /// it was alone otherwise.
    pub(super) fn refused(&self, pause: Option<Duration>) -> bool {
        let mut state = self.host.lock();
        if let Some(pause) = pause {
            let until = Instant::now() + pause;
            state.pause_until = Some(state.pause_until.map_or(until, |known| known.max(until)));
        }
        if state.halved > self.halved {
            return true;
        }
        let had_company = state.under_way > 1;
        // Where few of many places are taken, half of those would still be more than there ever were.
        state.limit = (state.limit.min(state.under_way) / 2).max(1);
        state.halved += 1;
        state.answers = 0;
        had_company
    }
}

impl Drop for HostTurn {
    fn drop(&mut self) {
        self.host.lock().under_way -= 1;
        self.host.changed.notify_waiters();
    }
}
