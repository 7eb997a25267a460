//! One header block of a tar archive (POSIX.1-2024, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format").

/// Size of a block, bytes: headers take one, contents are filled up to a multiple.
pub(super) const BLOCK: usize = 512;

/// What a header says, as far as it is used. Owners, times and devices are not.
#[derive(Debug)]
pub(super) struct TarHeader {
    /// Name, with the prefix before it.
    pub(super) name: Vec<u8>,
    /// Type flag.
    pub(super) kind: u8,
    /// Size of the content, bytes.
    pub(super) size: u64,
    /// Permissions.
    pub(super) mode: u64,
    /// Target of a link.
    pub(super) link: Vec<u8>,
}

impl TarHeader {
    /// Reads a block. An error says what is wrong with it.
    pub(super) fn parse(block: &[u8; BLOCK]) -> Result<Self, &'static str> {
        let promised = octal(&block[148..156]).ok_or("its header has no checksum")?;
        let before: u64 = block[..148].iter().chain(&block[156..]).map(|byte| u64::from(*byte)).sum();
        // The checksum counts as eight blanks in itself.
        if promised != before + 8 * u64::from(b' ') {
            return Err("its header has another checksum than promised");
        }
        let mut name = text(&block[..100]).ok_or("bytes follow the end of its name")?.to_vec();
        match &block[257..265] {
            b"ustar\x0000" => {
                // Where the last 12 bytes are used by some program's own extension, others read them as the prefix.
                let prefix = text(&block[345..500]).ok_or("bytes follow the end of its name's prefix")?;
                if !prefix.is_empty() {
                    name = [prefix, b"/", &name].concat();
                }
            }
            // GNU tar has other fields in the place of the prefix, of which only incremental archives make use.
            b"ustar  \0" if block[345..].iter().all(|byte| *byte == 0) => {}
            b"ustar  \0" => return Err("it has fields of GNU tar that others read as part of its name"),
            [0, 0, 0, 0, 0, 0, 0, 0] if block[257..].iter().all(|byte| *byte == 0) => {}
            _ => return Err("its header is of no known format"),
        }
        if block[500..].iter().any(|byte| *byte != 0) {
            return Err("bytes follow the end of its header");
        }
        Ok(Self {
            name,
            kind: block[156],
            size: octal(&block[124..136]).ok_or("its size is not an octal number")?,
            mode: octal(&block[100..108]).ok_or("its mode is not an octal number")?,
            link: text(&block[157..257]).ok_or("bytes follow the end of its link's target")?.to_vec(),
        })
    }
}

/// The bytes before the first NUL; `None` when anything else follows that.
fn text(field: &[u8]) -> Option<&[u8]> {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    field[end..].iter().all(|byte| *byte == 0).then_some(&field[..end])
}

/// A number: blanks, octal digits, then blanks and NULs only. A field without digits is zero.
///
/// GNU's binary numbers are for sizes that no archive here may have.
fn octal(field: &[u8]) -> Option<u64> {
    let start = field.iter().position(|byte| *byte != b' ').unwrap_or(field.len());
    let digits = field[start..].iter().take_while(|byte| matches!(byte, b'0'..=b'7')).count();
    let (digits, rest) = field[start..].split_at(digits);
    let is_number = rest.iter().all(|byte| matches!(byte, 0 | b' '));
    is_number.then(|| digits.iter().fold(0, |value, digit| value * 8 + u64::from(digit - b'0')))
}
