//! The one test binary: barrow from outside.
