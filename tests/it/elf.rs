//! The ELF reader beside a second one, over what this machine has, and over objects built here.

use std::path::{Path, PathBuf};

use barrow::elf::{Machine, NeededVersion, Object};
use object::elf;
use object::read::elf::ElfFile64;
use object::{LittleEndian, Object as _, ObjectSymbol as _};

use crate::support::ElfBuilder;

/// Shared objects of this machine: libraries of the system and modules of Python.
fn corpus() -> Vec<PathBuf> {
    let mut found = vec![PathBuf::from(env!("CARGO_BIN_EXE_barrow"))];
    let mut folders: Vec<PathBuf> = [
        "/lib/x86_64-linux-gnu",
        "/usr/lib/x86_64-linux-gnu",
        "/usr/lib/aarch64-linux-gnu",
        "/lib64",
        "/usr/lib/python3",
    ]
    .map(PathBuf::from)
    .into();
    folders.extend((8..=15).map(|minor| PathBuf::from(format!("/usr/lib/python3.{minor}/lib-dynload"))));
    for folder in folders {
        let Ok(entries) = fs_err::read_dir(folder) else { continue };
        let paths = entries.flatten().map(|entry| entry.path());
        found.extend(paths.filter(|path| path.is_file() && path.to_string_lossy().contains(".so")));
    }
    found.sort();
    found.truncate(400);
    found
}

/// The same facts by the second reader, from section headers.
fn second(bytes: &[u8]) -> Option<Object> {
    let file = ElfFile64::<LittleEndian>::parse(bytes).ok()?;
    let dynamic = file.elf_dynamic_table().ok()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let split = |path: &str| path.split(':').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let mut read = Object { machine: Machine::X86_64, ..Object::default() };
    for entry in &dynamic {
        if entry.tag == elf::DT_NEEDED {
            read.needed.push(text(dynamic.string(entry).ok()?));
        } else if entry.tag == elf::DT_SONAME {
            read.soname = Some(text(dynamic.string(entry).ok()?));
        } else if entry.tag == elf::DT_RPATH {
            read.rpath = split(&text(dynamic.string(entry).ok()?));
        } else if entry.tag == elf::DT_RUNPATH {
            read.runpath = split(&text(dynamic.string(entry).ok()?));
        }
    }
    let sections = file.elf_section_table();
    if let Some((mut libraries, names)) = sections.gnu_verneed(LittleEndian, bytes).ok()? {
        let names = sections.strings(LittleEndian, bytes, names).ok()?;
        while let Some((library, mut versions)) = libraries.next().ok()? {
            let library = text(library.file(LittleEndian, names).ok()?);
            while let Some(version) = versions.next().ok()? {
                let version = text(version.name(LittleEndian, names).ok()?);
                read.versions.push(NeededVersion { library: library.clone(), version });
            }
        }
    }
    for symbol in file.dynamic_symbols() {
        let Ok(name) = symbol.name() else { continue };
        if symbol.is_undefined() && !symbol.is_weak() && (name.starts_with("Py") || name.starts_with("_Py")) {
            read.python_symbols.push(name.to_owned());
        } else if !symbol.is_undefined() {
            read.modules.extend(name.strip_prefix("PyInit_").map(str::to_owned));
        }
    }
    read.python_symbols.sort();
    read.modules.sort();
    Some(read)
}

#[test]
fn two_readers_agree_on_every_library_of_this_machine() {
    let mut compared = 0;
    for path in corpus() {
        let Ok(bytes) = fs_err::read(&path) else { continue };
        let Some(expected) = second(&bytes) else { continue };
        let found = Object::parse(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let shown = Path::new(&path).display();
        assert_eq!(found.needed, expected.needed, "{shown}");
        assert_eq!(
            (&found.soname, &found.rpath, &found.runpath),
            (&expected.soname, &expected.rpath, &expected.runpath),
            "{shown}"
        );
        assert_eq!(found.versions, expected.versions, "{shown}");
        assert_eq!(found.python_symbols, expected.python_symbols, "{shown}");
        assert_eq!(found.modules, expected.modules, "{shown}");
        compared += 1;
    }
    assert!(compared > 0, "the program itself is one");
}

#[test]
fn an_object_without_section_headers_is_read_and_cut_ones_are_refused() {
    let built = ElfBuilder::module("fast")
        .needed("libfoo.so.1")
        .version("libfoo.so.1", "FOO_1")
        .version("libc.so.6", "GLIBC_2.28")
        .rpath("$ORIGIN/../fast.libs:/x")
        .soname("fast.so")
        .symbol("PyLong_AsInt", false)
        .executable_stack()
        .build();
    let object = Object::parse(&built).unwrap();
    assert_eq!(object.machine, Machine::X86_64);
    assert_eq!(object.needed, ["libc.so.6", "libfoo.so.1"]);
    assert_eq!(object.rpath, ["$ORIGIN/../fast.libs", "/x"]);
    assert_eq!(object.soname.as_deref(), Some("fast.so"));
    assert_eq!(object.glibc().unwrap().to_string(), "2.28");
    assert_eq!(object.versions.len(), 3);
    assert_eq!((object.python_symbols.concat(), object.modules.concat()), ("PyLong_AsInt".into(), "fast".into()));
    assert!(object.has_executable_stack && !object.is_program && !object.needs_musl());
    for length in 0..built.len() {
        let _ = Object::parse(&built[..length]);
    }
    // Whatever one byte says, there is an answer.
    for at in 0..built.len() {
        for value in [0, 0x7f, 0xff] {
            let mut changed = built.clone();
            changed[at] = value;
            let _ = Object::parse(&changed);
        }
    }
}
