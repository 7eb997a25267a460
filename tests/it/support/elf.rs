//! ELF objects built in code, byte for byte: what the dynamic loader reads of them and nothing else, no section
//! headers.

/// Describes an object; [`ElfBuilder::build`] makes it.
#[derive(Clone, Debug)]
pub(crate) struct ElfBuilder {
    machine: u16,
    /// Tag of the dynamic section, text.
    dynamic: Vec<(u64, String)>,
    /// Library, its versions.
    versions: Vec<(String, Vec<String>)>,
    /// Name, whether it is defined here.
    symbols: Vec<(String, bool)>,
    executable_stack: bool,
}

impl ElfBuilder {
    /// An object for `x86_64` that needs glibc 2.17.
    pub(crate) fn new() -> Self {
        let object = Self { machine: 62, dynamic: vec![], versions: vec![], symbols: vec![], executable_stack: false };
        object.needed("libc.so.6").version("libc.so.6", "GLIBC_2.17")
    }

    /// A native module of Python of this name.
    pub(crate) fn module(name: &str) -> Self {
        Self::new().symbol(&format!("PyInit_{name}"), true)
    }

    /// Another processor, by its number (183: arm64).
    pub(crate) fn machine(mut self, machine: u16) -> Self {
        self.machine = machine;
        self
    }

    pub(crate) fn needed(mut self, library: &str) -> Self {
        self.dynamic.push((1, library.to_owned()));
        self
    }

    pub(crate) fn soname(mut self, name: &str) -> Self {
        self.dynamic.push((14, name.to_owned()));
        self
    }

    pub(crate) fn rpath(mut self, path: &str) -> Self {
        self.dynamic.push((15, path.to_owned()));
        self
    }

    pub(crate) fn runpath(mut self, path: &str) -> Self {
        self.dynamic.push((29, path.to_owned()));
        self
    }

    /// A version of symbols that a library must have.
    pub(crate) fn version(mut self, library: &str, version: &str) -> Self {
        match self.versions.iter_mut().find(|(known, _)| known == library) {
            Some((_, versions)) => versions.push(version.to_owned()),
            None => self.versions.push((library.to_owned(), vec![version.to_owned()])),
        }
        self
    }

    /// A symbol that is defined here, or needed.
    pub(crate) fn symbol(mut self, name: &str, is_defined: bool) -> Self {
        self.symbols.push((name.to_owned(), is_defined));
        self
    }

    pub(crate) fn executable_stack(mut self) -> Self {
        self.executable_stack = true;
        self
    }

    /// The bytes: headers, texts, symbols, their hash table, versions, dynamic section.
    pub(crate) fn build(&self) -> Vec<u8> {
        let mut names = vec![0_u8];
        let mut name = |text: &str| {
            let at = names.len();
            names.extend(text.as_bytes());
            names.push(0);
            u32::try_from(at).expect("the object is small")
        };
        let mut entries: Vec<(u64, u64)> =
            self.dynamic.iter().map(|(tag, text)| (*tag, u64::from(name(text)))).collect();
        let mut symbols = vec![0_u8; 24];
        for (text, is_defined) in &self.symbols {
            symbols.extend(name(text).to_le_bytes());
            symbols.extend([0x12, 0]); // global, a function
            symbols.extend(u16::from(*is_defined).to_le_bytes());
            symbols.extend([0; 16]);
        }
        let mut versions = Vec::new();
        for (number, (library, list)) in self.versions.iter().enumerate() {
            let count = list.len();
            let is_last = number + 1 == self.versions.len();
            versions.extend(1_u16.to_le_bytes());
            versions.extend(u16::try_from(count).expect("few").to_le_bytes());
            versions.extend(name(library).to_le_bytes());
            versions.extend(16_u32.to_le_bytes());
            versions.extend(if is_last { 0 } else { u32::try_from(16 + 16 * count).expect("few") }.to_le_bytes());
            for (at, version) in list.iter().enumerate() {
                versions.extend([0; 8]); // hash, flags, index
                versions.extend(name(version).to_le_bytes());
                versions.extend(if at + 1 == count { 0_u32 } else { 16 }.to_le_bytes());
            }
        }
        let hash = [1_u32, u32::try_from(symbols.len() / 24).expect("few"), 0].map(u32::to_le_bytes).concat();

        let mut body = Vec::new();
        let start = 64 + 3 * 56;
        let mut place = |part: &[u8]| {
            let at = start + body.len();
            body.extend(part);
            body.resize(body.len().next_multiple_of(8), 0);
            at as u64
        };
        let (names_at, symbols_at, hash_at, versions_at) =
            (place(&names), place(&symbols), place(&hash), place(&versions));
        entries.extend([(5, names_at), (10, names.len() as u64), (6, symbols_at), (11, 24), (4, hash_at)]);
        if !self.versions.is_empty() {
            entries.extend([(0x6fff_fffe, versions_at), (0x6fff_ffff, self.versions.len() as u64)]);
        }
        entries.push((0, 0));
        let dynamic: Vec<u8> =
            entries.iter().flat_map(|(tag, value)| [tag.to_le_bytes(), value.to_le_bytes()].concat()).collect();
        let dynamic_at = place(&dynamic);

        let total = (start + body.len()) as u64;
        let mut file = b"\x7fELF\x02\x01\x01".to_vec();
        file.resize(16, 0);
        for number in [3, self.machine] {
            file.extend(number.to_le_bytes()); // a shared object
        }
        file.extend(1_u32.to_le_bytes());
        file.extend([0_u64, 64, 0].map(u64::to_le_bytes).concat()); // entry, program headers, section headers
        file.extend(0_u32.to_le_bytes());
        file.extend([64_u16, 56, 3, 64, 0, 0].map(u16::to_le_bytes).concat());
        let mut header = |kind: u32, flags: u32, at: u64, length: u64| {
            file.extend([kind, flags].map(u32::to_le_bytes).concat());
            file.extend([at, at, at, length, length, 8].map(u64::to_le_bytes).concat());
        };
        header(1, 5, 0, total);
        header(2, 6, dynamic_at, dynamic.len() as u64);
        header(0x6474_e551, if self.executable_stack { 7 } else { 6 }, 0, 0);
        file.extend(body);
        file
    }
}
