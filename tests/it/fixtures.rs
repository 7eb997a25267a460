//! The committed index is what our own code makes, and nothing lies in `wheels-fixtures` unlisted or unused.
