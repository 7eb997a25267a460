//! What the parts of this room work with: options, reporter and connections.

use std::sync::Arc;

use super::options::ClientOptions;
use super::transport::Transport;
use crate::reporter::Reporter;

/// What the parts of a client share; cheap to clone.
#[derive(Clone)]
pub(super) struct Means {
    pub(super) options: Arc<ClientOptions>,
    pub(super) reporter: Arc<dyn Reporter>,
    pub(super) transport: Arc<Transport>,
}

impl Means {
    pub(super) fn new(options: ClientOptions, reporter: Arc<dyn Reporter>) -> Self {
        let transport = Arc::new(Transport::new(&options));
        Self { options: Arc::new(options), reporter, transport }
    }
}
