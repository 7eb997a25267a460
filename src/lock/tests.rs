//! Tests of the lock room.
