//! Bodies of HTTP in their codings: all of one, or an error.

use std::io::Write as _;

use crate::archive::content_coding::{CodingFault, ContentCoding};

const TEXT: &[u8] = b"<a href='tiny-1.0.whl'>tiny</a><a href='tiny-2.0.whl'>tiny</a>";

/// Two halves of the text, in two members or frames where the coding has such.
fn packed(coding: ContentCoding) -> Vec<u8> {
    let (first, second) = TEXT.split_at(31);
    match coding {
        ContentCoding::Gzip => [gzip(first), gzip(second)].concat(),
        ContentCoding::Deflate => zlib(TEXT),
        ContentCoding::Brotli => brotli(TEXT),
        ContentCoding::Zstandard => [zstandard(first), zstandard(second)].concat(),
    }
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zlib(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// One meta-block of bytes as they are, and an empty last one (RFC 7932, sections 9.1 and 9.2).
fn brotli(text: &[u8]) -> Vec<u8> {
    // Window of 64 KiB: one bit. Then: not the last, four nibbles of the length less one, not compressed.
    let head = (u32::try_from(text.len()).unwrap() - 1) << 4 | 1 << 20;
    [&head.to_le_bytes()[..3], text, &[3]].concat()
}

/// A frame of one block of bytes as they are (RFC 8878, sections 3.1.1.1 and 3.1.1.2).
fn zstandard(text: &[u8]) -> Vec<u8> {
    let block = u32::try_from(text.len()).unwrap() << 3 | 1;
    [&[0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58], &block.to_le_bytes()[..3], text].concat()
}

const ALL: [ContentCoding; 4] =
    [ContentCoding::Gzip, ContentCoding::Deflate, ContentCoding::Brotli, ContentCoding::Zstandard];

#[test]
fn all_of_a_body_is_decoded() {
    for coding in ALL {
        assert_eq!(coding.decode(&packed(coding), 1000).as_deref(), Ok(TEXT), "{coding:?}");
        assert_eq!(coding.decode(b"", 1000), Ok(Vec::new()), "{coding:?}");
    }
    let (empty, raw) = (gzip(b""), zlib(TEXT));
    let gzip_of = |bytes: &[u8]| ContentCoding::Gzip.decode(bytes, 1000);
    assert_eq!(gzip_of(&[&empty[..], &gzip(TEXT), &empty, &[0; 512]].concat()).as_deref(), Ok(TEXT));
    assert_eq!(ContentCoding::Deflate.decode(&raw[2..raw.len() - 4], 1000).as_deref(), Ok(TEXT), "without its frame");
    let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc", &zstandard(TEXT)].concat();
    assert_eq!(ContentCoding::Zstandard.decode(&skipped, 1000).as_deref(), Ok(TEXT), "behind a frame to be skipped");
}

#[test]
fn what_is_cut_off_anywhere_is_an_error() {
    for coding in ALL {
        let whole = packed(coding);
        // Between two members or frames nothing tells that more was to come.
        let ends = match coding {
            ContentCoding::Gzip => gzip(&TEXT[..31]).len(),
            ContentCoding::Zstandard => zstandard(&TEXT[..31]).len(),
            _ => 0,
        };
        for length in (1..whole.len()).filter(|length| *length != ends) {
            let decoded = coding.decode(&whole[..length], 1000);
            assert!(matches!(decoded, Err(CodingFault::Damaged(_))), "{coding:?}, {length}: {decoded:?}");
        }
    }
}

#[test]
fn what_follows_and_what_is_none_of_it_is_an_error() {
    for coding in ALL {
        let followed = [&packed(coding)[..], b"<a href='tiny-3.0.whl'>"].concat();
        assert!(matches!(coding.decode(&followed, 1000), Err(CodingFault::Damaged(_))), "{coding:?}");
        let plain = coding.decode(b"<html><a href='tiny-3.0.whl'>tiny</a></html>", 1000);
        assert!(matches!(plain, Err(CodingFault::Damaged(_))), "{coding:?}: {plain:?}");
    }
    let mut damaged = gzip(TEXT);
    let at = damaged.len() - 6;
    damaged[at] ^= 1;
    assert!(matches!(ContentCoding::Gzip.decode(&damaged, 1000), Err(CodingFault::Damaged(_))), "another checksum");
}

#[test]
fn no_more_is_decoded_than_the_reader_accepts() {
    for coding in ALL {
        let length = TEXT.len() as u64;
        assert!(coding.decode(&packed(coding), length).is_ok(), "{coding:?}");
        assert_eq!(coding.decode(&packed(coding), length - 1), Err(CodingFault::TooLarge), "{coding:?}");
    }
    let large = vec![b' '; 10 << 20];
    assert_eq!(ContentCoding::Gzip.decode(&gzip(&large), 1 << 20), Err(CodingFault::TooLarge));
    assert_eq!(ContentCoding::Deflate.decode(&zlib(&large), 1 << 20), Err(CodingFault::TooLarge));
    assert_eq!(ContentCoding::Deflate.decode(&zlib(&large), 10 << 20), Ok(large));
    // A frame header with a window of 128 MiB.
    let wide = [&[0x28, 0xb5, 0x2f, 0xfd, 0x00, 17 << 3][..], &[0x0b, 0, 0, b' ']].concat();
    assert!(matches!(ContentCoding::Zstandard.decode(&wide, 1000), Err(CodingFault::Damaged(_))), "no such memory");
}
