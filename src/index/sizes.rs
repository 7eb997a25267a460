//! What a wheel will hold once it is unpacked, without fetching it: its directory stands at its end, and a server that
//! answers range requests sends that alone.

use std::io::{Read as _, Seek as _, SeekFrom};

use super::IndexClient;
use super::metadata::{LARGE_TAIL, PartHeader, SMALL_TAIL, answers_ranges, ask_range, body, cache_key};
use crate::archive::PartialZip;
use crate::cache::Bucket;
use crate::fetch::WantedFile;
use crate::regular;
use crate::spec::DistFile;

/// The directory, and the part of it that the first request did not bring.
const MOST_PARTS: usize = 2;

impl IndexClient {
    /// What a wheel will hold once it is unpacked, bytes, by its directory alone; `None`: that cannot be had for one
    /// small request, or the request failed.
    pub async fn unpacked_size(&self, file: &DistFile) -> Option<u64> {
        file.filename.as_wheel()?;
        if file.url.is_file() {
            return of_file(&file.url.to_file_path()?);
        }
        if let Some(wheel) = self.fetcher.find(&WantedFile::listed(file)) {
            return of_file(&wheel.path);
        }
        // Beside the metadata of the file, and by the same rules: bytes without a digest may change.
        let entry = self.cache.entry(Bucket::Metadata, &format!("unpacked size\n{}", cache_key(self, file)));
        if !file.hashes.is_empty()
            && let Some(size) = self.cache.read(&entry).and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok())
        {
            return Some(size);
        }
        if self.options.offline || !answers_ranges(self, file) {
            return None;
        }
        let size = by_ranges(self, file).await?;
        let _ = self.cache.write(&entry, size.to_string().as_bytes());
        Some(size)
    }
}

async fn by_ranges(index: &IndexClient, file: &DistFile) -> Option<u64> {
    let tail = file.size.map_or(SMALL_TAIL, |size| (size / 100).clamp(SMALL_TAIL, LARGE_TAIL));
    let mut range = match file.size {
        Some(size) => format!("bytes={}-{}", size.saturating_sub(tail), size.checked_sub(1)?),
        None => format!("bytes=-{tail}"),
    };
    let mut zip: Option<PartialZip> = None;
    for _ in 0..MOST_PARTS {
        let response = ask_range(index, file, range).await.ok()??;
        let part = PartHeader::of(&response).filter(|_| response.status() == 206)?;
        let length = part.end - part.start;
        let bytes = body(file, response, length).await.ok().filter(|bytes| bytes.len() as u64 == length)?;
        let zip = zip.get_or_insert_with(|| PartialZip::new(part.total));
        zip.add(part.start, bytes);
        match zip.unpacked_size().ok()? {
            Ok(size) => return Some(size),
            Err(missing) => range = format!("bytes={}-{}", missing.start, missing.end - 1),
        }
    }
    None
}

fn of_file(path: &std::path::Path) -> Option<u64> {
    let mut opened = regular::open(path).ok()?;
    let length = opened.metadata().ok()?.len();
    let mut zip = PartialZip::new(length);
    let mut wanted = length.saturating_sub(LARGE_TAIL)..length;
    for _ in 0..MOST_PARTS {
        let mut bytes = Vec::new();
        opened.seek(SeekFrom::Start(wanted.start)).ok()?;
        opened.by_ref().take(wanted.end - wanted.start).read_to_end(&mut bytes).ok()?;
        zip.add(wanted.start, bytes);
        match zip.unpacked_size().ok()? {
            Ok(size) => return Some(size),
            Err(missing) => wanted = missing,
        }
    }
    None
}
