//! Pages as they lie in the cache: whatever a damaged disk makes of one, it is read whole or not at all.

#![no_main]

use std::sync::Arc;

use barrow::spec::{IndexOrigin, PackageName, PackedPage, SafeUrl};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let prefixed = [b"pre", bytes].concat();
    let (page, behind) = (PackedPage::read(bytes.to_vec(), 0), PackedPage::read(prefixed, 3));
    assert_eq!(page.is_some(), behind.is_some(), "where a page begins makes no difference");
    let (Some(page), Some(behind)) = (page, behind) else { return };
    assert_eq!((page.as_bytes(), behind.as_bytes()), (bytes, bytes));
    let url = SafeUrl::parse("https://index.example/simple/").expect("a URL");
    let origin = Arc::new(IndexOrigin { name: None, url });
    let (page, behind) = (Arc::new(page), Arc::new(behind));
    for project in ["tiny", "a", "acme-tools"] {
        let project: PackageName = project.parse().expect("a name");
        let detail = page.project(&project, &origin);
        for file in &detail.files {
            assert_eq!(file.version(), file.filename.version());
            assert_eq!(*file.filename.name(), project);
        }
        assert_eq!(detail, behind.project(&project, &origin));
    }
});
