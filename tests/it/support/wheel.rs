//! Wheels built in code, byte for byte (binary distribution format).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::Digest as _;

use super::{ZipEntry, write_zip};

/// A distribution file that an index can list.
#[derive(Clone, Debug)]
pub(crate) struct BuiltFile {
    /// Project name as its metadata has it.
    pub(crate) project: String,
    /// File name.
    pub(crate) filename: String,
    /// The whole file.
    pub(crate) bytes: Vec<u8>,
    /// Its METADATA, as PEP 658 offers it; `None` for an sdist.
    pub(crate) metadata: Option<String>,
    /// `Requires-Python`.
    pub(crate) requires_python: Option<String>,
}

/// Describes a wheel; [`WheelBuilder::build`] makes it. Without files it gets one module that holds its version.
#[derive(Clone, Debug)]
pub(crate) struct WheelBuilder {
    name: String,
    version: String,
    build_tag: Option<String>,
    tags: Vec<String>,
    metadata_lines: Vec<String>,
    requires_python: Option<String>,
    /// Path, content, mode; the path is whole, `.data` folder included.
    files: Vec<(String, Vec<u8>, u32)>,
    entry_points: Vec<(String, String)>,
    root_is_purelib: Option<bool>,
    wrong_in_record: Vec<String>,
    missing_in_record: Vec<String>,
    stored: bool,
}

