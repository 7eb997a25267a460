//! An ELF file as the dynamic loader sees it.

use serde::{Deserialize, Serialize};

use super::fields::{place_at, text_at, u16_at, u32_at, u64_at};
use super::symbols::Symbols;
use crate::target::{Architecture, Glibc};

/// What an ELF file is and needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Object {
    /// Its processor.
    pub machine: Machine,
    /// 32 bits, or big end first: no Lambda function can load it, and nothing else was read.
    pub is_foreign: bool,
    /// A program: it names the loader that starts it.
    pub is_program: bool,
    /// The name that others need it by.
    pub soname: Option<String>,
    /// The libraries that it needs, in order.
    pub needed: Vec<String>,
    /// `DT_RPATH`, split at colons.
    pub rpath: Vec<String>,
    /// `DT_RUNPATH`, split at colons.
    pub runpath: Vec<String>,
    /// The versions of symbols that it needs, by library.
    pub versions: Vec<NeededVersion>,
    /// The symbols of Python's C API that it needs, sorted. Weak ones, which may be missing, are left out.
    pub python_symbols: Vec<String>,
    /// The modules that it can be imported as: `X` where it has `PyInit_X` or `PyModExport_X`, sorted.
    pub modules: Vec<String>,
    /// Whether it asks for a stack that can be executed.
    pub has_executable_stack: bool,
    /// Whether it is a Python module that cffi generated a part of, which imports `_cffi_backend` when it is loaded.
    pub needs_cffi: bool,
}

/// The processor of an ELF file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Machine {
    /// `EM_X86_64`.
    X86_64,
    /// `EM_AARCH64`.
    Aarch64,
    /// Another one, by its number.
    Other(u16),
    #[default]
    None,
}

/// A version of symbols that must be in a library.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NeededVersion {
    /// The library, such as `libc.so.6`.
    pub library: String,
    /// The version, such as `GLIBC_2.28`.
    pub version: String,
}

/// Why a file cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ElfError {
    /// The file is no ELF file.
    #[error("it is not an ELF file")]
    Other,
    /// The file is shorter than it says, or contradicts itself; the part that shows it.
    #[error("its {0} cannot be read: the file is cut short or damaged")]
    Damaged(&'static str),
}

/// Program headers: what is loaded, what the loader is told, the loader's name, the kind of stack.
const LOAD: u32 = 1;
const DYNAMIC: u32 = 2;
const INTERPRETER: u32 = 3;
const GNU_STACK: u32 = 0x6474_e551;
/// The flag of what may be executed.
const EXECUTABLE: u32 = 1;

/// Tags of the dynamic section.
mod tag {
    pub(super) const NEEDED: u64 = 1;
    pub(super) const HASH: u64 = 4;
    pub(super) const STRTAB: u64 = 5;
    pub(super) const SYMTAB: u64 = 6;
    pub(super) const STRSZ: u64 = 10;
    pub(super) const SONAME: u64 = 14;
    pub(super) const RPATH: u64 = 15;
    pub(super) const RUNPATH: u64 = 29;
    pub(super) const GNU_HASH: u64 = 0x6fff_fef5;
    pub(super) const VERNEED: u64 = 0x6fff_fffe;
    pub(super) const VERNEEDNUM: u64 = 0x6fff_ffff;
}

/// Whether these are the first bytes of an ELF file.
pub(crate) fn is_elf(start: &[u8]) -> bool {
    start.starts_with(b"\x7fELF")
}

impl Object {
    /// Reads a file.
    ///
    /// # Errors
    /// Another kind of file; one whose headers or dynamic section lead beyond its end.
    pub fn parse(file: &[u8]) -> Result<Self, ElfError> {
        let mut object = Self::parse_header(file)?;
        if object.is_foreign {
            return Ok(object);
        }
        let image = Image::of(file).ok_or(ElfError::Damaged("program headers"))?;
        object.is_program = image.interpreter;
        object.has_executable_stack = image.has_executable_stack;
        if let Some(dynamic) = image.dynamic {
            object.read_dynamic(&image, dynamic).ok_or(ElfError::Damaged("dynamic section"))?;
        }
        let imports = object.python_symbols.iter().any(|symbol| symbol == "PyImport_ImportModule");
        object.needs_cffi = imports && !object.modules.is_empty() && names_cffi(file);
        Ok(object)
    }

