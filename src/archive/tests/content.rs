//! Contents that are not what was promised, and more of them than is reasonable.

use super::builder::{RawEntry, RawZip, crc32, deflated};
use super::{chain, note, read_all, refuses};
use crate::archive::Limits;

#[test]
pub(super) fn contents_that_are_not_what_was_promised() {
    refuses("another CRC", "checksum (CRC) is another one", |zip| zip.entries[0].both(|header| header.crc32 ^= 1));
    refuses("another CRC, stored", "checksum (CRC) is another one", |zip| {
        zip.entries[1].both(|header| header.crc32 = 0);
    });
    refuses("a flipped bit", "", |zip| zip.entries[0].data[9] ^= 4);
    refuses("a flipped bit, stored", "checksum (CRC) is another one", |zip| zip.entries[1].data[9] ^= 4);
    refuses("more than promised", "more than its promised size", |zip| {
        zip.entries[0].both(|header| header.size -= 1);
    });
    refuses("nothing promised", "more than its promised size", |zip| zip.entries[0].both(|header| header.size = 0));
    refuses("less than promised", "less than its promised size", |zip| {
        zip.entries[0].both(|header| header.size += 1);
    });
    refuses("a cut stream", "cut off", |zip| {
        zip.entries[0].data.pop();
        zip.entries[0].both(|header| header.compressed_size -= 1);
    });
    refuses("no stream", "cut off", |zip| {
        zip.entries[0].data.clear();
        zip.entries[0].both(|header| {
            (header.compressed_size, header.size, header.crc32) = (0, 0, 0);
        });
    });
    refuses("bytes behind the stream", "follow the end of its deflate stream", |zip| {
        zip.entries[0].data.push(0);
        zip.entries[0].both(|header| header.compressed_size += 1);
    });
    refuses("a stream behind the stream", "follow the end of its deflate stream", |zip| {
        let second = deflated(b"evil");
        let length = u32::try_from(second.len()).unwrap();
        zip.entries[0].data.extend(second);
        zip.entries[0].both(|header| header.compressed_size += length);
    });
    refuses("no deflate stream", "not a deflate stream", |zip| zip.entries[0].data.fill(0xff));
    refuses("stored with two sizes", "its two sizes differ", |zip| zip.entries[1].both(|header| header.size += 1));
}

#[test]
pub(super) fn a_stream_that_ends_at_the_border_of_a_chunk() {
    for length in [128 << 10, (128 << 10) - 1, (128 << 10) + 1, 3 * (128 << 10)] {
        let content: Vec<u8> = (0..length).map(|index: u32| (index % 251) as u8).collect();
        let mut zip = RawZip::of([RawEntry::new("a", &content), RawEntry::stored("b", &content)]);
        assert!(read_all(zip.bytes(), &Limits::default()).is_ok(), "{length}");
        zip.entries[0].data.push(0);
        zip.entries[0].both(|header| header.compressed_size += 1);
        assert!(read_all(zip.bytes(), &Limits::default()).is_err(), "{length} and a byte");
    }
}

#[test]
pub(super) fn bombs() {
    let refused = |what: &str, expected: &str, zip: &RawZip, limits: Limits| {
        let error = read_all(zip.bytes(), &limits).expect_err(what);
        assert!(chain(&error).contains(expected), "{what}: {}", chain(&error));
        note(what, &chain(&error));
    };
    let honest = RawZip::honest();
    let normal = Limits::default();
    refused("entries", "3 entries, and at most 2", &honest, Limits { entries: 2, ..normal });
    refused("size", "bytes when unpacked", &honest, Limits { unpacked_size: 80, ..normal });
    refused("directory", "bytes of central directory", &honest, Limits { directory_size: 100, ..normal });

    let mut deep = RawZip::honest();
    deep.push(RawEntry::new(&format!("{}x", "a/".repeat(40)), b""));
    refused("folders by one name", "files and folders", &deep, Limits { entries: 30, ..normal });
    refused("bytes of folders", "bytes of names", &deep, Limits { directory_size: 700, ..normal });

    let zeros = vec![0; 80 << 20];
    let bomb = RawZip::of([RawEntry::new("zeros", &zeros)]);
    refused("ratio", "times its size when unpacked", &bomb, normal);
    assert!(read_all(bomb.bytes(), &Limits { ratio: 2000, ..normal }).is_ok(), "a limit can be raised");

    let mut liar = RawZip::of([RawEntry::new("zeros", &zeros[..1 << 20])]);
    liar.entries[0].both(|header| header.size = 100);
    refused("a size that lies", "more than its promised size", &liar, normal);
    let mut giant = RawZip::of([RawEntry::new("x", b"x")]);
    giant.entries[0].both(|header| header.size = 60 << 20);
    refused("more than deflate can pack", "more than deflate can pack", &giant, normal);

    // Many names for the same few bytes: refused before anything is inflated.
    let mut entry = RawEntry::new("a", &zeros[..1 << 20]);
    let mut quine = RawZip::of([entry.clone()]);
    for index in 0..50 {
        let name = format!("b{index}").into_bytes();
        entry.both(|header| header.name.clone_from(&name));
        entry.is_local = false;
        entry.offset = Some(0);
        quine.push(entry.clone());
    }
    refused("one stream, many entries", "overlaps what follows", &quine, normal);
}

#[test]
pub(super) fn an_empty_archive_is_an_archive() {
    assert!(read_all(RawZip::default().bytes(), &Limits::default()).is_ok());
    assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
}
