//! Wheels of every kind, installed and refused.
