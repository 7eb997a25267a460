//! Python source: every import has a line of the file, and what is guarded has a guard.

#![no_main]

use barrow::python::{Moment, on_large_stack, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let module = on_large_stack(|| read(bytes, 13));
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
    assert!(module.imports.iter().all(|import| (1..=lines).contains(&import.line)));
    assert!(module.fault.is_none() || module.imports.is_empty());
    let guards: Vec<u32> = module.imports.iter().filter_map(|import| guard(import.moment)).collect();
    assert!(guards.iter().all(|guard| *guard > 0));
    assert_eq!(module, on_large_stack(|| read(bytes, 13)));
});

fn guard(moment: Moment) -> Option<u32> {
    match moment {
        Moment::Guarded(guard) | Moment::Fallback(guard) | Moment::Otherwise(guard) => Some(guard),
        _ => None,
    }
}
