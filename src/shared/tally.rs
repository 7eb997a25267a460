//! What a shared cache was good for in a run.

use std::fmt;
use std::time::Duration;

use crate::reporter::counted;

/// What a shared cache was good for in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Results that were taken from it.
    pub hits: u32,
    /// Results that it did not have.
    pub misses: u32,
    /// Bytes that were taken.
    pub bytes: u64,
    /// How long making them took elsewhere, less what getting them took here.
    pub saved: Duration,
    /// Results that were brought there.
    pub uploaded: u32,
    /// Results that could not be brought there, or not in time.
    pub not_uploaded: u32,
}

impl Tally {
    /// Whether the cache was neither asked nor written to.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hits, misses, bytes: _, saved, uploaded, not_uploaded } = self;
        write!(f, "{}, {misses} miss{}", counted(*hits, "hit"), if *misses == 1 { "" } else { "es" })?;
        if *hits > 0 {
            write!(f, ", {:.1} s saved", saved.as_secs_f64())?;
        }
        if *uploaded > 0 {
            write!(f, ", {uploaded} uploaded")?;
        }
        if *not_uploaded > 0 {
            write!(f, ", {not_uploaded} not uploaded")?;
        }
        Ok(())
    }
}
