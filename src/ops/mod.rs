//! One file per command joins the rooms.
