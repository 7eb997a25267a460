//! What is read of ELF files, and of what only looks like one. `tests/it/elf.rs` compares with a second reader.

use super::{ElfError, Machine, Object, is_elf};

#[test]
fn the_program_itself_is_read_whole_and_cut() {
    let own = fs_err::read(std::env::current_exe().expect("the test has a file")).expect("it can be read");
    if !is_elf(&own) {
        return;
    }
    let object = Object::parse(&own).expect("an ELF file of this machine is read");
    assert!(object.architecture().is_some() && object.is_program);
    assert!(object.needs_musl() || object.glibc().is_some(), "{object:?}");
    for length in [0, 3, 5, 17, 63, 64, 100, own.len() / 2, own.len() - 1] {
        let _ = Object::parse(&own[..length]);
    }
}

#[test]
fn other_files_are_refused() {
    assert_eq!(Object::parse(b""), Err(ElfError::Other));
    assert_eq!(Object::parse(b"#!/bin/sh\n"), Err(ElfError::Other));
    assert_eq!(Object::parse(b"\x7fELF\x01\x01"), Err(ElfError::Damaged("ELF header")));
    let noise = [b"\x7fELF\x02\x01".as_slice(), &[0xff; 300]].concat();
    assert_eq!(Object::parse(&noise), Err(ElfError::Damaged("program headers")));
    let old = [b"\x7fELF\x01\x01".as_slice(), &[0; 12], &[3, 0]].concat();
    let old = Object::parse(&old).expect("its processor is known");
    assert!(old.is_foreign && old.machine == Machine::Other(3) && old.architecture().is_none());
}
