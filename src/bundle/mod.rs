//! Putting installed distributions and the user's own files together, and publishing them whole or not at all.
