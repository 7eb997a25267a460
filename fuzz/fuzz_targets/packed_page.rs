//! Pages as they lie in the cache: a bit that a damaged disk turns over is always noticed.

#![no_main]

use barrow::spec::{PackedBytes, ProjectPage, SafeUrl};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((&[high, low, bit], text)) = bytes.split_first_chunk() else { return };
    let url = SafeUrl::parse("https://index.example/simple/tiny/").expect("a URL");
    let Ok(page) = ProjectPage::parse(text, None, &url) else { return };
    let PackedBytes { mut head, mut blocks } = page.pack_whole().expect("a page of a fuzzer is short");
    let place = usize::from(u16::from_be_bytes([high, low])) % (head.len() + blocks.len());
    let is_in_head = place < head.len();
    let turned = if is_in_head { &mut head[place] } else { &mut blocks[place - head.len()] };
    *turned ^= 1 << (bit % 8);
    match (PackedBytes { head, blocks }).into_page() {
        None => assert!(is_in_head, "what is in the blocks is found when they are read"),
        Some(page) => assert!(!is_in_head && page.unpack().is_none(), "the damage was not noticed"),
    }
});