impl WheelBuilder {
    /// A pure wheel (`py3-none-any`) with nothing in it yet.
    pub(crate) fn new(name: &str, version: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            build_tag: None,
            tags: Vec::new(),
            metadata_lines: Vec::new(),
            requires_python: None,
            files: Vec::new(),
            entry_points: Vec::new(),
            root_is_purelib: None,
            wrong_in_record: Vec::new(),
            missing_in_record: Vec::new(),
            stored: false,
        }
    }

    /// A tag, possibly compressed (`py2.py3-none-any`), instead of `py3-none-any`.
    pub(crate) fn tag(mut self, tag: &str) -> Self {
        self.tags = vec![tag.to_owned()];
        self
    }

    /// A build tag (`1`, `2local`).
    pub(crate) fn build_tag(mut self, tag: &str) -> Self {
        self.build_tag = Some(tag.to_owned());
        self
    }

    /// A `Requires-Dist`.
    pub(crate) fn requires(self, requirement: &str) -> Self {
        self.metadata_line(&format!("Requires-Dist: {requirement}"))
    }

    /// A `Provides-Extra` with its requirements.
    pub(crate) fn extra(self, extra: &str, requirements: &[&str]) -> Self {
        requirements.iter().fold(self.metadata_line(&format!("Provides-Extra: {extra}")), |wheel, requirement| {
            wheel.requires(&format!("{requirement}; extra == '{extra}'"))
        })
    }

    /// `Requires-Python`.
    pub(crate) fn requires_python(mut self, specifiers: &str) -> Self {
        self.requires_python = Some(specifiers.to_owned());
        self
    }

    /// Any header line of METADATA.
    pub(crate) fn metadata_line(mut self, line: &str) -> Self {
        self.metadata_lines.push(line.to_owned());
        self
    }

    /// A file below the wheel's root.
    pub(crate) fn file(mut self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.files.push((path.to_owned(), bytes.as_ref().to_vec(), 0o100_644));
        self
    }

    /// The mode of the file that was added last, with or without its file type bits.
    pub(crate) fn mode(mut self, mode: u32) -> Self {
        let last = self.files.last_mut().expect("a mode belongs to the file added before it");
        last.2 = if mode & 0o170_000 == 0 { 0o100_000 | mode } else { mode };
        self
    }

    /// A file below the wheel's `.data` folder: `scripts/run`, `purelib/…`, `headers/…`.
    pub(crate) fn data(self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        let folder = format!("{}.data", self.stem());
        self.file(&format!("{folder}/{path}"), bytes)
    }

    /// An entry point: group and `name = module:object`.
    pub(crate) fn entry_point(mut self, group: &str, entry: &str) -> Self {
        self.entry_points.push((group.to_owned(), entry.to_owned()));
        self
    }

    /// `Root-Is-Purelib`, where it differs from what the tag says.
    pub(crate) fn root_is_purelib(mut self, pure: bool) -> Self {
        self.root_is_purelib = Some(pure);
        self
    }

    /// Gives this path a digest in RECORD that is not its own.
    pub(crate) fn wrong_in_record(mut self, path: &str) -> Self {
        self.wrong_in_record.push(path.to_owned());
        self
    }

    /// Leaves this path out of RECORD.
    pub(crate) fn missing_in_record(mut self, path: &str) -> Self {
        self.missing_in_record.push(path.to_owned());
        self
    }

    /// Stores all entries: the bytes then do not depend on a compressor.
    pub(crate) fn stored(mut self) -> Self {
        self.stored = true;
        self
    }

    /// The METADATA file.
    pub(crate) fn metadata(&self) -> String {
        let mut text = format!("Metadata-Version: 2.1\nName: {}\nVersion: {}\n", self.name, self.version);
        if let Some(specifiers) = &self.requires_python {
            text += &format!("Requires-Python: {specifiers}\n");
        }
        for line in &self.metadata_lines {
            text += line;
            text.push('\n');
        }
        text
    }

    /// Makes the wheel.
    pub(crate) fn build(mut self) -> BuiltFile {
        let tag = self.tags.first().cloned().unwrap_or_else(|| "py3-none-any".to_owned());
        let build = self.build_tag.as_ref().map(|tag| format!("-{tag}")).unwrap_or_default();
        let filename = format!("{}{build}-{tag}.whl", self.stem());
        if self.files.is_empty() {
            let module = format!("{}/__init__.py", escape(&self.name));
            let content = format!("__version__ = \"{}\"\n", self.version);
            self = self.file(&module, content);
        }
        let metadata = self.metadata();
        let info = format!("{}.dist-info", self.stem());
        let mut files = std::mem::take(&mut self.files);
        files.push((format!("{info}/METADATA"), metadata.clone().into_bytes(), 0o100_644));
        files.push((format!("{info}/WHEEL"), self.wheel_file(&tag).into_bytes(), 0o100_644));
        if !self.entry_points.is_empty() {
            files.push((format!("{info}/entry_points.txt"), self.entry_points_file().into_bytes(), 0o100_644));
        }
        let record = self.record(&files, &format!("{info}/RECORD"));
        files.push((format!("{info}/RECORD"), record.into_bytes(), 0o100_644));
        let entries: Vec<ZipEntry> = files
            .into_iter()
            .map(|(name, bytes, mode)| ZipEntry { name, bytes, mode, deflate: !self.stored })
            .collect();
        BuiltFile {
            project: self.name,
            filename,
            bytes: write_zip(&entries),
            metadata: Some(metadata),
            requires_python: self.requires_python,
        }
    }

    fn stem(&self) -> String {
        format!("{}-{}", escape(&self.name), self.version.replace('-', "_"))
    }

    fn wheel_file(&self, tag: &str) -> String {
        let pure = self.root_is_purelib.unwrap_or_else(|| tag.ends_with("-any"));
        let mut text = format!("Wheel-Version: 1.0\nGenerator: barrow-tests\nRoot-Is-Purelib: {pure}\n");
        // Every tag of the compressed set has a line of its own ("File contents", WHEEL).
        let parts: Vec<Vec<&str>> = tag.split('-').map(|part| part.split('.').collect()).collect();
        for python in &parts[0] {
            for abi in &parts[1] {
                for platform in &parts[2] {
                    text += &format!("Tag: {python}-{abi}-{platform}\n");
                }
            }
        }
        text
    }

    fn entry_points_file(&self) -> String {
        let mut text = String::new();
        for (at, (group, entry)) in self.entry_points.iter().enumerate() {
            if at == 0 || self.entry_points[at - 1].0 != *group {
                text += &format!("[{group}]\n");
            }
            text += &format!("{entry}\n");
        }
        text
    }

    fn record(&self, files: &[(String, Vec<u8>, u32)], own_path: &str) -> String {
        let mut text = String::new();
        for (path, bytes, _) in files.iter().filter(|(path, ..)| !self.missing_in_record.contains(path)) {
            let digest = sha2::Sha256::digest(if self.wrong_in_record.contains(path) { b"other" } else { &bytes[..] });
            let shown =
                if path.contains([',', '"']) { format!("\"{}\"", path.replace('"', "\"\"")) } else { path.clone() };
            text += &format!("{shown},sha256={},{}\n", URL_SAFE_NO_PAD.encode(digest), bytes.len());
        }
        text + own_path + ",,\n"
    }
}

/// A wheel given where a built file is wanted.
impl From<WheelBuilder> for BuiltFile {
    fn from(wheel: WheelBuilder) -> Self {
        wheel.build()
    }
}

/// The sha256 of bytes, in hexadecimal.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The digest as RECORD has it.
pub(crate) fn sha256_base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(bytes))
}

/// A name as file names have it (`Zope.Interface` → `zope_interface`).
pub(crate) fn escape(name: &str) -> String {
    normalize(name).replace('-', "_")
}

/// The normalized name (PEP 503).
pub(crate) fn normalize(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' if normal.ends_with('-') => {}
            '-' | '_' | '.' => normal.push('-'),
            c => normal.push(c.to_ascii_lowercase()),
        }
    }
    normal
}
