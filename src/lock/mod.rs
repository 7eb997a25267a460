//! Lock files: resolutions on paper.
