//! Local headers, descriptors and extra fields that say something else than the directory.

use super::builder::{RawZip, crc32, extra};
use super::{accepts, refuses};

#[test]
pub(super) fn local_headers_that_disagree() {
    refuses("another name", "another name", |zip| zip.entries[0].local.name = b"pkg/__main__.py".to_vec());
    refuses("a name in another case", "another name", |zip| zip.entries[2].local.name = b"Other.py".to_vec());
    refuses("a longer name", "another name", |zip| zip.entries[2].local.name = b"other.pyc".to_vec());
    refuses("a shorter name", "another name", |zip| zip.entries[2].local.name = b"other".to_vec());
    refuses("a folder", "another name", |zip| zip.entries[2].local.name = b"other.py/".to_vec());
    refuses("the UTF-8 flag", "other flags", |zip| zip.entries[0].local.flags = 1 << 11);
    refuses("encryption in the local header", "other flags", |zip| zip.entries[0].local.flags = 1);
    refuses("a descriptor in the local header only", "other flags", |zip| zip.entries[0].local.flags = 1 << 3);
    refuses("a descriptor in the directory only", "other flags", |zip| zip.entries[0].central.flags = 1 << 3);
    refuses("another version of the format", "another version of the format", |zip| {
        zip.entries[0].local.version_needed = 63;
    });
    accepts("another version that every reader knows", |zip| zip.entries[0].local.version_needed = 45);
    refuses("another method", "another compression method", |zip| zip.entries[0].local.method = 0);
    refuses("another time", "another time", |zip| zip.entries[0].local.time += 1);
    refuses("another CRC", "another CRC", |zip| zip.entries[0].local.crc32 ^= 1);
    refuses("a CRC of zero", "another CRC", |zip| zip.entries[0].local.crc32 = 0);
    refuses("another size", "other sizes", |zip| zip.entries[0].local.size += 1);
    refuses("another compressed size", "other sizes", |zip| zip.entries[0].local.compressed_size -= 1);
    refuses("no sizes", "other sizes", |zip| {
        (zip.entries[0].local.size, zip.entries[0].local.compressed_size) = (0, 0);
    });
    refuses("data that is longer", "followed by bytes that belong to no entry", |zip| {
        zip.entries[0].data.push(0);
    });
    refuses("data that is shorter", "", |zip| {
        zip.entries[0].data.pop();
    });
}

#[test]
pub(super) fn descriptors_that_lie() {
    let lie = |what, expected, change: fn(&mut RawZip)| {
        refuses(what, expected, |zip| {
            zip.entries[0].describe(true);
            change(zip);
        });
    };
    lie("another CRC", "data descriptor disagrees", |zip| zip.entries[0].descriptor[4] ^= 1);
    lie("another compressed size", "data descriptor disagrees", |zip| zip.entries[0].descriptor[8] ^= 1);
    lie("another size", "data descriptor disagrees", |zip| zip.entries[0].descriptor[12] ^= 1);
    lie("no descriptor", "descriptor is malformed", |zip| zip.entries[0].descriptor.clear());
    lie("half a descriptor", "descriptor is malformed", |zip| zip.entries[0].descriptor.truncate(8));
    lie("a byte behind it", "descriptor is malformed", |zip| zip.entries[0].descriptor.push(0));
    lie("many bytes behind it", "descriptor is malformed", |zip| zip.entries[0].after = vec![0; 100]);
    lie("another signature", "descriptor is malformed", |zip| zip.entries[0].descriptor[3] ^= 1);
    lie("64 bits without zip64", "descriptor is malformed", |zip| {
        let header = zip.entries[0].central.clone();
        let mut wide = header.crc32.to_le_bytes().to_vec();
        wide.extend(u64::from(header.compressed_size).to_le_bytes());
        wide.extend(u64::from(header.size).to_le_bytes());
        zip.entries[0].descriptor = wide;
    });
    refuses("a CRC that looks like the signature", "descriptor is malformed", |zip| {
        zip.entries[0].both(|header| header.crc32 = 0x0807_4b50);
        zip.entries[0].describe(false);
    });
    lie("a wrong size in the local header", "other sizes", |zip| zip.entries[0].local.size = 3);
    lie("a wrong CRC in the local header", "another CRC", |zip| zip.entries[0].local.crc32 = 3);
    refuses("stored data of unknown length", "cannot be known from the front", |zip| zip.entries[1].describe(true));
    accepts("with signature", |zip| zip.entries[0].describe(true));
    accepts("without signature", |zip| zip.entries[2].describe(false));
    accepts("with the truth in the local header too", |zip| {
        let truth = zip.entries[0].local.clone();
        zip.entries[0].describe(true);
        zip.entries[0].local.crc32 = truth.crc32;
        (zip.entries[0].local.size, zip.entries[0].local.compressed_size) = (truth.size, truth.compressed_size);
    });
}

