//! The WHEEL file: how a wheel is to be unpacked (binary distribution format, "File contents").
//!
//! It is read like the header of a mail, as Python does it: a line that begins with a blank continues the one before,
//! and what stands behind an empty line, or behind a line that is no field, is not part of it.

use super::ForeignName;

/// The fields of a WHEEL file that matter to an installer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WheelFile {
    /// `Wheel-Version`, major and minor.
    pub version: (u32, u32),
    /// `Root-Is-Purelib`.
    pub root_is_purelib: bool,
    /// `Tag`, expanded, as written.
    pub tags: Vec<String>,
}

/// A WHEEL file that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WheelFileError {
    /// Not UTF-8.
    #[error("it is not UTF-8")]
    Encoding,
    /// A field that is there more than once, with different values.
    #[error("it has more than one `{0}`")]
    Twice(&'static str),
    /// A field that must be there.
    #[error("it has no `Wheel-Version`")]
    NoVersion,
    /// A version that is not two numbers.
    #[error("its Wheel-Version `{}` is not of the form 1.0", ForeignName(.0))]
    Version(String),
    /// Neither true nor false.
    #[error("its Root-Is-Purelib `{}` is neither true nor false", ForeignName(.0))]
    RootIsPurelib(String),
}

impl WheelFile {
    /// Parses a WHEEL file.
    ///
    /// # Errors
    /// What is not UTF-8, and a field that is missing, malformed, or given twice with different values.
    pub fn parse(bytes: &[u8]) -> Result<Self, WheelFileError> {
        let text = std::str::from_utf8(bytes).map_err(|_| WheelFileError::Encoding)?;
        let (mut version, mut root_is_purelib, mut tags) = (None, None, Vec::new());
        for (key, value) in fields(text) {
            match key.to_ascii_lowercase().as_str() {
                "wheel-version" => set_once(&mut version, parse_version(&value)?, "Wheel-Version")?,
                "root-is-purelib" => set_once(&mut root_is_purelib, parse_bool(&value)?, "Root-Is-Purelib")?,
                "tag" => tags.push(value),
                _ => {}
            }
        }
        Ok(Self {
            version: version.ok_or(WheelFileError::NoVersion)?,
            // Absent means false, as pip reads it; where a target has one folder for both kinds it makes no difference.
            root_is_purelib: root_is_purelib.unwrap_or(false),
            tags,
        })
    }
}

/// The fields of a mail header, folded lines joined.
fn fields(text: &str) -> Vec<(&str, String)> {
    let mut fields: Vec<(&str, String)> = Vec::new();
    for line in text.lines().skip_while(|line| line.trim().is_empty()) {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
            continue;
        }
        let Some((key, value)) = line.split_once(':').filter(|(key, _)| !key.contains([' ', '\t'])) else { break };
        fields.push((key, value.trim().to_owned()));
    }
    fields
}

fn set_once<T: PartialEq>(field: &mut Option<T>, value: T, name: &'static str) -> Result<(), WheelFileError> {
    if field.as_ref().is_some_and(|known| *known != value) {
        return Err(WheelFileError::Twice(name));
    }
    *field = Some(value);
    Ok(())
}

fn parse_version(value: &str) -> Result<(u32, u32), WheelFileError> {
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    let parts = value.split_once('.').and_then(|(major, minor)| Some((number(major)?, number(minor)?)));
    parts.ok_or_else(|| WheelFileError::Version(value.to_owned()))
}

fn parse_bool(value: &str) -> Result<bool, WheelFileError> {
    match value.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(WheelFileError::RootIsPurelib(value.to_owned())),
    }
}