    /// Reads what the first 20 bytes of a file say: its processor, and whether a Lambda function could load it at all.
    ///
    /// # Errors
    /// Another kind of file; one that ends before.
    pub fn parse_header(start: &[u8]) -> Result<Self, ElfError> {
        if !is_elf(start) {
            return Err(ElfError::Other);
        }
        let damaged = || ElfError::Damaged("ELF header");
        let class: [u8; 2] = start.get(4..6).and_then(|class| class.try_into().ok()).ok_or_else(damaged)?;
        let machine = match (class[1], start.get(18..20).ok_or_else(damaged)?) {
            (2, [high, low]) => Machine::of(u16::from_be_bytes([*high, *low])),
            (_, [low, high]) => Machine::of(u16::from_le_bytes([*low, *high])),
            _ => Machine::None,
        };
        Ok(Self { machine, is_foreign: class != [2, 1], ..Self::default() })
    }

    /// Its processor as Lambda calls it; `None`: another one.
    pub fn architecture(&self) -> Option<Architecture> {
        match self.machine {
            Machine::X86_64 if !self.is_foreign => Some(Architecture::X86_64),
            Machine::Aarch64 if !self.is_foreign => Some(Architecture::Arm64),
            _ => None,
        }
    }

    /// The newest version of glibc whose symbols it needs.
    pub fn glibc(&self) -> Option<Glibc> {
        let versions = self.versions.iter().filter_map(|needed| needed.version.strip_prefix("GLIBC_"));
        versions.filter_map(glibc_of).max()
    }

    /// Whether it needs the C library musl, which Lambda does not have.
    pub fn needs_musl(&self) -> bool {
        self.needed.iter().any(|name| name.contains("musl"))
    }

    /// Reads what the dynamic section points to; `None` where that leads out of the file.
    fn read_dynamic(&mut self, image: &Image<'_>, dynamic: &[u8]) -> Option<()> {
        let entries: Vec<(u64, u64)> = dynamic
            .chunks_exact(16)
            .filter_map(|entry| Some((u64_at(entry, 0)?, u64_at(entry, 8)?)))
            .take_while(|(tag, _)| *tag != 0)
            .collect();
        let value = |wanted: u64| entries.iter().find(|(tag, _)| *tag == wanted).map(|(_, value)| *value);
        let Some(table) = value(tag::STRTAB) else { return Some(()) };
        let names = image.at(table)?;
        // What lies behind the table is no name, but a table that says no size is read to the end of its segment.
        let size = value(tag::STRSZ).and_then(|size| usize::try_from(size).ok()).unwrap_or(names.len());
        let names = names.get(..size)?;
        let text = |value: u64| text_at(names, usize::try_from(value).ok()?);
        for (tag, value) in &entries {
            match *tag {
                tag::NEEDED => self.needed.push(text(*value)?),
                tag::SONAME => self.soname = Some(text(*value)?),
                tag::RPATH => self.rpath = split(&text(*value)?),
                tag::RUNPATH => self.runpath = split(&text(*value)?),
                _ => {}
            }
        }
        if let Some(list) = value(tag::VERNEED) {
            let count = value(tag::VERNEEDNUM).unwrap_or(0);
            self.versions = needed_versions(image.at(list)?, count, names)?;
        }
        if let Some(table) = value(tag::SYMTAB) {
            let gnu_hash = value(tag::GNU_HASH).and_then(|place| image.at(place));
            let hash = value(tag::HASH).and_then(|place| image.at(place));
            let symbols = Symbols::read(image.at(table)?, names, gnu_hash, hash);
            self.python_symbols = symbols.needed_of_python;
            self.modules = symbols.modules;
        }
        Some(())
    }
}

