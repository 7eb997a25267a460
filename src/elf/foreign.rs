//! Native files of other systems, told by their first bytes.

/// The name of Windows, as [`foreign_format`] says it.
pub(crate) const WINDOWS: &str = "Windows";

/// How many bytes of a file [`foreign_format`] looks at.
pub(crate) const FOREIGN_PREFIX: usize = 4096;

/// The largest number of processors that one universal file is made for. A Java class, which starts with the same four
/// bytes, has its version in this place, and that is 45 or more.
const MOST_PROCESSORS: u32 = 40;

/// The system that a native file is made for, when that is not Linux: `macOS` or `Windows`.
///
/// Told from the first [`FOREIGN_PREFIX`] bytes, or all of a shorter file: Mach-O, thin and universal (Apple, "Mach-O
/// Programming Topics", `mach-o/loader.h`, `mach-o/fat.h`), and PE (Microsoft, "PE Format").
pub(crate) fn foreign_format(start: &[u8]) -> Option<&'static str> {
    let word = |at: usize| start.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
    let first = u32::from_be_bytes(word(0)?);
    match first {
        0xfeed_face | 0xfeed_facf | 0xcefa_edfe | 0xcffa_edfe => Some("macOS"),
        0xcafe_babe | 0xcafe_babf => (u32::from_be_bytes(word(4)?) <= MOST_PROCESSORS).then_some("macOS"),
        // A program for DOS, with the place of the real header in it.
        _ if start.starts_with(b"MZ") => {
            let header = usize::try_from(u32::from_le_bytes(word(0x3c)?)).ok()?;
            (start.get(header..header.checked_add(4)?)? == b"PE\0\0").then_some(WINDOWS)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_their_first_bytes() {
        let mut windows = b"MZ".to_vec();
        windows.resize(0x3c, 0);
        windows.extend(0x80_u32.to_le_bytes());
        windows.resize(0x80, 0);
        let dos = windows.clone();
        windows.extend(b"PE\0\0");
        let files: &[(&[u8], Option<&str>)] = &[
            (b"\xcf\xfa\xed\xfe\x0c\x00\x00\x01", Some("macOS")),
            (b"\xfe\xed\xfa\xce\x00\x00\x00\x12", Some("macOS")),
            (b"\xca\xfe\xba\xbe\x00\x00\x00\x02", Some("macOS")),
            (b"\xca\xfe\xba\xbe\x00\x00\x00\x41", None),
            (b"\xca\xfe", None),
            (&windows, Some("Windows")),
            (&dos, None),
            (b"MZ is how this text begins", None),
            (b"\x7fELF\x02\x01\x01\x00", None),
            (b"", None),
        ];
        for (start, system) in files {
            assert_eq!(foreign_format(start), *system, "{start:?}");
        }
    }
}
