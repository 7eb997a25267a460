//! Hostile and honest archives.
