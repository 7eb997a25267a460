//! ELF objects: whatever the bytes, there is an answer, and every text of it stands in the file.

#![no_main]

use barrow::elf::Object;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(object) = Object::parse(bytes) else { return };
    let text = String::from_utf8_lossy(bytes);
    let names = object.needed.iter().chain(&object.soname).chain(&object.python_symbols);
    // What is not UTF-8 is replaced, and differs where a name begins within a character.
    for name in names.filter(|name| !name.contains(char::REPLACEMENT_CHARACTER)) {
        assert!(text.contains(name.as_str()), "{name:?}");
    }
    assert!(object.modules.is_sorted() && object.python_symbols.is_sorted());
});
