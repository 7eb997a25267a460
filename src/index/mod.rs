//! Asking indexes: project pages (PEP 503, PEP 691) and core metadata (PEP 658, else ranges, else the whole file),
//! from servers and from folders.
