//! Names, whole writes, damage, full and read-only caches, and what the `cache` command removes.

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use fs_err as fs;

use super::{Bucket, Cache, Usage};
use crate::spec::sha256;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// Every file below a folder, by its path.
fn tree(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                found.push(entry.path().strip_prefix(root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

#[test]
fn entries_are_named_by_digest_and_hold_no_key() {
    let cache = Cache::at("/c".into());
    let digest = sha256(b"wheel");
    let (hex, key) = (digest.hex(), sha256(b"secret").hex());
    for (place, expected) in [
        (cache.wheel(&digest), format!("/c/wheels-v1/{}/{hex}.whl", &hex[..2])),
        (cache.install(&digest), format!("/c/installs-v2/{}/{hex}", &hex[..2])),
        (cache.entry(Bucket::Pages, "secret"), format!("/c/pages-v5/{}/{key}", &key[..2])),
        (cache.entry(Bucket::Metadata, "secret"), format!("/c/metadata-v2/{}/{key}", &key[..2])),
    ] {
        assert_eq!(place, Path::new(&expected));
    }
}

#[test]
fn an_entry_is_written_whole_into_a_tagged_private_folder() {
    let folder = folder();
    let cache = Cache::at(folder.path().join("a/b"));
    let entry = cache.entry(Bucket::Pages, "key");
    assert_eq!(cache.read(&entry), None);
    assert!(tree(folder.path()).is_empty(), "reading makes nothing");
    assert_eq!(cache.write(&entry, b"one").unwrap(), entry);
    cache.write(&entry, b"two").unwrap();
    assert_eq!(cache.read(&entry).as_deref(), Some(&b"two"[..]));
    let tag = fs::read_to_string(cache.root().join("CACHEDIR.TAG")).unwrap();
    assert!(tag.starts_with("Signature: 8a477f597d28d172789f06886806bc55"));
    assert_eq!(tree(cache.root()).len(), 2, "no temporary file stays");
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        assert_eq!(fs::metadata(cache.root()).unwrap().mode() & 0o777, 0o700);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn what_lies_in_the_place_of_the_tag_is_never_opened() {
    let folder = folder();
    for stranger in ["fifo", "link"] {
        let cache = Cache::at(folder.path().join(stranger));
        fs::create_dir(cache.root()).unwrap();
        let tag = cache.root().join("CACHEDIR.TAG");
        if stranger == "fifo" {
            rustix::fs::mknodat(rustix::fs::CWD, &tag, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        } else {
            fs_err::os::unix::fs::symlink(folder.path().join("elsewhere"), &tag).unwrap();
        }
        let entry = cache.entry(Bucket::Pages, "key");
        cache.write(&entry, b"one").unwrap();
        assert_eq!(cache.read(&entry).as_deref(), Some(&b"one"[..]));
        assert!(!folder.path().join("elsewhere").exists(), "nothing is written through a link");
        cache.clean().unwrap();
        assert!(fs::symlink_metadata(&tag).is_ok(), "what barrow did not make stays");
    }
}

#[test]
fn a_temporary_file_becomes_an_entry_or_goes() {
    let folder = folder();
    let cache = Cache::at(folder.path().join("cache"));
    let mut file = cache.temporary_file().unwrap();
    file.write_all(b"wheel").unwrap();
    let place = cache.persist(file, &cache.wheel(&sha256(b"wheel"))).unwrap();
    assert_eq!(fs::read(place).unwrap(), b"wheel");
    drop(cache.temporary_file().unwrap());
    drop(cache.temporary_folder().unwrap());
    assert_eq!(tree(cache.root()).len(), 2);
}

#[test]
fn damage_is_absence_and_is_repaired_by_writing() {
    let folder = folder();
    let cache = Cache::at(folder.path().join("cache"));
    let entry = cache.entry(Bucket::Pages, "key");
    fs::create_dir_all(entry.join("a folder in the place of an entry")).unwrap();
    assert_eq!(cache.read(&entry), None);
    cache.write(&entry, b"good").unwrap();
    assert_eq!(cache.read(&entry).as_deref(), Some(&b"good"[..]));

    let bucket = cache.root().join(Bucket::Metadata.folder());
    fs::write(&bucket, "a file in the place of a folder").unwrap();
    let entry = cache.entry(Bucket::Metadata, "key");
    assert_eq!(cache.read(&entry), None);
    cache.write(&entry, b"good").unwrap();
    assert_eq!(cache.read(&entry).as_deref(), Some(&b"good"[..]));
}

#[test]
fn a_damaged_entry_is_absent() {
    let folder = folder();
    let cache = Cache::at(folder.path().join("cache"));
    let entry = cache.entry(Bucket::Metadata, "key");
    cache.write(&entry, b"Requires-Dist: a\nRequires-Dist: b\n").unwrap();
    let whole = fs::read(&entry).unwrap();
    for length in 0..whole.len() {
        fs::write(&entry, &whole[..length]).unwrap();
        assert_eq!(cache.read(&entry), None, "cut to {length} bytes");
    }
    for bit in 0..whole.len() * 8 {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(&entry, flipped).unwrap();
        assert_eq!(cache.read(&entry), None, "bit {bit} flipped");
    }
    fs::write(&entry, vec![0; whole.len()]).unwrap();
    assert_eq!(cache.read(&entry), None, "zeros");
    fs::write(&entry, &whole).unwrap();
    assert!(cache.read(&entry).is_some());
}

#[test]
fn a_cache_that_cannot_be_written_has_a_substitute() {
    let folder = folder();
    let root = folder.path().join("cache");
    let written = Cache::at(root.clone());
    let old = written.write(&written.entry(Bucket::Pages, "old"), b"old").unwrap();
    // Root may write anywhere, so the cache is made unwritable by what lies in its way.
    let blocked = folder.path().join("file");
    fs::write(&blocked, "").unwrap();
    let fallback = folder.path().join("temporary");
    fs::create_dir(&fallback).unwrap();

    let strict = Cache::at(blocked.join("cache"));
    assert!(strict.write(&strict.entry(Bucket::Pages, "new"), b"new").is_err());
    let lenient = Cache::at(blocked.join("cache")).with_fallback(fallback.clone());
    let place = lenient.write(&lenient.entry(Bucket::Pages, "new"), b"new").unwrap();
    assert!(lenient.is_degraded() && place.starts_with(&fallback));
    assert_eq!(lenient.read(&lenient.entry(Bucket::Pages, "new")).as_deref(), Some(&b"new"[..]));

    // What the cache holds is still read, and replaced in the substitute only.
    let full = Cache::at(root).with_fallback(fallback.clone());
    assert!(full.degrade(false).unwrap() && !full.degrade(true).unwrap());
    assert!(full.degrade(false).unwrap(), "a thread that began before may try again");
    assert_eq!(full.entry(Bucket::Pages, "old"), old);
    full.write(&old, b"newer").unwrap();
    assert_eq!(full.read(&full.entry(Bucket::Pages, "old")).as_deref(), Some(&b"newer"[..]));
    assert!(fs::read(&old).unwrap().starts_with(b"old"));
    drop((lenient, full));
    assert!(tree(&fallback).is_empty());
}

#[test]
fn a_temporary_cache_disappears() {
    let folder = folder();
    let cache = Cache::temporary(folder.path()).unwrap();
    cache.write(&cache.entry(Bucket::Pages, "key"), b"page").unwrap();
    assert!(cache.root().starts_with(folder.path()) && !tree(folder.path()).is_empty());
    drop(cache);
    assert!(tree(folder.path()).is_empty());
}

#[test]
fn clean_removes_what_barrow_made_and_nothing_else() {
    let folder = folder();
    let cache = Cache::at(folder.path().to_owned());
    assert_eq!(cache.clean().unwrap(), Usage::default());
    let cache = Cache::at(folder.path().to_owned());
    cache.write(&cache.entry(Bucket::Pages, "key"), b"1234").unwrap();
    fs::create_dir_all(folder.path().join("wheels-v0/ab")).unwrap();
    fs::write(folder.path().join("wheels-v0/ab/x.whl"), "123").unwrap();
    fs::create_dir(folder.path().join("photos")).unwrap();
    fs::write(folder.path().join("photos/cat.png"), "meow").unwrap();
    fs::write(folder.path().join("pages-v9"), "a file of the user").unwrap();
    // An entry has a seal of four bytes behind its content.
    assert_eq!(cache.size().unwrap(), Usage { files: 2, bytes: 11 });
    let removed = cache.clean().unwrap();
    assert_eq!(removed.files, 3);
    assert_eq!(tree(folder.path()), ["pages-v9", "photos/cat.png"]);
}

#[cfg(unix)]
#[test]
fn clean_follows_no_link() {
    let folder = folder();
    let outside = folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("precious"), "").unwrap();
    let cache = Cache::at(folder.path().join("cache"));
    cache.write(&cache.entry(Bucket::Pages, "key"), b"x").unwrap();
    std::os::unix::fs::symlink(&outside, cache.root().join("pages-v5/link")).unwrap();
    std::os::unix::fs::symlink(&outside, cache.root().join("wheels-v1")).unwrap();
    cache.clean().unwrap();
    assert_eq!(tree(&outside), ["precious"]);
}

#[test]
fn prune_removes_older_formats_and_stale_leftovers() {
    let folder = folder();
    let cache = Cache::at(folder.path().to_owned());
    let entry = cache.write(&cache.entry(Bucket::Pages, "key"), b"1234").unwrap();
    for path in ["pages-v0/x", "pages-v5/newer", "temporary-v1/file-left"] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "12").unwrap();
    }
    let now = SystemTime::now();
    assert_eq!(cache.prune(now).unwrap(), Usage { files: 1, bytes: 2 });
    assert_eq!(cache.prune(now + Duration::from_hours(25)).unwrap(), Usage { files: 1, bytes: 2 });
    assert!(entry.exists() && folder.path().join("pages-v5/newer").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn odd_paths_are_no_matter() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = folder();
    let cache = Cache::at(folder.path().join(std::ffi::OsStr::from_bytes(b"new\nline \xff\xfe")));
    let entry = cache.write(&cache.entry(Bucket::Pages, "key"), b"page").unwrap();
    assert_eq!(cache.read(&entry).as_deref(), Some(&b"page"[..]));
    assert_eq!(cache.clean().unwrap().files, 2);
    assert!(!cache.root().exists());
}

#[test]
fn many_threads_may_write_one_entry() {
    let folder = folder();
    let cache = Cache::at(folder.path().join("cache"));
    let entry = cache.entry(Bucket::Pages, "key");
    std::thread::scope(|scope| {
        for number in 0..8_u8 {
            let (cache, entry) = (&cache, &entry);
            scope.spawn(move || {
                for _ in 0..50 {
                    cache.write(entry, &[number; 1000]).unwrap();
                    let seen = cache.read(entry).unwrap();
                    assert!(seen.len() == 1000 && seen.iter().all(|byte| *byte == seen[0]));
                }
            });
        }
    });
}
