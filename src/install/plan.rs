//! The install plan of a wheel as it lies in the cache.

use std::path::Path;
use std::str::FromStr as _;

use super::codec::{FieldReader, FieldWriter};
use super::{Agreement, FileContent, InstalledDist, InstalledFile};
use crate::archive::SafePath;
use crate::spec::{HashAlgorithm, HashDigest, PackageName, Version};

/// First line of a plan; changes with everything that makes an installed file different.
const FIRST_LINE: &str = "barrow install plan 2\n";
/// Its name in the folder of the wheel's digest.
pub(super) const PLAN: &str = "plan";

const EXECUTABLE: u64 = 1;
const GENERATED: u64 = 2;
const DEFLATED: u64 = 4;

pub(super) fn encode(dist: &InstalledDist) -> Vec<u8> {
    let mut writer = FieldWriter::new(FIRST_LINE);
    writer.bytes(dist.digest.bytes());
    writer.bytes(dist.name.as_ref().as_bytes());
    writer.bytes(dist.version.to_string().as_bytes());
    writer.bytes(dist.dist_info.as_str().as_bytes());
    writer.bytes(&dist.metadata);
    writer.number(dist.record as u64);
    writer.number(dist.warnings.len() as u64);
    for warning in &dist.warnings {
        writer.bytes(warning.as_bytes());
    }
    writer.number(dist.files.len() as u64);
    for file in &dist.files {
        let flag = |set: bool, flag: u64| if set { flag } else { 0 };
        let generated = matches!(file.content, FileContent::Generated(_));
        let deflated = matches!(file.content, FileContent::WheelEntry { deflated: true, .. });
        writer.number(
            flag(file.executable, EXECUTABLE)
                | flag(generated, GENERATED)
                | flag(deflated, DEFLATED)
                | u64::from(file.crc32) << 32,
        );
        writer.bytes(file.path.as_str().as_bytes());
        writer.bytes(file.sha256.bytes());
        match &file.content {
            FileContent::Generated(content) => writer.bytes(content),
            FileContent::WheelEntry { offset, compressed_size, .. } => {
                writer.number(file.size);
                writer.number(*offset);
                writer.number(*compressed_size);
            }
        }
    }
    writer.finish()
}

/// Reads the plan of the wheel with this digest; `None` when it is damaged or of another version.
pub(super) fn decode(bytes: &[u8], digest: &HashDigest, wheel: &Path) -> Option<InstalledDist> {
    let mut reader = FieldReader::new(FIRST_LINE, bytes)?;
    (reader.bytes()? == digest.bytes()).then_some(())?;
    let name = PackageName::from_str(reader.text()?).ok()?;
    let version = Version::from_str(reader.text()?).ok()?;
    let dist_info = SafePath::new(reader.text()?).ok()?;
    let metadata = reader.bytes()?.to_vec();
    let record = match reader.number()? {
        0 => Agreement::Full,
        1 => Agreement::OutOfStep,
        2 => Agreement::Contradiction,
        _ => return None,
    };
    let warnings = (0..reader.count()?).map(|_| reader.text().map(str::to_owned)).collect::<Option<_>>()?;
    let files = (0..reader.count()?).map(|_| decode_file(&mut reader)).collect::<Option<_>>()?;
    reader.is_at_end().then(|| InstalledDist {
        name,
        version,
        digest: digest.clone(),
        wheel: wheel.to_owned(),
        dist_info,
        files,
        metadata,
        record,
        warnings,
        tree: None,
        rewritten: Vec::new(),
    })
}

fn decode_file(reader: &mut FieldReader<'_>) -> Option<InstalledFile> {
    let word = reader.number()?;
    let path = SafePath::new(reader.text()?).ok()?;
    let sha256 = HashDigest::from_bytes(HashAlgorithm::Sha256, reader.bytes()?)?;
    let (size, content) = if word & GENERATED != 0 {
        let content = reader.bytes()?;
        (content.len() as u64, FileContent::Generated(content.to_vec()))
    } else {
        let (size, offset, compressed_size) = (reader.number()?, reader.number()?, reader.number()?);
        (size, FileContent::WheelEntry { offset, compressed_size, deflated: word & DEFLATED != 0 })
    };
    let crc32 = u32::try_from(word >> 32).expect("a shifted 64-bit number has 32 bits");
    Some(InstalledFile { path, executable: word & EXECUTABLE != 0, size, sha256, crc32, content })
}
