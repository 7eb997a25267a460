//! A tar.gz, honest or not, built field by field.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

/// One entry: the fields of its header as bytes, and what follows.
#[derive(Clone)]
pub(crate) struct RawTarEntry {
    pub(crate) name: Vec<u8>,
    pub(crate) mode: Vec<u8>,
    pub(crate) size: Vec<u8>,
    pub(crate) kind: u8,
    pub(crate) link: Vec<u8>,
    /// Magic and version.
    pub(crate) magic: Vec<u8>,
    pub(crate) prefix: Vec<u8>,
    /// Written in place of the right checksum.
    pub(crate) checksum: Option<Vec<u8>>,
    pub(crate) content: Vec<u8>,
    /// Fills up the last block.
    pub(crate) filler: u8,
}

impl RawTarEntry {
    pub(crate) fn new(kind: u8, name: &[u8], content: &[u8]) -> Self {
        Self {
            name: name.to_vec(),
            mode: b"0000644\0".to_vec(),
            size: format!("{:011o}\0", content.len()).into_bytes(),
            kind,
            link: Vec::new(),
            magic: b"ustar\x0000".to_vec(),
            prefix: Vec::new(),
            checksum: None,
            content: content.to_vec(),
            filler: 0,
        }
    }

    pub(crate) fn file(name: &str, content: &str) -> Self {
        Self::new(b'0', name.as_bytes(), content.as_bytes())
    }

    pub(crate) fn link(kind: u8, name: &str, target: &str) -> Self {
        Self { link: target.as_bytes().to_vec(), ..Self::new(kind, name.as_bytes(), b"") }
    }

    /// An extended header with these records.
    pub(crate) fn pax(kind: u8, records: &[(&str, &str)]) -> Self {
        let content: String = records.iter().map(|(key, value)| pax_record(key, value)).collect();
        Self::new(kind, b"PaxHeader", content.as_bytes())
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut block = [0_u8; 512];
        let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &self.name);
        put(100, &self.mode);
        put(124, &self.size);
        put(136, b"00000000000\0");
        put(148, b"        ");
        put(156, &[self.kind]);
        put(157, &self.link);
        put(257, &self.magic);
        put(345, &self.prefix);
        let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
        let checksum = self.checksum.clone().unwrap_or_else(|| format!("{sum:06o}\0 ").into_bytes());
        block[148..148 + checksum.len()].copy_from_slice(&checksum);
        let mut bytes = block.to_vec();
        bytes.extend_from_slice(&self.content);
        bytes.resize(bytes.len().next_multiple_of(512), self.filler);
        bytes
    }
}

/// `LENGTH KEY=VALUE\n`, where the length counts itself.
pub(crate) fn pax_record(key: &str, value: &str) -> String {
    let rest = key.len() + value.len() + 3;
    let length = (rest..rest + 20).find(|length| *length == rest + length.to_string().len());
    format!("{} {key}={value}\n", length.expect("some number fits"))
}

/// A whole archive.
#[derive(Clone)]
pub(crate) struct RawTar {
    pub(crate) entries: Vec<RawTarEntry>,
    /// What follows the last entry.
    pub(crate) end: Vec<u8>,
}

impl RawTar {
    /// A little archive that nobody refuses.
    pub(crate) fn honest() -> Self {
        let mut folder = RawTarEntry::new(b'5', b"tiny-1.0/", b"");
        folder.mode = b"0000755\0".to_vec();
        let mut tool = RawTarEntry::file("tiny-1.0/tool", "#!/bin/sh\n");
        tool.mode = b"0004755\0".to_vec();
        let entries = vec![
            folder,
            RawTarEntry::file("tiny-1.0/PKG-INFO", "Metadata-Version: 2.2\nName: tiny\nVersion: 1.0\n"),
            RawTarEntry::file("tiny-1.0/src/tiny.py", "answer = 42\n"),
            tool,
        ];
        Self { entries, end: vec![0; 1024] }
    }

    /// The archive without its gzip layer.
    pub(crate) fn tar(&self) -> Vec<u8> {
        let mut bytes: Vec<u8> = self.entries.iter().flat_map(RawTarEntry::bytes).collect();
        bytes.extend_from_slice(&self.end);
        bytes
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        gzip(&self.tar())
    }
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("writing to memory succeeds")
}
