//! Borders and habits that no compiler checks.
