//! How large a package Lambda accepts, and sizes as users write and read them.

use std::fmt;
use std::str::FromStr;

/// Largest unzipped package that Lambda accepts, in bytes: function, layers and custom runtime together.
///
/// Source: AWS Lambda developer guide, "Lambda quotas" (read on 2026-11-23); the service names this figure when it
/// refuses.
pub const UNZIPPED_LIMIT_BYTES: u64 = 262_144_000;

/// Largest zip that can be sent to Lambda directly, in bytes; a larger one goes by way of S3.
///
/// Source: AWS Lambda developer guide, "Lambda quotas" (read on 2026-11-23): 50 MB.
pub const ZIP_UPLOAD_LIMIT_BYTES: u64 = 52_428_800;

/// Number of layers that a function can have.
///
/// Source: AWS Lambda developer guide, "Lambda quotas" (read on 2026-11-23).
pub const LAYER_LIMIT: usize = 5;

/// A number of bytes; written as `250MB` the way AWS counts: a megabyte is 1,048,576 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

/// A text that is not a size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a size: give it as 262144000, 250MB or 1.5GB")]
pub struct SizeError(String);

/// Largest first.
const UNITS: [(char, u64); 4] = [('t', 1 << 40), ('g', 1 << 30), ('m', 1 << 20), ('k', 1 << 10)];

impl FromStr for Bytes {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, SizeError> {
        parse(text).map(Self).ok_or_else(|| SizeError(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let digits = text.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim_start();
    let unit = unit.strip_suffix("ib").or_else(|| unit.strip_suffix('b')).unwrap_or(unit);
    let factor = match unit {
        "" => 1,
        unit => UNITS.iter().find(|(letter, _)| unit.chars().eq([*letter]))?.1,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    // Three digits behind the point say more than anyone means, and keep the arithmetic exact.
    if whole.is_empty() || fraction.is_empty() || fraction.len() > 3 {
        return None;
    }
    let thousandths: u64 = format!("{fraction:0<3}").parse().ok()?;
    let whole = whole.parse::<u64>().ok()?.checked_mul(factor)?;
    whole.checked_add(thousandths * (factor / 1000) + thousandths * (factor % 1000) / 1000)
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match UNITS.iter().find(|(_, factor)| self.0 >= *factor) {
            Some((letter, factor)) => {
                let (whole, rest) = (self.0 / factor, self.0 % factor);
                // Rounded down, so that a size above a limit is never shown below it by less than it is.
                let tenth = rest * 10 / factor;
                let letter = letter.to_ascii_uppercase();
                if tenth == 0 { write!(f, "{whole} {letter}B") } else { write!(f, "{whole}.{tenth} {letter}B") }
            }
            None => write!(f, "{} bytes", self.0),
        }
    }
}
