//! Lists in which nothing stands twice.

/// Adds a value that the list does not have yet.
pub(crate) fn push_new<T: PartialEq>(list: &mut Vec<T>, value: T) {
    if !list.contains(&value) {
        list.push(value);
    }
}
