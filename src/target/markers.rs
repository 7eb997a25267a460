//! The values of environment markers on Lambda (PEP 508, "Environment Markers").

use super::{Architecture, Runtime};
use crate::spec::{MarkerEnvironment, Version};

pub(super) fn environment(
    _runtime: Runtime,
    _architecture: Architecture,
    _python_full_version: &Version,
) -> MarkerEnvironment {
    todo!()
}