#[test]
pub(super) fn extra_fields() {
    let both = |zip: &mut RawZip, bytes: &[u8]| zip.entries[0].both(|header| header.extra = bytes.to_vec());
    let name = b"pkg/__init__.py";
    let unicode_path = |crc: u32, name: &[u8]| extra(0x7075, &[&[1], &crc.to_le_bytes()[..], name].concat());

    refuses("half a field", "do not fill their space", |zip| both(zip, &[1, 2, 3]));
    refuses("a field that is too long", "longer than its space", |zip| both(zip, &[9, 9, 5, 0, 1]));
    refuses("a field that is too long, locally", "longer than its space", |zip| {
        zip.entries[0].local.extra = vec![9, 9, 255, 255];
    });
    refuses("a link (ASi Unix)", "link or a device", |zip| both(zip, &extra(0x756e, &[0; 14])));
    refuses("a link (PKWARE Unix)", "link or device", |zip| both(zip, &extra(0x000d, b"............/etc/passwd")));
    refuses("AES", "encrypted", |zip| both(zip, &extra(0x9901, &[0; 7])));
    refuses("strong encryption", "encrypted", |zip| zip.entries[0].central.extra = extra(0x0017, &[0; 8]));
    refuses("a patch", "a patch", |zip| zip.entries[0].local.extra = extra(0x000f, &[0; 8]));
    refuses("a record inside", "hold the signature", |zip| both(zip, &extra(0xcafe, b"..PK\x01\x02..")));
    refuses("an end record inside", "hold the signature", |zip| both(zip, &extra(0xcafe, b"PK\x05\x06")));
    refuses("another Unicode name", "gives another name", |zip| {
        both(zip, &unicode_path(crc32(name), b"pkg/__evil__.py"));
    });
    refuses("another Unicode name, locally", "gives another name", |zip| {
        zip.entries[0].local.extra = unicode_path(crc32(name), b"../evil.py");
    });
    refuses("a Unicode name for another name", "gives another name", |zip| both(zip, &unicode_path(7, name)));
    refuses("two Unicode names", "two Unicode path fields", |zip| {
        both(zip, &unicode_path(crc32(name), name).repeat(2));
    });
    accepts("the same Unicode name", |zip| both(zip, &unicode_path(crc32(name), name)));
    accepts("times and owners", |zip| {
        zip.entries[0].local.extra = extra(0x5455, &[3, 0, 0, 0, 0, 0, 0, 0, 0]);
        zip.entries[0].central.extra = extra(0x5455, &[3, 0, 0, 0, 0]);
    });
}

#[test]
pub(super) fn zip64_fields() {
    let wide = |values: &[u64]| extra(1, &values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>());
    let sizes = |zip: &RawZip| {
        let header = &zip.entries[0].central;
        (u64::from(header.size), u64::from(header.compressed_size))
    };
    refuses("wide sizes that are not there", "missing from its zip64 field", |zip| {
        zip.entries[0].both(|header| header.size = u32::MAX);
    });
    refuses("half of the wide sizes", "missing from its zip64 field", |zip| {
        zip.entries[0].both(|header| {
            (header.size, header.compressed_size) = (u32::MAX, u32::MAX);
            header.extra = extra(1, &[0; 12]);
        });
    });
    refuses("a wide size that is not needed", "more than what did not fit", |zip| {
        zip.entries[0].central.extra = wide(&[7]);
    });
    refuses("two fields", "two zip64 fields", |zip| {
        let size = sizes(zip).0;
        zip.entries[0].both(|header| header.extra = wide(&[size]).repeat(2));
    });
    refuses("another size in the local field", "disagrees with its local header", |zip| {
        let (size, compressed_size) = sizes(zip);
        zip.entries[0].local.extra = wide(&[size + 1, compressed_size]);
    });
    refuses("another size in both local places", "other sizes", |zip| {
        let (size, compressed_size) = sizes(zip);
        zip.entries[0].local.extra = wide(&[size + 1, compressed_size]);
        zip.entries[0].local.size = u32::MAX;
    });
    refuses("a huge size", "more than deflate can pack", |zip| {
        zip.entries[0].both(|header| {
            header.size = u32::MAX;
            header.extra = wide(&[u64::MAX]);
        });
    });
    refuses("a huge compressed size", "overlaps", |zip| {
        zip.entries[0].both(|header| {
            header.compressed_size = u32::MAX;
            header.extra = wide(&[u64::MAX - 20]);
        });
    });
    refuses("a huge offset", "", |zip| {
        zip.entries[0].offset = Some(u32::MAX);
        zip.entries[0].central.extra = wide(&[u64::MAX]);
    });
    accepts("wide sizes without need", |zip| {
        let (size, compressed_size) = sizes(zip);
        zip.entries[0].both(|header| {
            (header.size, header.compressed_size) = (u32::MAX, u32::MAX);
            header.extra = wide(&[size, compressed_size]);
        });
    });
    accepts("a local field that repeats the sizes, as Bazel writes it", |zip| {
        let (size, compressed_size) = sizes(zip);
        zip.entries[0].local.extra = wide(&[size, compressed_size]);
    });
}
