//! Source distributions built in code (source distribution format).

use flate2::Compression;
use flate2::write::GzEncoder;

use super::BuiltFile;
use super::wheel::escape;

/// Describes an sdist; [`SdistBuilder::build`] makes it.
#[derive(Clone, Debug)]
pub(crate) struct SdistBuilder {
    name: String,
    version: String,
    files: Vec<(String, Vec<u8>)>,
    metadata_lines: String,
}

impl SdistBuilder {
    /// An sdist that holds only PKG-INFO.
    pub(crate) fn new(name: &str, version: &str) -> Self {
        Self { name: name.to_owned(), version: version.to_owned(), files: Vec::new(), metadata_lines: String::new() }
    }

    /// A file below the sdist's one folder.
    pub(crate) fn file(mut self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.files.push((path.to_owned(), bytes.as_ref().to_vec()));
        self
    }

    /// A `Requires-Dist`.
    pub(crate) fn requires(mut self, requirement: &str) -> Self {
        self.metadata_lines += &format!("Requires-Dist: {requirement}\n");
        self
    }

    /// Any header line of PKG-INFO, such as `Dynamic: Requires-Dist`.
    pub(crate) fn metadata_line(mut self, line: &str) -> Self {
        self.metadata_lines += &format!("{line}\n");
        self
    }

    /// Makes the sdist.
    pub(crate) fn build(self) -> BuiltFile {
        let stem = format!("{}-{}", escape(&self.name), self.version);
        let info =
            format!("Metadata-Version: 2.2\nName: {}\nVersion: {}\n{}", self.name, self.version, self.metadata_lines);
        let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
        for (path, bytes) in std::iter::once(("PKG-INFO".to_owned(), info.into_bytes())).chain(self.files) {
            let mut header = tar::Header::new_ustar();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, format!("{stem}/{path}"), &bytes[..]).expect("writing to memory succeeds");
        }
        let bytes = tar.into_inner().and_then(GzEncoder::finish).expect("writing to memory succeeds");
        BuiltFile {
            project: self.name,
            filename: format!("{stem}.tar.gz"),
            bytes,
            metadata: None,
            requires_python: None,
        }
    }
}

impl From<SdistBuilder> for BuiltFile {
    fn from(sdist: SdistBuilder) -> Self {
        sdist.build()
    }
}
