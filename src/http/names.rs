//! Names of servers, looked up on threads that nobody waits for at the end of a run.

use std::net::ToSocketAddrs as _;
use std::thread;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::oneshot;

/// Asks the system. Where name servers are silent, the question holds its thread for many seconds and cannot be taken
/// back, and the threads of the runtime are waited for after an interruption. So each question has a thread of its own.
pub(super) struct SystemNames;

impl Resolve for SystemNames {
    fn resolve(&self, name: Name) -> Resolving {
        let (answer, answered) = oneshot::channel();
        let asking = move || {
            // Port 0 stands for the one of the URL. A connection that was given up needs no answer.
            let _ = answer.send((name.as_str(), 0).to_socket_addrs());
        };
        let started = thread::Builder::new().name("names".to_owned()).spawn(asking);
        Box::pin(async move {
            started?;
            let addresses = answered.await??;
            Ok(Box::new(addresses) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_system_is_asked() {
        let ask = async |name: &str| SystemNames.resolve(name.parse().unwrap()).await.map(Iterator::collect::<Vec<_>>);
        assert!(ask("localhost").await.unwrap().iter().all(|address| address.ip().is_loopback()));
        assert!(ask("no-such-host.invalid").await.is_err());
    }
}