/// Whether the name of cffi's own module stands in a file.
fn names_cffi(file: &[u8]) -> bool {
    memchr::memmem::find(file, b"_cffi_backend").is_some()
}

impl Machine {
    fn of(number: u16) -> Self {
        match number {
            62 => Self::X86_64,
            183 => Self::Aarch64,
            other => Self::Other(other),
        }
    }
}

/// A file with its program headers.
struct Image<'a> {
    file: &'a [u8],
    /// What is loaded: address in memory, place in the file, length in it.
    loads: Vec<(u64, u64, u64)>,
    dynamic: Option<&'a [u8]>,
    interpreter: bool,
    has_executable_stack: bool,
}

impl<'a> Image<'a> {
    fn of(file: &'a [u8]) -> Option<Self> {
        let (start, size, count) =
            (place_at(file, 32)?, usize::from(u16_at(file, 54)?), usize::from(u16_at(file, 56)?));
        let mut image =
            Self { file, loads: Vec::new(), dynamic: None, interpreter: false, has_executable_stack: false };
        for number in 0..count {
            let header = file.get(start.checked_add(number.checked_mul(size)?)?..)?;
            let (offset, address, length) = (u64_at(header, 8)?, u64_at(header, 16)?, u64_at(header, 32)?);
            match u32_at(header, 0)? {
                LOAD => image.loads.push((address, offset, length)),
                DYNAMIC => image.dynamic = Some(slice(file, offset, length)?),
                INTERPRETER => image.interpreter = true,
                GNU_STACK => image.has_executable_stack = u32_at(header, 4)? & EXECUTABLE != 0,
                _ => {}
            }
        }
        Some(image)
    }

    /// What lies at an address in memory, to the end of its segment.
    fn at(&self, address: u64) -> Option<&'a [u8]> {
        let (start, offset, length) =
            self.loads.iter().find(|(start, _, length)| address.checked_sub(*start).is_some_and(|at| at < *length))?;
        let into = address - start;
        slice(self.file, offset.checked_add(into)?, length - into)
    }
}

fn slice(file: &[u8], offset: u64, length: u64) -> Option<&[u8]> {
    let end = usize::try_from(offset.checked_add(length)?).ok()?;
    file.get(usize::try_from(offset).ok()?..end)
}

fn split(path: &str) -> Vec<String> {
    path.split(':').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// `2.34`, and `2.2.5`, which is the base version of `x86_64`.
fn glibc_of(text: &str) -> Option<Glibc> {
    let mut parts = text.split('.');
    let (major, minor) = (parts.next()?, parts.next()?);
    format!("{major}.{minor}").parse().ok()
}

/// A list of needed versions: libraries, each with versions.
fn needed_versions(list: &[u8], count: u64, names: &[u8]) -> Option<Vec<NeededVersion>> {
    let text = |at: u32| text_at(names, usize::try_from(at).ok()?);
    let mut found = Vec::new();
    let mut library = 0_usize;
    // No list has more entries than would fit, whatever it says.
    let most = list.len() / 16;
    for _ in 0..count.min(most as u64) {
        let entry = list.get(library..)?;
        let name = text(u32_at(entry, 4)?)?;
        let mut version = library.checked_add(usize::try_from(u32_at(entry, 8)?).ok()?)?;
        for _ in 0..u16_at(entry, 2)? {
            let entry = list.get(version..)?;
            found.push(NeededVersion { library: name.clone(), version: text(u32_at(entry, 8)?)? });
            if found.len() > most {
                return None;
            }
            match u32_at(entry, 12)? {
                0 => break,
                next => version = version.checked_add(usize::try_from(next).ok()?)?,
            }
        }
        match u32_at(entry, 12)? {
            0 => break,
            next => library = library.checked_add(usize::try_from(next).ok()?)?,
        }
    }
    Some(found)
}
