//! The dynamic symbols of an object, as far as Python is concerned.

use super::fields::{text_at, u16_at, u32_at};

/// Size of a symbol, bytes.
const SIZE: usize = 24;
/// The section of what is not defined here.
const UNDEFINED: u16 = 0;
/// Binding of a symbol that may be missing.
const WEAK: u8 = 2;

/// How the symbols begin that make a module: the second one since Python 3.15 (PEP 793).
const MODULE_PREFIXES: [&str; 2] = ["PyInit_", "PyModExport_"];

/// What was found, sorted.
pub(super) struct Symbols {
    pub(super) needed_of_python: Vec<String>,
    pub(super) modules: Vec<String>,
}

impl Symbols {
    /// Reads a symbol table. Only its hash tables tell how long it is: `gnu_hash`, else `hash`.
    pub(super) fn read(table: &[u8], names: &[u8], gnu_hash: Option<&[u8]>, hash: Option<&[u8]>) -> Self {
        let count = gnu_hash.and_then(count_of_gnu_hash).or_else(|| usize::try_from(u32_at(hash?, 4)?).ok());
        let mut symbols = Self { needed_of_python: Vec::new(), modules: Vec::new() };
        for symbol in table.chunks_exact(SIZE).take(count.unwrap_or(0)).skip(1) {
            let name = u32_at(symbol, 0).and_then(|at| usize::try_from(at).ok());
            let Some(name) = name.filter(|at| concerns_python(names, *at)).and_then(|at| text_at(names, at)) else {
                continue;
            };
            let (is_weak, is_needed) = (symbol[4] >> 4 == WEAK, u16_at(symbol, 6) == Some(UNDEFINED));
            if !is_needed {
                let module = MODULE_PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix));
                symbols.modules.extend(module.map(str::to_owned));
            } else if !is_weak {
                symbols.needed_of_python.push(name);
            }
        }
        symbols.needed_of_python.sort_unstable();
        symbols.modules.sort_unstable();
        symbols.modules.dedup();
        symbols
    }
}

/// Whether a name is one of Python's, before it is copied: most are not.
fn concerns_python(names: &[u8], at: usize) -> bool {
    names.get(at..).is_some_and(|rest| rest.starts_with(b"Py") || rest.starts_with(b"_Py"))
}

/// Number of symbols by a GNU hash table: the end of the chain that begins last.
fn count_of_gnu_hash(table: &[u8]) -> Option<usize> {
    let word = |at: usize| usize::try_from(u32_at(table, at)?).ok();
    let (buckets, first, filters) = (word(0)?, word(4)?, word(8)?);
    let start = filters.checked_mul(8)?.checked_add(16)?;
    let chains = buckets.checked_mul(4)?.checked_add(start)?;
    let hashes = table.get(start..chains)?;
    let last = hashes.chunks_exact(4).filter_map(|bucket| u32_at(bucket, 0)).max()?;
    let last = usize::try_from(last).ok()?;
    if last < first {
        // Nothing is defined here: what is needed lies before the first that is.
        return Some(first);
    }
    let mut at = last;
    // The lowest bit marks the end of a chain.
    while word(chains.checked_add((at - first).checked_mul(4)?)?)? & 1 == 0 {
        at += 1;
    }
    Some(at + 1)
}
