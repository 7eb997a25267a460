//! What is known of files from earlier checks, as one entry of the cache.

use std::collections::HashMap;

use super::stamp::CheckStamp;
use crate::install::codec::{FieldReader, FieldWriter};

/// First line of an entry; changes with everything that makes a summary another one.
const FIRST_LINE: &str = "barrow check summaries 5\n";

/// The sha256 of a file's content.
pub(super) type Digest = [u8; 32];

/// Summaries by the content that they are of, and files that were seen to hold some content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// Packed summaries of source.
    pub(super) modules: HashMap<Digest, Vec<u8>>,
    /// Packed summaries of native objects; empty for what is none.
    pub(super) objects: HashMap<Digest, Vec<u8>>,
    /// What a file looked like when it had this content, by its path.
    pub(super) seen: HashMap<String, (CheckStamp, Digest)>,
}

impl Facts {
    /// Whether nothing is known.
    pub(super) fn is_empty(&self) -> bool {
        self.modules.is_empty() && self.objects.is_empty() && self.seen.is_empty()
    }

    /// Adds what others know; where both say something of a file, the others were later.
    pub(super) fn add(&mut self, others: Self) {
        self.modules.extend(others.modules);
        self.objects.extend(others.objects);
        self.seen.extend(others.seen);
    }

    /// As bytes with a checksum.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut writer = FieldWriter::new(FIRST_LINE);
        for summaries in [&self.modules, &self.objects] {
            writer.number(summaries.len() as u64);
            for (digest, summary) in summaries {
                writer.bytes(digest);
                writer.bytes(summary);
            }
        }
        writer.number(self.seen.len() as u64);
        for (path, (stamp, digest)) in &self.seen {
            writer.bytes(path.as_bytes());
            stamp.numbers().into_iter().for_each(|number| writer.number(number));
            writer.bytes(digest);
        }
        writer.finish()
    }

    /// Reads an entry; `None` when it is damaged or of another version.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = FieldReader::new(FIRST_LINE, bytes)?;
        let (modules, objects) = (summaries(&mut reader)?, summaries(&mut reader)?);
        let seen = (0..reader.count()?).map(|_| sighting(&mut reader)).collect::<Option<_>>()?;
        reader.is_at_end().then_some(Self { modules, objects, seen })
    }
}

fn summaries(reader: &mut FieldReader<'_>) -> Option<HashMap<Digest, Vec<u8>>> {
    (0..reader.count()?).map(|_| Some((reader.bytes()?.try_into().ok()?, reader.bytes()?.to_vec()))).collect()
}

fn sighting(reader: &mut FieldReader<'_>) -> Option<(String, (CheckStamp, Digest))> {
    let path = reader.text()?.to_owned();
    let mut numbers = [0; 6];
    for number in &mut numbers {
        *number = reader.number()?;
    }
    Some((path, (CheckStamp::from_numbers(numbers), reader.bytes()?.try_into().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_read_as_they_were_written_and_damage_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let stamp = CheckStamp::of(&fs_err::metadata(folder.path()).unwrap());
        let facts = Facts {
            modules: HashMap::from([([1; 32], b"module".to_vec())]),
            objects: HashMap::from([([2; 32], Vec::new()), ([3; 32], b"object".to_vec())]),
            seen: HashMap::from([("/var/task/app.py".to_owned(), (stamp, [1; 32]))]),
        };
        let bytes = facts.encode();
        assert_eq!(Facts::decode(&bytes), Some(facts.clone()));
        assert!(!facts.is_empty() && Facts::default().is_empty());
        for end in 0..bytes.len() {
            assert_eq!(Facts::decode(&bytes[..end]), None, "{end}");
        }
        let mut flipped = bytes;
        flipped[40] ^= 1;
        assert_eq!(Facts::decode(&flipped), None);
    }
}
